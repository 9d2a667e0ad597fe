#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "entryexit/crypto/digest.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using BackOffice = v1::BackOfficeService::Stub;

// A departure without an arrival: the quickest way to a case.
v1::RecordDepartureResponse OpenCase(const std::string& lane_id = "SEA-X1") {
  const auto answer =
      Call(*World::Shared().Lane(lane_id), &v1::LaneService::Stub::RecordDeparture,
           DepartureRequest({lane_id, NewDocumentNumber(), FaceImage(8, "departure_1")}));
  EXPECT_THAT(answer, Succeeds());
  EXPECT_EQ(answer.response.opened_case_ids_size(), 1);
  return answer.response;
}

v1::Case GetCase(const std::string& case_id) {
  v1::GetCaseRequest request;
  request.set_case_id(case_id);
  const auto answer = Call(*World::Shared().Officer(), &BackOffice::GetCase, request);
  EXPECT_THAT(answer, Succeeds());
  return answer.response.case_();
}

// A watch that has begun.
class Watcher {
 public:
  explicit Watcher(const std::string& port_id = "", bool include_open = false)
      : stub_(World::Shared().Officer()) {
    SetPatience(context_);
    v1::WatchCasesRequest request;
    request.set_port_id(port_id);
    request.set_include_open(include_open);
    reader_ = stub_->WatchCases(&context_, request);
    v1::WatchCasesResponse begun;
    EXPECT_TRUE(reader_->Read(&begun));
    EXPECT_FALSE(begun.has_case_());
  }

  // Blocks until a case comes; empty when the stream has ended.
  std::string NextCaseId() {
    v1::WatchCasesResponse response;
    return reader_->Read(&response) ? response.case_().case_id() : "";
  }

  void HangUp() {
    context_.TryCancel();
    EXPECT_EQ(NextCaseId(), "");
    EXPECT_EQ(reader_->Finish().error_code(), StatusCode::CANCELLED);
  }

 private:
  std::unique_ptr<BackOffice> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchCasesResponse>> reader_;
};

TEST(WatchCases, TellsEveryWatcherOfANewCase) {
  Watcher one;
  Watcher two;
  const std::string case_id = OpenCase().opened_case_ids(0);
  EXPECT_EQ(one.NextCaseId(), case_id);
  EXPECT_EQ(two.NextCaseId(), case_id);
  one.HangUp();
  const std::string next = OpenCase().opened_case_ids(0);
  EXPECT_EQ(two.NextCaseId(), next);
}

TEST(WatchCases, TellsSeveralWatchersWithinASecond) {
  constexpr std::chrono::seconds kPromised{1};
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 4; ++i) watchers.push_back(std::make_unique<Watcher>());
  // On a busy machine one or the other round may be late.
  std::vector<std::chrono::steady_clock::duration> rounds(5);
  for (auto& took : rounds) {
    const std::string case_id = OpenCase().opened_case_ids(0);
    const auto opened = std::chrono::steady_clock::now();
    for (const auto& watcher : watchers) EXPECT_EQ(watcher->NextCaseId(), case_id);
    took = std::chrono::steady_clock::now() - opened;
  }
  std::ranges::sort(rounds);
  EXPECT_LT(rounds[rounds.size() / 2], kPromised);
}

TEST(WatchCases, TellsOnlyOfThePortThatWasAskedFor) {
  Watcher el_paso("EPP");
  OpenCase("SEA-X1");
  const std::string case_id = OpenCase("EPP-X1").opened_case_ids(0);
  EXPECT_EQ(el_paso.NextCaseId(), case_id);
}

TEST(WatchCases, FirstSendsWhatIsOpenWhenAsked) {
  const std::string case_id = OpenCase().opened_case_ids(0);
  Watcher watcher("", /*include_open=*/true);
  std::string seen;
  do {
    seen = watcher.NextCaseId();
  } while (!seen.empty() && seen != case_id);
  EXPECT_EQ(seen, case_id);
}

TEST(DecideCase, SticksAndKeepsItsHistory) {
  const auto officer = World::Shared().Officer("4711");
  const v1::Case before = GetCase(OpenCase().opened_case_ids(0));
  v1::DecideCaseRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_case_id(before.case_id());
  request.set_etag(before.etag());
  request.set_decision(v1::CASE_DECISION_DISMISS);
  request.set_reason("arrival stamp seen");
  const auto decided = Call(*officer, &BackOffice::DecideCase, request);
  ASSERT_THAT(decided, Succeeds());
  EXPECT_EQ(decided.response.case_().state(), v1::CASE_STATE_DISMISSED);
  EXPECT_NE(decided.response.case_().etag(), before.etag());

  const auto again = Call(*officer, &BackOffice::DecideCase, request);
  ASSERT_THAT(again, Succeeds());
  EXPECT_EQ(again.response.case_().state(), v1::CASE_STATE_DISMISSED);

  v1::GetCaseRequest get;
  get.set_case_id(before.case_id());
  const auto view = Call(*officer, &BackOffice::GetCase, get);
  ASSERT_THAT(view, Succeeds());
  EXPECT_FALSE(view.response.explanation().empty());
  ASSERT_EQ(view.response.history_size(), 2);
  EXPECT_EQ(view.response.history(1).principal(), "officer/4711");
  EXPECT_EQ(view.response.history(1).reason(), "arrival stamp seen");
}

TEST(DecideCase, RefusesAnOldEtag) {
  const v1::Case before = GetCase(OpenCase().opened_case_ids(0));
  v1::DecideCaseRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_case_id(before.case_id());
  request.set_etag("999");
  request.set_decision(v1::CASE_DECISION_UPHOLD);
  request.set_reason("x");
  EXPECT_THAT(Call(*World::Shared().Officer(), &BackOffice::DecideCase, request),
              Fails(StatusCode::ABORTED, "CASE_CHANGED"));
}

TEST(ListCases, GivesEveryCaseOncePageByPage) {
  std::set<std::string> expected;
  for (int i = 0; i < 5; ++i) expected.insert(OpenCase("EPP-X1").opened_case_ids(0));
  const auto officer = World::Shared().Officer();
  v1::ListCasesRequest request;
  request.set_port_id("EPP");
  request.set_page_size(2);
  std::set<std::string> listed;
  do {
    const auto page = Call(*officer, &BackOffice::ListCases, request);
    ASSERT_THAT(page, Succeeds());
    EXPECT_LE(page.response.cases_size(), 2);
    for (const v1::Case& entry : page.response.cases()) {
      EXPECT_EQ(entry.port_id(), "EPP");
      EXPECT_TRUE(listed.insert(entry.case_id()).second);
    }
    request.set_page_token(page.response.next_page_token());
  } while (!request.page_token().empty());
  for (const std::string& case_id : expected) EXPECT_TRUE(listed.contains(case_id));
}

TEST(ListCases, RefusesATokenOfAnotherFilter) {
  OpenCase();
  OpenCase();
  const auto officer = World::Shared().Officer();
  v1::ListCasesRequest request;
  request.set_page_size(1);
  const auto page = Call(*officer, &BackOffice::ListCases, request);
  ASSERT_THAT(page, Succeeds());
  ASSERT_FALSE(page.response.next_page_token().empty());
  request.set_page_token(page.response.next_page_token());
  request.set_state(v1::CASE_STATE_OPEN);
  EXPECT_THAT(Call(*officer, &BackOffice::ListCases, request),
              Fails(StatusCode::INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"));
}

TEST(GetCapture, GivesThePictureAsItWasReceived) {
  v1::GetCaptureRequest request;
  request.set_crossing_id(OpenCase().crossing_id());
  const auto capture = Call(*World::Shared().Officer(), &BackOffice::GetCapture, request);
  ASSERT_THAT(capture, Succeeds());
  EXPECT_EQ(capture.response.image(), FaceImage(8, "departure_1"));
  EXPECT_EQ(capture.response.media_type(), "image/jpeg");
  EXPECT_EQ(capture.response.digest(), crypto::Sha256Hex(capture.response.image()));
}

TEST(ReplayDecision, ComesToTheSameOutcome) {
  const std::string document = NewDocumentNumber();
  const auto lane = World::Shared().Lane("SEA-X1");
  ASSERT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival,
                   ArrivalRequest({"SEA-X1", document, FaceImage(9, "arrival_1"), hours(48)})),
              Succeeds());
  const auto departure = Call(*lane, &v1::LaneService::Stub::RecordDeparture,
                              DepartureRequest({"SEA-X1", document, FaceImage(9, "departure_1")}));
  ASSERT_THAT(departure, Succeeds());
  v1::ReplayDecisionRequest request;
  request.set_crossing_id(departure.response.crossing_id());
  const auto auditor =
      v1::BackOfficeService::NewStub(World::Shared().Connect("entryexit://auditor/7"));
  const auto replay = Call(*auditor, &BackOffice::ReplayDecision, request);
  ASSERT_THAT(replay, Succeeds());
  EXPECT_TRUE(replay.response.identical());
  EXPECT_EQ(replay.response.replayed().outcome(), v1::OUTCOME_MATCH);
}

}  // namespace
}  // namespace entryexit::testing
