#include "entryexit/app/record_admission_change.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::AdmissionChangeKind;
using core::AdmissionDecision;
using core::CaseKind;
using core::CaseState;
using core::Reason;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

class RecordAdmissionChangeTest : public AppTest {
 protected:
  // The traveler X1 may stay until day 30 and leaves on day 60.
  void LeaveLate() {
    PlanFace("anna", 0);
    Record(Arrival(0, "anna", 30));
    Record(Departure(60, "anna"));
  }

  AdmissionChangeRequest Filed(int day) {
    AdmissionChangeRequest request;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.traveler_id = Traveler().traveler.traveler_id;
    request.application_id = "EAC-90";
    request.kind = AdmissionChangeKind::kExtension;
    request.filed_on = Day(day);
    request.decision = AdmissionDecision::kPending;
    return request;
  }

  AdmissionChangeRequest Decided(int filed, AdmissionDecision decision, int day) {
    AdmissionChangeRequest request = Filed(filed);
    request.decision = decision;
    request.decided_on = Day(day);
    return request;
  }

  AdmissionChangeRequest Granted(int filed, int day, int until) {
    AdmissionChangeRequest request = Decided(filed, AdmissionDecision::kGranted, day);
    request.class_of_admission = "B-2";
    request.authorization = Day(until);
    return request;
  }

  absl::StatusOr<AdmissionChangeResult> TryReport(const AdmissionChangeRequest& request) {
    return record_change_->Record(OfficerCall(), request);
  }

  AdmissionChangeResult Report(const AdmissionChangeRequest& request) {
    absl::StatusOr<AdmissionChangeResult> result = TryReport(request);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *std::move(result) : AdmissionChangeResult{};
  }
};

TEST_F(RecordAdmissionChangeTest, AnExtensionWithdrawsTheOverstayThatItDisproves) {
  LeaveLate();
  ASSERT_THAT(OpenCases(), ElementsAre(CaseKind::kOverstay));
  const AdmissionChangeResult result = Report(Granted(20, 40, 90));
  ASSERT_EQ(result.stays.size(), 1U);
  EXPECT_EQ(result.stays[0].stay.authorized_until, Day(90));

  const CaseView view = TheCase(CaseKind::kOverstay);
  EXPECT_EQ(view.record.state, CaseState::kWithdrawn);
  ASSERT_EQ(view.events.size(), 2U) << "the flag and its withdrawal both stay visible";
  EXPECT_EQ(view.events[0].kind, ports::CaseEventKind::kOpened);
  EXPECT_EQ(view.events[1].reason, "what became known later disproved this");
  EXPECT_EQ(Traveler().stays[0].stay.authorized_until, Day(90));
  EXPECT_EQ(Crossings()[0].crossing.admission->authorized_until, Day(30)) << "as granted";
}

TEST_F(RecordAdmissionChangeTest, ADenialCountsFromItsDay) {
  LeaveLate();
  Report(Filed(20));
  EXPECT_THAT(OpenCases(), IsEmpty());
  EXPECT_EQ(Traveler().stays[0].stay.pending_since, Day(20));
  Report(Decided(20, AdmissionDecision::kDenied, 55));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.state, CaseState::kOpen);
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 5);
}

TEST_F(RecordAdmissionChangeTest, ReportsInAnyOrderGiveTheSameStays) {
  LeaveLate();
  Report(Decided(20, AdmissionDecision::kDenied, 55));
  Report(Filed(20));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 5);
  EXPECT_EQ(Traveler().stays[0].stay.pending_since, std::nullopt);
}

TEST_F(RecordAdmissionChangeTest, APendingApplicationKeepsAnOpenStayOffTheList) {
  PlanFace("anna", 0);
  Record(Arrival(0, "anna", 30));
  const auto listed = [&](int as_of) {
    return queries_
        ->ListOverstays(OfficerCall(), Day(as_of), At(200), std::nullopt, std::nullopt, 10)
        ->rows.size();
  };
  EXPECT_EQ(listed(50), 1U);
  Report(Filed(30));
  EXPECT_EQ(listed(50), 0U);
  Report(Decided(30, AdmissionDecision::kWithdrawn, 45));
  EXPECT_EQ(listed(45), 0U);
  EXPECT_EQ(listed(46), 1U);
}

TEST_F(RecordAdmissionChangeTest, TheSameRequestIsCarriedOutOnce) {
  LeaveLate();
  const AdmissionChangeRequest request = Granted(20, 40, 90);
  const AdmissionChangeResult first = Report(request);
  const AdmissionChangeResult again = Report(request);
  EXPECT_EQ(again.change_id, first.change_id);
  EXPECT_EQ(Traveler().admission_changes.size(), 1U);

  AdmissionChangeRequest other = request;
  other.decided_on = Day(41);
  EXPECT_THAT(TryReport(other), FailsWith(Reason::kRequestIdReused));
  EXPECT_THAT(record_change_->Record(OfficerCall("1"), request),
              FailsWith(Reason::kRequestIdReused));
}

TEST_F(RecordAdmissionChangeTest, TheSameRequestIsTheSameAfterThePolicyChanged) {
  LeaveLate();
  AdmissionChangeRequest request = Granted(20, 40, 90);
  request.class_of_admission = "F-1";
  request.authorization = {};
  const AdmissionChangeResult first = Report(request);
  core::AdmissionPolicy other = policy_.admissions;
  other["F-1"][0].rule.kind = core::RuleKind::kFixedDate;
  const RecordAdmissionChange changed(*store_, clock_, other);
  EXPECT_EQ(changed.Record(OfficerCall(), request)->change_id, first.change_id);
  request.request_id = core::RequestId(crypto::NewUuid());
  EXPECT_THAT(changed.Record(OfficerCall(), request), FailsWith(Reason::kMissingField));
}

TEST_F(RecordAdmissionChangeTest, AReportIsCorrectedAndTakenBackByTheNextRevision) {
  LeaveLate();
  Report(Granted(20, 40, 90));
  EXPECT_THAT(OpenCases(), IsEmpty());
  AdmissionChangeRequest corrected = Granted(20, 40, 50);
  corrected.revision = 2;
  Report(corrected);
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 10);
  AdmissionChangeRequest taken_back = Filed(20);
  taken_back.decision = AdmissionDecision::kRecordedInError;
  taken_back.revision = 3;
  Report(taken_back);
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 30);
  EXPECT_EQ(Traveler().admission_changes.size(), 3U) << "nothing is forgotten";
}

TEST_F(RecordAdmissionChangeTest, KeepsWhatWasReportedAndByWhom) {
  LeaveLate();
  const AdmissionChangeResult result = Report(Granted(20, 40, 90));
  const std::vector<ports::AdmissionChangeRecord> changes = Traveler().admission_changes;
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].change_id, result.change_id);
  EXPECT_EQ(changes[0].principal, "officer/4711");
  EXPECT_GT(changes[0].recorded_at, Crossings()[1].crossing.recorded_at) << "the clock stood";
  EXPECT_EQ(changes[0].change.application_id, "EAC-90");
  EXPECT_EQ(changes[0].change.granted->authorized_until, Day(90));
}

TEST_F(RecordAdmissionChangeTest, RefusesReportsThatCannotBe) {
  LeaveLate();
  struct Row {
    const char* what;
    std::function<void(AdmissionChangeRequest&)> spoil;
    Reason reason;
  };
  const Row rows[] = {
      {"no application", [](auto& r) { r.application_id = ""; }, Reason::kInvalidField},
      {"no such application", [](auto& r) { r.application_id = "a b"; }, Reason::kInvalidField},
      {"filed in the future", [](auto& r) { r.filed_on = Day(102); }, Reason::kInvalidField},
      {"decided in the future", [](auto& r) { r.decided_on = Day(102); }, Reason::kInvalidField},
      {"decided before it was filed", [](auto& r) { r.decided_on = Day(19); },
       Reason::kInvalidField},
      {"no day of decision", [](auto& r) { r.decided_on.reset(); }, Reason::kMissingField},
      {"pending, but decided", [](auto& r) { r.decision = AdmissionDecision::kPending; },
       Reason::kInvalidField},
      {"denied, but granted", [](auto& r) { r.decision = AdmissionDecision::kDenied; },
       Reason::kInvalidField},
      {"granted without a class", [](auto& r) { r.class_of_admission = ""; },
       Reason::kMissingField},
      {"no such class", [](auto& r) { r.class_of_admission = "ZZ-9"; }, Reason::kClassUnknown},
      {"no such revision", [](auto& r) { r.revision = 0; }, Reason::kInvalidField},
      {"too great a revision", [](auto& r) { r.revision = 1001; }, Reason::kInvalidField},
      {"filed before any stay",
       [](auto& r) { r.filed_on = core::Date(std::chrono::year(26) / 4 / 20); },
       Reason::kInvalidField},
      {"granted for ever", [](auto& r) { r.authorization = Day(40 + 3661); },
       Reason::kInvalidField},
      {"without an end in a class that has one",
       [](auto& r) { r.authorization = core::DurationOfStatus{}; }, Reason::kInvalidField},
      {"granted without a day", [](auto& r) { r.authorization = {}; }, Reason::kMissingField},
      {"over before it was filed", [](auto& r) { r.authorization = Day(19); },
       Reason::kInvalidField},
      {"days from arrival", [](auto& r) { r.authorization = core::DaysFromArrival{90}; },
       Reason::kInvalidField},
      {"no such traveler", [](auto& r) { r.traveler_id = core::TravelerId(crypto::NewUuid()); },
       Reason::kTravelerNotFound},
  };
  for (const Row& row : rows) {
    AdmissionChangeRequest request = Granted(20, 40, 90);
    row.spoil(request);
    EXPECT_THAT(TryReport(request), FailsWith(row.reason)) << row.what;
  }
  EXPECT_THAT(Traveler().admission_changes, IsEmpty());
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kOverstay));
}

TEST_F(RecordAdmissionChangeTest, ADayIsOnlyNeededWhereTheClassHasAnEnd) {
  LeaveLate();
  AdmissionChangeRequest request = Granted(20, 40, 90);
  request.kind = AdmissionChangeKind::kChangeOfStatus;
  request.class_of_admission = "F-1";
  request.authorization = {};
  EXPECT_EQ(Report(request).stays[0].stay.authorized_until, std::nullopt);
  EXPECT_THAT(OpenCases(), IsEmpty());
}

TEST_F(RecordAdmissionChangeTest, TheAllowanceCountsTheStaysUnderTheRule) {
  PlanFace("anna", 0);
  CrossingRequest arrival = Arrival(0, "anna", 0);
  arrival.admission = AdmissionRequest{"SCH-C", {}};
  Record(arrival);
  Record(Departure(59, "anna"));
  const core::TravelerId traveler = Traveler().traveler.traveler_id;
  const auto view = queries_->GetStayAllowance(OfficerCall(), traveler, Day(150), "SCH-C");
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->allowance, (core::StayAllowance{60, 90, Day(239)}));
  EXPECT_EQ(queries_->GetStayAllowance(OfficerCall(), traveler, Day(150), "")->rule,
            (core::WindowRule{90, 180}));
  EXPECT_THAT(queries_->GetStayAllowance(OfficerCall(), traveler, Day(150), "B-2"),
              FailsWith(Reason::kInvalidField));
  EXPECT_THAT(
      queries_->GetStayAllowance(OfficerCall(), core::TravelerId(crypto::NewUuid()), Day(150), ""),
      FailsWith(Reason::kTravelerNotFound));
}

}  // namespace
}  // namespace entryexit::app
