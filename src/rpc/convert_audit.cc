#include "rpc/convert_audit.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"

namespace entryexit::rpc {
namespace {

constexpr size_t kLongestFilter = 512;  // bytes

// What is to be equal; none when empty.
absl::StatusOr<std::optional<std::string>> TextFrom(const std::string& text,
                                                    const std::string& field) {
  if (text.empty()) return std::optional<std::string>();
  if (text.size() <= kLongestFilter && text.find('\0') == std::string::npos) {
    return std::optional(text);
  }
  return core::MakeError(
      core::Reason::kInvalidField,
      fmt::format("{} must be at most {} bytes, none of them NUL", field, kLongestFilter));
}

absl::StatusOr<std::optional<core::Timestamp>> TimeFrom(const google::protobuf::Timestamp& time,
                                                        bool present, const std::string& field) {
  if (!present) return std::optional<core::Timestamp>();
  const auto moment = TimestampFrom(time, present, field);
  if (!moment.ok()) return moment.status();
  return std::optional(*moment);
}

}  // namespace

absl::StatusOr<ports::AuditFilter> FromProto(const v1::SearchAuditRecordsRequest& request) {
  auto principal = TextFrom(request.principal(), "principal");
  if (!principal.ok()) return principal.status();
  auto method = TextFrom(request.method(), "method");
  if (!method.ok()) return method.status();
  auto purpose = TextFrom(request.purpose(), "purpose");
  if (!purpose.ok()) return purpose.status();
  const auto from = TimeFrom(request.from(), request.has_from(), "from");
  if (!from.ok()) return from.status();
  const auto to = TimeFrom(request.to(), request.has_to(), "to");
  if (!to.ok()) return to.status();
  ports::AuditFilter filter;
  filter.principal = *std::move(principal);
  filter.method = *std::move(method);
  filter.purpose = *std::move(purpose);
  filter.from = *from;
  filter.to = *to;
  if (request.traveler_id().empty()) return filter;
  auto traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  filter.traveler_id = core::TravelerId(*std::move(traveler_id));
  return filter;
}

void ToProto(const core::AuditRecord& record, v1::AuditRecord* proto) {
  const core::AuditEntry& entry = record.entry;
  proto->set_chain(record.chain);
  proto->set_sequence(record.sequence);
  ToProto(record.at, proto->mutable_at());
  proto->set_principal(entry.principal);
  proto->set_method(entry.method);
  proto->set_purpose(entry.purpose);
  if (entry.case_id) proto->set_case_id(entry.case_id->value());
  if (entry.traveler_id) proto->set_traveler_id(entry.traveler_id->value());
  proto->set_subject(entry.subject);
  proto->set_outcome(entry.outcome);
  if (entry.request_id) proto->set_request_id(entry.request_id->value());
  proto->set_digest(record.digest);
}

void ToProto(const core::AuditCheckpoint& checkpoint, v1::AuditCheckpoint* proto) {
  proto->set_number(checkpoint.number);
  ToProto(checkpoint.at, proto->mutable_at());
  for (const core::AuditHead& head : checkpoint.heads) {
    v1::AuditHead* const added = proto->add_heads();
    added->set_chain(head.chain);
    added->set_sequence(head.sequence);
    added->set_digest(head.digest);
  }
  proto->set_previous_digest(checkpoint.previous_digest);
  proto->set_digest(checkpoint.digest);
  proto->set_key_id(checkpoint.key_id);
  proto->set_signature(checkpoint.signature);
}

}  // namespace entryexit::rpc
