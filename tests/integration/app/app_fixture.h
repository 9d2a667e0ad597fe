#ifndef ENTRYEXIT_TESTS_INTEGRATION_APP_APP_FIXTURE_H_
#define ENTRYEXIT_TESTS_INTEGRATION_APP_APP_FIXTURE_H_

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "entryexit/app/correct_crossing.h"
#include "entryexit/app/decide_case.h"
#include "entryexit/app/file_correction_request.h"
#include "entryexit/app/legal_holds.h"
#include "entryexit/app/move_document.h"
#include "entryexit/app/queries.h"
#include "entryexit/app/record_admission_change.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/app/replay_decision.h"
#include "entryexit/app/review_overstays.h"
#include "entryexit/app/rotate_keys.h"
#include "entryexit/app/run_retention.h"
#include "entryexit/crypto/vault.h"
#include "tests/support/fake_clock.h"
#include "tests/support/planned_face_engine.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/status_matchers.h"

namespace entryexit::app {

// 2026-09-01T00:00Z plus `hours` within day `day`. Day 0 is 1 September.
core::Timestamp At(int day, int hours = 18);
core::Date Day(int day);

// The use cases over a real database of their own, real encryption, a planned face engine and a
// clock that stands on day 100.
class AppTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  AppTest();

  static Call LaneCall(const std::string& lane = "SEA-1");
  static Call OfficerCall(const std::string& id = "4711");
  static Call SupervisorCall(const std::string& id = "12");

  // Plans faces whose distance to one another is that of the numbers, and uses the name as the
  // picture.
  void PlanFace(const std::string& image, double position);

  // Requests of the traveler with document UTO `number` at lane SEA-1, with fresh request ids.
  CrossingRequest Arrival(int day, const std::string& image, int authorized_until_day,
                          const std::string& number = "X1");
  CrossingRequest Departure(int day, const std::string& image, const std::string& number = "X1");

  // Records as the request's lane; fails the test on an error.
  CrossingResult Record(const CrossingRequest& request);
  absl::StatusOr<CrossingResult> TryRecord(const CrossingRequest& request);

  // What the back office sees of the traveler with document UTO `number`.
  TravelerView Traveler(const std::string& number = "X1");
  std::vector<CrossingView> Crossings(const std::string& number = "X1");
  std::vector<ports::CaseRecord> Cases(const std::string& number = "X1");
  std::vector<core::CaseKind> OpenCases(const std::string& number = "X1");
  // The one case of `kind`; fails the test when there is not exactly one.
  CaseView TheCase(core::CaseKind kind, const std::string& number = "X1");

  // Does something to the database behind the service's back.
  void Sql(const std::string& statement);
  // The one value that is asked for, behind the service's back.
  std::string Value(const std::string& query);
  // Of the vault; all tests of the program have the same.
  static const std::filesystem::path& KeyFile();
  // Of this test's database: what another daemon on it would have.
  std::string DaemonDsn() const;

  std::set<std::string> images_;  // what the requests point into
  testing::PlannedFaceEngine engine_;
  testing::FakeClock clock_{At(100)};
  std::string database_;
  std::unique_ptr<ports::Store> store_;
  std::unique_ptr<StoredKeys> keys_;
  std::unique_ptr<crypto::KeyVault> vault_;
  std::unique_ptr<LaneDirectory> lanes_;
  CrossingPolicy policy_;
  std::unique_ptr<RecordCrossing> record_;
  std::unique_ptr<RecordAdmissionChange> record_change_;
  std::unique_ptr<CorrectCrossing> correct_;
  std::unique_ptr<MoveDocument> move_;
  std::unique_ptr<ReviewOverstays> review_;
  RetentionRules retention_;  // as shipped
  std::unique_ptr<RunRetention> run_retention_;
  std::unique_ptr<LegalHolds> holds_;
  std::unique_ptr<RotateKeys> rotate_keys_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<DecideCase> decide_;
  std::unique_ptr<FileCorrectionRequest> file_request_;  // due after 45 days
  std::unique_ptr<ReplayDecision> replay_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_TESTS_INTEGRATION_APP_APP_FIXTURE_H_
