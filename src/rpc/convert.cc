#include "rpc/convert.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;
using rpc::ToProto;  // Helpers of that name would hide it.

constexpr size_t kMaxNameLength = 64;
constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 500;
// The range of google.protobuf.Timestamp: the years 1 to 9999.
constexpr int64_t kMinSeconds = -62135596800;
constexpr int64_t kMaxSeconds = 253402300799;

absl::Status Missing(const std::string& field) {
  return MakeError(Reason::kMissingField, fmt::format("{} is missing", field));
}

absl::Status Invalid(const std::string& field, const std::string& rule) {
  return MakeError(Reason::kInvalidField, fmt::format("{} {}", field, rule));
}

absl::StatusOr<core::Sex> SexFrom(v1::Sex sex, const std::string& field) {
  switch (sex) {
    case v1::SEX_UNSPECIFIED:
      return Missing(field);
    case v1::SEX_FEMALE:
      return core::Sex::kFemale;
    case v1::SEX_MALE:
      return core::Sex::kMale;
    case v1::SEX_X:
      return core::Sex::kUnspecified;
    default:
      return Invalid(field, "is no known value");
  }
}

absl::StatusOr<app::Waiver> WaiverFrom(v1::BiometricWaiver waiver) {
  switch (waiver) {
    case v1::BIOMETRIC_WAIVER_UNSPECIFIED:
      return app::Waiver::kNone;
    case v1::BIOMETRIC_WAIVER_EXEMPT:
      return app::Waiver::kExempt;
    case v1::BIOMETRIC_WAIVER_OPTED_OUT:
      return app::Waiver::kOptedOut;
    default:
      return Invalid("waiver", "is no known value");
  }
}

absl::StatusOr<bool> RecordPoorCaptureFrom(v1::PoorCapture choice) {
  switch (choice) {
    case v1::POOR_CAPTURE_UNSPECIFIED:
      return false;
    case v1::POOR_CAPTURE_RECORD:
      return true;
    default:
      return Invalid("poor_capture", "is no known value");
  }
}

absl::StatusOr<core::TravelDocument> DocumentFrom(const v1::TravelDocument& document) {
  const absl::StatusOr<core::Date> birth_date =
      DateFrom(document.birth_date(), document.has_birth_date(), "document.birth_date");
  if (!birth_date.ok()) return birth_date.status();
  const absl::StatusOr<core::Sex> sex = SexFrom(document.sex(), "document.sex");
  if (!sex.ok()) return sex.status();
  return core::TravelDocument{document.issuing_state(), document.number(), document.nationality(),
                              *birth_date, *sex};
}

absl::StatusOr<std::variant<std::string, core::TravelDocument>> IdentificationFrom(
    const v1::Identification& identification) {
  switch (identification.source_case()) {
    case v1::Identification::kMrz:
      return identification.mrz();
    case v1::Identification::kDocument: {
      absl::StatusOr<core::TravelDocument> document = DocumentFrom(identification.document());
      if (!document.ok()) return document.status();
      return *std::move(document);
    }
    case v1::Identification::SOURCE_NOT_SET:
      break;
  }
  return Missing("identification");
}

// `field` names the admission in errors.
absl::StatusOr<core::Authorization> AuthorizationFrom(const v1::Admission& admission,
                                                      const std::string& field) {
  switch (admission.authorization_case()) {
    case v1::Admission::kAuthorizedUntil: {
      const absl::StatusOr<core::Date> date =
          DateFrom(admission.authorized_until(), true, field + ".authorized_until");
      if (!date.ok()) return date.status();
      return *date;
    }
    case v1::Admission::kDaysFromArrival:
      return core::DaysFromArrival{admission.days_from_arrival()};
    case v1::Admission::kDurationOfStatus:
      if (!admission.duration_of_status()) {
        return Invalid(field + ".duration_of_status", "must be true when it is given");
      }
      return core::DurationOfStatus{};
    case v1::Admission::AUTHORIZATION_NOT_SET:
      break;
  }
  return core::Authorization();
}

// What arrivals and departures have in common.
template <typename Request>
absl::StatusOr<app::CrossingRequest> CrossingFrom(const Request& request,
                                                  core::Direction direction) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  absl::StatusOr<std::string> lane_id = NameFrom(request.lane_id(), "lane_id");
  if (!lane_id.ok()) return lane_id.status();
  if (lane_id->empty()) return Missing("lane_id");
  const absl::StatusOr<core::Timestamp> captured_at =
      TimestampFrom(request.captured_at(), request.has_captured_at(), "captured_at");
  if (!captured_at.ok()) return captured_at.status();
  auto identification = IdentificationFrom(request.identification());
  if (!identification.ok()) return identification.status();
  const absl::StatusOr<app::Waiver> waiver = WaiverFrom(request.waiver());
  if (!waiver.ok()) return waiver.status();
  const absl::StatusOr<bool> record_poor_capture = RecordPoorCaptureFrom(request.poor_capture());
  if (!record_poor_capture.ok()) return record_poor_capture.status();
  return app::CrossingRequest{.request_id = core::RequestId(*std::move(request_id)),
                              .direction = direction,
                              .lane_id = core::LaneId(*std::move(lane_id)),
                              .captured_at = *captured_at,
                              .identification = *std::move(identification),
                              .image = request.image(),
                              .admission = std::nullopt,
                              .waiver = *waiver,
                              .record_poor_capture = *record_poor_capture,
                              .carrier = request.carrier(),
                              .flight = request.flight()};
}

absl::StatusOr<int> VersionFrom(const std::string& etag) {
  if (etag.empty()) return Missing("etag");
  int version = 0;
  if (!absl::SimpleAtoi(etag, &version) || version < 1 || std::to_string(version) != etag) {
    return Invalid("etag", "is not one that this service gave");
  }
  return version;
}

absl::StatusOr<core::CaseDecision> DecisionFrom(v1::CaseDecision decision) {
  switch (decision) {
    case v1::CASE_DECISION_UNSPECIFIED:
      return Missing("decision");
    case v1::CASE_DECISION_UPHOLD:
      return core::CaseDecision::kUphold;
    case v1::CASE_DECISION_DISMISS:
      return core::CaseDecision::kDismiss;
    case v1::CASE_DECISION_REOPEN:
      return core::CaseDecision::kReopen;
    default:
      return Invalid("decision", "is no known value");
  }
}

// The name of an enum value without its prefix; empty for an unknown number.
std::string BareName(const std::string& name, std::string_view prefix) {
  return name.size() > prefix.size() ? name.substr(prefix.size()) : std::string();
}

absl::StatusOr<core::AdmissionChangeKind> AdmissionChangeKindFrom(v1::AdmissionChangeKind kind) {
  if (kind == v1::ADMISSION_CHANGE_KIND_UNSPECIFIED) return Missing("kind");
  const auto known = core::AdmissionChangeKindFromName(
      BareName(v1::AdmissionChangeKind_Name(kind), "ADMISSION_CHANGE_KIND_"));
  if (!known) return Invalid("kind", "is no known value");
  return *known;
}

absl::StatusOr<core::AdmissionDecision> AdmissionDecisionFrom(v1::AdmissionDecision decision) {
  if (decision == v1::ADMISSION_DECISION_UNSPECIFIED) return Missing("decision");
  const auto known = core::AdmissionDecisionFromName(
      BareName(v1::AdmissionDecision_Name(decision), "ADMISSION_DECISION_"));
  if (!known) return Invalid("decision", "is no known value");
  return *known;
}

template <typename Proto>
Proto ByName(bool (*parse)(google::protobuf::ConstStringParam, Proto*), const std::string& prefix,
             const char* name) {
  Proto value{};
  parse(prefix + name, &value);
  return value;
}

void ToProto(const core::QualityFinding& finding, v1::QualityFinding* proto) {
  proto->set_issue(ToProto(finding.issue));
  proto->set_measured(finding.measured);
  proto->set_limit(finding.limit);
  proto->set_advice(app::Advice(finding));
}

template <typename Response>
void AddFindings(const std::vector<core::QualityFinding>& findings, Response* response) {
  for (const core::QualityFinding& finding : findings) ToProto(finding, response->add_findings());
}

void ToProto(const core::Thresholds& thresholds, v1::Thresholds* proto) {
  proto->set_fmr_match(thresholds.fmr_match);
  proto->set_fmr_no_match(thresholds.fmr_no_match);
  proto->set_match_distance(thresholds.match_distance);
  proto->set_no_match_distance(thresholds.no_match_distance);
  proto->set_calibration(thresholds.calibration);
}

void ToProto(const core::DecisionReceipt& receipt, v1::Comparison* proto) {
  proto->set_crossing_id(receipt.probe_crossing_id.value());
  proto->set_outcome(ToProto(receipt.outcome));
  if (receipt.distance) proto->set_distance(*receipt.distance);
  if (receipt.estimated_fmr) proto->set_estimated_fmr(*receipt.estimated_fmr);
  if (receipt.fmr_bound) proto->set_fmr_bound(ToProto(*receipt.fmr_bound));
  proto->set_probe_digest(receipt.probe_digest);
  for (const core::ReferenceDistance& reference : receipt.references) {
    v1::ReferenceDistance* const added = proto->add_references();
    added->set_crossing_id(reference.crossing_id.value());
    added->set_template_digest(reference.digest);
    added->set_distance(reference.distance);
  }
  proto->mutable_model()->set_model_id(receipt.model.id);
  proto->mutable_model()->set_digest(receipt.model.digest);
  proto->mutable_model()->set_engine(receipt.model.engine);
  ToProto(receipt.thresholds, proto->mutable_thresholds());
  proto->set_best_k(receipt.best_k);
  proto->set_rule_version(receipt.rule_version);
}

void ToProto(const ports::ComparisonRecord& record, v1::Comparison* proto) {
  ToProto(record.receipt, proto);
  proto->set_comparison_id(record.comparison_id.value());
  ToProto(record.compared_at, proto->mutable_compared_at());
}

void ToProto(const core::WindowRule& window, v1::StayWindow* proto) {
  proto->set_days(window.days);
  proto->set_window_days(window.window_days);
}

// An admission as the fields of a crossing or of its correction.
template <typename Proto>
void AddAdmission(const core::Admission& admission, Proto* proto) {
  proto->set_class_of_admission(admission.class_of_admission);
  if (admission.authorized_until) {
    ToProto(*admission.authorized_until, proto->mutable_authorized_until());
  }
  if (admission.window) ToProto(*admission.window, proto->mutable_window());
}

// What both answers say of a recorded crossing.
template <typename Response>
void AddCrossing(const ports::CrossingRecord& crossing, Response* response) {
  response->set_crossing_id(crossing.crossing_id.value());
  response->set_traveler_id(crossing.traveler_id.value());
  for (const core::CaseId& id : crossing.opened_cases) response->add_opened_case_ids(id.value());
}

}  // namespace

absl::StatusOr<app::CrossingRequest> FromProto(const v1::RecordArrivalRequest& request) {
  absl::StatusOr<app::CrossingRequest> crossing = CrossingFrom(request, core::Direction::kArrival);
  if (!crossing.ok()) return crossing;
  if (!request.has_admission()) return Missing("admission");
  const absl::StatusOr<core::Authorization> authorization =
      AuthorizationFrom(request.admission(), "admission");
  if (!authorization.ok()) return authorization.status();
  crossing->admission =
      app::AdmissionRequest{request.admission().class_of_admission(), *authorization};
  return crossing;
}

absl::StatusOr<app::CrossingRequest> FromProto(const v1::RecordDepartureRequest& request) {
  return CrossingFrom(request, core::Direction::kDeparture);
}

absl::StatusOr<app::CrossingRequest> FromProto(const v1::ImportRow& row) {
  if (row.direction() == v1::DIRECTION_UNSPECIFIED) return Missing("direction");
  if (row.direction() != v1::DIRECTION_ARRIVAL && row.direction() != v1::DIRECTION_DEPARTURE) {
    return Invalid("direction", "is no known value");
  }
  const bool is_arrival = row.direction() == v1::DIRECTION_ARRIVAL;
  absl::StatusOr<std::string> lane_id = NameFrom(row.lane_id(), "lane_id");
  if (!lane_id.ok()) return lane_id.status();
  if (lane_id->empty()) return Missing("lane_id");
  const absl::StatusOr<core::Timestamp> captured_at =
      TimestampFrom(row.captured_at(), row.has_captured_at(), "captured_at");
  if (!captured_at.ok()) return captured_at.status();
  if (!row.has_document()) return Missing("document");
  absl::StatusOr<core::TravelDocument> document = DocumentFrom(row.document());
  if (!document.ok()) return document.status();
  if (is_arrival && !row.has_admission()) return Missing("admission");
  if (!is_arrival && row.has_admission()) return Invalid("admission", "is for arrivals only");
  app::CrossingRequest crossing;
  crossing.direction = is_arrival ? core::Direction::kArrival : core::Direction::kDeparture;
  crossing.lane_id = core::LaneId(*std::move(lane_id));
  crossing.captured_at = *captured_at;
  crossing.identification = *std::move(document);
  crossing.image = row.image();
  crossing.carrier = row.carrier();
  crossing.flight = row.flight();
  if (!is_arrival) return crossing;
  const absl::StatusOr<core::Authorization> authorization =
      AuthorizationFrom(row.admission(), "admission");
  if (!authorization.ok()) return authorization.status();
  crossing.admission = app::AdmissionRequest{row.admission().class_of_admission(), *authorization};
  return crossing;
}

absl::StatusOr<app::DecisionRequest> FromProto(const v1::DecideCaseRequest& request) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  absl::StatusOr<std::string> case_id = UuidFrom(request.case_id(), "case_id");
  if (!case_id.ok()) return case_id.status();
  const absl::StatusOr<int> version = VersionFrom(request.etag());
  if (!version.ok()) return version.status();
  const absl::StatusOr<core::CaseDecision> decision = DecisionFrom(request.decision());
  if (!decision.ok()) return decision.status();
  app::DecisionRequest result{core::RequestId(*std::move(request_id)),
                              core::CaseId(*std::move(case_id)), *version, *decision,
                              request.reason()};
  for (const std::string& text : request.done_by_request_ids()) {
    absl::StatusOr<std::string> id = UuidFrom(text, "done_by_request_ids");
    if (!id.ok()) return id.status();
    result.done_by.emplace_back(*std::move(id));
  }
  return result;
}

absl::StatusOr<app::AdmissionChangeRequest> FromProto(
    const v1::RecordAdmissionChangeRequest& request) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  absl::StatusOr<std::string> traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  if (request.application_id().empty()) return Missing("application_id");
  const absl::StatusOr<core::AdmissionChangeKind> kind = AdmissionChangeKindFrom(request.kind());
  if (!kind.ok()) return kind.status();
  const absl::StatusOr<core::Date> filed_on =
      DateFrom(request.filed_on(), request.has_filed_on(), "filed_on");
  if (!filed_on.ok()) return filed_on.status();
  const absl::StatusOr<core::AdmissionDecision> decision =
      AdmissionDecisionFrom(request.decision());
  if (!decision.ok()) return decision.status();
  std::optional<core::Date> decided_on;
  if (request.has_decided_on()) {
    const absl::StatusOr<core::Date> date = DateFrom(request.decided_on(), true, "decided_on");
    if (!date.ok()) return date.status();
    decided_on = *date;
  }
  // An empty message would be taken for an absent one from here on.
  if (request.has_granted() != (*decision == core::AdmissionDecision::kGranted)) {
    return request.has_granted()
               ? Invalid("granted", "must be absent unless the decision is GRANTED")
               : Missing("granted");
  }
  const absl::StatusOr<core::Authorization> authorization =
      AuthorizationFrom(request.granted(), "granted");
  if (!authorization.ok()) return authorization.status();
  return app::AdmissionChangeRequest{.request_id = core::RequestId(*std::move(request_id)),
                                     .traveler_id = core::TravelerId(*std::move(traveler_id)),
                                     .application_id = request.application_id(),
                                     .revision = request.revision() == 0 ? 1 : request.revision(),
                                     .kind = *kind,
                                     .filed_on = *filed_on,
                                     .decision = *decision,
                                     .decided_on = decided_on,
                                     .class_of_admission = request.granted().class_of_admission(),
                                     .authorization = *authorization};
}

absl::StatusOr<app::CorrectionRequest> FromProto(const v1::CorrectCrossingRequest& request) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  absl::StatusOr<std::string> crossing_id = UuidFrom(request.crossing_id(), "crossing_id");
  if (!crossing_id.ok()) return crossing_id.status();
  if (request.revision() == 0) return Missing("revision");
  app::CorrectionRequest correction{.request_id = core::RequestId(*std::move(request_id)),
                                    .crossing_id = core::CrossingId(*std::move(crossing_id)),
                                    .revision = request.revision(),
                                    .voided = request.voided(),
                                    .captured_at = std::nullopt,
                                    .admission = std::nullopt,
                                    .reason = request.reason()};
  if (request.has_captured_at()) {
    const auto captured_at = TimestampFrom(request.captured_at(), true, "captured_at");
    if (!captured_at.ok()) return captured_at.status();
    correction.captured_at = *captured_at;
  }
  if (request.has_admission()) {
    const absl::StatusOr<core::Authorization> authorization =
        AuthorizationFrom(request.admission(), "admission");
    if (!authorization.ok()) return authorization.status();
    correction.admission =
        app::AdmissionRequest{request.admission().class_of_admission(), *authorization};
  }
  return correction;
}

absl::StatusOr<app::MoveRequest> FromProto(const v1::MoveDocumentRequest& request) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  if (!request.has_document()) return Missing("document");
  app::MoveRequest move{.request_id = core::RequestId(*std::move(request_id)),
                        .issuing_state = request.document().issuing_state(),
                        .number = request.document().number(),
                        .to = std::nullopt,
                        .reason = request.reason()};
  if (!request.to_traveler_id().empty()) {
    const absl::StatusOr<std::string> to = UuidFrom(request.to_traveler_id(), "to_traveler_id");
    if (!to.ok()) return to.status();
    move.to = core::TravelerId(*to);
  }
  return move;
}

absl::StatusOr<ports::CaseFilter> FromProto(const v1::ListCasesRequest& request) {
  ports::CaseFilter filter;
  if (request.state() != v1::CASE_STATE_UNSPECIFIED) {
    filter.state =
        core::CaseStateFromName(BareName(v1::CaseState_Name(request.state()), "CASE_STATE_"));
    if (!filter.state) return Invalid("state", "is no known value");
  }
  if (request.kind() != v1::CASE_KIND_UNSPECIFIED) {
    filter.kind = core::CaseKindFromName(BareName(v1::CaseKind_Name(request.kind()), "CASE_KIND_"));
    if (!filter.kind) return Invalid("kind", "is no known value");
  }
  const absl::StatusOr<std::string> port_id = NameFrom(request.port_id(), "port_id");
  if (!port_id.ok()) return port_id.status();
  if (!port_id->empty()) filter.port_id = core::PortId(*port_id);
  if (!request.traveler_id().empty()) {
    const absl::StatusOr<std::string> traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
    if (!traveler_id.ok()) return traveler_id.status();
    filter.traveler_id = core::TravelerId(*traveler_id);
  }
  if (request.has_due_before()) {
    const absl::StatusOr<core::Date> day = DateFrom(request.due_before(), true, "due_before");
    if (!day.ok()) return day.status();
    filter.due_before = *day;
  }
  filter.by_due_day = request.by_due_day();
  return filter;
}

absl::StatusOr<app::CorrectionFiling> FromProto(const v1::FileCorrectionRequestRequest& request) {
  absl::StatusOr<std::string> request_id = UuidFrom(request.request_id(), "request_id");
  if (!request_id.ok()) return request_id.status();
  absl::StatusOr<std::string> traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  const absl::StatusOr<core::Date> received_on =
      DateFrom(request.received_on(), request.has_received_on(), "received_on");
  if (!received_on.ok()) return received_on.status();
  app::CorrectionFiling filing{.request_id = core::RequestId(*std::move(request_id)),
                               .traveler_id = core::TravelerId(*std::move(traveler_id)),
                               .disputed = {},
                               .words = request.words(),
                               .received_on = *received_on};
  switch (request.disputed_case()) {
    case v1::FileCorrectionRequestRequest::kCrossingId: {
      absl::StatusOr<std::string> id = UuidFrom(request.crossing_id(), "crossing_id");
      if (!id.ok()) return id.status();
      filing.disputed = core::CrossingId(*std::move(id));
      return filing;
    }
    case v1::FileCorrectionRequestRequest::kCaseId: {
      absl::StatusOr<std::string> id = UuidFrom(request.case_id(), "case_id");
      if (!id.ok()) return id.status();
      filing.disputed = core::CaseId(*std::move(id));
      return filing;
    }
    case v1::FileCorrectionRequestRequest::DISPUTED_NOT_SET:
      break;
  }
  return Missing("disputed");
}

absl::StatusOr<core::Date> DateFrom(const v1::Date& date, bool present, const std::string& field) {
  if (!present) return Missing(field);
  if (date.year() < 1 || date.year() > 9999 || date.month() < 1 || date.month() > 12 ||
      date.day() < 1 || date.day() > 31) {
    return Invalid(field, "is no day of the years 1 to 9999");
  }
  const std::chrono::year_month_day day{std::chrono::year(date.year()),
                                        std::chrono::month(static_cast<unsigned>(date.month())),
                                        std::chrono::day(static_cast<unsigned>(date.day()))};
  if (!day.ok()) return Invalid(field, "is a day that its month does not have");
  return core::Date(day);
}

absl::StatusOr<core::Timestamp> TimestampFrom(const google::protobuf::Timestamp& time, bool present,
                                              const std::string& field) {
  if (!present) return Missing(field);
  if (time.seconds() < kMinSeconds || time.seconds() > kMaxSeconds || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return Invalid(field, "is no time of the years 1 to 9999");
  }
  return core::Timestamp(std::chrono::seconds(time.seconds()) +
                         std::chrono::microseconds(time.nanos() / 1000));
}

absl::StatusOr<core::Timestamp> KnownAtFrom(const google::protobuf::Timestamp& time, bool present,
                                            core::Timestamp now) {
  if (!present) return now;
  const absl::StatusOr<core::Timestamp> known_at = TimestampFrom(time, true, "known_at");
  if (known_at.ok() && *known_at > now) return Invalid("known_at", "must not be in the future");
  return known_at;
}

absl::StatusOr<std::string> UuidFrom(const std::string& text, const std::string& field) {
  if (text.empty()) return Missing(field);
  std::optional<std::string> uuid = core::CanonicalUuid(text);
  if (!uuid) return Invalid(field, "is no UUID");
  return *std::move(uuid);
}

absl::StatusOr<std::string> NameFrom(const std::string& text, const std::string& field) {
  if (text.size() > kMaxNameLength) {
    return Invalid(field, fmt::format("is longer than {} bytes", kMaxNameLength));
  }
  if (text.find('\0') != std::string::npos) return Invalid(field, "must not hold NUL characters");
  return text;
}

absl::StatusOr<int> PageSizeFrom(int page_size) {
  if (page_size == 0) return kDefaultPageSize;
  if (page_size < 0 || page_size > kMaxPageSize) {
    return Invalid("page_size", fmt::format("must be 1 to {}, not {}", kMaxPageSize, page_size));
  }
  return page_size;
}

absl::StatusOr<std::optional<core::OverstayKind>> OverstayKindFrom(v1::OverstayKind kind) {
  switch (kind) {
    case v1::OVERSTAY_KIND_UNSPECIFIED:
      return std::optional<core::OverstayKind>();
    case v1::OVERSTAY_KIND_OUT_OF_COUNTRY:
      return core::OverstayKind::kOutOfCountry;
    case v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY:
      return core::OverstayKind::kSuspectedInCountry;
    default:
      return Invalid("kind", "is no known value");
  }
}

void ToProto(core::Date date, v1::Date* proto) {
  const std::chrono::year_month_day day(date);
  proto->set_year(static_cast<int>(day.year()));
  proto->set_month(static_cast<int>(static_cast<unsigned>(day.month())));
  proto->set_day(static_cast<int>(static_cast<unsigned>(day.day())));
}

void ToProto(core::Timestamp time, google::protobuf::Timestamp* proto) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  proto->set_seconds(seconds.time_since_epoch().count());
  proto->set_nanos(static_cast<int>(std::chrono::nanoseconds(time - seconds).count()));
}

void ToProto(const core::TravelDocument& document, v1::TravelDocument* proto) {
  proto->set_issuing_state(document.issuing_state);
  proto->set_number(document.number);
  proto->set_nationality(document.nationality);
  ToProto(document.birth_date, proto->mutable_birth_date());
  proto->set_sex(ToProto(document.sex));
}

void ToProto(const ports::StayRecord& record, v1::Stay* proto) {
  const core::Stay& stay = record.stay;
  proto->set_traveler_id(record.traveler_id.value());
  proto->set_port_id(record.port_id.value());
  proto->set_state(ToProto(stay.state));
  proto->set_arrival_crossing_id(stay.arrival_id.value());
  ToProto(stay.arrived_at, proto->mutable_arrived_at());
  ToProto(stay.arrived_on, proto->mutable_arrived_on());
  proto->set_class_of_admission(stay.class_of_admission);
  if (stay.authorized_until) ToProto(*stay.authorized_until, proto->mutable_authorized_until());
  if (stay.departure_id) proto->set_departure_crossing_id(stay.departure_id->value());
  if (stay.departed_at) ToProto(*stay.departed_at, proto->mutable_departed_at());
  if (stay.departed_on) ToProto(*stay.departed_on, proto->mutable_departed_on());
  if (stay.pending_since) ToProto(*stay.pending_since, proto->mutable_pending_since());
}

void ToProto(const ports::AdmissionChangeRecord& record, v1::AdmissionChange* proto) {
  const core::AdmissionChange& change = record.change;
  proto->set_change_id(record.change_id.value());
  proto->set_application_id(change.application_id);
  proto->set_revision(change.revision);
  proto->set_kind(ToProto(change.kind));
  ToProto(change.filed_on, proto->mutable_filed_on());
  proto->set_decision(ToProto(change.decision));
  if (change.decided_on) ToProto(*change.decided_on, proto->mutable_decided_on());
  if (change.granted) {
    proto->set_class_of_admission(change.granted->class_of_admission);
    if (change.granted->authorized_until) {
      ToProto(*change.granted->authorized_until, proto->mutable_authorized_until());
    }
  }
  ToProto(record.recorded_at, proto->mutable_recorded_at());
}

void ToProto(const ports::CorrectionRecord& record, v1::CrossingCorrection* proto) {
  const core::CrossingCorrection& correction = record.correction;
  proto->set_correction_id(record.correction_id.value());
  proto->set_revision(correction.revision);
  proto->set_voided(correction.voided);
  if (correction.captured_at) ToProto(*correction.captured_at, proto->mutable_captured_at());
  if (correction.local_date) ToProto(*correction.local_date, proto->mutable_local_date());
  if (correction.admission) AddAdmission(*correction.admission, proto);
  proto->set_reason(record.reason);
  proto->set_principal(record.principal);
  ToProto(record.recorded_at, proto->mutable_recorded_at());
  if (record.moved_to) proto->set_moved_to_traveler_id(record.moved_to->value());
}

void ToProto(const ports::CaseEvent& event, v1::CaseEvent* proto) {
  proto->set_kind(ToProto(event.kind));
  ToProto(event.at, proto->mutable_at());
  proto->set_principal(event.principal);
  proto->set_reason(event.reason);
  for (const core::RequestId& id : event.done_by) proto->add_done_by_request_ids(id.value());
}

void ToProto(const app::CrossingResult& result, v1::RecordArrivalResponse* response) {
  response->set_recorded(result.recorded);
  response->set_capture_status(ToProto(result.capture_status));
  AddFindings(result.findings, response);
  if (!result.crossing) return;
  AddCrossing(*result.crossing, response);
  if (result.last_lawful_day) {
    ToProto(*result.last_lawful_day, response->mutable_authorized_until());
  }
}

void ToProto(const app::CrossingResult& result, v1::RecordDepartureResponse* response) {
  response->set_recorded(result.recorded);
  // Every recorded departure has a receipt; one that was not recorded had a poor capture.
  response->set_outcome(
      ToProto(result.comparison ? result.comparison->receipt.outcome : core::Outcome::kLowQuality));
  AddFindings(result.findings, response);
  if (result.crossing) AddCrossing(*result.crossing, response);
  if (result.comparison) ToProto(*result.comparison, response->mutable_comparison());
  response->set_disputed(result.disputed);
}

void ToProto(const core::FaceObservation& observation, v1::AssessCaptureResponse* response) {
  response->set_usable(observation.usable());
  AddFindings(observation.findings, response);
  response->set_image_width(observation.image_width);
  response->set_image_height(observation.image_height);
  if (!observation.face) return;
  response->mutable_face()->set_left(observation.face->left);
  response->mutable_face()->set_top(observation.face->top);
  response->mutable_face()->set_width(observation.face->width);
  response->mutable_face()->set_height(observation.face->height);
}

void ToProto(const app::TravelerView& view, v1::GetTravelerResponse* response) {
  response->set_traveler_id(view.traveler.traveler_id.value());
  ToProto(view.traveler.created_at, response->mutable_created_at());
  for (const core::TravelDocument& document : view.traveler.documents) {
    ToProto(document, response->add_documents());
  }
  for (const ports::StayRecord& stay : view.stays) ToProto(stay, response->add_stays());
  for (const ports::AdmissionChangeRecord& change : view.admission_changes) {
    ToProto(change, response->add_admission_changes());
  }
  response->set_disputed(view.disputed);
}

void ToProto(const app::AllowanceView& view, v1::GetStayAllowanceResponse* response) {
  response->set_days_used(view.allowance.days_used);
  response->set_remaining_days(view.allowance.remaining_days);
  if (view.allowance.last_lawful_day) {
    ToProto(*view.allowance.last_lawful_day, response->mutable_last_lawful_day());
  }
  ToProto(view.rule, response->mutable_window());
}

void ToProto(const app::AdmissionChangeResult& result,
             v1::RecordAdmissionChangeResponse* response) {
  response->set_change_id(result.change_id.value());
  for (const ports::StayRecord& stay : result.stays) ToProto(stay, response->add_stays());
}

void ToProto(const app::CorrectionResult& result, v1::CorrectCrossingResponse* response) {
  response->set_traveler_id(result.correction.traveler_id.value());
  ToProto(result.correction, response->mutable_correction());
  for (const ports::StayRecord& stay : result.stays) ToProto(stay, response->add_stays());
}

void ToProto(const app::MoveResult& result, v1::MoveDocumentResponse* response) {
  response->set_from_traveler_id(result.from.value());
  response->set_to_traveler_id(result.to.value());
  for (const ports::StayRecord& stay : result.stays) ToProto(stay, response->add_stays());
}

void ToProto(const app::CrossingView& view, v1::Crossing* proto) {
  const ports::CrossingRecord& crossing = view.crossing;
  proto->set_crossing_id(crossing.crossing_id.value());
  proto->set_traveler_id(crossing.traveler_id.value());
  proto->set_direction(ToProto(crossing.direction));
  proto->set_lane_id(crossing.lane_id.value());
  proto->set_port_id(crossing.port_id.value());
  proto->set_carrier(crossing.carrier);
  proto->set_flight(crossing.flight);
  ToProto(crossing.captured_at, proto->mutable_captured_at());
  ToProto(crossing.recorded_at, proto->mutable_recorded_at());
  ToProto(crossing.local_date, proto->mutable_local_date());
  if (crossing.admission) AddAdmission(*crossing.admission, proto);
  proto->set_capture_status(ToProto(crossing.capture_status));
  AddFindings(crossing.findings, proto);
  for (const ports::ComparisonRecord& comparison : view.comparisons) {
    ToProto(comparison, proto->add_comparisons());
  }
  if (view.correction) ToProto(*view.correction, proto->mutable_correction());
  proto->set_disputed(view.disputed);
}

void ToProto(const ports::CaseRecord& record, v1::Case* proto) {
  proto->set_case_id(record.case_id.value());
  proto->set_kind(ToProto(record.kind));
  proto->set_severity(ToProto(record.severity));
  proto->set_state(ToProto(record.state));
  proto->set_etag(std::to_string(record.version));
  proto->set_traveler_id(record.traveler_id.value());
  proto->set_crossing_id(record.crossing_id.value());
  proto->set_port_id(record.port_id.value());
  proto->set_days_overstayed(record.days_overstayed);
  ToProto(record.opened_at, proto->mutable_opened_at());
  ToProto(record.updated_at, proto->mutable_updated_at());
  if (record.first_officer) proto->set_first_officer(*record.first_officer);
  if (record.terms) {
    ToProto(record.terms->received_on, proto->mutable_received_on());
    ToProto(record.terms->due_on, proto->mutable_due_on());
    if (record.terms->disputed_case) {
      proto->set_disputed_case_id(record.terms->disputed_case->value());
    }
  }
  proto->set_disputed(record.disputed);
}

void ToProto(const app::CaseView& view, v1::GetCaseResponse* response) {
  ToProto(view.record, response->mutable_case_());
  response->set_explanation(app::Explain(view));
  ToProto(view.crossing, response->mutable_crossing());
  if (view.comparison) ToProto(*view.comparison, response->mutable_comparison());
  for (const ports::CaseEvent& event : view.events) ToProto(event, response->add_history());
}

void ToProto(app::CaptureView view, v1::GetCaptureResponse* response) {
  response->set_image(std::move(view.image));
  response->set_media_type(std::move(view.media_type));
  response->set_digest(std::move(view.digest));
}

void ToProto(const app::Replay& replay, v1::ReplayDecisionResponse* response) {
  ToProto(replay.recorded, response->mutable_recorded());
  ports::ComparisonRecord replayed = replay.recorded;
  replayed.receipt = replay.replayed;
  ToProto(replayed, response->mutable_replayed());
  response->set_identical(replay.differences.empty());
  for (const std::string& difference : replay.differences) response->add_differences(difference);
}

void ToProto(const app::OverstayView& view, v1::ListOverstaysResponse* response) {
  const core::Overstay& overstay = view.overstay;
  response->set_kind(ToProto(overstay.kind));
  response->set_days_overstayed(overstay.days);
  ToProto(view.stay, response->mutable_stay());
  response->set_disputed(view.disputed);
  response->set_days_before_18(overstay.days_before_18);
  if (const auto band = core::BandOf(overstay)) response->set_band(ToProto(*band));
}

v1::Direction ToProto(core::Direction direction) {
  return ByName(v1::Direction_Parse, "DIRECTION_", core::NameOf(direction));
}

v1::QualityIssue ToProto(core::QualityIssue issue) {
  return ByName(v1::QualityIssue_Parse, "QUALITY_ISSUE_", core::NameOf(issue));
}

v1::Outcome ToProto(core::Outcome outcome) {
  return ByName(v1::Outcome_Parse, "OUTCOME_", core::NameOf(outcome));
}

v1::FmrBound ToProto(core::FmrBound bound) {
  return ByName(v1::FmrBound_Parse, "FMR_BOUND_", core::NameOf(bound));
}

v1::StayState ToProto(core::StayState state) {
  return ByName(v1::StayState_Parse, "STAY_STATE_", core::NameOf(state));
}

v1::CaseKind ToProto(core::CaseKind kind) {
  return ByName(v1::CaseKind_Parse, "CASE_KIND_", core::NameOf(kind));
}

v1::Severity ToProto(core::Severity severity) {
  return ByName(v1::Severity_Parse, "SEVERITY_", core::NameOf(severity));
}

v1::CaseState ToProto(core::CaseState state) {
  return ByName(v1::CaseState_Parse, "CASE_STATE_", core::NameOf(state));
}

v1::CaseEventKind ToProto(ports::CaseEventKind kind) {
  return ByName(v1::CaseEventKind_Parse, "CASE_EVENT_KIND_", ports::NameOf(kind));
}

v1::CaptureStatus ToProto(ports::CaptureStatus status) {
  return ByName(v1::CaptureStatus_Parse, "CAPTURE_STATUS_", ports::NameOf(status));
}

v1::OverstayKind ToProto(core::OverstayKind kind) {
  return ByName(v1::OverstayKind_Parse, "OVERSTAY_KIND_", core::NameOf(kind));
}

v1::OverstayBand ToProto(core::OverstayBand band) {
  return ByName(v1::OverstayBand_Parse, "OVERSTAY_BAND_", core::NameOf(band));
}

v1::AdmissionChangeKind ToProto(core::AdmissionChangeKind kind) {
  return ByName(v1::AdmissionChangeKind_Parse, "ADMISSION_CHANGE_KIND_", core::NameOf(kind));
}

v1::AdmissionDecision ToProto(core::AdmissionDecision decision) {
  return ByName(v1::AdmissionDecision_Parse, "ADMISSION_DECISION_", core::NameOf(decision));
}

v1::Sex ToProto(core::Sex sex) {
  switch (sex) {
    case core::Sex::kFemale:
      return v1::SEX_FEMALE;
    case core::Sex::kMale:
      return v1::SEX_MALE;
    case core::Sex::kUnspecified:
      return v1::SEX_X;
  }
  return v1::SEX_UNSPECIFIED;
}

}  // namespace entryexit::rpc
