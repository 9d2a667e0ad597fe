#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/integration/postgres/store_fixture.h"

// How data keys take the place of one another.
namespace entryexit::postgres {
namespace {

using core::Reason;
using ports::SealedKind;
using ports::Transaction;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

constexpr char kNextKey[] = "00000000-0000-4000-8000-000000000002";
constexpr char kDaemon[] = "entryexitd";

ports::WrappedKey Wrapped(const std::string& key_id, char kek = '1') {
  return {key_id, std::string(32, kek), std::string(12, 'n'), std::string(48, 'w')};
}

class KeyRotationTest : public StoreTest {
 protected:
  KeyRotationTest() {
    EXPECT_THAT(AddTraveler(*store_, "P1",
                            [&](const core::TravelerId& traveler) {
                              return std::vector{crossing_ = Arrival(traveler, 0)};
                            }),
                IsOk());
    const absl::Status added = Run([&](Transaction& t) {
      const absl::Status status = t.AddCapture(
          {crossing_.traveler_id, crossing_.crossing_id, "image/png", Hex('b'), Blob(kDataKey)});
      if (!status.ok()) return status;
      return t.AddTemplate({crossing_.traveler_id,
                            crossing_.crossing_id,
                            crossing_.direction,
                            crossing_.captured_at,
                            {"model", Hex('c'), "engine"},
                            Hex('d'),
                            Blob(kDataKey)});
    });
    EXPECT_THAT(added, IsOk());
  }

  static ports::SealedBlob Blob(const std::string& key, char nonce = 'n') {
    return {key, std::string(12, nonce), std::string(32, 'c')};
  }

  ports::SealedRow Row(const ports::SealedBlob& blob) const {
    return {crossing_.traveler_id, crossing_.crossing_id, blob};
  }

  absl::Status Begin(const std::string& key_id = kNextKey) {
    return Run([&](Transaction& t) {
      return t.BeginKeyRotation({kRotation, "admin/1", key_id}, Wrapped(key_id));
    });
  }

  absl::StatusOr<bool> Reseal(SealedKind kind, const ports::SealedBlob& from,
                              const ports::SealedBlob& to) {
    return Fetch([&](Transaction& t) { return t.Reseal(kind, Row(from), to); });
  }

  absl::StatusOr<bool> Destroy(const std::string& key) {
    return Fetch([&](Transaction& t) { return t.DestroyDataKey(key); });
  }

  // As if some time had passed since.
  void LetTimePass() const {
    Sql("postgres", "UPDATE data_key SET retired_at = retired_at - interval '11 seconds'");
  }

  std::vector<std::string> Rows(const std::string& table) const {
    return Sql("postgres", "SELECT " + table + "::text FROM " + table);
  }

  const std::string kRotation = crypto::NewUuid();
  ports::CrossingRecord crossing_;
};

TEST_F(KeyRotationTest, TheDaemonHasNoWayToKeysAndSealsButTheFunctions) {
  for (const char* change :
       {"UPDATE data_key SET retired_at = now()", "UPDATE data_key SET wrapped = wrapped",
        "DELETE FROM data_key", "TRUNCATE data_key CASCADE", "UPDATE capture SET key_id = key_id",
        "UPDATE template SET ciphertext = ciphertext",
        "INSERT INTO key_rotation (rotation_id, principal, key_id) "
        "VALUES (gen_random_uuid(), 'x', 'x')",
        "UPDATE key_rotation SET finished_at = now()", "DELETE FROM key_rotation"}) {
    EXPECT_THAT(Sql(kDaemon, change), ElementsAre("42501")) << change;
  }
  EXPECT_THAT(Sql(kDaemon, "INSERT INTO data_key SELECT '" + std::string(kNextKey) +
                               "', kek_id, nonce, wrapped FROM data_key"),
              ElementsAre("23505"))
      << "two keys would seal";
}

TEST_F(KeyRotationTest, TheFirstKeyIsAddedOnce) {
  EXPECT_THAT(Run([](Transaction& t) { return t.AddFirstDataKey(Wrapped(kNextKey)); }), IsOk());
  const auto keys = Fetch([](Transaction& t) { return t.AllDataKeys(); });
  ASSERT_THAT(keys, IsOk());
  ASSERT_THAT(*keys, SizeIs(1));
  EXPECT_EQ(keys->front().key_id, kDataKey);
}

TEST_F(KeyRotationTest, AnotherKeyTakesThePlaceOfTheCurrentOne) {
  ASSERT_THAT(Begin(), IsOk());
  const auto keys = Fetch([](Transaction& t) { return t.AllDataKeys(); });
  ASSERT_THAT(keys, IsOk());
  ASSERT_THAT(*keys, SizeIs(2));
  EXPECT_EQ(keys->front().key_id, kDataKey);
  EXPECT_TRUE(keys->front().retired_at.has_value());
  const ports::WrappedKey& next = keys->back();
  EXPECT_EQ(next.key_id, kNextKey);
  EXPECT_EQ(next.kek_id, std::string(32, '1'));
  EXPECT_EQ(next.nonce, std::string(12, 'n'));
  EXPECT_EQ(next.wrapped, std::string(48, 'w'));
  EXPECT_EQ(next.retired_at, std::nullopt);

  const auto open = Fetch([](Transaction& t) { return t.OpenKeyRotation(); });
  ASSERT_THAT(open, IsOk());
  ASSERT_TRUE(open->has_value());
  EXPECT_EQ((*open)->rotation_id, kRotation);
  EXPECT_EQ((*open)->principal, "admin/1");
  EXPECT_EQ((*open)->key_id, kNextKey);
  EXPECT_EQ(*Fetch([](Transaction& t) { return t.CountSealedOtherwise(kNextKey); }), 2);
  EXPECT_EQ(*Fetch([](Transaction& t) { return t.CountSealedOtherwise(kDataKey); }), 0);
}

TEST_F(KeyRotationTest, OneRotationIsOpenAtATime) {
  ASSERT_THAT(Begin(), IsOk());
  const absl::Status second = Run([&](Transaction& t) {
    const std::string key = crypto::NewUuid();
    return t.BeginKeyRotation({crypto::NewUuid(), "admin/2", key}, Wrapped(key));
  });
  EXPECT_THAT(second, FailsWith(Reason::kDatabaseConflict));
  EXPECT_THAT(*Fetch([](Transaction& t) { return t.AllDataKeys(); }), SizeIs(2));
  EXPECT_THAT(Run([&](Transaction& t) { return t.FinishKeyRotation(kRotation); }), IsOk());
  EXPECT_EQ(*Fetch([](Transaction& t) { return t.OpenKeyRotation(); }), std::nullopt);
}

TEST_F(KeyRotationTest, AnotherKeyEncryptionKeyWrapsOnlyWhatTheFormerDid) {
  const auto rewrap = [&](const std::string& from, const ports::WrappedKey& key) {
    return *Fetch([&](Transaction& t) { return t.RewrapDataKey(from, key); });
  };
  EXPECT_FALSE(rewrap(std::string(32, '9'), Wrapped(kDataKey, '2')));
  EXPECT_FALSE(rewrap(std::string(32, '0'), Wrapped(kNextKey, '2')));
  EXPECT_TRUE(rewrap(std::string(32, '0'), Wrapped(kDataKey, '2')));
  EXPECT_FALSE(rewrap(std::string(32, '0'), Wrapped(kDataKey, '3'))) << "somebody was quicker";
  const auto keys = *Fetch([](Transaction& t) { return t.AllDataKeys(); });
  EXPECT_EQ(keys.front().kek_id, std::string(32, '2'));
  EXPECT_EQ(keys.front().wrapped, std::string(48, 'w'));
  EXPECT_EQ(keys.front().retired_at, std::nullopt);
}

TEST_F(KeyRotationTest, ARecordIsSealedAnewAndNothingElseOfItChanges) {
  ASSERT_THAT(Begin(), IsOk());
  for (const auto& [kind, table] :
       {std::pair(SealedKind::kCapture, "capture"), std::pair(SealedKind::kTemplate, "template")}) {
    const std::string others =
        std::string("SELECT (to_jsonb(t) - '{key_id,nonce,ciphertext}'::text[])::text FROM ") +
        table + " t";
    const std::vector<std::string> before = Sql("postgres", others);
    const auto page = Fetch([&, of = kind](Transaction& t) {
      return t.SealedOtherwise(of, kNextKey, std::nullopt, 10);
    });
    ASSERT_THAT(page, IsOk());
    ASSERT_THAT(*page, SizeIs(1));
    EXPECT_EQ(page->front().crossing_id, crossing_.crossing_id);
    EXPECT_EQ(page->front().blob.ciphertext, std::string(32, 'c'));
    ports::SealedBlob to = Blob(kNextKey, 'm');
    to.ciphertext = std::string(32, 'd');
    EXPECT_TRUE(*Reseal(kind, page->front().blob, to));
    EXPECT_THAT(Sql("postgres", std::string("SELECT key_id || ' ' || encode(nonce, 'escape') || "
                                            "' ' || encode(ciphertext, 'escape') FROM ") +
                                    table),
                ElementsAre(std::string(kNextKey) + " mmmmmmmmmmmm " + std::string(32, 'd')));
    EXPECT_EQ(Sql("postgres", others), before);
    EXPECT_FALSE(*Reseal(kind, page->front().blob, to)) << "it is no longer as it was read";
  }
  EXPECT_FALSE(*Fetch([](Transaction& t) { return t.AnySealedOtherwise(kNextKey); }));
}

TEST_F(KeyRotationTest, NothingIsSealedAnewUnlessARotationAsksForTheKey) {
  const auto refused = [&](const ports::SealedBlob& to) {
    return Fetch(
        [&](Transaction& t) { return t.Reseal(SealedKind::kCapture, Row(Blob(kDataKey)), to); });
  };
  const std::vector<std::string> before = Rows("capture");
  EXPECT_THAT(refused(Blob(kNextKey)), FailsWith(Reason::kInternal)) << "none was begun";
  ASSERT_THAT(Begin(), IsOk());
  EXPECT_THAT(refused(Blob(kDataKey, 'm')), FailsWith(Reason::kInternal)) << "the former key";
  ports::SealedBlob longer = Blob(kNextKey);
  longer.ciphertext += 'x';
  EXPECT_FALSE(*refused(longer)) << "another length is another content";
  EXPECT_FALSE(*Reseal(SealedKind::kCapture, Blob(kDataKey, 'x'), Blob(kNextKey)))
      << "it was sealed anew since";
  ASSERT_THAT(Run([&](Transaction& t) { return t.FinishKeyRotation(kRotation); }), IsOk());
  EXPECT_FALSE(*refused(Blob(kNextKey))) << "it has come to its end";
  EXPECT_EQ(Rows("capture"), before);
}

TEST_F(KeyRotationTest, ARecordThatOthersAreAtIsLeftToThem) {
  ASSERT_THAT(Begin(), IsOk());
  const std::unique_ptr<PGconn, decltype(&PQfinish)> other(
      PQconnectdb(server().Dsn(database_, "postgres").c_str()), &PQfinish);
  PQclear(PQexec(other.get(), "BEGIN; SELECT FROM capture FOR UPDATE"));
  EXPECT_FALSE(*Reseal(SealedKind::kCapture, Blob(kDataKey), Blob(kNextKey)));
  PQclear(PQexec(other.get(), "ROLLBACK"));
  EXPECT_TRUE(*Reseal(SealedKind::kCapture, Blob(kDataKey), Blob(kNextKey)));
}

TEST_F(KeyRotationTest, AKeyGoesWhenItIsRetiredForSomeTimeAndSealsNothing) {
  EXPECT_FALSE(*Destroy(kDataKey)) << "it is the current one";
  ASSERT_THAT(Begin(), IsOk());
  LetTimePass();
  EXPECT_FALSE(*Destroy(kDataKey)) << "it seals two records";
  EXPECT_TRUE(*Reseal(SealedKind::kCapture, Blob(kDataKey), Blob(kNextKey)));
  EXPECT_FALSE(*Destroy(kDataKey)) << "it seals a template";
  EXPECT_TRUE(*Reseal(SealedKind::kTemplate, Blob(kDataKey), Blob(kNextKey)));
  Sql("postgres", "UPDATE data_key SET retired_at = now() WHERE retired_at IS NOT NULL");
  EXPECT_FALSE(*Destroy(kDataKey)) << "daemons may not know yet";
  LetTimePass();
  EXPECT_TRUE(*Destroy(kDataKey));
  EXPECT_FALSE(*Destroy(kDataKey));
  EXPECT_THAT(Sql("postgres", "SELECT key_id FROM data_key"), ElementsAre(kNextKey));
}

TEST_F(KeyRotationTest, NothingIsStoredThatAMissingKeyHasSealed) {
  const core::CrossingId id = crossing_.crossing_id;
  Sql("postgres", "DELETE FROM capture");
  const auto add = [&] {
    return Run([&](Transaction& t) {
      return t.AddCapture({crossing_.traveler_id, id, "image/png", Hex('b'), Blob(kNextKey)});
    });
  };
  EXPECT_THAT(add(), FailsWith(Reason::kDatabaseConflict)) << "tried again, another key seals it";
  EXPECT_THAT(Rows("capture"), IsEmpty());
  ASSERT_THAT(Begin(), IsOk());
  EXPECT_THAT(add(), IsOk());
}

// The record came in after the key was found to seal nothing.
TEST_F(KeyRotationTest, AKeyThatARecordIsBeingSealedWithStays) {
  ASSERT_THAT(Begin(), IsOk());
  EXPECT_TRUE(*Reseal(SealedKind::kCapture, Blob(kDataKey), Blob(kNextKey)));
  EXPECT_TRUE(*Reseal(SealedKind::kTemplate, Blob(kDataKey), Blob(kNextKey)));
  LetTimePass();
  const std::unique_ptr<PGconn, decltype(&PQfinish)> lane(
      PQconnectdb(server().Dsn(database_, "postgres").c_str()), &PQfinish);
  const std::string store = std::string("BEGIN; UPDATE capture SET key_id = '") + kDataKey + "'";
  const std::unique_ptr<PGresult, decltype(&PQclear)> stored(PQexec(lane.get(), store.c_str()),
                                                             &PQclear);
  ASSERT_EQ(PQresultStatus(stored.get()), PGRES_COMMAND_OK) << PQerrorMessage(lane.get());
  absl::StatusOr<bool> destroyed;
  std::thread destroying([&] { destroyed = Destroy(kDataKey); });
  while (Sql("postgres",
             "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND "
             "wait_event_type = 'Lock'")
             .empty()) {
  }
  PQclear(PQexec(lane.get(), "COMMIT"));
  destroying.join();
  ASSERT_THAT(destroyed, IsOk());
  EXPECT_FALSE(*destroyed);
  EXPECT_THAT(Sql("postgres", "SELECT key_id FROM data_key ORDER BY 1"),
              ElementsAre(kDataKey, kNextKey));
}

}  // namespace
}  // namespace entryexit::postgres
