#ifndef ENTRYEXIT_RPC_GRPC_LOG_H_
#define ENTRYEXIT_RPC_GRPC_LOG_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rpc/gate.h"

namespace entryexit::rpc {

// Takes what gRPC itself has to log, for the whole process: its complaints about TLS handshakes
// that failed are all that it tells of clients without a certificate that it accepts. Those become
// refusals, everything else goes to our log. On return, nobody uses the gate that was given before.
void TakeGrpcLog(std::shared_ptr<Gate> gate);

// Why a client was refused by TLS, from gRPC's line about it; none for other lines.
// NO_CERTIFICATE, CERTIFICATE_NOT_ACCEPTED (of another authority, or not valid now: gRPC does not
// tell which), HANDSHAKE_FAILED.
std::optional<std::string> TlsRefusal(std::string_view line);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_GRPC_LOG_H_
