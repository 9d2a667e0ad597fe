#include "app/crossing_request.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "app/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;

constexpr size_t kMaxCarrierLength = 64;
constexpr size_t kMaxFlightLength = 32;
// No machine took a lane capture before then; a lane whose clock was reset sends 1970.
constexpr core::Timestamp kEarliestCapture{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};
// Nobody born before then crosses a border: the year was mistyped or cut to two digits.
constexpr core::Date kEarliestBirth{std::chrono::year(1900) / 1 / 1};

absl::Status CheckPlainText(const std::string& text, size_t max_length, const char* field) {
  if (const size_t length = CharactersIn(text); length > max_length) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("{} is longer than {} characters: {}", field, max_length, length));
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("{} must not hold control characters", field));
  }
  return absl::OkStatus();
}

absl::StatusOr<core::TravelDocument> DocumentOf(const CrossingRequest& request,
                                                core::Timestamp now) {
  const core::Date today = std::chrono::floor<std::chrono::days>(now);
  absl::StatusOr<core::TravelDocument> document =
      std::holds_alternative<std::string>(request.identification)
          ? core::ParseMrz(std::get<std::string>(request.identification), today)
          : core::Normalized(std::get<core::TravelDocument>(request.identification));
  if (document.ok() && document->birth_date < kEarliestBirth) {
    return MakeError(Reason::kInvalidField, "birth_date lies before 1900-01-01");
  }
  if (document.ok() && document->birth_date > today + std::chrono::days(1)) {
    return MakeError(Reason::kInvalidField, "birth_date lies in the future");
  }
  return document;
}

absl::Status CheckAdmission(const std::optional<AdmissionRequest>& admission) {
  if (!admission) return MakeError(Reason::kMissingField, "admission is missing");
  const std::string& code = admission->class_of_admission;
  if (code.empty()) return MakeError(Reason::kMissingField, "class_of_admission is missing");
  return core::CheckClassCode(code);
}

absl::Status CheckImage(const CrossingRequest& request) {
  if (request.waiver == Waiver::kNone || request.image.empty()) return absl::OkStatus();
  return MakeError(Reason::kInvalidField, "a waived capture must come without an image");
}

// The authorization as asked for, a number of days as the day on which it ends. What the class's
// rule makes of it is no part of the request: a retry after the policy was changed is still the
// same.
std::string AuthorizationText(const core::Authorization& asked, core::Date arrived_on) {
  if (std::holds_alternative<std::monostate>(asked)) return "rule";
  const auto days_of = [](core::Date date) {
    return fmt::to_string(date.time_since_epoch().count());
  };
  if (const auto* date = std::get_if<core::Date>(&asked)) return days_of(*date);
  if (const auto* days = std::get_if<core::DaysFromArrival>(&asked)) {
    return fmt::to_string(std::int64_t{arrived_on.time_since_epoch().count()} + days->days - 1);
  }
  return "-1";
}

// What happened at the lane: the digest of two requests is the same exactly when these are. What to
// do with a poor capture is no part of it, so that a crossing sent live and again in a backlog is
// one. `\x1f` cannot occur in checked fields.
std::string ContentOf(const CrossingRequest& request, const CheckedRequest& checked) {
  const core::TravelDocument& document = checked.document;
  std::string admission = "-";
  if (request.direction == core::Direction::kArrival) {
    admission =
        fmt::format("{}\x1f{}", request.admission->class_of_admission,
                    AuthorizationText(request.admission->authorization, checked.local_date));
  }
  return fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
                     core::NameOf(request.direction), request.lane_id.value(),
                     request.captured_at.time_since_epoch().count(), document.issuing_state,
                     document.number, document.nationality,
                     document.birth_date.time_since_epoch().count(), static_cast<int>(document.sex),
                     checked.image_digest, admission, static_cast<int>(request.waiver),
                     request.carrier, request.flight);
}

}  // namespace

absl::Status CheckCapturedAt(core::Timestamp captured_at, core::Timestamp now,
                             std::chrono::seconds max_skew) {
  if (captured_at > now + max_skew) {
    return MakeError(
        Reason::kCapturedAtInFuture,
        fmt::format("captured_at is {} s ahead of the service's clock; the limit is {} s",
                    std::chrono::floor<std::chrono::seconds>(captured_at - now).count(),
                    max_skew.count()));
  }
  if (captured_at < kEarliestCapture) {
    return MakeError(Reason::kInvalidField, "captured_at lies before 2000-01-01");
  }
  return absl::OkStatus();
}

ports::CrossingRecord RecordOf(const CrossingRequest& request, const CheckedRequest& checked,
                               const std::optional<core::Admission>& admission) {
  return {.traveler_id = {},
          .crossing_id = {},
          .request_id = request.request_id,
          .document_id = checked.document_id,
          .direction = request.direction,
          .lane_id = request.lane_id,
          .port_id = checked.lane.port_id,
          .carrier = request.carrier,
          .flight = request.flight,
          .captured_at = request.captured_at,
          .recorded_at = {},
          .local_date = checked.local_date,
          .admission = admission,
          .capture_status = ports::CaptureStatus::kNotCaptured,
          .findings = {},
          .opened_cases = {},
          .holder = checked.document.holder()};
}

core::DocumentId DocumentIdOf(const std::string& issuing_state, const std::string& number) {
  return core::DocumentId(crypto::DeterministicUuid(issuing_state + '\x1f' + number));
}

absl::StatusOr<CheckedRequest> Check(const Call& call, const CrossingRequest& request,
                                     const LaneDirectory& lanes, const CrossingPolicy& policy,
                                     core::Timestamp now) {
  if (request.lane_id.value() != call.principal.id) {
    return MakeError(Reason::kLaneNotYours,
                     "lane_id is not the lane that the client certificate names");
  }
  absl::StatusOr<CheckedRequest> checked = CheckWithoutDigests(request, lanes, policy, now);
  if (!checked.ok()) return checked;
  if (!request.image.empty()) checked->image_digest = crypto::Sha256Hex(request.image);
  checked->content_digest = crypto::Sha256Hex(ContentOf(request, *checked));
  return checked;
}

absl::StatusOr<CheckedRequest> CheckWithoutDigests(const CrossingRequest& request,
                                                   const LaneDirectory& lanes,
                                                   const CrossingPolicy& policy,
                                                   core::Timestamp now) {
  const absl::StatusOr<LaneDirectory::Lane> lane = lanes.Find(request.lane_id, request.direction);
  if (!lane.ok()) return lane.status();

  absl::Status status = CheckCapturedAt(request.captured_at, now, policy.max_clock_skew);
  if (status.ok()) status = CheckPlainText(request.carrier, kMaxCarrierLength, "carrier");
  if (status.ok()) status = CheckPlainText(request.flight, kMaxFlightLength, "flight");
  if (status.ok()) status = CheckImage(request);
  if (!status.ok()) return status;

  absl::StatusOr<core::TravelDocument> document = DocumentOf(request, now);
  if (!document.ok()) return document.status();

  CheckedRequest checked;
  checked.lane = *lane;
  checked.document = *std::move(document);
  checked.document_id = DocumentIdOf(checked.document.issuing_state, checked.document.number);
  checked.local_date = LocalDate(request.captured_at, lane->time_zone);
  if (request.direction == core::Direction::kArrival) {
    status = CheckAdmission(request.admission);
    if (!status.ok()) return status;
  }
  return checked;
}

absl::StatusOr<std::optional<core::Admission>> AdmissionOf(
    const std::optional<AdmissionRequest>& asked, core::Date arrived_on,
    const core::AdmissionPolicy& policy) {
  if (!asked) return std::optional<core::Admission>();
  if (absl::Status status = CheckAdmission(asked); !status.ok()) return status;
  const std::string& code = asked->class_of_admission;
  const absl::StatusOr<core::AuthorizationRule> rule = core::RuleFor(policy, code, arrived_on);
  if (!rule.ok()) return rule.status();
  absl::StatusOr<core::Admission> admission =
      core::Admit(*rule, code, asked->authorization, arrived_on);
  if (!admission.ok()) return admission.status();
  return std::optional(*std::move(admission));
}

absl::StatusOr<core::DocumentId> DocumentIdFrom(const std::string& issuing_state,
                                                const std::string& number) {
  // Nationality stands in so that the pair alone can be checked like a whole document.
  const auto document = core::Normalized({.issuing_state = issuing_state,
                                          .number = number,
                                          .nationality = issuing_state,
                                          .birth_date = {},
                                          .sex = core::Sex::kUnspecified});
  if (!document.ok()) return document.status();
  return DocumentIdOf(document->issuing_state, document->number);
}

}  // namespace entryexit::app
