#include "ctl/audit_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/report_request.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using Lines = std::vector<v1::ExportAuditRecordsResponse>;

// The service in small: chains, checkpoints and a key.
class Log {
 public:
  explicit Log(const std::string& name = "audit") {
    const std::filesystem::path key = directory_.path() / (name + ".key");
    const std::filesystem::path open = directory_.path() / (name + ".pub");
    EXPECT_THAT(crypto::WriteNewSigningKey({key, open}), IsOk());
    signer_ = *crypto::OpenSigner(key);
    public_key_ = *crypto::PublicKey::Read(open);
  }

  const crypto::PublicKey& public_key() const { return *public_key_; }

  void Record(int chain, const std::string& subject) {
    core::AuditRecord record;
    record.chain = chain;
    record.sequence = heads_[chain].sequence + 1;
    record.at = core::Timestamp(std::chrono::microseconds(1'800'000'000'123'456 + ++moment_));
    record.entry.principal = "officer/4711";
    record.entry.method = "/entryexit.v1.BackOfficeService/GetCase";
    record.entry.traveler_id = core::TravelerId("db0fdad4-769d-464a-bff6-a8630afa673a");
    record.entry.subject = subject;
    record.entry.outcome = "OK";
    const std::string previous = record.sequence == 1 ? core::kNoDigest : heads_[chain].digest;
    record.digest = crypto::Sha256Hex(core::CanonicalText(record, previous));
    heads_[chain] = {chain, record.sequence, record.digest};
    v1::AuditRecord& proto = *lines_.emplace_back().mutable_record();
    proto.set_chain(chain);
    proto.set_sequence(record.sequence);
    *proto.mutable_at() = TimeOf(record.at);
    proto.set_principal(record.entry.principal);
    proto.set_method(record.entry.method);
    proto.set_traveler_id(record.entry.traveler_id->value());
    proto.set_subject(subject);
    proto.set_outcome("OK");
    proto.set_digest(record.digest);
  }

  void Checkpoint() {
    core::AuditCheckpoint checkpoint;
    checkpoint.number = ++number_;
    checkpoint.at = core::Timestamp(std::chrono::microseconds(1'800'000'000'123'456 + ++moment_));
    for (const auto& [chain, head] : heads_) checkpoint.heads.push_back(head);
    checkpoint.previous_digest = last_digest_;
    v1::AuditCheckpoint& proto = *lines_.emplace_back().mutable_checkpoint();
    proto.set_number(number_);
    *proto.mutable_at() = TimeOf(checkpoint.at);
    for (const core::AuditHead& head : checkpoint.heads) {
      v1::AuditHead& added = *proto.add_heads();
      added.set_chain(head.chain);
      added.set_sequence(head.sequence);
      added.set_digest(head.digest);
    }
    proto.set_previous_digest(last_digest_);
    last_digest_ = crypto::Sha256Hex(core::CanonicalText(checkpoint));
    proto.set_digest(last_digest_);
    proto.set_key_id(signer_->key_id());
    proto.set_signature(signer_->Sign(core::CanonicalText(checkpoint)));
  }

  // With a header before them.
  Lines Export() const {
    Lines lines(1);
    lines[0].mutable_header()->set_last_checkpoint(number_);
    lines[0].mutable_header()->set_last_digest(last_digest_);
    lines.insert(lines.end(), lines_.begin(), lines_.end());
    return lines;
  }

 private:
  const testing::TempDir directory_;
  std::unique_ptr<ports::Signer> signer_;
  std::optional<crypto::PublicKey> public_key_;
  Lines lines_;
  std::map<int, core::AuditHead> heads_;
  std::int64_t number_ = 0;
  std::string last_digest_ = core::kNoDigest;
  int moment_ = 0;
};

// Lines 1 to 9: header; records 0.1, 3.1, 3.2; checkpoint 1; records 0.2, 3.3; checkpoint 2; record
// 3.4; checkpoint 3.
class AuditExportTest : public ::testing::Test {
 protected:
  AuditExportTest() { Fill(log_, "d"); }

  static void Fill(Log& log, const std::string& fourth) {
    log.Record(0, "a");
    log.Record(3, "b");
    log.Record(3, "c");
    log.Checkpoint();
    log.Record(0, fourth);
    log.Record(3, "e");
    log.Checkpoint();
    log.Record(3, "f");
    log.Checkpoint();
  }

  absl::StatusOr<VerifiedAudit> Verify(const Lines& lines, const std::string& noted = "") const {
    AuditVerifier verifier({other_.public_key(), log_.public_key()}, noted);
    for (const v1::ExportAuditRecordsResponse& line : lines) {
      if (absl::Status status = verifier.Take(client::ToJson(line)); !status.ok()) return status;
    }
    return verifier.Finish();
  }

  void ExpectBroken(const Lines& lines, const std::string& what,
                    const std::string& noted = "") const {
    const auto verified = Verify(lines, noted);
    EXPECT_THAT(verified, FailsWith(core::Reason::kStoredDataInvalid));
    EXPECT_THAT(std::string(verified.status().message()), HasSubstr(what));
  }

  Log log_;
  const Log other_;
};

TEST_F(AuditExportTest, AWholeLogIsVerified) {
  const auto verified = Verify(log_.Export());
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->records, 6);
  EXPECT_EQ(verified->checkpoints, 3);
  EXPECT_EQ(verified->last_checkpoint, 3);
  EXPECT_EQ(verified->last_digest, log_.Export()[0].header().last_digest());
}

TEST_F(AuditExportTest, EveryEditOfARecordIsFound) {
  const std::vector<std::function<void(v1::AuditRecord&)>> edits = {
      [](auto& r) { r.mutable_at()->set_seconds(r.at().seconds() + 1); },
      [](auto& r) { r.mutable_at()->set_nanos(r.at().nanos() + 1000); },
      [](auto& r) { r.set_principal("officer/1"); },
      [](auto& r) { r.set_method("/entryexit.v1.BackOfficeService/ListCases"); },
      [](auto& r) { r.set_purpose("CASE_REVIEW"); },
      [](auto& r) { r.set_case_id("6d1f5a10-0000-4000-8000-000000000001"); },
      [](auto& r) { r.clear_traveler_id(); },
      [](auto& r) { r.set_traveler_id("6d1f5a10-0000-4000-8000-000000000001"); },
      [](auto& r) { r.clear_subject(); },
      [](auto& r) { r.set_outcome("CASE_NOT_FOUND"); },
      [](auto& r) { r.set_request_id("6d1f5a10-0000-4000-8000-000000000001"); },
      [](auto& r) { r.set_digest(std::string(64, 'a')); },
      // From one field into its neighbour.
      [](auto& r) {
        r.set_principal(r.principal() + r.method().substr(0, 1));
        r.set_method(r.method().substr(1));
      },
      [](auto& r) { std::swap(*r.mutable_traveler_id(), *r.mutable_case_id()); },
  };
  for (size_t i = 0; i < edits.size(); ++i) {
    Lines lines = log_.Export();
    edits[i](*lines[6].mutable_record());
    SCOPED_TRACE(i);
    ExpectBroken(lines, "record 3.3: its digest is not that of its content");
  }
}

TEST_F(AuditExportTest, ADroppedRecordIsNamed) {
  for (const auto& [line, what] :
       {std::pair{2, "record 3.2: record 3.1 is due here"},
        std::pair{3, "record 3.2 was there when it was signed, and is missing"},
        std::pair{6, "checkpoint 2: record 3.3 was there when it was signed"},
        std::pair{8, "checkpoint 3: record 3.4 was there when it was signed"}}) {
    Lines lines = log_.Export();
    lines.erase(lines.begin() + line);
    ExpectBroken(lines, what);
  }
}

TEST_F(AuditExportTest, SwappedMovedAndDoubledRecordsAreFound) {
  Lines lines = log_.Export();
  std::swap(lines[2], lines[3]);
  ExpectBroken(lines, "record 3.2: record 3.1 is due here");
  lines = log_.Export();
  std::swap(lines[5], lines[8]);  // over a checkpoint
  ExpectBroken(lines, "record 3.4: record 3.3 is due here");
  lines = log_.Export();
  lines.insert(lines.begin() + 3, lines[2]);
  ExpectBroken(lines, "record 3.1: record 3.2 is due here");
  // With the numbers exchanged too, so that they look in order.
  lines = log_.Export();
  std::swap(*lines[2].mutable_record()->mutable_subject(),
            *lines[3].mutable_record()->mutable_subject());
  ExpectBroken(lines, "record 3.1: its digest is not");
  lines = log_.Export();
  lines[1].mutable_record()->set_chain(3);
  lines[2].mutable_record()->set_chain(0);
  ExpectBroken(lines, "record 3.1: its digest is not");
}

TEST_F(AuditExportTest, AnExportThatWasCutOffIsFoundWhereverItWasCut) {
  const Lines whole = log_.Export();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Lines lines(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    SCOPED_TRACE(size);
    ExpectBroken(lines, size == 0 ? "empty" : "cut off");
  }
  AuditVerifier verifier({log_.public_key()}, "");
  const std::string line = client::ToJson(whole[0]);
  EXPECT_THAT(verifier.Take(line.substr(0, line.size() - 5)),
              FailsWith(core::Reason::kStoredDataInvalid));
}

// Whoever can write the export can write its header; what was noted elsewhere they cannot.
TEST_F(AuditExportTest, ATailThatWasTakenOffWithItsCheckpointsIsFoundByANotedDigest) {
  Lines lines = log_.Export();
  const std::string noted = lines[0].header().last_digest();
  EXPECT_THAT(Verify(lines, noted), IsOk());
  EXPECT_THAT(Verify(lines, lines[4].checkpoint().digest()), IsOk());
  lines.resize(8);
  lines[0].mutable_header()->set_last_checkpoint(2);
  lines[0].mutable_header()->set_last_digest(lines[7].checkpoint().digest());
  EXPECT_THAT(Verify(lines), IsOk()) << "nobody can tell";
  ExpectBroken(lines, "records are missing at the end", noted);
}

// All digests are right again, and only the signature tells.
TEST_F(AuditExportTest, AHistoryThatWasWrittenAnewDoesNotFitTheSignatures) {
  Log forged("forged");
  Fill(forged, "another");
  Lines lines = forged.Export();
  ExpectBroken(lines, "checkpoint 1: it is signed by the key");
  const Lines real = log_.Export();
  lines[0] = real[0];
  lines[4] = real[4];
  lines[7] = real[7];
  ExpectBroken(lines, "checkpoint 2: record 0.2 is another than when it was signed");
  // With the real key's name and signature under forged content.
  lines = forged.Export();
  for (const size_t i : {4, 7, 9}) {
    lines[i].mutable_checkpoint()->set_key_id(real[i].checkpoint().key_id());
    lines[i].mutable_checkpoint()->set_signature(real[i].checkpoint().signature());
  }
  ExpectBroken(lines, "checkpoint 2: its signature is not that of the key that it names");
}

TEST_F(AuditExportTest, AnExportWithoutCheckpointsProvesNothing) {
  Lines lines(1);
  lines[0].mutable_header();
  ExpectBroken(lines, "no checkpoint is in it: nothing is signed");
}

TEST_F(AuditExportTest, CheckpointsCannotBeChangedDroppedOrMoved) {
  Lines lines = log_.Export();
  lines[4].mutable_checkpoint()->mutable_heads(1)->set_sequence(1);
  ExpectBroken(lines, "checkpoint 1: its digest is not that of its content");
  lines = log_.Export();
  lines[4].mutable_checkpoint()->mutable_at()->set_seconds(1);
  ExpectBroken(lines, "checkpoint 1: its digest is not that of its content");
  lines = log_.Export();
  lines.erase(lines.begin() + 4);
  ExpectBroken(lines, "checkpoint 2: checkpoint 1 is due here");
  lines = log_.Export();
  std::swap(lines[3], lines[4]);
  ExpectBroken(lines, "checkpoint 1: record 3.2 was there when it was signed, and is missing");
  lines = log_.Export();
  std::swap(lines[4], lines[5]);
  ExpectBroken(lines, "checkpoint 1: record 0.2 was not there when it was signed: it was added");
}

TEST_F(AuditExportTest, ALaterPartGoesOnFromTheCheckpointThatItBeginsWith) {
  Lines lines = log_.Export();
  lines.erase(lines.begin() + 1, lines.begin() + 4);
  lines[0].mutable_header()->set_after_checkpoint(1);
  const auto verified = Verify(lines);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->records, 3);
  EXPECT_EQ(verified->after_checkpoint, 1);
  Lines without_base = lines;
  without_base.erase(without_base.begin() + 1);
  ExpectBroken(without_base, "record 0.2: it stands before checkpoint 1");
  lines[1].mutable_checkpoint()->mutable_heads(0)->set_digest(std::string(64, 'a'));
  ExpectBroken(lines, "checkpoint 1: its digest is not");
}

TEST_F(AuditExportTest, WhatIsNoExportIsRefused) {
  for (const char* const line : {"", "{}", "[]", "x", R"({"line": {}})", "null"}) {
    AuditVerifier verifier({log_.public_key()}, "");
    EXPECT_THAT(verifier.Take(line), FailsWith(core::Reason::kStoredDataInvalid)) << line;
  }
  const Lines once = log_.Export();
  Lines twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  ExpectBroken(twice, "a second header");
}

}  // namespace
}  // namespace entryexit::ctl
