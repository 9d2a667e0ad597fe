#ifndef ENTRYEXIT_RPC_GATE_H_
#define ENTRYEXIT_RPC_GATE_H_

#include "entryexit/core/purpose.h"
#include "entryexit/rpc/access.h"
#include "entryexit/rpc/caller_limits.h"
#include "rpc/refusals.h"

namespace entryexit::rpc {

// What every caller has to pass, one for the whole server.
struct Gate {
  CertificateCheck check_certificate;
  const core::PurposePolicy& purposes;
  CallerLimits limits;
  Refusals refusals;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_GATE_H_
