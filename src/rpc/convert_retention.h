#ifndef ENTRYEXIT_SRC_RPC_CONVERT_RETENTION_H_
#define ENTRYEXIT_SRC_RPC_CONVERT_RETENTION_H_

#include <optional>

#include "absl/status/statusor.h"
#include "entryexit/app/legal_holds.h"
#include "entryexit/app/run_retention.h"
#include "entryexit/v1/retention_service.pb.h"

namespace entryexit::rpc {

// Errors: MISSING_FIELD, INVALID_FIELD.
absl::StatusOr<app::HoldRequest> FromProto(const v1::PlaceLegalHoldRequest& request);
absl::StatusOr<app::ReleaseRequest> FromProto(const v1::ReleaseLegalHoldRequest& request);
// None: of all travelers. Errors: INVALID_FIELD.
absl::StatusOr<std::optional<core::TravelerId>> TravelerFrom(
    const v1::ListLegalHoldsRequest& request);

v1::DataKind ToProto(core::DataKind kind);
void ToProto(const app::RetentionLine& line, v1::RetentionItem* proto);
void ToProto(const core::ErasureReceipt& receipt, v1::ErasureReceipt* proto);
void ToProto(const ports::LegalHold& hold, v1::LegalHold* proto);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_SRC_RPC_CONVERT_RETENTION_H_
