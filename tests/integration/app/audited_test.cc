#include <gmock/gmock.h>

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class AuditedTest : public AppTest {
 protected:
  AuditedTest() {
    PlanFace("anna", 0);
    PlanFace("anna again", 0.4);
  }

  // What was recorded since the last call, by time.
  std::vector<core::AuditEntry> News() {
    std::vector<core::AuditEntry> entries;
    const absl::Status status =
        store_->Transact(LaneCall().deadline, [&](ports::Transaction& transaction) -> absl::Status {
          const auto records = transaction.FindAuditRecords({}, seen_, 1000);
          if (!records.ok()) return records.status();
          for (const core::AuditRecord& record : *records) {
            entries.push_back(record.entry);
            seen_ = ports::AuditCursor{record.at, record.chain, record.sequence};
          }
          return absl::OkStatus();
        });
    EXPECT_THAT(status, testing::IsOk());
    return entries;
  }

  core::AuditEntry TheNews() {
    std::vector<core::AuditEntry> entries = News();
    EXPECT_THAT(entries, SizeIs(1));
    return entries.empty() ? core::AuditEntry{} : entries.front();
  }

  std::optional<ports::AuditCursor> seen_;
};

TEST_F(AuditedTest, ACrossingIsRecordedWithWhoseItIsAndEachTimeItIsSent) {
  const CrossingRequest request = Arrival(1, "anna", 20);
  const CrossingResult result = Record(request);
  const core::AuditEntry first = TheNews();
  EXPECT_EQ(first.principal, "lane/SEA-1");
  EXPECT_EQ(first.method, LaneCall().method);
  EXPECT_EQ(first.traveler_id, result.crossing->traveler_id);
  EXPECT_EQ(first.subject, result.crossing->crossing_id.value());
  EXPECT_EQ(first.request_id, request.request_id);
  EXPECT_EQ(first.outcome, "OK");
  Record(request);
  EXPECT_EQ(TheNews(), first);
}

TEST_F(AuditedTest, APoorCaptureThatIsNotRecordedLeavesARecordOfNobody) {
  const CrossingRequest request = Arrival(1, "no such face", 20);
  engine_.Plan("no such face", std::vector{core::QualityIssue::kNoFace});
  EXPECT_FALSE(Record(request).recorded);
  const core::AuditEntry entry = TheNews();
  EXPECT_EQ(entry.traveler_id, std::nullopt);
  EXPECT_EQ(entry.request_id, request.request_id);
  EXPECT_EQ(entry.outcome, "LOW_QUALITY");
}

TEST_F(AuditedTest, ARefusedCrossingIsRecordedWithItsReasonAndTraveler) {
  const CrossingResult first = Record(Arrival(1, "anna", 20));
  News();
  CrossingRequest other = Arrival(1, "anna again", 20);
  EXPECT_THAT(TryRecord(other), testing::FailsWith(Reason::kCrossingAlreadyRecorded));
  const core::AuditEntry entry = TheNews();
  EXPECT_EQ(entry.traveler_id, first.crossing->traveler_id);
  EXPECT_EQ(entry.outcome, "CROSSING_ALREADY_RECORDED");
}

TEST_F(AuditedTest, ARefusedCrossingOfSomebodyNewNamesNobody) {
  const CrossingRequest first = Arrival(1, "anna", 20);
  Record(first);
  News();
  CrossingRequest other = Arrival(1, "bert", 21, "X2");
  other.request_id = first.request_id;
  const RecordCrossing another(*lanes_, engine_, *store_, *vault_, clock_, policy_);
  EXPECT_THAT(another.Record(LaneCall(), other), testing::FailsWith(Reason::kRequestIdReused));
  const core::AuditEntry entry = TheNews();
  EXPECT_EQ(entry.traveler_id, std::nullopt) << "who would have been new is not there";
  EXPECT_EQ(entry.outcome, "REQUEST_ID_REUSED");
}

TEST_F(AuditedTest, EveryLookIsRecordedAlsoOneThatFindsNobody) {
  const CrossingResult arrival = Record(Arrival(1, "anna", 20));
  Record(Departure(25, "anna again"));
  const core::TravelerId traveler = arrival.crossing->traveler_id;
  const core::CaseId overstay = TheCase(core::CaseKind::kOverstay).record.case_id;
  News();

  ASSERT_THAT(queries_->GetTravelerByDocument(OfficerCall(), "UTO", "X1"), testing::IsOk());
  core::AuditEntry entry = TheNews();
  EXPECT_EQ(entry.principal, "officer/4711");
  EXPECT_EQ(entry.traveler_id, traveler);
  EXPECT_THAT(queries_->GetTravelerByDocument(OfficerCall(), "UTO", "NOBODY"),
              testing::FailsWith(Reason::kTravelerNotFound));
  entry = TheNews();
  EXPECT_EQ(entry.traveler_id, std::nullopt);
  EXPECT_EQ(entry.outcome, "TRAVELER_NOT_FOUND");
  EXPECT_EQ(entry.subject, "") << "a document's number is content";

  const core::TravelerId nobody(crypto::NewUuid());
  EXPECT_THAT(queries_->GetTraveler(OfficerCall(), nobody),
              testing::FailsWith(Reason::kTravelerNotFound));
  entry = TheNews();
  EXPECT_EQ(entry.traveler_id, nobody);
  EXPECT_EQ(entry.outcome, "TRAVELER_NOT_FOUND");

  ASSERT_THAT(queries_->GetCapture(OfficerCall(), arrival.crossing->crossing_id), testing::IsOk());
  entry = TheNews();
  EXPECT_EQ(entry.traveler_id, traveler);
  EXPECT_EQ(entry.subject, arrival.crossing->crossing_id.value());

  ASSERT_THAT(queries_->GetCase(OfficerCall(), overstay), testing::IsOk());
  entry = TheNews();
  EXPECT_EQ(entry.traveler_id, traveler);
  EXPECT_EQ(entry.subject, overstay.value());

  ASSERT_THAT(queries_->ListCases(OfficerCall(), {}, std::nullopt, 10), testing::IsOk());
  EXPECT_EQ(TheNews().traveler_id, std::nullopt);
}

TEST_F(AuditedTest, ACaseThatThereIsNotOpensNoListEither) {
  Record(Arrival(1, "anna", 20));
  Record(Departure(25, "anna again"));
  const core::CaseId overstay = TheCase(core::CaseKind::kOverstay).record.case_id;
  News();
  Call call = OfficerCall();
  call.case_id = core::CaseId(crypto::NewUuid());
  EXPECT_THAT(queries_->ListCases(call, {}, std::nullopt, 10),
              testing::FailsWith(Reason::kCaseNotFound));
  EXPECT_EQ(TheNews().outcome, "CASE_NOT_FOUND");
  call.case_id = overstay;
  EXPECT_THAT(queries_->ListCases(call, {}, std::nullopt, 10), testing::IsOk());
  EXPECT_EQ(TheNews().case_id, overstay);
}

TEST_F(AuditedTest, AWatcherIsRecordedForTheCasesOfItsPortAlone) {
  Record(Arrival(1, "anna", 20));
  Record(Departure(25, "anna again"));
  const ports::CaseRecord overstay = TheCase(core::CaseKind::kOverstay).record;
  News();
  const auto elsewhere = queries_->FindCaseAt(OfficerCall(), overstay.case_id, core::PortId("JFK"));
  EXPECT_EQ(*elsewhere, std::nullopt);
  EXPECT_THAT(News(), IsEmpty());
  ASSERT_TRUE(queries_->FindCaseAt(OfficerCall(), overstay.case_id, overstay.port_id)->has_value());
  EXPECT_EQ(TheNews().subject, overstay.case_id.value());
}

TEST_F(AuditedTest, AMovedDocumentIsRecordedForBothTravelers) {
  const core::TravelerId from = Record(Arrival(1, "anna", 20, "X1")).crossing->traveler_id;
  const core::TravelerId to = Record(Arrival(30, "anna again", 50, "X2")).crossing->traveler_id;
  News();
  MoveRequest request;
  request.request_id = core::RequestId(crypto::NewUuid());
  request.issuing_state = "UTO";
  request.number = "X1";
  request.to = to;
  request.reason = "one person";
  ASSERT_THAT(move_->Move(SupervisorCall(), request), testing::IsOk());
  std::vector<core::TravelerId> travelers;
  for (const core::AuditEntry& entry : News()) {
    EXPECT_EQ(entry.request_id, request.request_id);
    travelers.push_back(*entry.traveler_id);
  }
  EXPECT_THAT(travelers, UnorderedElementsAre(from, to));
}

TEST_F(AuditedTest, AFailedChangeLeavesItsReasonAndNothingElse) {
  Record(Arrival(1, "anna", 20));
  Record(Departure(25, "anna again"));
  const CaseView view = TheCase(core::CaseKind::kOverstay);
  News();
  DecisionRequest request{core::RequestId(crypto::NewUuid()), view.record.case_id,
                          view.record.version + 1, core::CaseDecision::kUphold, "seen"};
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), testing::FailsWith(Reason::kCaseChanged));
  const core::AuditEntry entry = TheNews();
  EXPECT_EQ(entry.traveler_id, view.record.traveler_id);
  EXPECT_EQ(entry.outcome, "CASE_CHANGED");
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay).record.state, core::CaseState::kOpen);
}

TEST_F(AuditedTest, ErasureLeavesARecordOfTheRunButNotOfWhoWasForgotten) {
  Record(Arrival(1, "anna", 20));
  News();
  const RetentionRun run = RunRetention::NewRun(/*dry_run=*/false);
  std::optional<RetentionCursor> cursor;
  std::int64_t erased = 0;
  do {
    const auto part = run_retention_->Run(SupervisorCall(), run, cursor);
    ASSERT_THAT(part, testing::IsOk());
    erased += static_cast<std::int64_t>(part->erased.size());
    cursor = part->next;
  } while (cursor);
  EXPECT_GT(erased, 0) << "the picture was due";
  const std::vector<core::AuditEntry> entries = News();
  EXPECT_THAT(entries, ::testing::Not(IsEmpty()));
  for (const core::AuditEntry& entry : entries) {
    EXPECT_EQ(entry.subject, run.run_id);
    EXPECT_EQ(entry.traveler_id, std::nullopt);
  }
}

TEST_F(AuditedTest, WhatCannotBeRecordedIsNotShownAndNotDone) {
  const core::TravelerId traveler = Record(Arrival(1, "anna", 20)).crossing->traveler_id;
  Sql("ALTER TABLE audit_record ADD CONSTRAINT nobody CHECK (principal = 'nobody') NOT VALID");
  EXPECT_THAT(queries_->GetTraveler(OfficerCall(), traveler),
              testing::FailsWith(Reason::kInternal));
  EXPECT_THAT(TryRecord(Departure(10, "anna again")), testing::FailsWith(Reason::kInternal));
  Sql("ALTER TABLE audit_record DROP CONSTRAINT nobody");
  EXPECT_THAT(Crossings(), SizeIs(1));
}

}  // namespace
}  // namespace entryexit::app
