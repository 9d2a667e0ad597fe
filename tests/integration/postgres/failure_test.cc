#include <gmock/gmock.h>
#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

#include "entryexit/crypto/digest.h"
#include "src/postgres/connection.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ports::Transaction;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;

constexpr int kThreads = 8;

void InParallel(const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

class FailureTest : public StoreTest {
 protected:
  // What every use case does: look for the request, lock the traveler, record, remember.
  static absl::Status Record(Transaction& transaction, const core::RequestId& request,
                             const std::string& number, int minutes) {
    const auto known = transaction.FindRequest(request);
    if (!known.ok()) return known.status();
    if (known->has_value()) return absl::OkStatus();
    const core::TravelDocument document = Document(number);
    const auto locked = LockTravelerOf(transaction, document);
    if (!locked.ok()) return locked.status();
    ports::CrossingRecord crossing = Departure(*locked, minutes);
    crossing.request_id = request;
    if (absl::Status status = transaction.AddCrossing(crossing); !status.ok()) return status;
    return transaction.AddRequest(
        {request, "lane", Hex('a'), *locked, crossing.crossing_id.value()});
  }

  std::string Count(const std::string& from) const {
    return Sql("postgres", "SELECT count(*) FROM " + from).front();
  }
};

TEST_F(FailureTest, OneNewDocumentAtOnceInManyLanesGivesOneTraveler) {
  std::mutex mutex;
  std::vector<std::string> ids;
  InParallel([&](int) {
    const auto id = AddTraveler(*store_, "P1");
    ASSERT_THAT(id, testing::IsOk());
    const std::lock_guard lock(mutex);
    ids.push_back(id->value());
  });
  EXPECT_THAT(ids, ::testing::Each(ids.front()));
  EXPECT_EQ(Count("traveler"), "1");
}

// A lane that waits for a traveler while the document is being moved to another one. It begins
// anew, so that it does not hold the one while it waits for the other.
TEST_F(FailureTest, WhoWaitsForATravelerFindsTheDocumentWhereItWasMoved) {
  const core::TravelDocument document = Document("P1");
  auto from = AddTraveler(*store_, "P1");
  auto to = AddTraveler(*store_, "P2");
  ASSERT_THAT(from, testing::IsOk());
  ASSERT_THAT(to, testing::IsOk());
  for (const bool is_likely_known : {false, true}) {
    absl::StatusOr<core::TravelerId> found;
    int attempts = 0;
    std::jthread waiting;
    const auto lock = [&](Transaction& lane) -> absl::StatusOr<core::TravelerId> {
      ++attempts;
      const auto opened = lane.OpenTravelerOf(DocumentIdOf(document), document,
                                              core::RequestId(crypto::NewUuid()), is_likely_known);
      if (!opened.ok()) return opened.status();
      return opened->records.traveler.traveler_id;
    };
    ASSERT_THAT(Run([&](Transaction& mover) -> absl::Status {
                  const auto locked = LockTravelerOf(mover, document);
                  if (!locked.ok()) return locked.status();
                  waiting = std::jthread([&] { found = Fetch(lock); });
                  while (Sql("postgres", "SELECT count(*) FROM pg_locks WHERE NOT granted") ==
                         std::vector<std::string>{"0"}) {
                    std::this_thread::yield();
                  }
                  return mover.MoveDocument(DocumentIdOf(document), *to);
                }),
                testing::IsOk());
    waiting.join();
    ASSERT_THAT(found, testing::IsOk());
    EXPECT_EQ(*found, *to);
    EXPECT_EQ(attempts, 2);
    std::swap(from, to);
  }
}

TEST_F(FailureTest, OneRequestAtOnceFromManyClientsHasOneEffect) {
  const core::RequestId request(crypto::NewUuid());
  InParallel([&](int i) {
    EXPECT_THAT(Run([&](Transaction& t) { return Record(t, request, "P1", i); }), testing::IsOk());
  });
  EXPECT_EQ(Count("crossing"), "1");
  EXPECT_EQ(Count("request"), "1");
}

TEST_F(FailureTest, AConnectionLostInATransactionIsMadeGoodOnce) {
  const core::RequestId request(crypto::NewUuid());
  int runs = 0;
  EXPECT_THAT(Run([&](Transaction& t) -> absl::Status {
                absl::Status status = Record(t, request, "P1", 0);
                if (++runs == 1) {
                  EXPECT_THAT(server().DropConnections(), testing::IsOk());
                }
                return status;
              }),
              testing::IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Count("crossing"), "1");
}

TEST_F(FailureTest, IdleConnectionsThatDiedAreReplacedWithoutAnError) {
  InParallel(
      [&](int i) { EXPECT_THAT(AddTraveler(*store_, "P" + std::to_string(i)), testing::IsOk()); });
  EXPECT_THAT(store_->Ping(Soon()), testing::IsOk());
  ASSERT_THAT(server().Restart(), testing::IsOk());
  EXPECT_THAT(AddTraveler(*store_, "P9"), testing::IsOk());
  EXPECT_THAT(store_->Ping(Soon()), testing::IsOk());
}

TEST_F(FailureTest, ADatabaseAnswersAPingWhileEveryConnectionIsTaken) {
  DatabaseOptions options = Options();
  options.pool_size = 1;
  const auto store = OpenStore(options);
  ASSERT_THAT(store, testing::IsOk());
  EXPECT_THAT((*store)->Transact(
                  Soon(),
                  [&](Transaction& t) {
                    EXPECT_THAT(t.FindRequest(core::RequestId(crypto::NewUuid())), testing::IsOk());
                    return (*store)->Ping(steady_clock::now() + std::chrono::seconds(10));
                  }),
              testing::IsOk());
}

TEST_F(FailureTest, ADatabaseThatIsAwayIsUnavailableAndThenServesAgain) {
  server().KillImmediate();
  int runs = 0;
  EXPECT_THAT(Run([&](Transaction&) {
                ++runs;
                return absl::OkStatus();
              }),
              testing::FailsWith(Reason::kDatabaseUnavailable));
  EXPECT_EQ(runs, 0);
  EXPECT_THAT(OpenStore(Options()), testing::FailsWith(Reason::kDatabaseUnavailable));
  ASSERT_THAT(server().Restart(), testing::IsOk());
  EXPECT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
}

TEST_F(FailureTest, NothingAcknowledgedIsLostOrDoubledWhenTheServerCrashesUnderLoad) {
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::mutex mutex;
  std::vector<core::RequestId> done;
  std::thread load([&] {
    InParallel([&](int thread) {
      for (int i = 0; !stop; ++i) {
        const core::RequestId request(crypto::NewUuid());
        const std::string number = "P" + std::to_string(thread % 3);
        const int minutes = i * kThreads + thread;
        const auto record = [&](Transaction& t) { return Record(t, request, number, minutes); };
        absl::Status status = Run(record);
        // As a lane does: again, until it is answered.
        while (core::ReasonOf(status) == Reason::kDatabaseUnavailable) status = Run(record);
        ASSERT_THAT(status, testing::IsOk());
        const std::lock_guard lock(mutex);
        done.push_back(request);
        ++acknowledged;
      }
    });
  });
  for (int crash = 0; crash < 3; ++crash) {
    const int before = acknowledged;
    while (acknowledged < before + 50) std::this_thread::yield();
    server().KillImmediate();
    EXPECT_THAT(server().Restart(), testing::IsOk());
  }
  stop = true;
  load.join();
  EXPECT_EQ(Count("crossing"), std::to_string(done.size()));
  EXPECT_EQ(Count("request"), std::to_string(done.size()));
  EXPECT_EQ(Count("crossing JOIN request USING (request_id, traveler_id)"),
            std::to_string(done.size()));
  EXPECT_EQ(Count("traveler"), "3");
}

TEST_F(FailureTest, AReadOnlyDatabaseSaysSo) {
  ASSERT_THAT(server().Execute("postgres", "ALTER DATABASE " + database_ +
                                               " SET default_transaction_read_only = on"),
              testing::IsOk());
  ASSERT_THAT(server().DropConnections(), testing::IsOk());
  EXPECT_THAT(AddTraveler(*store_, "P1"), testing::FailsWith(Reason::kDatabaseReadOnly));
  EXPECT_THAT(store_->Ping(Soon()), testing::IsOk());
}

// A file system of its own, full before the captures are.
TEST_F(FailureTest, AFullDiskSaysSo) {
  const auto location = std::filesystem::temp_directory_path() / ("full_" + crypto::NewUuid());
  std::filesystem::create_directory(location);
  if (mount("tmpfs", location.c_str(), "tmpfs", 0, "size=1m,mode=0777") != 0) {
    const std::string why = std::strerror(errno);
    std::filesystem::remove(location);
    GTEST_SKIP() << "may not mount a small file system: " << why;
  }
  const std::string data = location / "data";
  std::filesystem::create_directory(data);
  const passwd* const account = getpwnam("postgres");
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(chown(data.c_str(), account->pw_uid, account->pw_gid), 0) << std::strerror(errno);
  EXPECT_THAT(server().Execute("postgres", "CREATE TABLESPACE small LOCATION '" + data + "'"),
              testing::IsOk());
  EXPECT_THAT(server().Execute(database_, "ALTER TABLE capture SET TABLESPACE small"),
              testing::IsOk());
  const absl::Status status = Run([&](Transaction& t) -> absl::Status {
    const auto locked = LockTravelerOf(t, Document("P1"));
    if (!locked.ok()) return locked.status();
    const ports::CrossingRecord crossing = Departure(*locked, 0);
    if (absl::Status added = t.AddCrossing(crossing); !added.ok()) return added;
    return t.AddCapture({crossing.traveler_id,
                         crossing.crossing_id,
                         "image/png",
                         Hex('a'),
                         {kDataKey, std::string(12, 'n'), std::string(4 << 20, 'c')}});
  });
  EXPECT_THAT(status, testing::FailsWith(Reason::kDatabaseFull));
  EXPECT_EQ(Count("crossing"), "0");
  store_.reset();
  EXPECT_THAT(server().Execute("postgres", "DROP DATABASE " + database_ + " WITH (FORCE)"),
              testing::IsOk());
  EXPECT_THAT(server().Execute("postgres", "DROP TABLESPACE small"), testing::IsOk());
  EXPECT_EQ(umount2(location.c_str(), MNT_DETACH), 0);
  std::filesystem::remove(location);
}

TEST_F(FailureTest, WhatTheServerSaysOfAFullDiskReachesTheCaller) {
  ASSERT_THAT(server().Execute(database_, R"(
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON traveler EXECUTE FUNCTION full_disk())"),
              testing::IsOk());
  EXPECT_THAT(AddTraveler(*store_, "P1"), testing::FailsWith(Reason::kDatabaseFull));
}

TEST_F(FailureTest, AServerThatStandsStillHoldsNobodyPastTheDeadline) {
  DatabaseOptions options = Options();
  options.pool_size = 1;
  const auto store = *OpenStore(options);
  server().Freeze();
  const core::Deadline deadline = steady_clock::now() + milliseconds(200);
  EXPECT_THAT(store->Transact(deadline,
                              [](Transaction& t) {
                                return t.FindRequest(core::RequestId(crypto::NewUuid())).status();
                              }),
              testing::FailsWith(Reason::kDeadlineExceeded));
  EXPECT_LT(steady_clock::now() - deadline, std::chrono::seconds(5));
  server().Thaw();
  EXPECT_THAT(store->Ping(Soon()), testing::IsOk()) << "the place in the pool is free again";
}

TEST_F(FailureTest, ALockThatIsNotGrantedEndsAtTheDeadline) {
  ASSERT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
  EXPECT_THAT(Run([&](Transaction& holder) -> absl::Status {
                const auto lock = [](Transaction& t) {
                  return LockTravelerOf(t, Document("P1")).status();
                };
                EXPECT_THAT(lock(holder), testing::IsOk());
                EXPECT_THAT(store_->Transact(steady_clock::now() + milliseconds(100), lock),
                            testing::FailsWith(Reason::kDeadlineExceeded));
                return absl::OkStatus();
              }),
              testing::IsOk());
}

TEST_F(FailureTest, AStatementEndsAtItsOwnLimitBeforeTheDeadline) {
  DatabaseOptions options = Options();
  options.statement_timeout = milliseconds(50);
  const auto store = *OpenStore(options);
  ASSERT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
  const auto lock = [](Transaction& t) { return LockTravelerOf(t, Document("P1")).status(); };
  EXPECT_THAT(Run([&](Transaction& holder) {
                EXPECT_THAT(lock(holder), testing::IsOk());
                EXPECT_THAT(store->Transact(Soon(), lock),
                            testing::FailsWith(Reason::kDeadlineExceeded));
                return absl::OkStatus();
              }),
              testing::IsOk());
}

// The server is told its limit with the first statement. Left at that, one that is sent late would
// wait for a lock long after its caller has gone.
TEST_F(FailureTest, TheServerGivesUpAStatementSoonAfterTheDeadline) {
  ASSERT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
  const auto lock = [](Transaction& t) { return LockTravelerOf(t, Document("P1")).status(); };
  const auto deadline = steady_clock::now() + seconds(10);
  const auto lock_late = [&](Transaction& t) -> absl::Status {
    EXPECT_THAT(t.FindRequest(core::RequestId(crypto::NewUuid())), testing::IsOk());
    std::this_thread::sleep_until(deadline - seconds(3));
    return lock(t);
  };
  const auto await = [&](const std::string& waiting, steady_clock::time_point end) {
    std::string seen;
    do {
      seen = Count("pg_locks WHERE NOT granted");
    } while (seen != waiting && steady_clock::now() < end);
    return seen;
  };
  EXPECT_THAT(Run([&](Transaction& holder) {
                EXPECT_THAT(lock(holder), testing::IsOk());
                const std::jthread late([&] {
                  EXPECT_THAT(store_->Transact(deadline, lock_late),
                              testing::FailsWith(Reason::kDeadlineExceeded));
                });
                EXPECT_EQ(await("1", deadline), "1");
                EXPECT_EQ(await("0", deadline + seconds(4)), "0");
                return absl::OkStatus();
              }),
              testing::IsOk());
}

TEST_F(FailureTest, AnExhaustedPoolEndsAtTheDeadline) {
  DatabaseOptions options = Options();
  options.pool_size = 1;
  const auto store = *OpenStore(options);
  EXPECT_THAT(store->Transact(Soon(),
                              [&](Transaction&) {
                                const auto nothing = [](Transaction&) { return absl::OkStatus(); };
                                EXPECT_THAT(store->Transact(steady_clock::now() + milliseconds(20),
                                                            nothing),
                                            testing::FailsWith(Reason::kDeadlineExceeded));
                                return absl::OkStatus();
                              }),
              testing::IsOk());
}

TEST_F(FailureTest, AConflictThatStaysIsGivenUp) {
  int runs = 0;
  EXPECT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            ++runs;
                            return std::vector{Departure(traveler, 0), Departure(traveler, 0)};
                          }),
              testing::FailsWith(Reason::kDatabaseConflict));
  EXPECT_GT(runs, 1);
}

TEST_F(FailureTest, ASizeOrTimeoutThatIsNotPositiveIsRefused) {
  DatabaseOptions options = Options();
  options.pool_size = 0;
  EXPECT_THAT(OpenStore(options), testing::FailsWith(Reason::kConfigInvalid));
  options = Options();
  options.statement_timeout = milliseconds(0);
  EXPECT_THAT(OpenCaseFeed(options), testing::FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::postgres
