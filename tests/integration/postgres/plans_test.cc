#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "entryexit/crypto/digest.h"
#include "src/postgres/statements.h"
#include "tests/integration/postgres/store_fixture.h"
#include "tests/support/files.h"

namespace entryexit::postgres {
namespace {

namespace fs = std::filesystem;

using ::testing::ContainsRegex;
using ::testing::Not;

const fs::path kPlans = ENTRYEXIT_SOURCE_DIR "/tests/data/plans";
constexpr char kAccept[] = "ENTRYEXIT_ACCEPT_PLANS";

// What the planner reckons with, fixed, so that a plan changes with the schema and the statements
// alone.
constexpr char kPlannerSettings[] = R"sql(
  SET max_parallel_workers_per_gather = 0;
  SET jit = off;
  SET seq_page_cost = 1;
  SET random_page_cost = 4;
  SET effective_cache_size = '4GB';
  SET work_mem = '4MB';
  SET timezone = 'UTC';
)sql";

struct HotStatement {
  const char* name;  // of the file
  const char* values;
  StatementId id;
};

constexpr char kTravelerOfFill[] = "md5('traveler 7')::uuid";

constexpr char kTravelersOfFill[] =
    "ARRAY[md5('traveler 7')::uuid, md5('traveler 8')::uuid, md5('traveler 9')::uuid]";
constexpr char kDocumentsOfFill[] =
    "ARRAY[md5('document 7')::uuid, md5('document 8')::uuid, md5('document 9')::uuid]";

const HotStatement kHotStatements[] = {
    {"list_overstays_first_page", "'2026-09-01', '2026-09-03 12:00', NULL, NULL, NULL, NULL, 101",
     StatementId::kListOverstays},
    {"list_overstays_next_page",
     "'2026-09-01', '2026-09-03 12:00', NULL, '2026-01-05', md5('a')::uuid, md5('b')::uuid, 101",
     StatementId::kListOverstays},
    {"list_overstays_known_before", "'2026-06-01', '2026-06-03 12:00', NULL, NULL, NULL, NULL, 101",
     StatementId::kListOverstays},
    {"count_stays", "'2026-09-01', '2026-09-03 12:00', '2026-07-01', '2026-07-31'",
     StatementId::kCountStays},
    {"count_stays_known_before", "'2026-06-01', '2026-06-03 12:00', '2026-05-01', '2026-05-31'",
     StatementId::kCountStays},
    {"count_crossings", "'2026-09-01', '2026-09-03 12:00', '2026-07-01', '2026-07-31'",
     StatementId::kCountCrossings},
    {"travelers_to_review", "'2026-09-01', NULL, 100", StatementId::kTravelersToReview},
    {"national_images_due", "NULL, NULL, NULL, 100, 'UTO', '2026-10-01'",
     StatementId::kNationalImagesDue},
    {"other_images_due", "'2026-09-01', md5('a')::uuid, md5('b')::uuid, 100, 'UTO', '2026-10-01'",
     StatementId::kOtherImagesDue},
    {"templates_due", "NULL, NULL, NULL, 100, '2025-02-01', '2025-03-01', '2025-02-01'",
     StatementId::kTemplatesDue},
    {"closed_stays_due", "NULL, NULL, NULL, 100, '2025-03-01'", StatementId::kClosedStaysDue},
    {"open_stays_due", "NULL, NULL, NULL, 100, '2025-06-01', '2025-06-01', '2025-06-01'",
     StatementId::kOpenStaysDue},
    {"crossings_without_stay_due", "NULL, NULL, NULL, 100, '2025-03-01'",
     StatementId::kCrossingsWithoutStayDue},
    {"cases_due", "NULL, NULL, NULL, 100, '2025-03-01'", StatementId::kCasesDue},
    {"find_audit_records_by_traveler",
     "NULL, md5('traveler 7')::uuid, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 51",
     StatementId::kFindAuditRecords},
    {"find_audit_records_by_principal",
     "'officer/7', NULL, 'GetCase', NULL, '2026-01-02', '2026-01-09', '2026-01-03', 3, 17, 51",
     StatementId::kFindAuditRecords},
    {"audit_records_of", "3, 100, 900, 500", StatementId::kAuditRecordsOf},
    {"retained_of", kTravelerOfFill, StatementId::kRetainedOf},
    {"get_capture", "md5('crossing 7')::uuid", StatementId::kGetCapture},
    {"all_crossings", kTravelerOfFill, StatementId::kAllCrossings},
    {"all_stays", kTravelerOfFill, StatementId::kAllStays},
    {"all_templates", kTravelerOfFill, StatementId::kAllTemplates},
    {"lock_travelers_of", kDocumentsOfFill, StatementId::kLockTravelersOf},
    {"crossings_of", kTravelersOfFill, StatementId::kCrossingsOf},
    {"stays_of", kTravelersOfFill, StatementId::kStaysOf},
};

bool CanBeExplained(const Statement& statement) {
  const absl::string_view sql = absl::StripLeadingAsciiWhitespace(statement.sql);
  return std::ranges::any_of(std::array{"SELECT", "WITH", "INSERT", "UPDATE"},
                             [&](const char* start) { return absl::StartsWith(sql, start); });
}

// One for each parameter.
std::string NullsFor(const Statement& statement) {
  const std::string sql = statement.sql;
  std::string nulls;
  for (int i = 1; sql.find(fmt::format("${}", i)) != std::string::npos; ++i) {
    nulls += i == 1 ? "NULL" : ", NULL";
  }
  return nulls;
}

class PlansTest : public StoreTest {
 protected:
  void Fill() const {
    ASSERT_THAT(server().Execute(database_, testing::ReadAll(kPlans / "fill.sql")),
                testing::IsOk());
    // Also for what the planner believes of pages that need no look at the table.
    ASSERT_THAT(server().Execute(database_, "VACUUM (ANALYZE)"), testing::IsOk());
  }

  // As the service has it planned.
  std::string PlanOf(const Statement& statement, const std::string& values) const {
    const std::string mode =
        statement.planning == Planning::kEachUse ? "force_custom_plan" : "force_generic_plan";
    const std::string arguments = values.empty() ? "" : "(" + values + ")";
    std::string plan;
    for (const std::string& line :
         Sql("postgres", kPlannerSettings + ("SET plan_cache_mode = " + mode) + "; PREPARE " +
                             statement.name + " AS " + statement.sql +
                             "; EXPLAIN (COSTS OFF) EXECUTE " + statement.name + arguments)) {
      plan += line + "\n";
    }
    return plan;
  }

  // How often the server has planned a statement of the session.
  static int Plannings() {
    const std::string log = server().Log();
    int count = 0;
    for (size_t at = 0; (at = log.find("PLANNER STATISTICS", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }

  // One session, in which the server logs what it plans.
  void OpenSession() {
    ASSERT_THAT(
        server().Execute("postgres", "ALTER DATABASE " + database_ + " SET log_planner_stats = on"),
        testing::IsOk());
    DatabaseOptions options = Options();
    options.pool_size = 1;
    store_ = *OpenStore(options);
  }
};

// Left to itself, the server would plan the first five uses of each.
TEST_F(PlansTest, WhatIsLookedUpByItsKeyIsPlannedOnceInASession) {
  OpenSession();
  const auto look_up = [&] {
    const core::RequestId request(crypto::NewUuid());
    EXPECT_THAT(Fetch([&](ports::Transaction& t) { return t.FindRequest(request); }),
                testing::IsOk());
  };
  look_up();
  const int plannings = Plannings();
  EXPECT_GT(plannings, 0);
  for (int i = 0; i < 10; ++i) look_up();
  EXPECT_EQ(Plannings(), plannings);
}

TEST_F(PlansTest, WhatIsFilteredIsPlannedAtEachUse) {
  OpenSession();
  const auto filter = [&] {
    EXPECT_THAT(
        Fetch([&](ports::Transaction& t) { return t.FindAuditRecords({}, std::nullopt, 10); }),
        testing::IsOk());
  };
  filter();
  const int plannings = Plannings();
  for (int i = 0; i < 10; ++i) filter();
  EXPECT_EQ(Plannings(), plannings + 10);
}

TEST_F(PlansTest, HotStatementsArePlannedAsTheyWereFoundGood) {
  Fill();
  for (const HotStatement& hot : kHotStatements) {
    const fs::path path = kPlans / (std::string(hot.name) + ".txt");
    const std::string plan = PlanOf(StatementOf(hot.id), hot.values);
    if (std::getenv(kAccept) != nullptr) {
      std::ofstream(path, std::ios::binary) << plan;
      continue;
    }
    EXPECT_EQ(plan, fs::exists(path) ? testing::ReadAll(path) : "")
        << "The plan of " << hot.name << " is no longer that of " << path
        << ". If the new one serves a large database as well, accept it: run this test with "
        << kAccept << "=1 in its environment, and commit what it has written.";
  }
}

// What a forgotten Planning::kEachUse leads to. The rows are those of one traveler or of one
// crossing, request or case; of a table with few rows any plan will do.
TEST_F(PlansTest, WhatIsPlannedOnceReadsNoTableToItsEnd) {
  Fill();
  int looked_at = 0;
  for (int id = 0; id < static_cast<int>(StatementId::kCount); ++id) {
    const Statement& statement = StatementOf(static_cast<StatementId>(id));
    if (statement.planning != Planning::kOnce || !CanBeExplained(statement)) continue;
    const std::string plan = PlanOf(statement, NullsFor(statement));
    EXPECT_THAT(plan,
                Not(ContainsRegex("Seq Scan on (traveler|travel_document|crossing|template|capture|"
                                  "comparison|stay|audit_record)\\>")))
        << statement.name;
    EXPECT_THAT(plan, ContainsRegex("[a-z]")) << statement.name << " was not planned";
    ++looked_at;
  }
  EXPECT_GT(looked_at, 40);
}

}  // namespace
}  // namespace entryexit::postgres
