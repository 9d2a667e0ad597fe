// How long travelers may stay: the rules of classes of admission, and what an authority decides
// later. All days lie in the past, so that the tests say the same on every day.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entryexit/client/text.h"
#include "entryexit/crypto/digest.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using Lane = v1::LaneService::Stub;
using BackOffice = v1::BackOfficeService::Stub;

// Only the operator can mend a class that the policy lacks.
StatusCode CodeOf(const std::string& reason) {
  return reason == "CLASS_UNKNOWN" ? StatusCode::FAILED_PRECONDITION : StatusCode::INVALID_ARGUMENT;
}

constexpr char kNone[] = "";  // in place of a day

v1::Date Day(const std::string& text) { return client::ParseDate(text).value(); }

std::string DayOf(bool present, const v1::Date& date) {
  return present ? client::FormatDate(date) : kNone;
}
std::string LastLawfulDayOf(const v1::RecordArrivalResponse& arrival) {
  return DayOf(arrival.has_authorized_until(), arrival.authorized_until());
}
std::string LastLawfulDayOf(const v1::Stay& stay) {
  return DayOf(stay.has_authorized_until(), stay.authorized_until());
}
std::string PendingSince(const v1::Stay& stay) {
  return DayOf(stay.has_pending_since(), stay.pending_since());
}

Lane& AtSeattle() {
  static const std::unique_ptr<Lane> kLane = World::Shared().Lane("SEA-X1");
  return *kLane;
}

BackOffice& Officer() {
  static const std::unique_ptr<BackOffice> kOfficer = World::Shared().Officer();
  return *kOfficer;
}

v1::GetTravelerResponse TravelerWith(const std::string& traveler_id) {
  v1::GetTravelerRequest request;
  request.set_traveler_id(traveler_id);
  const auto answer = Call(Officer(), &BackOffice::GetTraveler, request);
  EXPECT_THAT(answer, Succeeds());
  return answer.response;
}

v1::GetStayAllowanceResponse AllowanceOf(const std::string& traveler_id, const std::string& day,
                                         const std::string& class_of_admission = "") {
  v1::GetStayAllowanceRequest request;
  request.set_traveler_id(traveler_id);
  *request.mutable_date() = Day(day);
  request.set_class_of_admission(class_of_admission);
  const auto answer = Call(Officer(), &BackOffice::GetStayAllowance, request);
  EXPECT_THAT(answer, Succeeds());
  return answer.response;
}

std::vector<v1::Case> OverstayCasesOf(const std::string& traveler_id) {
  v1::ListCasesRequest request;
  request.set_traveler_id(traveler_id);
  request.set_kind(v1::CASE_KIND_OVERSTAY);
  const auto answer = Call(Officer(), &BackOffice::ListCases, request);
  EXPECT_THAT(answer, Succeeds());
  return {answer.response.cases().begin(), answer.response.cases().end()};
}

// The traveler's row in the report of the day; none when it has none.
std::optional<v1::ListOverstaysResponse> OverstayOf(const std::string& traveler_id,
                                                    const std::string& as_of) {
  static const auto kReporter = World::Shared().Reporter();
  v1::ListOverstaysRequest request;
  *request.mutable_as_of() = Day(as_of);
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = kReporter->ListOverstays(&context, request);
  std::optional<v1::ListOverstaysResponse> found;
  for (v1::ListOverstaysResponse row; stream->Read(&row);) {
    if (row.stay().traveler_id() == traveler_id) found = row;
  }
  EXPECT_TRUE(stream->Finish().ok());
  return found;
}

// One who comes and goes. The crossings lie at noon, where no time zone of ours makes another day
// of it.
class Traveler {
 public:
  // One of the synthetic people.
  explicit Traveler(int person) : person_(person) {}

  // Without an authorization: the rule of the class is to decide.
  v1::RecordArrivalRequest Arrival(const std::string& day, const std::string& code) const {
    auto request = ArrivalRequest({"SEA-X1", document_, FaceImage(person_, "arrival_1")});
    *request.mutable_captured_at() = NoonOf(day);
    request.mutable_admission()->Clear();
    request.mutable_admission()->set_class_of_admission(code);
    return request;
  }
  v1::RecordArrivalRequest Arrival(const std::string& day, const std::string& code,
                                   const std::string& until) const {
    auto request = Arrival(day, code);
    *request.mutable_admission()->mutable_authorized_until() = Day(until);
    return request;
  }

  v1::RecordArrivalResponse Arrive(const v1::RecordArrivalRequest& request) {
    const auto answer = Call(AtSeattle(), &Lane::RecordArrival, request);
    EXPECT_THAT(answer, Succeeds());
    id_ = answer.response.traveler_id();
    return answer.response;
  }

  void Depart(const std::string& day) {
    auto request = DepartureRequest({"SEA-X1", document_, FaceImage(person_, "departure_1")});
    *request.mutable_captured_at() = NoonOf(day);
    EXPECT_THAT(Call(AtSeattle(), &Lane::RecordDeparture, request), Succeeds());
  }

  // Of the service, once the traveler has arrived.
  const std::string& id() const { return id_; }
  v1::DocumentKey document() const {
    v1::DocumentKey key;
    key.set_issuing_state("UTO");
    key.set_number(document_);
    return key;
  }

 private:
  static google::protobuf::Timestamp NoonOf(const std::string& day) {
    return client::ParseTimestamp(day + "T20:00:00Z").value();
  }

  const int person_;
  const std::string document_ = NewDocumentNumber();
  std::string id_;
};

// -------------------------------------------------------------------------- days in a moving
// window

TEST(DaysInAWindow, AreCountedByWalkingForwardFromTheArrival) {
  Traveler traveler(30);
  EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(traveler.Arrival("2024-01-10", "SCH-C"))),
            "2024-04-08");
  traveler.Depart("2024-02-08");
  EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(traveler.Arrival("2024-04-01", "SCH-C"))),
            "2024-05-30");
  traveler.Depart("2024-04-30");
  // 60 days were used, but the first 30 of them drop out of the window from 8 July on, before the
  // 30 that were left are over.
  EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(traveler.Arrival("2024-07-01", "SCH-C"))),
            "2024-08-29");
  EXPECT_EQ(LastLawfulDayOf(TravelerWith(traveler.id()).stays(2)), "2024-08-29");

  for (const char* const code : {"", "SCH-C"}) {
    const auto allowance = AllowanceOf(traveler.id(), "2024-07-01", code);
    EXPECT_EQ(allowance.days_used(), 61);
    EXPECT_EQ(allowance.remaining_days(), 60);
    EXPECT_EQ(client::FormatDate(allowance.last_lawful_day()), "2024-08-29");
    EXPECT_EQ(allowance.window().days(), 90);
    EXPECT_EQ(allowance.window().window_days(), 180);
  }
  const auto later = AllowanceOf(traveler.id(), "2024-08-01");
  EXPECT_EQ(later.days_used(), 67);
  EXPECT_EQ(later.remaining_days(), 29);
  EXPECT_EQ(client::FormatDate(later.last_lawful_day()), "2024-08-29");

  traveler.Depart("2024-09-02");
  const auto cases = OverstayCasesOf(traveler.id());
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].days_overstayed(), 4);
}

TEST(DaysInAWindow, AreCountedAnewWhenEarlierStaysBecomeKnown) {
  Traveler traveler(30);
  EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(traveler.Arrival("2024-07-01", "SCH-C"))),
            "2024-09-28");
  traveler.Arrive(traveler.Arrival("2024-04-01", "SCH-C"));
  traveler.Depart("2024-06-09");
  const auto stays = TravelerWith(traveler.id()).stays();
  ASSERT_EQ(stays.size(), 2);
  EXPECT_EQ(LastLawfulDayOf(stays[1]), "2024-07-20") << "70 of the 90 days were used";
}

TEST(DaysInAWindow, CanBeUsedUp) {
  Traveler traveler(31);
  traveler.Arrive(traveler.Arrival("2024-01-01", "SCH-C"));
  traveler.Depart("2024-03-30");
  EXPECT_TRUE(OverstayCasesOf(traveler.id()).empty());
  EXPECT_EQ(AllowanceOf(traveler.id(), "2024-03-30").days_used(), 90);
  const auto allowance = AllowanceOf(traveler.id(), "2024-04-10");
  EXPECT_EQ(allowance.days_used(), 90);
  EXPECT_EQ(allowance.remaining_days(), 0);
  EXPECT_FALSE(allowance.has_last_lawful_day());

  // Whoever comes all the same has stayed too long from the first day on.
  EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(traveler.Arrival("2024-04-10", "SCH-C"))),
            "2024-04-09");
  traveler.Depart("2024-04-12");
  const auto cases = OverstayCasesOf(traveler.id());
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].days_overstayed(), 3);
}

TEST(DaysInAWindow, AreAskedForAPersonADayAndAClassThatHasSuchALimit) {
  Traveler traveler(31);
  traveler.Arrive(traveler.Arrival("2024-01-01", "SCH-C"));
  using Request = v1::GetStayAllowanceRequest;
  struct BadRequest {
    std::function<void(Request&)> spoil;
    StatusCode code;
    const char* reason;
  };
  const BadRequest bad_requests[] = {
      {[](Request& r) { r.clear_traveler_id(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](Request& r) { r.set_traveler_id("42"); }, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](Request& r) { r.set_traveler_id(crypto::NewUuid()); }, StatusCode::NOT_FOUND,
       "TRAVELER_NOT_FOUND"},
      {[](Request& r) { r.clear_date(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](Request& r) { r.mutable_date()->set_day(32); }, StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {[](Request& r) { r.set_class_of_admission("ZZ-9"); }, StatusCode::FAILED_PRECONDITION,
       "CLASS_UNKNOWN"},
      {[](Request& r) { r.set_class_of_admission("B-2"); }, StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD"},
  };
  for (const BadRequest& bad : bad_requests) {
    Request request;
    request.set_traveler_id(traveler.id());
    *request.mutable_date() = Day("2024-02-01");
    bad.spoil(request);
    EXPECT_THAT(Call(Officer(), &BackOffice::GetStayAllowance, request),
                Fails(bad.code, bad.reason))
        << request.ShortDebugString();
  }
}

// ------------------------------------------------------------------------- rules of other classes

using Change = std::function<void(v1::Admission&)>;

Change Nothing() {
  return [](v1::Admission&) {};
}
Change Until(const std::string& day) {
  return [day](v1::Admission& admission) { *admission.mutable_authorized_until() = Day(day); };
}
Change ForDays(int days) {
  return [days](v1::Admission& admission) { admission.set_days_from_arrival(days); };
}
Change ForDurationOfStatus() {
  return [](v1::Admission& admission) { admission.set_duration_of_status(true); };
}

TEST(ClassOfAdmission, HasARuleThatDecidesUnlessLessIsGranted) {
  struct Expectation {
    const char* code;
    Change grant;
    const char* last_lawful_day;
  };
  const Expectation expectations[] = {
      {"WT", Nothing(), "2024-09-28"},
      {"WT", ForDays(90), "2024-09-28"},
      {"WT", ForDays(30), "2024-07-30"},
      {"WT", Until("2024-08-15"), "2024-08-15"},
      {"SCH-C", Nothing(), "2024-09-28"},
      {"SCH-C", ForDays(30), "2024-07-30"},
      {"B-2", Until("2024-12-31"), "2024-12-31"},
      {"B-2", ForDays(180), "2024-12-27"},
      {"F-1", Nothing(), kNone},
      {"F-1", ForDurationOfStatus(), kNone},
      {"A-1", Nothing(), kNone},
  };
  for (const auto& [code, grant, last_lawful_day] : expectations) {
    Traveler traveler(32);
    auto request = traveler.Arrival("2024-07-01", code);
    grant(*request.mutable_admission());
    EXPECT_EQ(LastLawfulDayOf(traveler.Arrive(request)), last_lawful_day)
        << request.admission().ShortDebugString();
  }
}

TEST(ClassOfAdmission, IsRecordedWithItsWindow) {
  Traveler traveler(32);
  auto request = traveler.Arrival("2024-07-01", "SCH-C", "2024-08-15");
  traveler.Arrive(request);
  v1::ListCrossingsRequest list;
  list.set_traveler_id(traveler.id());
  const auto crossings = Call(Officer(), &BackOffice::ListCrossings, list);
  ASSERT_THAT(crossings, Succeeds());
  ASSERT_EQ(crossings.response.crossings_size(), 1);
  const v1::Crossing& crossing = crossings.response.crossings(0);
  EXPECT_EQ(crossing.class_of_admission(), "SCH-C");
  EXPECT_EQ(client::FormatDate(crossing.authorized_until()), "2024-08-15");
  EXPECT_EQ(crossing.window().days(), 90);
  EXPECT_EQ(crossing.window().window_days(), 180);
}

TEST(ClassOfAdmission, RefusesWhatItsRuleDoesNotAllowAndNothingIsStored) {
  struct Expectation {
    const char* day;
    const char* code;
    Change grant;
    const char* reason;
  };
  const Expectation expectations[] = {
      {"2024-07-01", "ZZ-9", Nothing(), "CLASS_UNKNOWN"},
      {"2024-07-01", "ZZ-9", ForDays(30), "CLASS_UNKNOWN"},
      {"2024-07-01", "B-2", Nothing(), "MISSING_FIELD"},
      {"2024-07-01", "B-2", ForDurationOfStatus(), "INVALID_FIELD"},
      {"2024-07-01", "WT", ForDays(120), "INVALID_FIELD"},
      {"2024-07-01", "WT", Until("2024-09-29"), "INVALID_FIELD"},
      {"2024-07-01", "WT", ForDurationOfStatus(), "INVALID_FIELD"},
      {"2024-07-01", "SCH-C", ForDurationOfStatus(), "INVALID_FIELD"},
      // The day before the window came into force: the rule of that day counts.
      {"2013-10-17", "SCH-C", Nothing(), "MISSING_FIELD"},
  };
  const int rows = RowsIn(World::Shared());
  for (const auto& [day, code, grant, reason] : expectations) {
    auto request = Traveler(32).Arrival(day, code);
    grant(*request.mutable_admission());
    EXPECT_THAT(Call(AtSeattle(), &Lane::RecordArrival, request), Fails(CodeOf(reason), reason))
        << request.admission().ShortDebugString();
  }
  EXPECT_EQ(RowsIn(World::Shared()), rows);
}

TEST(ListOverstays, TellsHowManyDaysLieBeforeTheEighteenthBirthday) {
  Traveler traveler(33);
  auto request = traveler.Arrival("2024-03-01", "B-2", "2024-04-15");
  *request.mutable_identification()->mutable_document()->mutable_birth_date() = Day("2007-01-01");
  traveler.Arrive(request);

  const auto minor = OverstayOf(traveler.id(), "2024-12-31");
  ASSERT_TRUE(minor.has_value());
  EXPECT_EQ(minor->days_overstayed(), 260);
  EXPECT_EQ(minor->days_before_18(), 260);
  EXPECT_EQ(minor->band(), v1::OVERSTAY_BAND_UNSPECIFIED);

  const auto adult = OverstayOf(traveler.id(), "2025-03-01");
  ASSERT_TRUE(adult.has_value());
  EXPECT_EQ(adult->days_overstayed(), 320);
  EXPECT_EQ(adult->days_before_18(), 260);
  EXPECT_EQ(adult->band(), v1::OVERSTAY_BAND_UP_TO_180_DAYS);

  const auto a_year_later = OverstayOf(traveler.id(), "2026-01-01");
  ASSERT_TRUE(a_year_later.has_value());
  EXPECT_EQ(a_year_later->days_overstayed(), 626);
  EXPECT_EQ(a_year_later->band(), v1::OVERSTAY_BAND_YEAR_OR_MORE);
}

// ------------------------------------------------------------------------------- admission changes

v1::RecordAdmissionChangeRequest Filed(const std::string& traveler_id, const std::string& day) {
  v1::RecordAdmissionChangeRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_traveler_id(traveler_id);
  request.set_application_id("IOE0912345678");
  request.set_kind(v1::ADMISSION_CHANGE_KIND_EXTENSION);
  *request.mutable_filed_on() = Day(day);
  request.set_decision(v1::ADMISSION_DECISION_PENDING);
  return request;
}

// What is reported when `filed` is decided.
v1::RecordAdmissionChangeRequest Decided(const v1::RecordAdmissionChangeRequest& filed,
                                         v1::AdmissionDecision decision, const std::string& day) {
  auto request = filed;
  request.set_request_id(crypto::NewUuid());
  request.set_decision(decision);
  *request.mutable_decided_on() = Day(day);
  return request;
}

v1::RecordAdmissionChangeRequest Granted(const v1::RecordAdmissionChangeRequest& filed,
                                         const std::string& day, const std::string& until) {
  auto request = Decided(filed, v1::ADMISSION_DECISION_GRANTED, day);
  request.mutable_granted()->set_class_of_admission("B-2");
  *request.mutable_granted()->mutable_authorized_until() = Day(until);
  return request;
}

v1::RecordAdmissionChangeResponse Report(const v1::RecordAdmissionChangeRequest& request) {
  const auto answer = Call(Officer(), &BackOffice::RecordAdmissionChange, request);
  EXPECT_THAT(answer, Succeeds());
  EXPECT_FALSE(answer.response.change_id().empty());
  return answer.response;
}

// Admitted until 15 April 2024, and still there.
Traveler VisitorOfSpring2024(int person) {
  Traveler traveler(person);
  traveler.Arrive(traveler.Arrival("2024-03-01", "B-2", "2024-04-15"));
  return traveler;
}

TEST(AdmissionChange, GrantedForALateDepartureWithdrawsTheOverstay) {
  Traveler traveler = VisitorOfSpring2024(34);
  traveler.Depart("2024-05-20");
  const auto before = OverstayCasesOf(traveler.id());
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].state(), v1::CASE_STATE_OPEN);
  EXPECT_EQ(before[0].days_overstayed(), 35);
  EXPECT_TRUE(OverstayOf(traveler.id(), "2024-07-01").has_value());

  const auto change =
      Report(Granted(Filed(traveler.id(), "2024-04-10"), "2024-05-02", "2024-06-30"));
  ASSERT_EQ(change.stays_size(), 1);
  EXPECT_EQ(LastLawfulDayOf(change.stays(0)), "2024-06-30");
  const auto view = TravelerWith(traveler.id());
  EXPECT_EQ(LastLawfulDayOf(view.stays(0)), "2024-06-30");
  ASSERT_EQ(view.admission_changes_size(), 1);
  const v1::AdmissionChange& known = view.admission_changes(0);
  EXPECT_EQ(known.change_id(), change.change_id());
  EXPECT_EQ(known.application_id(), "IOE0912345678");
  EXPECT_EQ(known.kind(), v1::ADMISSION_CHANGE_KIND_EXTENSION);
  EXPECT_EQ(client::FormatDate(known.filed_on()), "2024-04-10");
  EXPECT_EQ(known.decision(), v1::ADMISSION_DECISION_GRANTED);
  EXPECT_EQ(client::FormatDate(known.decided_on()), "2024-05-02");
  EXPECT_EQ(known.class_of_admission(), "B-2");
  EXPECT_EQ(client::FormatDate(known.authorized_until()), "2024-06-30");
  EXPECT_TRUE(known.has_recorded_at());

  const auto after = OverstayCasesOf(traveler.id());
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].state(), v1::CASE_STATE_WITHDRAWN);
  v1::GetCaseRequest get_case;
  get_case.set_case_id(after[0].case_id());
  const auto withdrawn = Call(Officer(), &BackOffice::GetCase, get_case);
  ASSERT_THAT(withdrawn, Succeeds());
  std::vector<v1::CaseEventKind> history;
  for (const v1::CaseEvent& event : withdrawn.response.history()) history.push_back(event.kind());
  EXPECT_THAT(history, ElementsAre(v1::CASE_EVENT_KIND_OPENED, v1::CASE_EVENT_KIND_WITHDRAWN));
  EXPECT_FALSE(OverstayOf(traveler.id(), "2024-07-01").has_value());
}

TEST(AdmissionChange, PendingInTimeKeepsTheStayOffTheReportUntilItIsDenied) {
  const Traveler traveler = VisitorOfSpring2024(34);
  EXPECT_EQ(OverstayOf(traveler.id(), "2024-07-01")->days_overstayed(), 77);

  const auto filed = Filed(traveler.id(), "2024-04-15");
  EXPECT_EQ(PendingSince(Report(filed).stays(0)), "2024-04-15") << "the last day is in time";
  EXPECT_EQ(PendingSince(TravelerWith(traveler.id()).stays(0)), "2024-04-15");
  EXPECT_FALSE(OverstayOf(traveler.id(), "2024-07-01").has_value());

  const auto denied = Report(Decided(filed, v1::ADMISSION_DECISION_DENIED, "2024-06-01"));
  EXPECT_EQ(PendingSince(denied.stays(0)), kNone);
  EXPECT_EQ(LastLawfulDayOf(denied.stays(0)), "2024-06-01");
  EXPECT_EQ(OverstayOf(traveler.id(), "2024-07-01")->days_overstayed(), 30);

  const auto changes = TravelerWith(traveler.id()).admission_changes();
  ASSERT_EQ(changes.size(), 2);
  EXPECT_EQ(changes[0].decision(), v1::ADMISSION_DECISION_PENDING);
  EXPECT_EQ(changes[1].decision(), v1::ADMISSION_DECISION_DENIED);
}

TEST(AdmissionChange, FiledTooLateChangesNothing) {
  const Traveler traveler = VisitorOfSpring2024(34);
  const auto filed = Filed(traveler.id(), "2024-04-16");
  for (const auto& request :
       {filed, Decided(filed, v1::ADMISSION_DECISION_WITHDRAWN, "2024-06-01")}) {
    const auto change = Report(request);
    EXPECT_EQ(PendingSince(change.stays(0)), kNone);
    EXPECT_EQ(LastLawfulDayOf(change.stays(0)), "2024-04-15");
    EXPECT_EQ(OverstayOf(traveler.id(), "2024-07-01")->days_overstayed(), 77);
  }
}

TEST(AdmissionChange, ToAClassWithoutALastDayEndsEveryOverstay) {
  const Traveler traveler = VisitorOfSpring2024(35);
  auto request =
      Decided(Filed(traveler.id(), "2024-04-10"), v1::ADMISSION_DECISION_GRANTED, "2024-06-01");
  request.set_kind(v1::ADMISSION_CHANGE_KIND_CHANGE_OF_STATUS);
  request.mutable_granted()->set_class_of_admission("F-1");
  EXPECT_EQ(LastLawfulDayOf(Report(request).stays(0)), kNone);
  EXPECT_FALSE(OverstayOf(traveler.id(), "2025-07-01").has_value());
}

TEST(AdmissionChange, IsRecordedOnceHoweverOftenItIsSent) {
  const Traveler traveler = VisitorOfSpring2024(35);
  auto request = Filed(traveler.id(), "2024-04-10");
  const auto first = Report(request);
  const auto second = Report(request);
  EXPECT_EQ(first.change_id(), second.change_id());
  EXPECT_EQ(second.stays_size(), 1);
  EXPECT_EQ(TravelerWith(traveler.id()).admission_changes_size(), 1);

  EXPECT_THAT(Call(*World::Shared().Officer("12"), &BackOffice::RecordAdmissionChange, request),
              Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
  *request.mutable_filed_on() = Day("2024-04-11");
  EXPECT_THAT(Call(Officer(), &BackOffice::RecordAdmissionChange, request),
              Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
  EXPECT_EQ(TravelerWith(traveler.id()).admission_changes_size(), 1);
}

TEST(AdmissionChange, ThatCannotBeIsRefusedAndNothingIsStored) {
  using Request = v1::RecordAdmissionChangeRequest;
  struct BadRequest {
    const char* name;
    std::function<void(Request&)> spoil;
    const char* reason;
  };
  const BadRequest bad_requests[] = {
      {"no request_id", [](Request& r) { r.clear_request_id(); }, "MISSING_FIELD"},
      {"request_id", [](Request& r) { r.set_request_id("42"); }, "INVALID_FIELD"},
      {"no traveler", [](Request& r) { r.clear_traveler_id(); }, "MISSING_FIELD"},
      {"no application", [](Request& r) { r.clear_application_id(); }, "MISSING_FIELD"},
      {"long application", [](Request& r) { r.set_application_id(std::string(65, '1')); },
       "INVALID_FIELD"},
      {"application with a space", [](Request& r) { r.set_application_id("IOE 1"); },
       "INVALID_FIELD"},
      {"no kind", [](Request& r) { r.clear_kind(); }, "MISSING_FIELD"},
      {"unknown kind", [](Request& r) { r.set_kind(static_cast<v1::AdmissionChangeKind>(9)); },
       "INVALID_FIELD"},
      {"no decision", [](Request& r) { r.clear_decision(); }, "MISSING_FIELD"},
      {"unknown decision",
       [](Request& r) { r.set_decision(static_cast<v1::AdmissionDecision>(9)); }, "INVALID_FIELD"},
      {"never filed", [](Request& r) { r.clear_filed_on(); }, "MISSING_FIELD"},
      {"no such day", [](Request& r) { r.mutable_filed_on()->set_day(31); }, "INVALID_FIELD"},
      {"filed in the future",
       [](Request& r) {
         *r.mutable_filed_on() = Day("2999-01-01");
         *r.mutable_decided_on() = Day("2999-02-01");
       },
       "INVALID_FIELD"},
      {"decided in the future", [](Request& r) { *r.mutable_decided_on() = Day("2999-01-01"); },
       "INVALID_FIELD"},
      {"decided before it was filed",
       [](Request& r) { *r.mutable_decided_on() = Day("2024-04-09"); }, "INVALID_FIELD"},
      {"never decided", [](Request& r) { r.clear_decided_on(); }, "MISSING_FIELD"},
      {"pending, but decided",
       [](Request& r) {
         r.set_decision(v1::ADMISSION_DECISION_PENDING);
         r.clear_granted();
       },
       "INVALID_FIELD"},
      {"granted nothing", [](Request& r) { r.clear_granted(); }, "MISSING_FIELD"},
      {"granted without a class",
       [](Request& r) { r.mutable_granted()->clear_class_of_admission(); }, "MISSING_FIELD"},
      {"granted an unknown class",
       [](Request& r) { r.mutable_granted()->set_class_of_admission("ZZ-9"); }, "CLASS_UNKNOWN"},
      {"granted without a date", [](Request& r) { r.mutable_granted()->clear_authorization(); },
       "MISSING_FIELD"},
      {"granted until before it was filed",
       [](Request& r) { *r.mutable_granted()->mutable_authorized_until() = Day("2024-04-09"); },
       "INVALID_FIELD"},
      {"granted days from arrival",
       [](Request& r) { r.mutable_granted()->set_days_from_arrival(90); }, "INVALID_FIELD"},
      {"denied, but granted", [](Request& r) { r.set_decision(v1::ADMISSION_DECISION_DENIED); },
       "INVALID_FIELD"},
  };
  const Traveler traveler = VisitorOfSpring2024(35);
  for (const BadRequest& bad : bad_requests) {
    Request request = Granted(Filed(traveler.id(), "2024-04-10"), "2024-05-02", "2024-06-30");
    bad.spoil(request);
    EXPECT_THAT(Call(Officer(), &BackOffice::RecordAdmissionChange, request),
                Fails(CodeOf(bad.reason), bad.reason))
        << bad.name;
  }
  EXPECT_THAT(
      Call(Officer(), &BackOffice::RecordAdmissionChange, Filed(crypto::NewUuid(), "2024-04-10")),
      Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  const auto view = TravelerWith(traveler.id());
  EXPECT_EQ(view.admission_changes_size(), 0);
  EXPECT_EQ(LastLawfulDayOf(view.stays(0)), "2024-04-15");
}

TEST(AdmissionChange, AndAllowanceAreForOfficersOnly) {
  const Traveler traveler = VisitorOfSpring2024(35);
  v1::GetStayAllowanceRequest allowance;
  allowance.set_traveler_id(traveler.id());
  *allowance.mutable_date() = Day("2024-04-10");
  for (const char* const uri : {"entryexit://lane/SEA-X1", "entryexit://report/nightly",
                                "entryexit://auditor/7", "entryexit://admin/root"}) {
    const auto stub = v1::BackOfficeService::NewStub(World::Shared().Connect(uri));
    EXPECT_THAT(Call(*stub, &BackOffice::RecordAdmissionChange, Filed(traveler.id(), "2024-04-10")),
                Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"))
        << uri;
    EXPECT_THAT(Call(*stub, &BackOffice::GetStayAllowance, allowance),
                Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"))
        << uri;
  }
  const auto supervisor =
      v1::BackOfficeService::NewStub(World::Shared().Connect("entryexit://supervisor/1"));
  EXPECT_THAT(Call(*supervisor, &BackOffice::GetStayAllowance, allowance), Succeeds());
  EXPECT_THAT(
      Call(*supervisor, &BackOffice::RecordAdmissionChange, Filed(traveler.id(), "2024-04-10")),
      Succeeds());
}

// ------------------------------------------------------------------------------------ corrections

BackOffice& Supervisor() {
  static const std::unique_ptr<BackOffice> kSupervisor =
      v1::BackOfficeService::NewStub(World::Shared().Connect("entryexit://supervisor/12"));
  return *kSupervisor;
}

std::vector<v1::Crossing> CrossingsOf(const std::string& traveler_id) {
  v1::ListCrossingsRequest request;
  request.set_traveler_id(traveler_id);
  const auto answer = Call(Officer(), &BackOffice::ListCrossings, request);
  EXPECT_THAT(answer, Succeeds());
  return {answer.response.crossings().begin(), answer.response.crossings().end()};
}

v1::CorrectCrossingRequest Correction(const v1::Crossing& crossing, int revision) {
  v1::CorrectCrossingRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_crossing_id(crossing.crossing_id());
  request.set_revision(revision);
  request.set_reason("the lane's clock was wrong");
  return request;
}

TEST(Correction, OfATimeWithdrawsTheOverstayAndStaysVisible) {
  Traveler traveler = VisitorOfSpring2024(35);
  traveler.Depart("2024-05-20");
  ASSERT_EQ(OverstayCasesOf(traveler.id()).size(), 1U);
  const v1::Crossing departure = CrossingsOf(traveler.id())[1];

  auto request = Correction(departure, 1);
  *request.mutable_captured_at() = client::ParseTimestamp("2024-04-12T20:00:00Z").value();
  const auto answer = Call(Supervisor(), &BackOffice::CorrectCrossing, request);
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer.response.traveler_id(), traveler.id());
  ASSERT_EQ(answer.response.stays_size(), 1);
  EXPECT_EQ(client::FormatDate(answer.response.stays(0).departed_on()), "2024-04-12");
  EXPECT_EQ(OverstayCasesOf(traveler.id())[0].state(), v1::CASE_STATE_WITHDRAWN);
  EXPECT_FALSE(OverstayOf(traveler.id(), "2024-07-01").has_value());

  const v1::Crossing corrected = CrossingsOf(traveler.id())[1];
  EXPECT_EQ(client::FormatDate(corrected.local_date()), "2024-05-20") << "as recorded";
  EXPECT_EQ(client::FormatDate(corrected.correction().local_date()), "2024-04-12");
  EXPECT_EQ(corrected.correction().principal(), "supervisor/12");
  EXPECT_EQ(corrected.correction().reason(), "the lane's clock was wrong");

  const auto again = Call(Supervisor(), &BackOffice::CorrectCrossing, request);
  ASSERT_THAT(again, Succeeds());
  EXPECT_EQ(again.response.correction().correction_id(),
            answer.response.correction().correction_id());
  EXPECT_THAT(Call(Supervisor(), &BackOffice::CorrectCrossing, Correction(departure, 1)),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"))
      << "it says nothing";
  auto stale = Correction(departure, 1);
  stale.set_voided(true);
  EXPECT_THAT(Call(Supervisor(), &BackOffice::CorrectCrossing, stale),
              Fails(StatusCode::ABORTED, "CROSSING_CHANGED"));
  EXPECT_THAT(Call(Supervisor(), &BackOffice::CorrectCrossing, Correction(departure, 2)),
              Succeeds());
  EXPECT_EQ(OverstayCasesOf(traveler.id())[0].state(), v1::CASE_STATE_OPEN);
}

TEST(Correction, OfAnImpostorsDepartureLeavesTheTravelerInTheCountry) {
  Traveler traveler = VisitorOfSpring2024(36);
  traveler.Depart("2024-04-10");
  auto request = Correction(CrossingsOf(traveler.id())[1], 1);
  request.set_voided(true);
  const auto answer = Call(Supervisor(), &BackOffice::CorrectCrossing, request);
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer.response.stays(0).state(), v1::STAY_STATE_OPEN);
  const auto overstay = OverstayOf(traveler.id(), "2024-07-01");
  ASSERT_TRUE(overstay.has_value());
  EXPECT_EQ(overstay->kind(), v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
}

TEST(MoveDocument, EndsTheStayThatADualNationalLeftOnTheOtherPassport) {
  Traveler anna = VisitorOfSpring2024(38);
  Traveler on_the_other(38);
  on_the_other.Depart("2024-04-10");
  EXPECT_TRUE(OverstayOf(anna.id(), "2024-07-01").has_value());
  v1::GetTravelerRequest find;
  *find.mutable_document() = on_the_other.document();
  const auto before = Call(Officer(), &BackOffice::GetTraveler, find);
  ASSERT_THAT(before, Succeeds());

  v1::MoveDocumentRequest request;
  request.set_request_id(crypto::NewUuid());
  *request.mutable_document() = on_the_other.document();
  request.set_to_traveler_id(anna.id());
  request.set_reason("her second passport");
  EXPECT_THAT(Call(Officer(), &BackOffice::MoveDocument, request),
              Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"));
  const auto answer = Call(Supervisor(), &BackOffice::MoveDocument, request);
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer.response.from_traveler_id(), before.response.traveler_id());
  EXPECT_EQ(answer.response.to_traveler_id(), anna.id());
  ASSERT_EQ(answer.response.stays_size(), 1);
  EXPECT_EQ(answer.response.stays(0).state(), v1::STAY_STATE_CLOSED);
  EXPECT_FALSE(OverstayOf(anna.id(), "2024-07-01").has_value());
  EXPECT_EQ(TravelerWith(anna.id()).documents_size(), 2);
  EXPECT_THAT(Call(Supervisor(), &BackOffice::MoveDocument, request), Succeeds()) << "once more";

  v1::GetTravelerRequest gone;
  gone.set_traveler_id(before.response.traveler_id());
  const auto empty = Call(Officer(), &BackOffice::GetTraveler, gone);
  EXPECT_THAT(empty, Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  EXPECT_NE(empty.status.error_message().find(anna.id()), std::string::npos);
  const std::vector<v1::Crossing> crossings = CrossingsOf(anna.id());
  ASSERT_EQ(crossings.size(), 2U);
  v1::GetCaptureRequest picture;
  picture.set_crossing_id(crossings[1].crossing_id());
  EXPECT_THAT(Call(Officer(), &BackOffice::GetCapture, picture), Succeeds());
  v1::ReplayDecisionRequest replay;
  replay.set_crossing_id(crossings[1].crossing_id());
  const auto replayed = Call(Officer(), &BackOffice::ReplayDecision, replay);
  ASSERT_THAT(replayed, Succeeds());
  EXPECT_TRUE(replayed.response.identical());
  EXPECT_EQ(CrossingsOf(before.response.traveler_id())[0].correction().moved_to_traveler_id(),
            anna.id());

  request.set_request_id(crypto::NewUuid());
  EXPECT_THAT(Call(Supervisor(), &BackOffice::MoveDocument, request),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"))
      << "it is hers already";
  request.set_to_traveler_id(crypto::NewUuid());
  EXPECT_THAT(Call(Supervisor(), &BackOffice::MoveDocument, request),
              Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  request.clear_document();
  EXPECT_THAT(Call(Supervisor(), &BackOffice::MoveDocument, request),
              Fails(StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"));
}

TEST(Correction, RefusesWhatCannotBeAndWhoMayNot) {
  Traveler traveler = VisitorOfSpring2024(37);
  const v1::Crossing arrival = CrossingsOf(traveler.id())[0];
  auto voids = Correction(arrival, 1);
  voids.set_voided(true);
  EXPECT_THAT(Call(Officer(), &BackOffice::CorrectCrossing, voids),
              Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"));
  struct Row {
    std::function<void(v1::CorrectCrossingRequest&)> spoil;
    StatusCode code;
    const char* reason;
  };
  const Row rows[] = {
      {[](auto& r) { r.clear_request_id(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) { r.clear_revision(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) { r.clear_reason(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) { r.set_reason(std::string(2001, 'x')); }, StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {[](auto& r) { r.set_crossing_id("x"); }, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) { r.set_crossing_id(crypto::NewUuid()); }, StatusCode::NOT_FOUND,
       "CROSSING_NOT_FOUND"},
      {[](auto& r) { r.set_revision(1001); }, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) { r.mutable_admission()->set_class_of_admission("WT"); },
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         *r.mutable_captured_at() = client::ParseTimestamp("2024-04-17T20:00:00Z").value();
       },
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         *r.mutable_captured_at() = client::ParseTimestamp("1999-12-31T20:00:00Z").value();
       },
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         r.mutable_admission()->set_class_of_admission("WT");
         r.mutable_admission()->set_days_from_arrival(91);
       },
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         r.mutable_admission()->set_class_of_admission("B-2");
       },
       StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         r.mutable_admission()->set_days_from_arrival(30);
       },
       StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) {
         r.set_voided(false);
         r.mutable_captured_at()->set_seconds(4'000'000'000);
       },
       StatusCode::INVALID_ARGUMENT, "CAPTURED_AT_IN_FUTURE"},
      {[](auto& r) {
         r.set_voided(false);
         r.mutable_admission()->set_class_of_admission("ZZ-9");
       },
       StatusCode::FAILED_PRECONDITION, "CLASS_UNKNOWN"},
  };
  for (const Row& row : rows) {
    auto request = voids;
    row.spoil(request);
    EXPECT_THAT(Call(Supervisor(), &BackOffice::CorrectCrossing, request),
                Fails(row.code, row.reason))
        << request.ShortDebugString();
  }
  traveler.Depart("2024-04-10");
  auto of_a_departure = Correction(CrossingsOf(traveler.id())[1], 1);
  of_a_departure.mutable_admission()->set_class_of_admission("WT");
  EXPECT_THAT(Call(Supervisor(), &BackOffice::CorrectCrossing, of_a_departure),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_FALSE(CrossingsOf(traveler.id())[0].has_correction());
}

TEST(MoveDocument, RefusesWhatCannotBe) {
  Traveler one = VisitorOfSpring2024(39);
  Traveler other = VisitorOfSpring2024(39);
  v1::MoveDocumentRequest valid;
  valid.set_request_id(crypto::NewUuid());
  *valid.mutable_document() = other.document();
  valid.set_to_traveler_id(one.id());
  valid.set_reason("one person");
  struct Row {
    std::function<void(v1::MoveDocumentRequest&)> spoil;
    StatusCode code;
    const char* reason;
  };
  const Row rows[] = {
      {[](auto&) {}, StatusCode::ALREADY_EXISTS, "CROSSING_ALREADY_RECORDED"},
      {[](auto& r) { r.clear_reason(); }, StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"},
      {[](auto& r) { r.mutable_document()->clear_number(); }, StatusCode::INVALID_ARGUMENT,
       "MISSING_FIELD"},
      {[](auto& r) { r.clear_to_traveler_id(); }, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"},
      {[](auto& r) { r.mutable_document()->set_number(NewDocumentNumber()); },
       StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"},
  };
  for (const Row& row : rows) {
    auto request = valid;
    row.spoil(request);
    EXPECT_THAT(Call(Supervisor(), &BackOffice::MoveDocument, request), Fails(row.code, row.reason))
        << request.ShortDebugString();
  }
  EXPECT_EQ(TravelerWith(other.id()).documents_size(), 1);
}

}  // namespace
}  // namespace entryexit::testing
