#include "rpc/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::rpc {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;

constexpr char kUuid[] = "0190a2b4-5c6d-4e7f-9a0b-1c2d3e4f5a6b";
constexpr int kUnknownNumber = 99;

v1::Date Day(int year, int month, int day) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

v1::RecordArrivalRequest Arrival() {
  v1::RecordArrivalRequest request;
  request.set_request_id(kUuid);
  request.set_lane_id("SEA-A1");
  request.mutable_captured_at()->set_seconds(1'767'225'600);
  request.mutable_captured_at()->set_nanos(123'456'789);
  v1::TravelDocument& document = *request.mutable_identification()->mutable_document();
  document.set_issuing_state("UTO");
  document.set_number("X123");
  document.set_nationality("UTO");
  *document.mutable_birth_date() = Day(1985, 3, 14);
  document.set_sex(v1::SEX_MALE);
  request.set_image("bytes");
  request.mutable_admission()->set_class_of_admission("B-2");
  *request.mutable_admission()->mutable_authorized_until() = Day(2026, 6, 30);
  request.set_carrier("XY");
  request.set_flight("XY1");
  return request;
}

// Arrival() with one thing changed.
absl::Status ErrorOf(const std::function<void(v1::RecordArrivalRequest&)>& change) {
  v1::RecordArrivalRequest request = Arrival();
  change(request);
  return FromProto(request).status();
}

TEST(FromProto, TakesEveryFieldOfAnArrival) {
  const v1::RecordArrivalRequest request = Arrival();
  const auto crossing = FromProto(request);
  ASSERT_THAT(crossing, IsOk());
  EXPECT_EQ(crossing->request_id.value(), kUuid);
  EXPECT_EQ(crossing->direction, core::Direction::kArrival);
  EXPECT_EQ(crossing->lane_id.value(), "SEA-A1");
  EXPECT_EQ(crossing->captured_at.time_since_epoch().count(), 1'767'225'600'123'456);
  const auto& document = std::get<core::TravelDocument>(crossing->identification);
  EXPECT_EQ(document.number, "X123");
  EXPECT_EQ(document.birth_date, core::Date(std::chrono::year(1985) / 3 / 14));
  EXPECT_EQ(document.sex, core::Sex::kMale);
  EXPECT_EQ(crossing->image.data(), request.image().data());
  EXPECT_EQ(crossing->admission->class_of_admission, "B-2");
  EXPECT_EQ(std::get<core::Date>(crossing->admission->authorization),
            core::Date(std::chrono::year(2026) / 6 / 30));
  EXPECT_EQ(crossing->waiver, app::Waiver::kNone);
  EXPECT_FALSE(crossing->record_poor_capture);
  EXPECT_EQ(crossing->carrier, "XY");
  EXPECT_EQ(crossing->flight, "XY1");
}

TEST(FromProto, TakesAnMrzAWaiverAndARuleOfAdmission) {
  v1::RecordArrivalRequest request = Arrival();
  request.mutable_identification()->set_mrz("P<UTO");
  request.set_waiver(v1::BIOMETRIC_WAIVER_OPTED_OUT);
  request.set_poor_capture(v1::POOR_CAPTURE_RECORD);
  request.mutable_admission()->set_days_from_arrival(90);
  const auto crossing = FromProto(request);
  ASSERT_THAT(crossing, IsOk());
  EXPECT_EQ(std::get<std::string>(crossing->identification), "P<UTO");
  EXPECT_EQ(crossing->waiver, app::Waiver::kOptedOut);
  EXPECT_TRUE(crossing->record_poor_capture);
  EXPECT_EQ(std::get<core::DaysFromArrival>(crossing->admission->authorization).days, 90);
}

TEST(FromProto, LeavesTheLengthOfStayToTheRuleOfTheClassWhenNoneIsGiven) {
  v1::RecordArrivalRequest request = Arrival();
  request.mutable_admission()->clear_authorization();
  const auto crossing = FromProto(request);
  ASSERT_THAT(crossing, IsOk());
  EXPECT_EQ(crossing->admission->class_of_admission, "B-2");
  EXPECT_EQ(crossing->admission->authorization, core::Authorization());

  request.mutable_admission()->set_duration_of_status(true);
  EXPECT_EQ(FromProto(request)->admission->authorization,
            core::Authorization(core::DurationOfStatus{}));
}

TEST(FromProto, TakesADepartureWithoutAdmission) {
  v1::RecordDepartureRequest request;
  request.set_request_id(kUuid);
  request.set_lane_id("SEA-D1");
  request.mutable_captured_at()->set_seconds(1);
  *request.mutable_identification() = Arrival().identification();
  const auto crossing = FromProto(request);
  ASSERT_THAT(crossing, IsOk());
  EXPECT_EQ(crossing->direction, core::Direction::kDeparture);
  EXPECT_FALSE(crossing->admission.has_value());
}

TEST(FromProto, NamesTheFieldThatIsMissing) {
  using Request = v1::RecordArrivalRequest;
  const std::pair<const char*, std::function<void(Request&)>> cases[] = {
      {"request_id", [](Request& r) { r.clear_request_id(); }},
      {"lane_id", [](Request& r) { r.clear_lane_id(); }},
      {"captured_at", [](Request& r) { r.clear_captured_at(); }},
      {"identification", [](Request& r) { r.clear_identification(); }},
      {"identification", [](Request& r) { r.mutable_identification()->Clear(); }},
      {"birth_date",
       [](Request& r) { r.mutable_identification()->mutable_document()->clear_birth_date(); }},
      {"sex", [](Request& r) { r.mutable_identification()->mutable_document()->clear_sex(); }},
      {"admission", [](Request& r) { r.clear_admission(); }},
  };
  for (const auto& [field, change] : cases) {
    const absl::Status status = ErrorOf(change);
    EXPECT_THAT(status, FailsWith(Reason::kMissingField)) << field;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(field));
  }
}

TEST(FromProto, NamesTheFieldThatIsWrong) {
  using Request = v1::RecordArrivalRequest;
  const std::pair<const char*, std::function<void(Request&)>> cases[] = {
      {"request_id", [](Request& r) { r.set_request_id("42"); }},
      {"request_id", [](Request& r) { r.set_request_id(std::string(kUuid) + "0"); }},
      {"request_id", [](Request& r) { r.set_request_id("0190a2b4-5c6d-4e7f-9a0b-1c2d3e4f5a6g"); }},
      {"lane_id", [](Request& r) { r.set_lane_id(std::string(65, 'L')); }},
      {"captured_at", [](Request& r) { r.mutable_captured_at()->set_nanos(-1); }},
      {"captured_at", [](Request& r) { r.mutable_captured_at()->set_nanos(1'000'000'000); }},
      {"captured_at",
       [](Request& r) {
         r.mutable_captured_at()->set_seconds(std::numeric_limits<int64_t>::max());
       }},
      {"captured_at",
       [](Request& r) {
         r.mutable_captured_at()->set_seconds(std::numeric_limits<int64_t>::min());
       }},
      {"birth_date",
       [](Request& r) {
         *r.mutable_identification()->mutable_document()->mutable_birth_date() = Day(1985, 2, 31);
       }},
      {"sex",
       [](Request& r) {
         r.mutable_identification()->mutable_document()->set_sex(
             static_cast<v1::Sex>(kUnknownNumber));
       }},
      {"authorized_until",
       [](Request& r) { *r.mutable_admission()->mutable_authorized_until() = Day(2026, 2, 31); }},
      {"duration_of_status",
       [](Request& r) { r.mutable_admission()->set_duration_of_status(false); }},
      {"waiver",
       [](Request& r) { r.set_waiver(static_cast<v1::BiometricWaiver>(kUnknownNumber)); }},
      {"poor_capture",
       [](Request& r) { r.set_poor_capture(static_cast<v1::PoorCapture>(kUnknownNumber)); }},
  };
  for (const auto& [field, change] : cases) {
    const absl::Status status = ErrorOf(change);
    EXPECT_THAT(status, FailsWith(Reason::kInvalidField)) << field;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(field));
  }
}

TEST(DateFrom, TakesExactlyTheDaysThatThereAre) {
  EXPECT_THAT(DateFrom(Day(2024, 2, 29), true, "d"), IsOk());
  EXPECT_THAT(DateFrom(Day(1, 1, 1), true, "d"), IsOk());
  EXPECT_THAT(DateFrom(Day(9999, 12, 31), true, "d"), IsOk());
  const v1::Date wrong[] = {Day(2023, 2, 29), Day(2024, 2, 31),  Day(2024, 4, 31),
                            Day(2024, 13, 1), Day(2024, 0, 1),   Day(2024, 1, 0),
                            Day(0, 1, 1),     Day(10000, 1, 1),  Day(-1, 1, 1),
                            Day(2024, 1, 32), Day(2024, 257, 1), Day(2024, 1, 257)};
  for (const v1::Date& date : wrong) {
    EXPECT_THAT(DateFrom(date, true, "d"), FailsWith(Reason::kInvalidField))
        << date.ShortDebugString();
  }
  EXPECT_THAT(DateFrom(v1::Date(), false, "d"), FailsWith(Reason::kMissingField));
}

TEST(UuidFrom, TakesUpperCaseForLowerCase) {
  const auto uuid = UuidFrom("0190A2B4-5C6D-4E7F-9A0B-1C2D3E4F5A6B", "id");
  ASSERT_THAT(uuid, IsOk());
  EXPECT_EQ(*uuid, kUuid);
}

TEST(PageSizeFrom, HasADefaultAndALimit) {
  EXPECT_EQ(*PageSizeFrom(0), 50);
  EXPECT_EQ(*PageSizeFrom(1), 1);
  EXPECT_EQ(*PageSizeFrom(500), 500);
  EXPECT_THAT(PageSizeFrom(501), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(PageSizeFrom(-1), FailsWith(Reason::kInvalidField));
}

TEST(FromProto, TakesADecision) {
  v1::DecideCaseRequest request;
  request.set_request_id(kUuid);
  request.set_case_id(kUuid);
  request.set_etag("3");
  request.set_decision(v1::CASE_DECISION_DISMISS);
  request.set_reason("known twin");
  const auto decision = FromProto(request);
  ASSERT_THAT(decision, IsOk());
  EXPECT_EQ(decision->version, 3);
  EXPECT_EQ(decision->decision, core::CaseDecision::kDismiss);
  EXPECT_EQ(decision->reason, "known twin");
}

TEST(FromProto, RefusesAnEtagOrDecisionThatIsNoneOfOurs) {
  v1::DecideCaseRequest request;
  request.set_request_id(kUuid);
  request.set_case_id(kUuid);
  request.set_decision(v1::CASE_DECISION_UPHOLD);
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kMissingField));
  for (const char* const etag : {"0", "-1", "x", "1x", " 1", "+1", "01", "99999999999"}) {
    request.set_etag(etag);
    EXPECT_THAT(FromProto(request), FailsWith(Reason::kInvalidField)) << etag;
  }
  request.set_etag("1");
  request.set_decision(v1::CASE_DECISION_UNSPECIFIED);
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kMissingField));
  request.set_decision(static_cast<v1::CaseDecision>(kUnknownNumber));
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kInvalidField));
}

v1::CorrectCrossingRequest WholeCorrection() {
  v1::CorrectCrossingRequest request;
  request.set_request_id(kUuid);
  request.set_crossing_id("704fb99f-921d-4fa0-8292-b7e2656a5b65");
  request.set_revision(3);
  request.set_reason("the clock was wrong");
  request.mutable_captured_at()->set_seconds(1'800'000'000);
  request.mutable_admission()->set_class_of_admission("B-2");
  *request.mutable_admission()->mutable_authorized_until() = Day(2026, 10, 31);
  return request;
}

TEST(FromProto, TakesEveryFieldOfACorrection) {
  const auto correction = FromProto(WholeCorrection());
  ASSERT_THAT(correction, IsOk());
  EXPECT_EQ(correction->request_id.value(), kUuid);
  EXPECT_EQ(correction->crossing_id.value(), "704fb99f-921d-4fa0-8292-b7e2656a5b65");
  EXPECT_EQ(correction->revision, 3);
  EXPECT_EQ(correction->reason, "the clock was wrong");
  EXPECT_FALSE(correction->voided);
  EXPECT_EQ(correction->captured_at, core::Timestamp(std::chrono::seconds(1'800'000'000)));
  EXPECT_EQ(correction->admission->class_of_admission, "B-2");

  v1::CorrectCrossingRequest voids;
  voids.set_request_id(kUuid);
  voids.set_crossing_id(kUuid);
  voids.set_revision(1);
  voids.set_voided(true);
  const auto voided = FromProto(voids);
  ASSERT_THAT(voided, IsOk());
  EXPECT_TRUE(voided->voided);
  EXPECT_EQ(voided->captured_at, std::nullopt);
  EXPECT_FALSE(voided->admission.has_value());
}

TEST(FromProto, TakesEveryFieldOfAMove) {
  v1::MoveDocumentRequest request;
  request.set_request_id(kUuid);
  request.mutable_document()->set_issuing_state("UTO");
  request.mutable_document()->set_number("X1");
  request.set_reason("two passports");
  auto move = FromProto(request);
  ASSERT_THAT(move, IsOk());
  EXPECT_EQ(move->request_id.value(), kUuid);
  EXPECT_EQ(move->issuing_state, "UTO");
  EXPECT_EQ(move->number, "X1");
  EXPECT_EQ(move->reason, "two passports");
  EXPECT_EQ(move->to, std::nullopt);
  request.set_to_traveler_id("704FB99F-921d-4fa0-8292-b7e2656a5b65");
  move = FromProto(request);
  ASSERT_THAT(move, IsOk());
  EXPECT_EQ(move->to, core::TravelerId("704fb99f-921d-4fa0-8292-b7e2656a5b65"));

  request.set_to_traveler_id("x");
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kInvalidField));
  request.clear_to_traveler_id();
  request.clear_document();
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kMissingField));
  request.mutable_document();
  request.clear_request_id();
  EXPECT_THAT(FromProto(request), FailsWith(Reason::kMissingField));
}

TEST(FromProto, NamesTheFieldOfACorrectionThatIsMissingOrWrong) {
  using Request = v1::CorrectCrossingRequest;
  struct Row {
    const char* field;
    Reason reason;
    std::function<void(Request&)> change;
  };
  const Row rows[] = {
      {"request_id", Reason::kMissingField, [](Request& r) { r.clear_request_id(); }},
      {"crossing_id", Reason::kMissingField, [](Request& r) { r.clear_crossing_id(); }},
      {"revision", Reason::kMissingField, [](Request& r) { r.clear_revision(); }},
      {"crossing_id", Reason::kInvalidField, [](Request& r) { r.set_crossing_id("x"); }},
      {"captured_at", Reason::kInvalidField,
       [](Request& r) { r.mutable_captured_at()->set_nanos(-1); }},
      {"admission.authorized_until", Reason::kInvalidField,
       [](Request& r) { *r.mutable_admission()->mutable_authorized_until() = Day(2026, 2, 30); }},
  };
  for (const Row& row : rows) {
    v1::CorrectCrossingRequest request = WholeCorrection();
    row.change(request);
    const absl::Status status = FromProto(request).status();
    EXPECT_THAT(status, FailsWith(row.reason)) << row.field;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(row.field));
  }
}

v1::RecordAdmissionChangeRequest GrantedExtension() {
  v1::RecordAdmissionChangeRequest request;
  request.set_request_id(kUuid);
  request.set_traveler_id("704fb99f-921d-4fa0-8292-b7e2656a5b65");
  request.set_application_id("IOE0912345678");
  request.set_kind(v1::ADMISSION_CHANGE_KIND_EXTENSION);
  *request.mutable_filed_on() = Day(2026, 4, 10);
  request.set_decision(v1::ADMISSION_DECISION_GRANTED);
  *request.mutable_decided_on() = Day(2026, 5, 2);
  request.mutable_granted()->set_class_of_admission("B-2");
  *request.mutable_granted()->mutable_authorized_until() = Day(2026, 10, 31);
  return request;
}

// GrantedExtension() with one thing changed.
absl::Status ChangeErrorOf(const std::function<void(v1::RecordAdmissionChangeRequest&)>& change) {
  v1::RecordAdmissionChangeRequest request = GrantedExtension();
  change(request);
  return FromProto(request).status();
}

TEST(FromProto, TakesEveryFieldOfAnAdmissionChange) {
  const auto change = FromProto(GrantedExtension());
  ASSERT_THAT(change, IsOk());
  EXPECT_EQ(change->request_id.value(), kUuid);
  EXPECT_EQ(change->traveler_id.value(), "704fb99f-921d-4fa0-8292-b7e2656a5b65");
  EXPECT_EQ(change->application_id, "IOE0912345678");
  EXPECT_EQ(change->kind, core::AdmissionChangeKind::kExtension);
  EXPECT_EQ(change->filed_on, core::Date(std::chrono::year(2026) / 4 / 10));
  EXPECT_EQ(change->decision, core::AdmissionDecision::kGranted);
  EXPECT_EQ(change->decided_on, core::Date(std::chrono::year(2026) / 5 / 2));
  EXPECT_EQ(change->class_of_admission, "B-2");
  EXPECT_EQ(std::get<core::Date>(change->authorization),
            core::Date(std::chrono::year(2026) / 10 / 31));
}

TEST(FromProto, TakesAnApplicationThatIsPending) {
  v1::RecordAdmissionChangeRequest request = GrantedExtension();
  request.set_decision(v1::ADMISSION_DECISION_PENDING);
  request.clear_decided_on();
  request.clear_granted();
  const auto change = FromProto(request);
  ASSERT_THAT(change, IsOk());
  EXPECT_EQ(change->decision, core::AdmissionDecision::kPending);
  EXPECT_FALSE(change->decided_on.has_value());
  EXPECT_EQ(change->class_of_admission, "");
  EXPECT_EQ(change->authorization, core::Authorization());
}

TEST(FromProto, NamesTheFieldOfAnAdmissionChangeThatIsMissing) {
  using Request = v1::RecordAdmissionChangeRequest;
  const std::pair<const char*, std::function<void(Request&)>> cases[] = {
      {"request_id", [](Request& r) { r.clear_request_id(); }},
      {"traveler_id", [](Request& r) { r.clear_traveler_id(); }},
      {"application_id", [](Request& r) { r.clear_application_id(); }},
      {"kind", [](Request& r) { r.clear_kind(); }},
      {"filed_on", [](Request& r) { r.clear_filed_on(); }},
      {"decision", [](Request& r) { r.clear_decision(); }},
      {"granted", [](Request& r) { r.clear_granted(); }},
  };
  for (const auto& [field, change] : cases) {
    const absl::Status status = ChangeErrorOf(change);
    EXPECT_THAT(status, FailsWith(Reason::kMissingField)) << field;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(field));
  }
}

TEST(FromProto, NamesTheFieldOfAnAdmissionChangeThatIsWrong) {
  using Request = v1::RecordAdmissionChangeRequest;
  const std::pair<const char*, std::function<void(Request&)>> cases[] = {
      {"request_id", [](Request& r) { r.set_request_id("42"); }},
      {"traveler_id", [](Request& r) { r.set_traveler_id("42"); }},
      {"kind",
       [](Request& r) { r.set_kind(static_cast<v1::AdmissionChangeKind>(kUnknownNumber)); }},
      {"filed_on", [](Request& r) { *r.mutable_filed_on() = Day(2026, 2, 30); }},
      {"decision",
       [](Request& r) { r.set_decision(static_cast<v1::AdmissionDecision>(kUnknownNumber)); }},
      {"decided_on", [](Request& r) { *r.mutable_decided_on() = Day(2026, 13, 1); }},
      {"granted", [](Request& r) { r.set_decision(v1::ADMISSION_DECISION_DENIED); }},
      {"granted",
       [](Request& r) {
         r.set_decision(v1::ADMISSION_DECISION_DENIED);
         r.mutable_granted()->Clear();
       }},
      {"granted.authorized_until",
       [](Request& r) { *r.mutable_granted()->mutable_authorized_until() = Day(2026, 4, 31); }},
      {"granted.duration_of_status",
       [](Request& r) { r.mutable_granted()->set_duration_of_status(false); }},
  };
  for (const auto& [field, change] : cases) {
    const absl::Status status = ChangeErrorOf(change);
    EXPECT_THAT(status, FailsWith(Reason::kInvalidField)) << field;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(field));
  }
}

TEST(FromProto, KnowsEveryKindAndDecisionOfAnAdmissionChangeBothWays) {
  const google::protobuf::EnumDescriptor& kinds = *v1::AdmissionChangeKind_descriptor();
  for (int i = 1; i < kinds.value_count(); ++i) {
    v1::RecordAdmissionChangeRequest request = GrantedExtension();
    request.set_kind(static_cast<v1::AdmissionChangeKind>(kinds.value(i)->number()));
    const auto change = FromProto(request);
    ASSERT_THAT(change, IsOk());
    EXPECT_EQ(ToProto(change->kind), request.kind());
  }
  const google::protobuf::EnumDescriptor& decisions = *v1::AdmissionDecision_descriptor();
  for (int i = 1; i < decisions.value_count(); ++i) {
    v1::RecordAdmissionChangeRequest request = GrantedExtension();
    request.set_decision(static_cast<v1::AdmissionDecision>(decisions.value(i)->number()));
    if (request.decision() != v1::ADMISSION_DECISION_GRANTED) request.clear_granted();
    const auto change = FromProto(request);
    ASSERT_THAT(change, IsOk());
    EXPECT_EQ(ToProto(change->decision), request.decision());
  }
}

TEST(FromProto, LeavesOutFiltersThatAreNotGiven) {
  const auto filter = FromProto(v1::ListCasesRequest());
  ASSERT_THAT(filter, IsOk());
  EXPECT_FALSE(filter->state || filter->kind || filter->port_id || filter->traveler_id);
}

TEST(FromProto, KnowsEveryStateAndKindOfCaseBothWays) {
  const google::protobuf::EnumDescriptor& states = *v1::CaseState_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {
    v1::ListCasesRequest request;
    request.set_state(static_cast<v1::CaseState>(states.value(i)->number()));
    const auto filter = FromProto(request);
    ASSERT_THAT(filter, IsOk());
    EXPECT_EQ(ToProto(filter->state.value()), request.state());
  }
  const google::protobuf::EnumDescriptor& kinds = *v1::CaseKind_descriptor();
  for (int i = 1; i < kinds.value_count(); ++i) {
    v1::ListCasesRequest request;
    request.set_kind(static_cast<v1::CaseKind>(kinds.value(i)->number()));
    const auto filter = FromProto(request);
    ASSERT_THAT(filter, IsOk());
    EXPECT_EQ(ToProto(filter->kind.value()), request.kind());
  }
  v1::ListCasesRequest unknown;
  unknown.set_state(static_cast<v1::CaseState>(kUnknownNumber));
  EXPECT_THAT(FromProto(unknown), FailsWith(Reason::kInvalidField));
  unknown.clear_state();
  unknown.set_kind(static_cast<v1::CaseKind>(kUnknownNumber));
  EXPECT_THAT(FromProto(unknown), FailsWith(Reason::kInvalidField));
}

TEST(OverstayKindFrom, KnowsEveryKindBothWays) {
  EXPECT_FALSE(OverstayKindFrom(v1::OVERSTAY_KIND_UNSPECIFIED)->has_value());
  for (const v1::OverstayKind kind :
       {v1::OVERSTAY_KIND_OUT_OF_COUNTRY, v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY}) {
    EXPECT_EQ(ToProto(OverstayKindFrom(kind)->value()), kind);
  }
  EXPECT_THAT(OverstayKindFrom(static_cast<v1::OverstayKind>(kUnknownNumber)),
              FailsWith(Reason::kInvalidField));
}

// That the values of `Value` from the first to `last` and those of the proto enum but UNSPECIFIED
// are the same ones, in whatever order.
template <typename Value>
void ExpectOneToOne(Value last, const google::protobuf::EnumDescriptor& descriptor) {
  std::set<int> reached;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    reached.insert(static_cast<int>(ToProto(static_cast<Value>(i))));
  }
  EXPECT_FALSE(reached.contains(0)) << descriptor.full_name();
  EXPECT_EQ(static_cast<int>(reached.size()), static_cast<int>(last) + 1);
  EXPECT_EQ(static_cast<int>(reached.size()), descriptor.value_count() - 1)
      << descriptor.full_name();
}

TEST(ToProto, HasAValueForEachOfOurs) {
  ExpectOneToOne(core::Direction::kDeparture, *v1::Direction_descriptor());
  ExpectOneToOne(core::FmrBound::kAtLeast, *v1::FmrBound_descriptor());
  ExpectOneToOne(core::QualityIssue::kNoPicture, *v1::QualityIssue_descriptor());
  ExpectOneToOne(core::Outcome::kOptedOut, *v1::Outcome_descriptor());
  ExpectOneToOne(core::StayState::kDepartureUnconfirmed, *v1::StayState_descriptor());
  ExpectOneToOne(core::CaseKind::kCorrectionRequest, *v1::CaseKind_descriptor());
  ExpectOneToOne(core::Severity::kHigh, *v1::Severity_descriptor());
  ExpectOneToOne(core::CaseState::kWithdrawn, *v1::CaseState_descriptor());
  ExpectOneToOne(ports::CaseEventKind::kWithdrawn, *v1::CaseEventKind_descriptor());
  ExpectOneToOne(ports::CaptureStatus::kNotCaptured, *v1::CaptureStatus_descriptor());
  ExpectOneToOne(core::OverstayKind::kSuspectedInCountry, *v1::OverstayKind_descriptor());
  ExpectOneToOne(core::OverstayBand::kYearOrMore, *v1::OverstayBand_descriptor());
  ExpectOneToOne(core::AdmissionChangeKind::kAdjustmentOfStatus,
                 *v1::AdmissionChangeKind_descriptor());
  ExpectOneToOne(core::AdmissionDecision::kRecordedInError, *v1::AdmissionDecision_descriptor());
  ExpectOneToOne(core::Sex::kUnspecified, *v1::Sex_descriptor());
}

core::DecisionReceipt Receipt() {
  core::DecisionReceipt receipt;
  receipt.outcome = core::Outcome::kInconclusive;
  receipt.distance = 1.05;
  receipt.estimated_fmr = 0.002;
  receipt.fmr_bound = core::FmrBound::kAtMost;
  receipt.probe_crossing_id = core::CrossingId("departure");
  receipt.probe_digest = "p";
  receipt.references = {{core::CrossingId("arrival"), "r", 1.05}};
  receipt.model = {"m", "d", "e"};
  receipt.thresholds = {5e-4, 1e-2, 1.0, 1.1, "matched"};
  receipt.best_k = 2;
  receipt.rule_version = "v";
  return receipt;
}

TEST(ToProto, TellsHowAnOutcomeCameAbout) {
  app::CrossingResult result;
  result.recorded = true;
  result.capture_status = ports::CaptureStatus::kTemplateStored;
  result.crossing.emplace();
  result.crossing->crossing_id = core::CrossingId("departure");
  result.crossing->traveler_id = core::TravelerId("traveler");
  result.crossing->opened_cases = {core::CaseId("case")};
  result.comparison.emplace();
  result.comparison->comparison_id = core::ComparisonId("comparison");
  result.comparison->compared_at = core::Timestamp(std::chrono::microseconds(1'000'001));
  result.comparison->receipt = Receipt();

  v1::RecordDepartureResponse response;
  ToProto(result, &response);
  EXPECT_TRUE(response.recorded());
  EXPECT_EQ(response.crossing_id(), "departure");
  EXPECT_EQ(response.traveler_id(), "traveler");
  EXPECT_EQ(response.outcome(), v1::OUTCOME_INCONCLUSIVE);
  EXPECT_THAT(response.opened_case_ids(), ::testing::ElementsAre("case"));
  const v1::Comparison& comparison = response.comparison();
  EXPECT_EQ(comparison.comparison_id(), "comparison");
  EXPECT_EQ(comparison.compared_at().seconds(), 1);
  EXPECT_EQ(comparison.compared_at().nanos(), 1000);
  EXPECT_EQ(comparison.crossing_id(), "departure");
  EXPECT_EQ(comparison.distance(), 1.05);
  EXPECT_EQ(comparison.estimated_fmr(), 0.002);
  EXPECT_EQ(comparison.fmr_bound(), v1::FMR_BOUND_AT_MOST);
  EXPECT_EQ(comparison.references(0).crossing_id(), "arrival");
  EXPECT_EQ(comparison.references(0).template_digest(), "r");
  EXPECT_EQ(comparison.model().digest(), "d");
  EXPECT_EQ(comparison.thresholds().no_match_distance(), 1.1);
  EXPECT_EQ(comparison.thresholds().calibration(), "matched");
  EXPECT_EQ(comparison.best_k(), 2);
}

TEST(ToProto, TellsWhyAPoorCaptureWasNotRecorded) {
  app::CrossingResult result;
  result.capture_status = ports::CaptureStatus::kLowQuality;
  result.findings = {{core::QualityIssue::kTooDark, 20, 40}};
  v1::RecordDepartureResponse response;
  ToProto(result, &response);
  EXPECT_FALSE(response.recorded());
  EXPECT_EQ(response.outcome(), v1::OUTCOME_LOW_QUALITY);
  EXPECT_FALSE(response.has_comparison());
  ASSERT_EQ(response.findings_size(), 1);
  EXPECT_EQ(response.findings(0).issue(), v1::QUALITY_ISSUE_TOO_DARK);
  EXPECT_EQ(response.findings(0).measured(), 20);
  EXPECT_EQ(response.findings(0).limit(), 40);
  EXPECT_FALSE(response.findings(0).advice().empty());
}

TEST(ToProto, LeavesOutWhatAnOpenStayDoesNotHave) {
  ports::StayRecord stay;
  stay.port_id = core::PortId("SEA");
  stay.stay.arrived_on = core::Date(std::chrono::year(2026) / 1 / 2);
  stay.stay.authorized_until = core::Date(std::chrono::year(2026) / 4 / 1);
  v1::ListOverstaysResponse row;
  ToProto(app::OverstayView{stay, {core::OverstayKind::kSuspectedInCountry, 7, 0}, true}, &row);
  EXPECT_TRUE(row.disputed());
  EXPECT_EQ(row.kind(), v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  EXPECT_EQ(row.days_overstayed(), 7);
  EXPECT_EQ(row.stay().state(), v1::STAY_STATE_OPEN);
  EXPECT_EQ(row.stay().authorized_until().month(), 4);
  EXPECT_FALSE(row.stay().has_departed_at());
  EXPECT_FALSE(row.stay().has_departed_on());
  EXPECT_TRUE(row.stay().departure_crossing_id().empty());
  EXPECT_FALSE(row.stay().has_pending_since());
}

TEST(ToProto, TellsHowGraveAnOverstayIsByTheDaysFromTheEighteenthBirthdayOn) {
  struct Expectation {
    int days;
    int days_before_18;
    v1::OverstayBand band;
  };
  for (const auto& [days, days_before_18, band] :
       {Expectation{180, 0, v1::OVERSTAY_BAND_UP_TO_180_DAYS},
        Expectation{400, 219, v1::OVERSTAY_BAND_OVER_180_DAYS},
        Expectation{400, 0, v1::OVERSTAY_BAND_YEAR_OR_MORE},
        Expectation{400, 400, v1::OVERSTAY_BAND_UNSPECIFIED}}) {
    v1::ListOverstaysResponse row;
    ToProto(
        app::OverstayView{
            {}, {core::OverstayKind::kSuspectedInCountry, days, days_before_18}, false},
        &row);
    EXPECT_EQ(row.days_overstayed(), days);
    EXPECT_EQ(row.days_before_18(), days_before_18);
    EXPECT_EQ(row.band(), band) << days << " less " << days_before_18;
  }
}

TEST(ToProto, TellsTheLastLawfulDayOfAnArrivalAsItIsKnownNow) {
  app::CrossingResult result;
  result.recorded = true;
  result.crossing.emplace();
  result.crossing->admission = {"SCH-C", core::Date(std::chrono::year(2026) / 4 / 1),
                                core::WindowRule{}};
  result.last_lawful_day = core::Date(std::chrono::year(2026) / 3 / 2);
  v1::RecordArrivalResponse response;
  ToProto(result, &response);
  EXPECT_EQ(response.authorized_until().month(), 3);
  EXPECT_EQ(response.authorized_until().day(), 2);

  result.last_lawful_day.reset();
  v1::RecordArrivalResponse without_end;
  ToProto(result, &without_end);
  EXPECT_FALSE(without_end.has_authorized_until());
}

TEST(ToProto, TellsOfTheWindowThatACrossingWasAdmittedUnder) {
  app::CrossingView view;
  view.crossing.admission = {"SCH-C", std::nullopt, core::WindowRule{90, 180}};
  v1::Crossing crossing;
  ToProto(view, &crossing);
  EXPECT_EQ(crossing.class_of_admission(), "SCH-C");
  EXPECT_FALSE(crossing.has_authorized_until());
  EXPECT_EQ(crossing.window().days(), 90);
  EXPECT_EQ(crossing.window().window_days(), 180);

  view.crossing.admission->window.reset();
  v1::Crossing without_window;
  ToProto(view, &without_window);
  EXPECT_FALSE(without_window.has_window());
}

TEST(ToProto, TellsWhatACrossingShouldHaveSaid) {
  app::CrossingView view;
  view.crossing.direction = core::Direction::kArrival;
  v1::Crossing crossing;
  ToProto(view, &crossing);
  EXPECT_FALSE(crossing.has_correction());

  ports::CorrectionRecord& record = view.correction.emplace();
  record.correction_id = core::CorrectionId(kUuid);
  record.principal = "supervisor/12";
  record.reason = "the clock was wrong";
  record.recorded_at = core::Timestamp(std::chrono::seconds(7));
  record.correction.revision = 2;
  record.correction.captured_at = core::Timestamp(std::chrono::seconds(5));
  record.correction.local_date = core::Date(std::chrono::year(2026) / 10 / 1);
  record.correction.admission = {"SCH-C", core::Date(std::chrono::year(2026) / 10 / 31),
                                 core::WindowRule{90, 180}};
  ToProto(view, &crossing);
  const v1::CrossingCorrection& correction = crossing.correction();
  EXPECT_EQ(correction.correction_id(), kUuid);
  EXPECT_EQ(correction.revision(), 2);
  EXPECT_FALSE(correction.voided());
  EXPECT_EQ(correction.captured_at().seconds(), 5);
  EXPECT_EQ(correction.local_date().day(), 1);
  EXPECT_EQ(correction.class_of_admission(), "SCH-C");
  EXPECT_EQ(correction.authorized_until().day(), 31);
  EXPECT_EQ(correction.window().days(), 90);
  EXPECT_EQ(correction.reason(), "the clock was wrong");
  EXPECT_EQ(correction.principal(), "supervisor/12");
  EXPECT_EQ(correction.recorded_at().seconds(), 7);

  record.correction = {core::CrossingId(kUuid), 3, true, {}, {}, {}};
  record.moved_to = core::TravelerId("704fb99f-921d-4fa0-8292-b7e2656a5b65");
  v1::Crossing moved;
  ToProto(view, &moved);
  EXPECT_TRUE(moved.correction().voided());
  EXPECT_FALSE(moved.correction().has_local_date());
  EXPECT_EQ(moved.correction().moved_to_traveler_id(), "704fb99f-921d-4fa0-8292-b7e2656a5b65");
}

TEST(ToProto, TellsWhatATravelerAppliedForAndWhatBecameOfIt) {
  using std::chrono::year;
  app::TravelerView view;
  view.stays.resize(1);
  view.stays[0].stay.pending_since = core::Date(year(2026) / 4 / 10);
  ports::AdmissionChangeRecord pending;
  pending.change_id = core::AdmissionChangeId("filed");
  pending.recorded_at = core::Timestamp(std::chrono::seconds(5));
  pending.change = {"IOE1",
                    1,
                    core::AdmissionChangeKind::kExtension,
                    core::Date(year(2026) / 4 / 10),
                    core::AdmissionDecision::kPending,
                    std::nullopt,
                    std::nullopt};
  ports::AdmissionChangeRecord granted = pending;
  granted.change_id = core::AdmissionChangeId("decided");
  granted.change.decision = core::AdmissionDecision::kGranted;
  granted.change.decided_on = core::Date(year(2026) / 5 / 2);
  granted.change.granted = {"B-2", core::Date(year(2026) / 10 / 31), std::nullopt};
  view.admission_changes = {pending, granted};

  v1::GetTravelerResponse response;
  ToProto(view, &response);
  EXPECT_EQ(response.stays(0).pending_since().day(), 10);
  ASSERT_EQ(response.admission_changes_size(), 2);
  const v1::AdmissionChange& filed = response.admission_changes(0);
  EXPECT_EQ(filed.change_id(), "filed");
  EXPECT_EQ(filed.application_id(), "IOE1");
  EXPECT_EQ(filed.kind(), v1::ADMISSION_CHANGE_KIND_EXTENSION);
  EXPECT_EQ(filed.filed_on().day(), 10);
  EXPECT_EQ(filed.decision(), v1::ADMISSION_DECISION_PENDING);
  EXPECT_EQ(filed.recorded_at().seconds(), 5);
  EXPECT_FALSE(filed.has_decided_on() || filed.has_authorized_until());
  EXPECT_EQ(filed.class_of_admission(), "");
  const v1::AdmissionChange& decided = response.admission_changes(1);
  EXPECT_EQ(decided.decision(), v1::ADMISSION_DECISION_GRANTED);
  EXPECT_EQ(decided.decided_on().month(), 5);
  EXPECT_EQ(decided.class_of_admission(), "B-2");
  EXPECT_EQ(decided.authorized_until().month(), 10);
}

TEST(ToProto, TellsWhatATravelerMayStillStay) {
  app::AllowanceView view{core::WindowRule{90, 180},
                          {61, 60, core::Date(std::chrono::year(2026) / 8 / 29)}};
  v1::GetStayAllowanceResponse response;
  ToProto(view, &response);
  EXPECT_EQ(response.days_used(), 61);
  EXPECT_EQ(response.remaining_days(), 60);
  EXPECT_EQ(response.last_lawful_day().day(), 29);
  EXPECT_EQ(response.window().days(), 90);
  EXPECT_EQ(response.window().window_days(), 180);

  view.allowance = {90, 0, std::nullopt};
  v1::GetStayAllowanceResponse none;
  ToProto(view, &none);
  EXPECT_EQ(none.remaining_days(), 0);
  EXPECT_FALSE(none.has_last_lawful_day());
}

TEST(ToProto, GivesAReplayTheIdAndTimeOfWhatWasRecorded) {
  app::Replay replay;
  replay.recorded.comparison_id = core::ComparisonId("comparison");
  replay.recorded.compared_at = core::Timestamp(std::chrono::seconds(5));
  replay.recorded.receipt = Receipt();
  replay.replayed = Receipt();
  replay.replayed.outcome = core::Outcome::kMatch;
  replay.differences = {"outcome"};
  v1::ReplayDecisionResponse response;
  ToProto(replay, &response);
  EXPECT_FALSE(response.identical());
  EXPECT_THAT(response.differences(), ::testing::ElementsAre("outcome"));
  EXPECT_EQ(response.recorded().outcome(), v1::OUTCOME_INCONCLUSIVE);
  EXPECT_EQ(response.replayed().outcome(), v1::OUTCOME_MATCH);
  EXPECT_EQ(response.replayed().comparison_id(), "comparison");
  EXPECT_EQ(response.replayed().compared_at().seconds(), 5);
}

}  // namespace
}  // namespace entryexit::rpc
