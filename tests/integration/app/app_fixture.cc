#include "tests/integration/app/app_fixture.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <filesystem>

#include "entryexit/crypto/digest.h"
#include "entryexit/postgres/migrations.h"
#include "entryexit/postgres/store.h"

namespace entryexit::app {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr core::Date kDayZero = sys_days(year(2026) / 9 / 1);
constexpr char kMethod[] = "/entryexit.v1.TestService/Test";

struct Shared {
  std::unique_ptr<testing::PostgresServer> server;
  std::string template_database;
  std::filesystem::path key_file;
};
Shared* shared = nullptr;

// One class of each rule.
core::AdmissionPolicy Admissions() {
  using enum core::RuleKind;
  const auto always = [](const core::AuthorizationRule& rule) {
    return std::vector{core::RulePeriod{sys_days(year(1990) / 1 / 1), std::nullopt, rule}};
  };
  return {{"B-2", always({kFixedDate})},
          {"WT", always({kDaysFromArrival, 90})},
          {"SCH-C", always({kDaysInWindow, 90, 180})},
          {"F-1", always({kDurationOfStatus})},
          {"A-1", always({kExempt})}};
}

// The shipped policy's periods.
core::RetentionPolicy Retention() {
  using enum core::RetentionEvent;
  using enum core::DataKind;
  using Unit = core::RetentionPeriod::Unit;
  core::RetentionPolicy policy;
  for (const core::RetentionSubject& subject : core::RetentionSubjects()) {
    core::RetentionRule rule;
    rule.id = std::string(core::NameOf(subject.category)) + '-' + core::NameOf(subject.kind) + '-' +
              core::NameOf(subject.event);
    rule.category = subject.category;
    rule.kind = subject.kind;
    rule.event = subject.event;
    rule.from = sys_days(year(1990) / 1 / 1);
    rule.period = {Unit::kYears, subject.event == kLastExit || subject.kind == kCase ? 3 : 5};
    if (subject.kind == kImage) {
      rule.period = subject.category == core::TravelerCategory::kNational
                        ? core::RetentionPeriod{Unit::kHours, 12}
                        : core::RetentionPeriod{Unit::kDays, 14};
    }
    policy.push_back(rule);
  }
  return policy;
}

}  // namespace

core::Timestamp At(int day, int hours) {
  return core::Timestamp(kDayZero + days(day)) + std::chrono::hours(hours);
}
core::Date Day(int day) { return kDayZero + days(day); }

void AppTest::SetUpTestSuite() {
  shared = new Shared;
  auto server = testing::PostgresServer::Start();
  ASSERT_THAT(server, testing::IsOk());
  shared->server = *std::move(server);
  shared->template_database = *shared->server->CreateDatabase();
  ASSERT_THAT(postgres::Migrate(shared->server->OwnerDsn(shared->template_database),
                                [](const std::string&) {}),
              testing::IsOk());
  shared->key_file =
      std::filesystem::path(::testing::TempDir()) / ("app_test_" + crypto::NewUuid()) / "keys";
  ASSERT_THAT(crypto::WriteNewKeyFile(shared->key_file), testing::IsOk());
}

void AppTest::TearDownTestSuite() {
  std::filesystem::remove_all(shared->key_file.parent_path());
  delete shared;
  shared = nullptr;
}

AppTest::AppTest() {
  database_ = *shared->server->CreateDatabase(shared->template_database);
  postgres::DatabaseOptions options;
  options.dsn = shared->server->DaemonDsn(database_);
  store_ = *postgres::OpenStore(options);
  keys_ = std::make_unique<StoredKeys>(*store_);
  vault_ = *crypto::OpenVault(crypto::KeysFromFile(shared->key_file), *keys_);
  const std::string zone = "America/Los_Angeles";
  lanes_ = std::make_unique<LaneDirectory>(*LaneDirectory::Create({
      {core::LaneId("SEA-1"), core::PortId("SEA"), zone, std::nullopt},
      {core::LaneId("SEA-2"), core::PortId("SEA"), zone, std::nullopt},
      {core::LaneId("SEA-IN"), core::PortId("SEA"), zone, core::Direction::kArrival},
  }));
  policy_.match = {*core::ThresholdsFor(engine_.calibration(), 5e-4, 1e-2), 2};
  policy_.max_clock_skew = std::chrono::seconds(120);
  policy_.operating_state = "USA";
  policy_.exempt_classes = {"A-1"};
  policy_.admissions = Admissions();
  policy_.retention = Retention();
  retention_ = {policy_.retention, policy_.operating_state};
  record_ = std::make_unique<RecordCrossing>(*lanes_, engine_, *store_, *vault_, clock_, policy_);
  record_change_ = std::make_unique<RecordAdmissionChange>(*store_, clock_, policy_.admissions);
  correct_ = std::make_unique<CorrectCrossing>(*lanes_, engine_, *store_, *vault_, clock_, policy_);
  move_ = std::make_unique<MoveDocument>(engine_, *store_, *vault_, clock_, policy_);
  review_ = std::make_unique<ReviewOverstays>(*store_, clock_);
  run_retention_ = std::make_unique<RunRetention>(*store_, clock_, retention_);
  holds_ = std::make_unique<LegalHolds>(*store_, clock_);
  rotate_keys_ = std::make_unique<RotateKeys>(*store_, *vault_, *vault_);
  queries_ = std::make_unique<Queries>(*store_, *vault_, policy_.admissions);
  decide_ = std::make_unique<DecideCase>(*store_, clock_);
  file_request_ = std::make_unique<FileCorrectionRequest>(*store_, clock_, std::chrono::days(45));
  replay_ =
      std::make_unique<ReplayDecision>(*store_, *vault_, engine_.model(), engine_.calibration());
}

Call AppTest::LaneCall(const std::string& lane) {
  return {{Role::kLane, lane, "lane/" + lane},
          std::chrono::steady_clock::now() + std::chrono::seconds(30),
          kMethod};
}
Call AppTest::OfficerCall(const std::string& id) {
  return {{Role::kOfficer, id, "officer/" + id},
          std::chrono::steady_clock::now() + std::chrono::seconds(30),
          kMethod};
}

Call AppTest::SupervisorCall(const std::string& id) {
  return {{Role::kSupervisor, id, "supervisor/" + id},
          std::chrono::steady_clock::now() + std::chrono::seconds(30),
          kMethod};
}

void AppTest::PlanFace(const std::string& image, double position) {
  engine_.Plan(image, core::Embedding{static_cast<float>(position), 0.0F});
}

CrossingRequest AppTest::Departure(int day, const std::string& image, const std::string& number) {
  CrossingRequest request;
  request.request_id = core::RequestId(crypto::NewUuid());
  request.direction = core::Direction::kDeparture;
  request.lane_id = core::LaneId("SEA-1");
  request.captured_at = At(day);
  request.identification =
      core::TravelDocument{"UTO", number, "UTO", sys_days(year(1990) / 5 / 17), core::Sex::kFemale};
  request.image = *images_.insert(image).first;
  return request;
}

CrossingRequest AppTest::Arrival(int day, const std::string& image, int authorized_until_day,
                                 const std::string& number) {
  CrossingRequest request = Departure(day, image, number);
  request.direction = core::Direction::kArrival;
  request.admission = AdmissionRequest{"B-2", Day(authorized_until_day)};
  return request;
}

absl::StatusOr<CrossingResult> AppTest::TryRecord(const CrossingRequest& request) {
  return record_->Record(LaneCall(request.lane_id.value()), request);
}

CrossingResult AppTest::Record(const CrossingRequest& request) {
  absl::StatusOr<CrossingResult> result = TryRecord(request);
  EXPECT_THAT(result, testing::IsOk());
  return result.ok() ? *std::move(result) : CrossingResult{};
}

TravelerView AppTest::Traveler(const std::string& number) {
  return *queries_->GetTravelerByDocument(OfficerCall(), "UTO", number);
}

std::vector<CrossingView> AppTest::Crossings(const std::string& number) {
  return queries_
      ->ListCrossings(OfficerCall(), Traveler(number).traveler.traveler_id, std::nullopt, 100)
      ->rows;
}

std::vector<ports::CaseRecord> AppTest::Cases(const std::string& number) {
  ports::CaseFilter filter;
  filter.traveler_id = Traveler(number).traveler.traveler_id;
  return queries_->ListCases(OfficerCall(), filter, std::nullopt, 100)->rows;
}

std::vector<core::CaseKind> AppTest::OpenCases(const std::string& number) {
  std::vector<core::CaseKind> kinds;
  for (const ports::CaseRecord& record : Cases(number)) {
    if (record.state == core::CaseState::kOpen) kinds.push_back(record.kind);
  }
  return kinds;
}

CaseView AppTest::TheCase(core::CaseKind kind, const std::string& number) {
  std::vector<CaseView> found;
  for (const ports::CaseRecord& record : Cases(number)) {
    if (record.kind == kind) found.push_back(*queries_->GetCase(OfficerCall(), record.case_id));
  }
  EXPECT_EQ(found.size(), 1U) << "cases of kind " << core::NameOf(kind);
  return found.empty() ? CaseView{} : found.front();
}

std::string AppTest::DaemonDsn() const { return shared->server->DaemonDsn(database_); }

const std::filesystem::path& AppTest::KeyFile() { return shared->key_file; }

std::string AppTest::Value(const std::string& query) {
  const std::string dsn = shared->server->Dsn(database_, "postgres");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(PQconnectdb(dsn.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link.get(), query.c_str()),
                                                             &PQclear);
  EXPECT_EQ(PQntuples(result.get()), 1) << PQerrorMessage(link.get());
  return PQntuples(result.get()) == 1 ? PQgetvalue(result.get(), 0, 0) : "";
}

void AppTest::Sql(const std::string& statement) {
  ASSERT_THAT(shared->server->Execute(database_, statement), testing::IsOk());
}

}  // namespace entryexit::app
