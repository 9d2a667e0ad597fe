// That the checks of durability_test see what they are there for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "tests/e2e/durability/checks.h"
#include "tests/e2e/durability/clients.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/status_matchers.h"

namespace entryexit::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

struct Spoil {
  const char* table;
  const char* sql;
  const char* replaced = "true";  // what of the table gives way to what it held before
};

// Lets a client work for as long as it lives.
class Working {
 public:
  explicit Working(Client& client) : thread_([this, &client] { client.Work(stopped_); }) {}
  ~Working() { stopped_ = true; }

 private:
  std::atomic<bool> stopped_ = false;
  std::jthread thread_;
};

class DurabilityChecks : public ::testing::Test {
 protected:
  // Lets everybody work until there is something of everything.
  void SetUp() override {
    {
      const Working lane(lane_);
      const Working supervisor(supervisor_);
      {
        const Working officer(officer_);
        AwaitAtLeast(world_, 3, R"(
            SELECT LEAST((SELECT count(*) FROM crossing_correction),
                         (SELECT count(*) FROM admission_change),
                         (SELECT count(*) FROM case_event WHERE kind IN ('UPHELD', 'DISMISSED')),
                         (SELECT count(*) FROM crossing) / 10))");
      }
      // With nobody left who decides cases. Pictures are erased after fourteen days.
      AwaitAtLeast(world_, 3, R"(
          SELECT LEAST((SELECT count(*) FROM review_case WHERE state = 'OPEN'),
                       (SELECT 3 * count(*) FROM review_case WHERE state = 'WITHDRAWN'),
                       (SELECT count(*) FROM stay
                        WHERE known_until = 'infinity' AND state = 'CLOSED'),
                       (SELECT count(*) FROM crossing JOIN capture USING (crossing_id)
                        WHERE crossing.captured_at > now() - interval '13 days')))");
    }
    lane_.SendAllAgain();
    officer_.SendAllAgain();
    supervisor_.SendAllAgain();
    ASSERT_EQ(retention_.RunUntroubled(), "");
    for (const Client* const client :
         std::initializer_list<Client*>{&lane_, &officer_, &supervisor_}) {
      for (const Entry& entry : client->journal()) entries_.push_back(&entry);
    }
  }

  // Past the triggers and the foreign keys.
  void Execute(const std::string& sql) {
    ASSERT_THAT(world_.postgres().Execute(world_.database(),
                                          "SET session_replication_role = replica; " + sql),
                IsOk());
  }

  Differences All() {
    Found found;
    int travelers = 0;
    Differences all = CompareWithStored(world_, entries_, found);
    for (const Differences& more : {FindHalves(world_), Recompute(world_, travelers),
                                    VerifyReceipts(world_, retention_.receipts())}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  // What `check` finds of a table that is spoiled, and mended afterwards.
  Differences FoundOf(const Spoil& spoil, const std::function<Differences()>& check) {
    Execute(fmt::format("CREATE TABLE saved AS TABLE {}; {}", spoil.table, spoil.sql));
    Differences found = check();
    Execute(fmt::format("DELETE FROM {0} WHERE {1}; INSERT INTO {0} TABLE saved; DROP TABLE saved",
                        spoil.table, spoil.replaced));
    return found;
  }

  World world_{{.environment = {}, .own_postgres = false, .more_lanes = {"SEA-Y1"}}};
  Population population_;
  LaneClient lane_{world_, "SEA-Y1", 1, population_};
  OfficerClient officer_{world_, "4711", 2};
  SupervisorClient supervisor_{world_, 3, population_};
  RetentionClient retention_{world_, 4};
  Entries entries_;
};

constexpr Spoil kSpoils[] = {
    {"template", "DELETE FROM template WHERE ctid = (SELECT min(ctid) FROM template)"},
    {"capture", "DELETE FROM capture WHERE ctid = (SELECT min(ctid) FROM capture)"},
    {"crossing",
     "UPDATE crossing SET findings = '[{\"issue\": \"NO_PICTURE\", \"measured\": 0, \"limit\": "
     "1}]' "
     "WHERE crossing_id = (SELECT crossing_id FROM capture LIMIT 1)"},
    {"crossing_correction",
     "DELETE FROM crossing_correction WHERE ctid = (SELECT min(ctid) FROM crossing_correction)"},
    {"admission_change",
     "DELETE FROM admission_change WHERE ctid = (SELECT min(ctid) FROM admission_change)"},
    {"stay", "DELETE FROM stay WHERE known_until = 'infinity'"},
    {"stay",
     "UPDATE stay SET state = 'OPEN', departure_id = NULL, departed_at = NULL, departed_on = NULL "
     "WHERE known_until = 'infinity' AND state = 'CLOSED'"},
    {"case_event", "DELETE FROM case_event WHERE ctid = (SELECT min(ctid) FROM case_event)"},
    {"case_event",
     "UPDATE case_event SET principal = 'nobody' WHERE kind IN ('UPHELD', 'DISMISSED')"},
    {"review_case", "UPDATE review_case SET state = 'WITHDRAWN' WHERE state = 'OPEN'"},
    {"review_case", "DELETE FROM review_case WHERE ctid = (SELECT min(ctid) FROM review_case)"},
    {"review_case", "DELETE FROM review_case WHERE state = 'WITHDRAWN'"},
    {"request",
     "INSERT INTO request SELECT gen_random_uuid(), traveler_id, principal, content_digest, "
     "subject_id FROM request LIMIT 1"},
    {"request", "DELETE FROM request WHERE ctid = (SELECT min(ctid) FROM request)"},
    {"comparison", "DELETE FROM comparison WHERE ctid = (SELECT min(ctid) FROM comparison)"},
    {"crossing", "DELETE FROM crossing WHERE ctid = (SELECT min(ctid) FROM crossing)"},
    {"crossing",
     "UPDATE crossing SET capture_status = 'EXEMPT' WHERE capture_status = 'TEMPLATE_STORED'"},
    {"traveler", "DELETE FROM traveler WHERE ctid = (SELECT min(ctid) FROM traveler)"},
    {"travel_document",
     "DELETE FROM travel_document WHERE ctid = (SELECT min(ctid) FROM travel_document)"},
    {"erasure_receipt", "UPDATE erasure_receipt SET principal = 'nobody' WHERE number = 1"},
    {"erasure_receipt",
     "DELETE FROM erasure_receipt WHERE number = (SELECT max(number) FROM erasure_receipt)"},
};

// What exports append meanwhile stays: checkpoints cover it.
constexpr char kSavedRecords[] = "(chain, sequence) IN (SELECT chain, sequence FROM saved)";
constexpr Spoil kAuditSpoils[] = {
    {"audit_record", "DELETE FROM audit_record WHERE ctid = (SELECT min(ctid) FROM audit_record)",
     kSavedRecords},
    {"audit_record",
     "UPDATE audit_record SET principal = 'nobody' "
     "WHERE ctid = (SELECT min(ctid) FROM audit_record)",
     kSavedRecords},
    {"request",
     "INSERT INTO request SELECT gen_random_uuid(), traveler_id, principal, content_digest, "
     "subject_id FROM request LIMIT 1"},
    {"request", "DELETE FROM request WHERE ctid = (SELECT min(ctid) FROM request)"},
};

TEST_F(DurabilityChecks, FindNothingWhereNothingIsWrongAndEachThingThatIs) {
  ASSERT_THAT(All(), IsEmpty());
  ASSERT_THAT(VerifyAuditLog(world_), IsEmpty());
  for (const Spoil& spoil : kSpoils) {
    EXPECT_THAT(FoundOf(spoil, [this] { return All(); }), Not(IsEmpty())) << spoil.sql;
  }
  for (const Spoil& spoil : kAuditSpoils) {
    EXPECT_THAT(FoundOf(spoil, [this] { return VerifyAuditLog(world_); }), Not(IsEmpty()))
        << spoil.sql;
  }
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_THAT(VerifyAuditLog(world_), IsEmpty());
}

TEST(DaemonProcess, TellsWhenItHadEndedBeforeItWasKilled) {
  World world;
  const pid_t pid = world.daemon().pid();
  kill(pid, SIGABRT);
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(world.daemon().Kill());
  world.Restart();
  EXPECT_TRUE(world.daemon().Kill());
}

}  // namespace
}  // namespace entryexit::testing
