#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/world.h"

// Decisions that take two people, with the certificates of each.
namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using BackOffice = v1::BackOfficeService::Stub;

// The case of somebody who departs on another person's document.
std::string ImpostorsCase() {
  World& world = World::Shared();
  const std::string document = NewDocumentNumber();
  const auto lane = world.Lane("SEA-X1");
  EXPECT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival,
                   ArrivalRequest({"SEA-X1", document, FaceImage(9, "arrival_1"), hours(48)})),
              Succeeds());
  const auto departure = Call(*lane, &v1::LaneService::Stub::RecordDeparture,
                              DepartureRequest({"SEA-X1", document, FaceImage(8, "departure_1")}));
  EXPECT_THAT(departure, Succeeds());
  EXPECT_EQ(departure.response.comparison().outcome(), v1::OUTCOME_NO_MATCH);
  EXPECT_EQ(departure.response.opened_case_ids_size(), 1);
  return departure.response.opened_case_ids(0);
}

v1::GetCaseResponse CaseNow(const std::string& case_id) {
  v1::GetCaseRequest request;
  request.set_case_id(case_id);
  const auto answer = Call(*World::Shared().Officer(), &BackOffice::GetCase, request);
  EXPECT_THAT(answer, Succeeds());
  return answer.response;
}

v1::DecideCaseRequest DecisionOn(const v1::Case& seen, v1::CaseDecision decision) {
  v1::DecideCaseRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_case_id(seen.case_id());
  request.set_etag(seen.etag());
  request.set_decision(decision);
  request.set_reason("looked at both faces");
  return request;
}

Answer<v1::DecideCaseResponse> Decide(const std::string& principal, const v1::Case& seen,
                                      v1::CaseDecision decision) {
  const auto stub =
      v1::BackOfficeService::NewStub(World::Shared().Connect("entryexit://" + principal));
  return Call(*stub, &BackOffice::DecideCase, DecisionOn(seen, decision));
}

TEST(FourEyes, TwoOfficersUpholdAndTheMachinesOutcomeStays) {
  const std::string case_id = ImpostorsCase();
  const auto first = Decide("officer/4711", CaseNow(case_id).case_(), v1::CASE_DECISION_UPHOLD);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first.response.case_().state(), v1::CASE_STATE_AWAITS_SECOND_OFFICER);
  EXPECT_EQ(first.response.case_().first_officer(), "officer/4711");

  for (const char* const same : {"officer/4711", "supervisor/4711"}) {
    const auto alone = Decide(same, CaseNow(case_id).case_(), v1::CASE_DECISION_UPHOLD);
    EXPECT_THAT(alone, Fails(StatusCode::FAILED_PRECONDITION, "SECOND_OFFICER_REQUIRED"));
    EXPECT_THAT(alone.status.error_message(),
                HasSubstr("its state is AWAITS_SECOND_OFFICER, its etag is 2"));
  }

  const auto second = Decide("officer/4712", CaseNow(case_id).case_(), v1::CASE_DECISION_UPHOLD);
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second.response.case_().state(), v1::CASE_STATE_UPHELD);

  EXPECT_THAT(Decide("officer/4713", CaseNow(case_id).case_(), v1::CASE_DECISION_REOPEN),
              Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"));
  ASSERT_THAT(Decide("supervisor/12", CaseNow(case_id).case_(), v1::CASE_DECISION_REOPEN),
              Succeeds());
  ASSERT_THAT(Decide("officer/4713", CaseNow(case_id).case_(), v1::CASE_DECISION_DISMISS),
              Succeeds());

  const v1::GetCaseResponse view = CaseNow(case_id);
  EXPECT_EQ(view.case_().state(), v1::CASE_STATE_DISMISSED);
  EXPECT_EQ(view.comparison().outcome(), v1::OUTCOME_NO_MATCH);
  EXPECT_EQ(view.crossing().comparisons_size(), 1);
  const v1::CaseEventKind expected[] = {
      v1::CASE_EVENT_KIND_OPENED, v1::CASE_EVENT_KIND_UPHELD_BY_ONE, v1::CASE_EVENT_KIND_UPHELD,
      v1::CASE_EVENT_KIND_REOPENED, v1::CASE_EVENT_KIND_DISMISSED};
  ASSERT_EQ(view.history_size(), static_cast<int>(std::size(expected)));
  for (int i = 0; i < view.history_size(); ++i) EXPECT_EQ(view.history(i).kind(), expected[i]);
  EXPECT_EQ(view.history(1).principal(), "officer/4711");
  EXPECT_EQ(view.history(2).principal(), "officer/4712");
  EXPECT_EQ(view.history(3).principal(), "supervisor/12");
}

TEST(FourEyes, OfTwoOfficersAtOnceOneIsToldWhatTheOtherDecided) {
  for (int round = 0; round < 5; ++round) {
    const std::string case_id = ImpostorsCase();
    const v1::Case seen = CaseNow(case_id).case_();
    std::vector<Answer<v1::DecideCaseResponse>> answers(2);
    std::vector<std::thread> officers;
    for (int i = 0; i < 2; ++i) {
      officers.emplace_back([&, i, stub = World::Shared().Officer("10" + std::to_string(i))] {
        answers[i] =
            Call(*stub, &BackOffice::DecideCase,
                 DecisionOn(seen, i == 0 ? v1::CASE_DECISION_UPHOLD : v1::CASE_DECISION_DISMISS));
      });
    }
    for (std::thread& officer : officers) officer.join();
    const int winner = answers[0].status.ok() ? 0 : 1;
    ASSERT_THAT(answers[winner], Succeeds());
    EXPECT_THAT(answers[1 - winner], Fails(StatusCode::ABORTED, "CASE_CHANGED"));
    EXPECT_THAT(answers[1 - winner].status.error_message(),
                AllOf(HasSubstr(winner == 0 ? "its state is AWAITS_SECOND_OFFICER"
                                            : "its state is DISMISSED"),
                      HasSubstr("its etag is 2, not 1")));
    EXPECT_EQ(CaseNow(case_id).history_size(), 2);
  }
}

TEST(FourEyes, WhoWatchesIsToldThatASecondOfficerIsAwaited) {
  const std::string case_id = ImpostorsCase();
  const auto stub = World::Shared().Officer("4712");
  grpc::ClientContext context;
  SetPatience(context);
  const auto reader = stub->WatchCases(&context, v1::WatchCasesRequest());
  v1::WatchCasesResponse news;
  ASSERT_TRUE(reader->Read(&news));
  ASSERT_THAT(Decide("officer/4711", CaseNow(case_id).case_(), v1::CASE_DECISION_UPHOLD),
              Succeeds());
  do {  // the news of its opening may still be on the way
    ASSERT_TRUE(reader->Read(&news));
    EXPECT_EQ(news.case_().case_id(), case_id);
  } while (news.case_().state() == v1::CASE_STATE_OPEN);
  EXPECT_EQ(news.case_().state(), v1::CASE_STATE_AWAITS_SECOND_OFFICER);
  context.TryCancel();

  // And who comes later finds it among what waits.
  grpc::ClientContext later;
  SetPatience(later);
  v1::WatchCasesRequest request;
  request.set_include_open(true);
  const auto waiting = stub->WatchCases(&later, request);
  do {
    ASSERT_TRUE(waiting->Read(&news));
  } while (news.case_().case_id() != case_id);
  later.TryCancel();
}

TEST(FourEyes, OnTheCommandLine) {
  World& world = World::Shared();
  const std::string case_id = ImpostorsCase();
  const auto decide = [&](const std::string& name, const std::string& etag,
                          const std::string& decision) {
    return Ctl(world, name,
               {"cases", "decide", case_id, "--etag", etag, decision, "--reason", "looked"});
  };
  const Ran first = decide("officer/4711", "1", "--uphold");
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_THAT(first.output,
              AllOf(HasSubstr("is AWAITS_SECOND_OFFICER"), HasSubstr("That takes two people")));

  const Ran queue =
      Ctl(world, "officer/4712", {"cases", "list", "--state", "awaits-second-officer"});
  EXPECT_THAT(queue.output, HasSubstr(case_id));
  const Ran shown = Ctl(world, "officer/4712", {"cases", "show", case_id});
  EXPECT_THAT(shown.output,
              AllOf(HasSubstr("first officer  officer/4711"), HasSubstr("UPHELD_BY_ONE"),
                    HasSubstr("Next, by anybody but officer/4711"),
                    HasSubstr("--etag 2 --uphold|--dismiss")));

  const Ran alone = decide("officer/4711", "2", "--uphold");
  EXPECT_NE(alone.exit_code, 0);
  EXPECT_THAT(alone.output, HasSubstr("SECOND_OFFICER_REQUIRED"));
  const Ran late = decide("officer/4712", "1", "--dismiss");
  EXPECT_NE(late.exit_code, 0);
  EXPECT_THAT(late.output, AllOf(HasSubstr("CASE_CHANGED"), HasSubstr("its etag is 2, not 1")));

  const Ran second = decide("officer/4712", "2", "--uphold");
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_THAT(second.output, AllOf(HasSubstr("is UPHELD"), Not(HasSubstr("takes two people"))));
  const Ran reopened = decide("supervisor/12", "3", "--reopen");
  EXPECT_EQ(reopened.exit_code, 0) << reopened.output;
  EXPECT_THAT(reopened.output, HasSubstr("is OPEN"));
}

// A traveler who arrived, on whose document somebody else arrived by mistake, and who departed: the
// departure is compared with both.
struct Mistaken {
  std::string traveler_id;
  std::string wrong_arrival;
  std::string departure;
};
Mistaken MistakenTraveler() {
  const std::string document = NewDocumentNumber();
  const auto lane = World::Shared().Lane("SEA-X1");
  EXPECT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival,
                   ArrivalRequest({"SEA-X1", document, FaceImage(9, "arrival_1"), hours(96)})),
              Succeeds());
  const auto wrong =
      Call(*lane, &v1::LaneService::Stub::RecordArrival,
           ArrivalRequest({"SEA-X1", document, FaceImage(8, "arrival_1"), hours(48)}));
  EXPECT_THAT(wrong, Succeeds());
  const auto departure = Call(*lane, &v1::LaneService::Stub::RecordDeparture,
                              DepartureRequest({"SEA-X1", document, FaceImage(9, "departure_1")}));
  EXPECT_THAT(departure, Succeeds());
  EXPECT_FALSE(departure.response.disputed());
  return {wrong.response.traveler_id(), wrong.response.crossing_id(),
          departure.response.crossing_id()};
}

std::vector<v1::Crossing> CrossingsOf(const std::string& traveler_id) {
  v1::ListCrossingsRequest request;
  request.set_traveler_id(traveler_id);
  const auto answer = Call(*World::Shared().Officer(), &BackOffice::ListCrossings, request);
  EXPECT_THAT(answer, Succeeds());
  return {answer.response.crossings().begin(), answer.response.crossings().end()};
}

// What `text` says after `label` on a line of its own.
std::string FieldIn(const std::string& text, const std::string& label) {
  std::smatch found;
  const std::regex line("(^|\\n)  " + label + " +([^\\n]*)");
  EXPECT_TRUE(std::regex_search(text, found, line)) << label << " in " << text;
  return found.empty() ? "" : found[2].str();
}

TEST(CorrectionRequest, IsFiledGrantedByACorrectionAndBothResultsAreKept) {
  World& world = World::Shared();
  const Mistaken traveler = MistakenTraveler();
  const Ran filed =
      Ctl(world, "officer/4711",
          {"subject", "request", traveler.traveler_id, "--crossing", traveler.wrong_arrival,
           "--received-on", "2026-01-01", "--words", "On that day I was at home"});
  ASSERT_EQ(filed.exit_code, 0) << filed.output;
  EXPECT_THAT(filed.output, HasSubstr("2026-02-15 (OVERDUE by "));
  const std::string case_id = FieldIn(filed.output, "case");
  EXPECT_THAT(Ctl(world, "officer/4712", {"subject", "requests", "--overdue"}).output,
              AllOf(HasSubstr(case_id), HasSubstr("OVERDUE by ")));

  // From now on whatever is said of the traveler says so, also at the lane.
  for (const v1::Crossing& crossing : CrossingsOf(traveler.traveler_id)) {
    EXPECT_TRUE(crossing.disputed());
  }
  EXPECT_THAT(
      Ctl(world, "officer/4711", {"traveler", traveler.traveler_id, "--purpose", "INSPECTION"})
          .output,
      HasSubstr("disputes what is recorded"));
  v1::ListCasesRequest list;
  list.set_traveler_id(traveler.traveler_id);
  const auto cases = Call(*world.Officer(), &BackOffice::ListCases, list);
  ASSERT_THAT(cases, Succeeds());
  EXPECT_GE(cases.response.cases_size(), 2);
  for (const v1::Case& item : cases.response.cases()) EXPECT_TRUE(item.disputed());

  const Ran corrected = Ctl(world, "supervisor/12",
                            {"correct-crossing", traveler.wrong_arrival, "--revision", "1",
                             "--void", "--reason", "another person"});
  ASSERT_EQ(corrected.exit_code, 0) << corrected.output;
  const std::vector<v1::Crossing> crossings = CrossingsOf(traveler.traveler_id);
  const auto departure = std::ranges::find(crossings, traveler.departure,
                                           [](const auto& c) { return c.crossing_id(); });
  ASSERT_NE(departure, crossings.end());
  ASSERT_EQ(departure->comparisons_size(), 2) << "what the machine said before stays";
  EXPECT_EQ(departure->comparisons(0).references_size(), 2);
  EXPECT_EQ(departure->comparisons(1).references_size(), 1);
  EXPECT_EQ(departure->comparisons(1).outcome(), v1::OUTCOME_MATCH);
  EXPECT_THAT(
      Ctl(world, "officer/4711", {"crossings", traveler.traveler_id, "--purpose", "INSPECTION"})
          .output,
      HasSubstr("MATCH, before: "));

  const Ran unproven =
      Ctl(world, "officer/4711",
          {"cases", "decide", case_id, "--etag", "1", "--uphold", "--reason", "right"});
  EXPECT_THAT(unproven.output, HasSubstr("MISSING_FIELD"));
  const std::string request_id = FieldIn(corrected.output, "request id");
  const Ran granted = Ctl(world, "officer/4711",
                          {"cases", "decide", case_id, "--etag", "1", "--uphold", "--done-by",
                           request_id, "--reason", "right"});
  EXPECT_EQ(granted.exit_code, 0) << granted.output;
  EXPECT_THAT(Ctl(world, "officer/4711", {"cases", "show", case_id}).output,
              AllOf(HasSubstr("On that day I was at home"), HasSubstr("[request " + request_id)));
  for (const v1::Crossing& crossing : CrossingsOf(traveler.traveler_id)) {
    EXPECT_FALSE(crossing.disputed());
  }
  EXPECT_THAT(Ctl(world, "officer/4712", {"subject", "requests"}).output, Not(HasSubstr(case_id)));
  EXPECT_THAT(Ctl(world, "officer/4712", {"subject", "requests", "--all"}).output,
              HasSubstr(case_id));
}

TEST(CorrectionRequest, IsShownAtTheLaneAndRefusedByTwo) {
  World& world = World::Shared();
  const std::string document = NewDocumentNumber();
  const auto lane = world.Lane("SEA-X1");
  const auto arrival =
      Call(*lane, &v1::LaneService::Stub::RecordArrival,
           ArrivalRequest({"SEA-X1", document, FaceImage(9, "arrival_1"), hours(48)}));
  ASSERT_THAT(arrival, Succeeds());
  v1::FileCorrectionRequestRequest filing;
  filing.set_request_id(crypto::NewUuid());
  filing.set_traveler_id(arrival.response.traveler_id());
  filing.set_crossing_id(arrival.response.crossing_id());
  filing.set_words("I was admitted for longer");
  filing.mutable_received_on()->set_year(2026);
  filing.mutable_received_on()->set_month(3);
  filing.mutable_received_on()->set_day(1);
  const auto filed = Call(*world.Officer(), &BackOffice::FileCorrectionRequest, filing);
  ASSERT_THAT(filed, Succeeds());
  EXPECT_EQ(filed.response.case_().due_on().month(), 4);
  EXPECT_EQ(filed.response.case_().due_on().day(), 15);
  const auto again = Call(*world.Officer(), &BackOffice::FileCorrectionRequest, filing);
  ASSERT_THAT(again, Succeeds());
  EXPECT_EQ(again.response.case_().case_id(), filed.response.case_().case_id());
  filing.set_request_id(crypto::NewUuid());
  EXPECT_THAT(Call(*world.Officer(), &BackOffice::FileCorrectionRequest, filing),
              Fails(StatusCode::FAILED_PRECONDITION, "CASE_NOT_CLOSED"));
  filing.clear_crossing_id();
  EXPECT_THAT(Call(*world.Officer(), &BackOffice::FileCorrectionRequest, filing),
              Fails(StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"));

  const auto departure = Call(*lane, &v1::LaneService::Stub::RecordDeparture,
                              DepartureRequest({"SEA-X1", document, FaceImage(9, "departure_1")}));
  ASSERT_THAT(departure, Succeeds());
  EXPECT_TRUE(departure.response.disputed());

  const std::string case_id = filed.response.case_().case_id();
  const auto first = Decide("officer/4711", CaseNow(case_id).case_(), v1::CASE_DECISION_DISMISS);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first.response.case_().state(), v1::CASE_STATE_AWAITS_SECOND_OFFICER);
  const auto second = Decide("officer/4712", CaseNow(case_id).case_(), v1::CASE_DECISION_DISMISS);
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second.response.case_().state(), v1::CASE_STATE_DISMISSED);
  EXPECT_TRUE(second.response.case_().disputed()) << "a refusal does not end the dispute";
}

}  // namespace
}  // namespace entryexit::testing
