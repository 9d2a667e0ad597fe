#include "entryexit/core/audit.h"

#include <map>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::AuditEntry;
using core::AuditRecord;
using ports::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kChains = 16;

AuditEntry Entry(const std::string& subject) {
  AuditEntry entry;
  entry.principal = "officer/4711";
  entry.method = "/entryexit.v1.BackOfficeService/GetCase";
  entry.subject = subject;
  entry.outcome = core::kAuditOk;
  return entry;
}

class AuditTest : public StoreTest {
 protected:
  void Append(const AuditEntry& entry) {
    ASSERT_THAT(Run([&](Transaction& t) { return t.AddAuditRecord(entry); }), testing::IsOk());
  }

  std::vector<AuditRecord> RecordsOf(int chain) {
    return *Fetch([&](Transaction& t) { return t.AuditRecordsOf(chain, 0, 1'000'000, 1'000'000); });
  }

  // Of all chains, each of which is found whole.
  std::vector<AuditRecord> WholeLog() {
    std::vector<AuditRecord> all;
    for (int chain = 0; chain < kChains; ++chain) {
      std::string previous = core::kNoDigest;
      std::int64_t sequence = 0;
      for (const AuditRecord& record : RecordsOf(chain)) {
        EXPECT_EQ(record.chain, chain);
        EXPECT_EQ(record.sequence, ++sequence);
        EXPECT_EQ(record.digest, crypto::Sha256Hex(core::CanonicalText(record, previous)));
        previous = record.digest;
        all.push_back(record);
      }
    }
    return all;
  }

  std::vector<std::string> SubjectsFound(const ports::AuditFilter& filter) {
    std::vector<std::string> subjects;
    std::optional<ports::AuditCursor> after;
    for (;;) {  // by pages of one, which must come to the same as all at once
      const auto page = Fetch([&](Transaction& t) { return t.FindAuditRecords(filter, after, 1); });
      if (!page.ok() || page->empty()) return subjects;
      const AuditRecord& record = page->front();
      subjects.push_back(record.entry.subject);
      after = ports::AuditCursor{record.at, record.chain, record.sequence};
    }
  }
};

TEST_F(AuditTest, ARecordIsReadBackAndItsDigestIsThatOfItsCanonicalText) {
  AuditEntry full = Entry("7:a\n-\n0:");
  full.purpose = "CASE_REVIEW";
  full.case_id = core::CaseId(crypto::NewUuid());
  full.traveler_id = core::TravelerId(crypto::NewUuid());
  full.request_id = core::RequestId(crypto::NewUuid());
  full.outcome = "CASE_NOT_FOUND";
  AuditEntry foreign = Entry("M\u00fcller \u9f8d");
  foreign.principal = "auditor/\u00e9";
  for (const AuditEntry& entry : {full, foreign, Entry("")}) Append(entry);
  const std::vector<AuditRecord> log = WholeLog();
  ASSERT_THAT(log, SizeIs(3));
  for (const AuditEntry& entry : {full, foreign, Entry("")}) {
    EXPECT_EQ(std::ranges::count(log, entry, &AuditRecord::entry), 1) << entry.subject;
  }
}

TEST_F(AuditTest, ManyAtOnceLeaveEveryChainWholeAndUseSeveral) {
  constexpr int kThreads = 8;
  constexpr int kEach = 60;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = std::to_string(thread) + "-" + std::to_string(i);
        const absl::Status status = Run([&](Transaction& t) {
          // Several in one transaction must not make two wait for one another.
          absl::Status added = t.AddAuditRecord(Entry(name));
          if (added.ok() && i % 3 == 0) added = t.AddAuditRecord(Entry(name + " again"));
          if (added.ok()) added = t.AuditHeads().status();  // sends what was kept back
          if (added.ok() && i % 5 == 1) return absl::AbortedError("on purpose");
          return added;
        });
        EXPECT_EQ(status.ok(), i % 5 != 1) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> expected;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kEach; ++i) {
      if (i % 5 == 1) continue;  // rolled back: neither a record nor a gap
      const std::string name = std::to_string(thread) + "-" + std::to_string(i);
      expected.insert(name);
      if (i % 3 == 0) expected.insert(name + " again");
    }
  }
  std::set<std::string> found;
  std::set<int> chains;
  for (const AuditRecord& record : WholeLog()) {
    EXPECT_TRUE(found.insert(record.entry.subject).second) << record.entry.subject;
    chains.insert(record.chain);
  }
  EXPECT_EQ(found, expected);
  EXPECT_GT(chains.size(), 4U);
}

TEST_F(AuditTest, WhoeverAppendsTakesAChainThatIsFreeAndWaitsOnlyWhenNoneIs) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(PQconnectdb(Options().dsn.c_str()),
                                                          &PQfinish);
  const auto execute = [&](const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link.get(), sql.c_str()),
                                                               &PQclear);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << sql;
  };
  for (int chain = 0; chain < kChains; ++chain) {
    if (chain != 11) execute("SELECT pg_advisory_lock(1628439027, " + std::to_string(chain) + ")");
  }
  for (const char* subject : {"a", "b", "c"}) Append(Entry(subject));
  EXPECT_THAT(RecordsOf(11), SizeIs(3));
  execute("SELECT pg_advisory_lock(1628439027, 11)");
  const absl::Status status =
      store_->Transact(std::chrono::steady_clock::now() + std::chrono::milliseconds(300),
                       [&](Transaction& t) -> absl::Status {
                         if (absl::Status added = t.AddAuditRecord(Entry("d")); !added.ok()) {
                           return added;
                         }
                         // Sends it before the commit, which would otherwise go with it: the
                         // server would then commit when the chain is free before it notices that
                         // nobody waits any more.
                         return t.AuditHeads().status();
                       });
  EXPECT_THAT(status, testing::FailsWith(core::Reason::kDeadlineExceeded));
  execute("SELECT pg_advisory_unlock_all()");
  Append(Entry("e"));
  EXPECT_THAT(WholeLog(), SizeIs(4));
}

TEST_F(AuditTest, TheDaemonCanAddRecordsThroughTheFunctionAlone) {
  Append(Entry("x"));
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon,
                  "INSERT INTO audit_record SELECT chain, sequence + 1, recorded_at, principal, "
                  "method, purpose, case_id, traveler_id, subject, outcome, request_id, digest "
                  "FROM audit_record"),
              ElementsAre("42501"));
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon,
                  "SELECT append_audit_record('a', 'm', NULL, NULL, NULL, NULL, 'ok', NULL)"),
              ElementsAre("23514"));
  EXPECT_THAT(WholeLog(), SizeIs(1));
}

TEST_F(AuditTest, RecordsAreFoundByEachFilterAndByAllTogether) {
  AuditEntry wanted = Entry("wanted");
  wanted.traveler_id = core::TravelerId(crypto::NewUuid());
  wanted.purpose = "CASE_REVIEW";
  std::vector<AuditEntry> others(4, wanted);
  others[0].principal = "officer/1";
  others[1].traveler_id = core::TravelerId(crypto::NewUuid());
  others[2].method = "/entryexit.v1.BackOfficeService/GetCapture";
  others[3].purpose = "";
  for (size_t i = 0; i < others.size(); ++i) {
    others[i].subject = std::to_string(i);
    Append(others[i]);
  }
  Append(wanted);
  ports::AuditFilter all;
  EXPECT_THAT(SubjectsFound(all), ElementsAre("0", "1", "2", "3", "wanted"));
  ports::AuditFilter filter;
  filter.principal = "officer/1";
  EXPECT_THAT(SubjectsFound(filter), ElementsAre("0"));
  filter = {};
  filter.traveler_id = others[1].traveler_id;
  EXPECT_THAT(SubjectsFound(filter), ElementsAre("1"));
  filter = {};
  filter.method = "GetCapture";
  EXPECT_THAT(SubjectsFound(filter), ElementsAre("2"));
  filter = {};
  filter.method = others[2].method;
  EXPECT_THAT(SubjectsFound(filter), ElementsAre("2"));
  filter.method = "%";
  EXPECT_THAT(SubjectsFound(filter), IsEmpty());
  filter.method = "GetCase";
  filter.principal = wanted.principal;
  filter.traveler_id = wanted.traveler_id;
  filter.purpose = wanted.purpose;
  EXPECT_THAT(SubjectsFound(filter), ElementsAre("wanted"));
  const core::Timestamp at =
      Fetch([&](Transaction& t) { return t.FindAuditRecords(filter, std::nullopt, 9); })
          ->front()
          .at;
  all.from = at;
  EXPECT_THAT(SubjectsFound(all), ElementsAre("wanted"));
  all = {};
  all.to = at;
  EXPECT_THAT(SubjectsFound(all), ElementsAre("0", "1", "2", "3"));
}

TEST_F(AuditTest, HeadsAreTheLastRecordsOfTheChains) {
  for (int i = 0; i < 20; ++i) Append(Entry(std::to_string(i)));
  std::vector<core::AuditHead> expected;
  for (int chain = 0; chain < kChains; ++chain) {
    const std::vector<AuditRecord> records = RecordsOf(chain);
    if (records.empty()) continue;
    expected.push_back({chain, records.back().sequence, records.back().digest});
  }
  const auto heads = Fetch([](Transaction& t) { return t.AuditHeads(); });
  EXPECT_EQ(*heads, expected);
}

TEST_F(AuditTest, CheckpointsFollowOneAnother) {
  const auto last = [&] { return Fetch([](Transaction& t) { return t.LockAuditCheckpoints(); }); };
  EXPECT_EQ(*last(), std::nullopt);
  core::AuditCheckpoint first;
  first.number = 1;
  first.at = At(1);
  first.heads = {{0, 3, Hex('1')}, {15, 1, Hex('2')}};
  first.previous_digest = core::kNoDigest;
  first.digest = Hex('a');
  first.key_id = "0123456789abcdef";
  first.signature = Hex('b') + Hex('c');
  const auto add = [&](const core::AuditCheckpoint& checkpoint) {
    return Run([&](Transaction& t) { return t.AddAuditCheckpoint(checkpoint); });
  };
  ASSERT_THAT(add(first), testing::IsOk());
  core::AuditCheckpoint second = first;
  second.number = 2;
  EXPECT_THAT(add(second), testing::FailsWith(core::Reason::kInternal)) << "another before it";
  second.previous_digest = first.digest;
  second.number = 3;
  EXPECT_THAT(add(second), testing::FailsWith(core::Reason::kInternal)) << "a gap";
  second.number = 2;
  second.digest = Hex('d');
  ASSERT_THAT(add(second), testing::IsOk());
  EXPECT_EQ(**last(), second);
  EXPECT_THAT(*Fetch([](Transaction& t) { return t.ListAuditCheckpoints(0, 9); }),
              ElementsAre(first, second));
  EXPECT_THAT(*Fetch([](Transaction& t) { return t.ListAuditCheckpoints(1, 9); }),
              ElementsAre(second));
}

}  // namespace
}  // namespace entryexit::postgres
