#ifndef ENTRYEXIT_SRC_RPC_CONVERT_AUDIT_H_
#define ENTRYEXIT_SRC_RPC_CONVERT_AUDIT_H_

#include "absl/status/statusor.h"
#include "entryexit/core/audit.h"
#include "entryexit/ports/store.h"
#include "entryexit/v1/audit_service.pb.h"

namespace entryexit::rpc {

// Errors: INVALID_FIELD.
absl::StatusOr<ports::AuditFilter> FromProto(const v1::SearchAuditRecordsRequest& request);

void ToProto(const core::AuditRecord& record, v1::AuditRecord* proto);
void ToProto(const core::AuditCheckpoint& checkpoint, v1::AuditCheckpoint* proto);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_SRC_RPC_CONVERT_AUDIT_H_
