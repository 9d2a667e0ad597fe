#include "entryexit/app/audit_log.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <thread>
#include <vector>

#include "entryexit/crypto/signing.h"
#include "tests/integration/app/app_fixture.h"
#include "tests/support/temp_dir.h"

namespace entryexit::app {
namespace {

using core::Reason;

class AuditLogTest : public AppTest {
 protected:
  AuditLogTest() {
    const crypto::SigningKeyFiles files{directory_.path() / "key", directory_.path() / "pub"};
    EXPECT_THAT(crypto::WriteNewSigningKey(files), testing::IsOk());
    signer_ = *crypto::OpenSigner(files.private_key);
    public_key_ = *crypto::PublicKey::Read(files.public_key);
    log_ = std::make_unique<AuditLog>(*store_, clock_, *signer_);
  }

  static Call AuditorCall() {
    Call call = OfficerCall();
    call.principal = {Role::kAuditor, "7", "auditor/7"};
    return call;
  }

  void Append(int records) {
    Sql("SELECT append_audit_record('a', 'm', NULL, NULL, NULL, NULL, 'OK', NULL) FROM "
        "generate_series(1, " +
        std::to_string(records) + ")");
  }

  std::optional<core::AuditCheckpoint> Sign() {
    return *log_->SignCheckpoint(OfficerCall().deadline);
  }

  // The lines of a whole export, which each part adds to in order.
  std::vector<std::variant<core::AuditRecord, core::AuditCheckpoint>> Export(
      std::int64_t after_checkpoint, int& parts) {
    std::vector<std::variant<core::AuditRecord, core::AuditCheckpoint>> lines;
    const auto what = log_->BeginExport(AuditorCall(), after_checkpoint);
    EXPECT_THAT(what, testing::IsOk());
    std::optional<AuditExportCursor> cursor;
    do {
      const auto part = log_->ExportPart(AuditorCall(), *what, cursor);
      EXPECT_THAT(part, testing::IsOk());
      lines.insert(lines.end(), part->lines.begin(), part->lines.end());
      cursor = part->next;
      ++parts;
    } while (cursor);
    EXPECT_EQ(std::get<core::AuditCheckpoint>(lines.back()), what->last);
    return lines;
  }

  const testing::TempDir directory_;
  std::unique_ptr<ports::Signer> signer_;
  std::optional<crypto::PublicKey> public_key_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(AuditLogTest, OnlyALogThatHasGrownIsSignedAgain) {
  EXPECT_EQ(Sign(), std::nullopt) << "there is nothing to sign";
  Append(3);
  const core::AuditCheckpoint first = *Sign();
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.at, clock_.Now());
  EXPECT_TRUE(public_key_->Verifies(core::CanonicalText(first), first.signature));
  EXPECT_EQ(Sign(), first);
  Append(1);
  const core::AuditCheckpoint second = *Sign();
  EXPECT_EQ(second.previous_digest, first.digest);
  EXPECT_THAT(*log_->CheckpointsAfter(0, OfficerCall().deadline),
              ::testing::ElementsAre(first, second));
  EXPECT_THAT(*log_->CheckpointsAfter(1, OfficerCall().deadline), ::testing::ElementsAre(second));
}

TEST_F(AuditLogTest, ManyDaemonsThatSignAtOnceMakeOneChainOfCheckpoints) {
  constexpr int kSigners = 6;
  Append(1);
  std::vector<std::thread> signers;
  for (int i = 0; i < kSigners; ++i) {
    signers.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        EXPECT_THAT(queries_->ListCases(OfficerCall(), {}, std::nullopt, 1), testing::IsOk());
        EXPECT_THAT(log_->SignCheckpoint(OfficerCall().deadline), testing::IsOk());
      }
    });
  }
  for (std::thread& signer : signers) signer.join();
  int parts = 0;
  std::int64_t number = 0;
  for (const auto& line : Export(0, parts)) {
    if (const auto* checkpoint = std::get_if<core::AuditCheckpoint>(&line)) {
      EXPECT_EQ(checkpoint->number, ++number);
    }
  }
  EXPECT_GT(number, 1);
}

TEST_F(AuditLogTest, AnExportOfManyPartsHasEveryRecordOnceUnderItsCheckpoint) {
  Append(4990);
  Sign();
  Append(6000);
  const core::AuditCheckpoint middle = *Sign();
  Append(10);
  int parts = 0;
  std::map<int, std::int64_t> sequences;
  int records = 0;
  for (const auto& line : Export(0, parts)) {
    if (const auto* record = std::get_if<core::AuditRecord>(&line)) {
      EXPECT_EQ(record->sequence, ++sequences[record->chain]);
      ++records;
      continue;
    }
    for (const core::AuditHead& head : std::get<core::AuditCheckpoint>(line).heads) {
      EXPECT_EQ(sequences[head.chain], head.sequence);
    }
  }
  EXPECT_EQ(records, 4990 + 6000 + 10 + 1) << "and the record of the export";
  EXPECT_GT(parts, 2);

  const auto later = Export(middle.number, parts);
  EXPECT_EQ(std::get<core::AuditCheckpoint>(later.front()), middle);
  EXPECT_EQ(later.size(), 1U + 10 + 1 + 1 + 1 + 1) << "two exports, two checkpoints, the first one";
  EXPECT_THAT(log_->BeginExport(AuditorCall(), 1000), testing::FailsWith(Reason::kInvalidField));
}

}  // namespace
}  // namespace entryexit::app
