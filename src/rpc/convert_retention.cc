#include "rpc/convert_retention.h"

#include <string>
#include <utility>

#include "rpc/convert.h"

namespace entryexit::rpc {

absl::StatusOr<app::HoldRequest> FromProto(const v1::PlaceLegalHoldRequest& request) {
  auto request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  auto traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  return app::HoldRequest{core::RequestId(*std::move(request_id)),
                          core::TravelerId(*std::move(traveler_id)), request.reference()};
}

absl::StatusOr<app::ReleaseRequest> FromProto(const v1::ReleaseLegalHoldRequest& request) {
  auto request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  auto traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  auto hold_id = UuidFrom(request.hold_id(), "hold_id");
  if (!hold_id.ok()) return hold_id.status();
  return app::ReleaseRequest{core::RequestId(*std::move(request_id)),
                             core::TravelerId(*std::move(traveler_id)), *std::move(hold_id),
                             request.reference()};
}

absl::StatusOr<std::optional<core::TravelerId>> TravelerFrom(
    const v1::ListLegalHoldsRequest& request) {
  if (request.traveler_id().empty()) return std::optional<core::TravelerId>();
  auto traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  return std::optional(core::TravelerId(*std::move(traveler_id)));
}

v1::DataKind ToProto(core::DataKind kind) {
  v1::DataKind result = v1::DATA_KIND_UNSPECIFIED;
  v1::DataKind_Parse(std::string("DATA_KIND_") + core::NameOf(kind), &result);
  return result;
}

void ToProto(const app::RetentionLine& line, v1::RetentionItem* proto) {
  proto->set_kind(ToProto(line.item.kind));
  proto->set_traveler_id(line.item.traveler_id.value());
  proto->set_subject_id(line.item.subject_id);
  proto->set_rule_id(line.rule_id);
  ToProto(line.due, proto->mutable_due());
}

void ToProto(const core::ErasureReceipt& receipt, v1::ErasureReceipt* proto) {
  proto->set_number(receipt.number);
  proto->set_run_id(receipt.run_id);
  ToProto(receipt.at, proto->mutable_at());
  proto->set_policy_digest(receipt.policy_digest);
  proto->set_principal(receipt.principal);
  for (const core::ErasureCount& count : receipt.counts) {
    v1::ErasureCount* const added = proto->add_counts();
    added->set_kind(ToProto(count.kind));
    added->set_rule_id(count.rule_id);
    added->set_count(count.count);
  }
  proto->set_items_digest(receipt.items_digest);
  proto->set_previous_digest(receipt.previous_digest);
  proto->set_digest(receipt.digest);
}

void ToProto(const ports::LegalHold& hold, v1::LegalHold* proto) {
  proto->set_traveler_id(hold.traveler_id.value());
  proto->set_hold_id(hold.hold_id);
  proto->set_placed_by(hold.placed_by);
  ToProto(hold.placed_at, proto->mutable_placed_at());
  proto->set_reference(hold.reference);
  proto->set_released_by(hold.released_by.value_or(""));
  if (hold.released_at) ToProto(*hold.released_at, proto->mutable_released_at());
  proto->set_release_reference(hold.release_reference.value_or(""));
}

}  // namespace entryexit::rpc
