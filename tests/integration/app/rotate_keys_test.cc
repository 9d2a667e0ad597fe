#include "entryexit/app/rotate_keys.h"

#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "entryexit/crypto/digest.h"
#include "entryexit/postgres/store.h"
#include "src/app/templates.h"
#include "src/crypto/aead.h"
#include "src/crypto/key_file.h"
#include "tests/integration/app/app_fixture.h"
#include "tests/support/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::app {
namespace {

using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What a rotation did, all in all.
struct Rotated {
  RotationPlan plan;
  std::int64_t resealed = 0;
  std::int64_t destroyed = 0;
  std::vector<RotationFailure> failures;
};

class RotateKeysTest : public AppTest {
 protected:
  RotateKeysTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
  }

  // Another daemon on the same database.
  struct Daemon {
    Daemon(const std::string& dsn, const std::filesystem::path& keys)
        : store(*postgres::OpenStore(OptionsFor(dsn))),
          key_store(*postgres::OpenStore(OptionsFor(dsn))),
          stored_keys(*key_store),
          vault(*crypto::OpenVault(crypto::KeysFromFile(keys), stored_keys)),
          rotate(*store, *vault, *vault) {}

    static postgres::DatabaseOptions OptionsFor(const std::string& dsn) {
      postgres::DatabaseOptions options;
      options.dsn = dsn;
      return options;
    }

    std::unique_ptr<ports::Store> store;
    std::unique_ptr<ports::Store> key_store;
    StoredKeys stored_keys;
    std::unique_ptr<crypto::KeyVault> vault;
    RotateKeys rotate;
  };

  static Call AdminCall() {
    return {{Role::kAdmin, "1", "admin/1"},
            std::chrono::steady_clock::now() + std::chrono::seconds(60),
            "/entryexit.v1.KeyService/RotateKeys"};
  }

  // As if the daemons had had the time to give up the former keys.
  void LetTimePass() {
    Sql("UPDATE data_key SET retired_at = retired_at - interval '11 seconds' "
        "WHERE retired_at IS NOT NULL");
  }

  static void Add(const RotationPart& part, Rotated& sum) {
    sum.resealed += part.resealed;
    sum.destroyed += part.destroyed;
    sum.failures.insert(sum.failures.end(), part.failures.begin(), part.failures.end());
  }

  // From its beginning to its end.
  Rotated Rotate(const RotateKeys& rotate) {
    const auto plan = rotate.Begin(AdminCall(), /*only_rewrap=*/false);
    EXPECT_THAT(plan, IsOk());
    if (!plan.ok()) return {};
    LetTimePass();
    return RunToTheEnd(rotate, *plan);
  }

  static Rotated RunToTheEnd(const RotateKeys& rotate, const RotationPlan& plan) {
    Rotated sum;
    sum.plan = plan;
    std::optional<RotationCursor> cursor = RotationCursor{};
    while (cursor) {
      const auto part = rotate.Run(AdminCall(), *plan.rotation, *cursor);
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) return sum;
      Add(*part, sum);
      cursor = part->next;
    }
    return sum;
  }

  std::string CurrentKey() { return Value("SELECT key_id FROM data_key WHERE retired_at IS NULL"); }

  // The keys that seal anything.
  std::string KeysInUse() {
    return Value(
        "SELECT string_agg(key_id, ' ' ORDER BY key_id) FROM "
        "(SELECT key_id FROM capture UNION SELECT key_id FROM template) k");
  }

  // Every picture and every decision as they were recorded.
  void ExpectAllOpens(const std::string& number = "X1") {
    for (const CrossingView& view : Crossings(number)) {
      const auto capture = queries_->GetCapture(OfficerCall(), view.crossing.crossing_id);
      ASSERT_THAT(capture, IsOk());
      EXPECT_EQ(crypto::Sha256Hex(capture->image), capture->digest);
      if (view.crossing.direction == core::Direction::kArrival) continue;
      const auto replay = replay_->ReplayCrossing(OfficerCall(), view.crossing.crossing_id);
      ASSERT_THAT(replay, IsOk());
      EXPECT_THAT(replay->differences, IsEmpty());
    }
  }
};

TEST_F(RotateKeysTest, SealsEverythingAnewAndDestroysTheFormerKey) {
  for (int day = 0; day < 9; ++day) Record(Arrival(day, "anna", 30));
  Record(Departure(20, "anna again"));
  const std::string former = CurrentKey();
  ASSERT_EQ(KeysInUse(), former);

  const Rotated rotated = Rotate(*rotate_keys_);
  EXPECT_EQ(rotated.plan.rotation->principal, "admin/1");
  EXPECT_FALSE(rotated.plan.resumed);
  EXPECT_EQ(rotated.plan.rewrapped, 0);
  EXPECT_EQ(rotated.plan.total, 20);
  EXPECT_EQ(rotated.resealed, 20);
  EXPECT_EQ(rotated.destroyed, 1);
  EXPECT_THAT(rotated.failures, IsEmpty());
  EXPECT_NE(CurrentKey(), former);
  EXPECT_EQ(CurrentKey(), rotated.plan.rotation->key_id);
  EXPECT_EQ(KeysInUse(), CurrentKey());
  EXPECT_EQ(Value("SELECT count(*) FROM data_key"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM key_rotation WHERE finished_at IS NOT NULL"), "1");
  ExpectAllOpens();
}

TEST_F(RotateKeysTest, WithNothingStoredIsDoneAtOnce) {
  const Rotated rotated = Rotate(*rotate_keys_);
  EXPECT_EQ(rotated.plan.total, 0);
  EXPECT_EQ(rotated.destroyed, 1);
  Record(Arrival(0, "anna", 30));
  ExpectAllOpens();
}

TEST_F(RotateKeysTest, WhatWasSealedAnewIsStillBoundToItsTravelerRecordAndKind) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(10, "anna again"));
  Rotate(*rotate_keys_);
  const core::CrossingId departure = Crossings()[1].crossing.crossing_id;
  Sql("UPDATE template SET (key_id, nonce, ciphertext, digest) = (SELECT key_id, nonce, "
      "ciphertext, digest FROM template t WHERE t.crossing_id <> template.crossing_id)");
  EXPECT_THAT(replay_->ReplayCrossing(OfficerCall(), departure),
              FailsWith(Reason::kStoredDataInvalid));
  Sql("UPDATE capture SET (key_id, nonce, ciphertext) = (SELECT key_id, nonce, ciphertext "
      "FROM template t WHERE t.crossing_id = capture.crossing_id)");
  EXPECT_THAT(queries_->GetCapture(OfficerCall(), departure),
              FailsWith(Reason::kStoredDataInvalid));
}

// A daemon of before sealed with a key of the key file, by its name.
TEST_F(RotateKeysTest, RecordsThatAKeyOfTheFileSealedOpenAndAreSealedAnew) {
  Record(Arrival(0, "anna", 30));
  const core::CrossingId id = Crossings().front().crossing.crossing_id;
  const core::TravelerId traveler = Traveler().traveler.traveler_id;
  const auto keys = crypto::ParseKeys(testing::ReadAll(KeyFile()), "file");
  ASSERT_THAT(keys, IsOk());
  const auto hex = [](const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
  };
  const crypto::Encrypted sealed =
      crypto::Encrypt(keys->front().key, "anna", AssociatedData(traveler, id, kCaptureKind));
  // Before the constraint that keeps others from doing so now.
  Sql(
      fmt::format("SET session_replication_role = replica; UPDATE capture SET key_id = '{}', "
                  "nonce = decode('{}', 'hex'), ciphertext = decode('{}', 'hex')",
                  keys->front().id, hex(sealed.nonce), hex(sealed.ciphertext)));
  ASSERT_EQ(Value("SELECT key_id FROM capture"), keys->front().id);
  ExpectAllOpens();

  const Rotated rotated = Rotate(*rotate_keys_);
  EXPECT_EQ(rotated.resealed, 2);
  EXPECT_EQ(KeysInUse(), CurrentKey());
  ExpectAllOpens();
}

TEST_F(RotateKeysTest, AnotherKeyEncryptionKeyWrapsTheDataKeysAndTheFormerIsNeededNoMore) {
  Record(Arrival(0, "anna", 30));
  const testing::TempDir directory;
  const std::filesystem::path file = directory.path() / "keys";
  std::filesystem::copy(KeyFile(), file);
  Daemon daemon(DaemonDsn(), file);
  ASSERT_THAT(crypto::AddKeyToFile(file), IsOk());
  const std::string data_key = CurrentKey();

  const auto plan = daemon.rotate.Begin(AdminCall(), /*only_rewrap=*/true);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->rewrapped, 1);
  EXPECT_EQ(plan->rotation, std::nullopt);
  EXPECT_EQ(CurrentKey(), data_key);
  EXPECT_EQ(daemon.rotate.Begin(AdminCall(), true)->rewrapped, 0);

  const std::string lines = testing::ReadAll(file);
  std::ofstream(file) << lines.substr(0, lines.find('\n') + 1);
  Daemon started_anew(DaemonDsn(), file);
  const Queries queries(*started_anew.store, *started_anew.vault, policy_.admissions);
  EXPECT_THAT(queries.GetCapture(OfficerCall(), Crossings().front().crossing.crossing_id), IsOk());
  EXPECT_THAT(crypto::OpenVault(crypto::KeysFromFile(KeyFile()), *keys_),
              FailsWith(Reason::kKeyUnavailable));
  ExpectAllOpens();  // who runs has the data keys in memory
}

TEST_F(RotateKeysTest, OneThatWasKilledIsGoneOnWithByAnotherDaemon) {
  for (int day = 0; day < 9; ++day) Record(Arrival(day, "anna", 30));
  std::string rotation;
  {
    Daemon killed(DaemonDsn(), KeyFile());
    const auto plan = killed.rotate.Begin(AdminCall(), false);
    ASSERT_THAT(plan, IsOk());
    rotation = plan->rotation->rotation_id;
    const auto part = killed.rotate.Run(AdminCall(), *plan->rotation, {});
    ASSERT_THAT(part, IsOk());
    EXPECT_GT(part->resealed, 0);
    EXPECT_LT(part->resealed, 18);
  }
  const Rotated rotated = Rotate(*rotate_keys_);
  EXPECT_TRUE(rotated.plan.resumed);
  EXPECT_EQ(rotated.plan.rotation->rotation_id, rotation);
  EXPECT_LT(rotated.plan.total, 18);
  EXPECT_EQ(rotated.resealed, rotated.plan.total);
  EXPECT_EQ(Value("SELECT count(*) FROM key_rotation"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM data_key"), "1");
  ExpectAllOpens();
}

TEST_F(RotateKeysTest, TwoDaemonsShareTheWork) {
  for (int day = 0; day < 40; ++day) Record(Arrival(day, "anna", 60));
  Daemon other(DaemonDsn(), KeyFile());
  // Both, before either runs: who begins after the end begins a further one.
  const auto begun = rotate_keys_->Begin(AdminCall(), false);
  const auto joined = other.rotate.Begin(AdminCall(), false);
  ASSERT_THAT(begun, IsOk());
  ASSERT_THAT(joined, IsOk());
  EXPECT_FALSE(begun->resumed);
  EXPECT_TRUE(joined->resumed);
  LetTimePass();
  Rotated first;
  Rotated second;
  {
    const std::jthread one([&] { first = RunToTheEnd(*rotate_keys_, *begun); });
    const std::jthread two([&] { second = RunToTheEnd(other.rotate, *joined); });
  }
  EXPECT_EQ(first.resealed + second.resealed, 80) << "nothing twice, nothing not at all";
  EXPECT_EQ(first.destroyed + second.destroyed, 1);
  EXPECT_EQ(KeysInUse(), CurrentKey());
  ExpectAllOpens();
}

// Daemons that learn of the new key by themselves, at work all the time.
TEST_F(RotateKeysTest, LanesAndReadersOfEveryDaemonGoOnMeanwhile) {
  Daemon other(DaemonDsn(), KeyFile());
  const RecordCrossing record_there(*lanes_, engine_, *other.store, *other.vault, clock_, policy_);
  Record(Arrival(0, "anna", 99, "READ"));
  const core::CrossingId read = Crossings("READ").front().crossing.crossing_id;
  std::vector<CrossingRequest> requests;
  for (int i = 0; i < 2000; ++i) {
    requests.push_back(Arrival(i % 90, "anna", 99, "W" + std::to_string(i)));
  }
  const std::string former = CurrentKey();

  std::atomic<bool> stop = false;
  std::atomic<int> recorded = 0;
  std::atomic<int> reads = 0;
  std::vector<absl::Status> failures;
  {
    std::jthread writer([&] {
      for (size_t i = 0; !stop && i < requests.size(); ++i) {
        const auto result = record_there.Record(LaneCall(), requests[i]);
        if (!result.ok()) failures.push_back(result.status());
        recorded = static_cast<int>(i) + 1;
      }
    });
    std::vector<absl::Status> read_failures;
    std::jthread reader([&] {
      while (!stop) {
        const auto capture = queries_->GetCapture(OfficerCall(), read);
        if (!capture.ok()) read_failures.push_back(capture.status());
        ++reads;
      }
    });
    while (recorded < 20 || reads == 0) std::this_thread::yield();
    const auto plan = rotate_keys_->Begin(AdminCall(), false);
    EXPECT_THAT(plan, IsOk());
    std::optional<RotationCursor> cursor;
    if (plan.ok()) cursor = RotationCursor{};
    while (cursor) {
      const auto part = rotate_keys_->Run(AdminCall(), *plan->rotation, *cursor);
      EXPECT_THAT(part, IsOk());
      cursor = part.ok() ? part->next : std::nullopt;
    }
    stop = true;
    writer.join();
    reader.join();
    EXPECT_THAT(read_failures, IsEmpty());
  }
  EXPECT_THAT(failures, IsEmpty());
  EXPECT_GT(reads, 0);
  EXPECT_NE(CurrentKey(), former);
  EXPECT_EQ(KeysInUse(), CurrentKey());
  EXPECT_EQ(Value("SELECT count(*) FROM capture"), std::to_string(recorded + 1));
  for (int i = 0; i < recorded; ++i) ExpectAllOpens("W" + std::to_string(i));
}

TEST_F(RotateKeysTest, WhatIsErasedMeanwhileIsErased) {
  for (int i = 0; i < 60; ++i) Record(Arrival(i % 80, "anna", 90, "E" + std::to_string(i)));
  absl::Status erasing;
  Rotated rotated;
  {
    const std::jthread eraser([&] {
      const RetentionRun run = RunRetention::NewRun(/*dry_run=*/false);
      std::optional<RetentionCursor> cursor;
      do {
        const auto part = run_retention_->Run(AdminCall(), run, cursor);
        erasing.Update(part.status());
        cursor = part.ok() ? part->next : std::nullopt;
      } while (cursor);
    });
    const std::jthread rotator([&] { rotated = Rotate(*rotate_keys_); });
  }
  EXPECT_THAT(erasing, IsOk());
  EXPECT_THAT(rotated.failures, IsEmpty());
  EXPECT_EQ(Value("SELECT count(*) FROM capture"), "0") << "14 days are over on day 100";
  EXPECT_EQ(Value("SELECT count(*) FROM template"), "60");
  EXPECT_EQ(Value("SELECT count(*) FROM data_key"), "1");
  EXPECT_EQ(KeysInUse(), CurrentKey());
}

TEST_F(RotateKeysTest, ARecordThatDoesNotOpenIsToldAndStaysWithItsKey) {
  Record(Arrival(0, "anna", 30));
  Record(Arrival(1, "anna", 30));
  const std::string former = CurrentKey();
  const CrossingView broken = Crossings().front();
  Sql("UPDATE capture SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1) "
      "WHERE crossing_id = '" +
      broken.crossing.crossing_id.value() + "'");
  const Rotated rotated = Rotate(*rotate_keys_);
  ASSERT_THAT(rotated.failures, SizeIs(1));
  EXPECT_EQ(rotated.failures.front().row.crossing_id, broken.crossing.crossing_id);
  EXPECT_THAT(rotated.failures.front().status, FailsWith(Reason::kStoredDataInvalid));
  EXPECT_EQ(rotated.resealed, 3);
  EXPECT_EQ(rotated.destroyed, 0);
  EXPECT_EQ(Value("SELECT key_id FROM capture WHERE crossing_id = '" +
                  broken.crossing.crossing_id.value() + "'"),
            former);

  // Once it is mended, the same rotation comes to its end.
  Sql("UPDATE capture SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1) "
      "WHERE key_id = '" +
      former + "'");
  const Rotated again = Rotate(*rotate_keys_);
  EXPECT_TRUE(again.plan.resumed);
  EXPECT_EQ(again.resealed, 1);
  EXPECT_EQ(again.destroyed, 1);
  ExpectAllOpens();
}

TEST_F(RotateKeysTest, OneThatAnotherFinishedIsDoneThoughAFurtherHasBegun) {
  Record(Arrival(0, "anna", 30));
  const auto plan = rotate_keys_->Begin(AdminCall(), false);
  ASSERT_THAT(plan, IsOk());
  Daemon other(DaemonDsn(), KeyFile());
  EXPECT_TRUE(Rotate(other.rotate).plan.resumed);
  const auto further = other.rotate.Begin(AdminCall(), false);
  ASSERT_THAT(further, IsOk());
  EXPECT_NE(further->rotation->rotation_id, plan->rotation->rotation_id);
  LetTimePass();

  const RotationCursor at_the_end{RotationCursor::Stage::kFormerKeys, std::nullopt, false};
  const auto part = rotate_keys_->Run(AdminCall(), *plan->rotation, at_the_end);
  ASSERT_THAT(part, IsOk());
  EXPECT_FALSE(part->next.has_value());
  EXPECT_EQ(Value("SELECT count(*) FROM key_rotation WHERE finished_at IS NULL"), "1");
}

TEST_F(RotateKeysTest, FailsWhenNothingCanBeSealedAndTakesNoRecordForDamaged) {
  class OnlyOpens final : public ports::Vault {
   public:
    explicit OnlyOpens(const ports::Vault& vault) : vault_(vault) {}
    absl::StatusOr<ports::SealedBlob> Seal(std::string_view /*plaintext*/,
                                           std::string_view /*data*/) const override {
      return core::MakeError(Reason::kKeyUnavailable, "the current data key does not unwrap");
    }
    absl::StatusOr<std::string> Open(const ports::SealedBlob& blob,
                                     std::string_view data) const override {
      return vault_.Open(blob, data);
    }

   private:
    const ports::Vault& vault_;
  };
  Record(Arrival(0, "anna", 30));
  const OnlyOpens only_opens(*vault_);
  const RotateKeys rotate(*store_, only_opens, *vault_);
  const auto plan = rotate.Begin(AdminCall(), false);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(rotate.Run(AdminCall(), *plan->rotation, {}), FailsWith(Reason::kKeyUnavailable));
}

TEST_F(RotateKeysTest, NeedsTheKeyEncryptionKeys) {
  const testing::TempDir directory;
  const std::filesystem::path file = directory.path() / "keys";
  std::filesystem::copy(KeyFile(), file);
  Daemon daemon(DaemonDsn(), file);
  std::filesystem::remove(file);
  EXPECT_THAT(daemon.rotate.Begin(AdminCall(), false), FailsWith(Reason::kKeyUnavailable));
  ASSERT_THAT(crypto::WriteNewKeyFile(file), IsOk());  // those of another deployment
  EXPECT_THAT(daemon.rotate.Begin(AdminCall(), false), FailsWith(Reason::kKeyUnavailable));
  EXPECT_EQ(Value("SELECT count(*) FROM key_rotation"), "0");
}

}  // namespace
}  // namespace entryexit::app
