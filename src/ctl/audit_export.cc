#include "ctl/audit_export.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {
namespace {

absl::Status BrokenLog(const std::string& what) {
  return core::MakeError(core::Reason::kStoredDataInvalid, what);
}

core::Timestamp MicrosFrom(const google::protobuf::Timestamp& time) {
  constexpr int kNanosPerMicro = 1000;
  return core::Timestamp(std::chrono::seconds(time.seconds()) +
                         std::chrono::microseconds(time.nanos() / kNanosPerMicro));
}

template <typename Id>
std::optional<Id> IdFrom(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(Id(text));
}

core::AuditRecord RecordFrom(const v1::AuditRecord& proto) {
  core::AuditRecord record;
  record.chain = proto.chain();
  record.sequence = proto.sequence();
  record.at = MicrosFrom(proto.at());
  core::AuditEntry& entry = record.entry;
  entry.principal = proto.principal();
  entry.method = proto.method();
  entry.purpose = proto.purpose();
  entry.case_id = IdFrom<core::CaseId>(proto.case_id());
  entry.traveler_id = IdFrom<core::TravelerId>(proto.traveler_id());
  entry.subject = proto.subject();
  entry.outcome = proto.outcome();
  entry.request_id = IdFrom<core::RequestId>(proto.request_id());
  record.digest = proto.digest();
  return record;
}

core::AuditCheckpoint CheckpointFrom(const v1::AuditCheckpoint& proto) {
  core::AuditCheckpoint checkpoint;
  checkpoint.number = proto.number();
  checkpoint.at = MicrosFrom(proto.at());
  for (const v1::AuditHead& head : proto.heads()) {
    checkpoint.heads.push_back({head.chain(), head.sequence(), head.digest()});
  }
  checkpoint.previous_digest = proto.previous_digest();
  checkpoint.digest = proto.digest();
  checkpoint.key_id = proto.key_id();
  checkpoint.signature = proto.signature();
  return checkpoint;
}

}  // namespace

absl::Status AuditVerifier::Take(std::string_view line) {
  v1::ExportAuditRecordsResponse message;
  const bool parsed =
      google::protobuf::util::JsonStringToMessage({line.data(), line.size()}, &message).ok();
  if (!parsed) return BrokenLog("the line is no line of an export, or was cut off");
  if (message.has_header() == has_header_) {
    return BrokenLog(has_header_ ? "a second header: two exports in one file"
                                 : "the export does not begin with its header");
  }
  switch (message.line_case()) {
    case v1::ExportAuditRecordsResponse::kHeader:
      return TakeHeader(message.header());
    case v1::ExportAuditRecordsResponse::kRecord:
      return TakeRecord(message.record());
    case v1::ExportAuditRecordsResponse::kCheckpoint:
      return TakeCheckpoint(message.checkpoint());
    case v1::ExportAuditRecordsResponse::LINE_NOT_SET:
      break;
  }
  return BrokenLog("the line says nothing");
}

absl::Status AuditVerifier::TakeHeader(const v1::AuditExportHeader& proto) {
  has_header_ = true;
  header_ = proto;
  result_.after_checkpoint = proto.after_checkpoint();
  return absl::OkStatus();
}

absl::Status AuditVerifier::TakeRecord(const v1::AuditRecord& proto) {
  const core::AuditRecord record = RecordFrom(proto);
  const std::string name = fmt::format("record {}.{}", record.chain, record.sequence);
  if (header_.after_checkpoint() > 0 && result_.last_checkpoint == 0) {
    return BrokenLog(fmt::format("{}: it stands before checkpoint {}, after which the export is",
                                 name, header_.after_checkpoint()));
  }
  core::AuditHead& head = heads_[record.chain];
  if (head.sequence == 0) head = {record.chain, 0, core::kNoDigest};
  if (record.sequence != head.sequence + 1) {
    return BrokenLog(
        fmt::format("{}: record {}.{} is due here: records are missing, moved or there twice", name,
                    record.chain, head.sequence + 1));
  }
  if (record.digest != crypto::Sha256Hex(core::CanonicalText(record, head.digest))) {
    return BrokenLog(
        fmt::format("{}: its digest is not that of its content and of the record before: one of "
                    "them was changed",
                    name));
  }
  head = {record.chain, record.sequence, record.digest};
  is_between_checkpoints_ = true;
  ++result_.records;
  return absl::OkStatus();
}

absl::Status AuditVerifier::TakeCheckpoint(const v1::AuditCheckpoint& proto) {
  const core::AuditCheckpoint checkpoint = CheckpointFrom(proto);
  const std::string name = fmt::format("checkpoint {}", checkpoint.number);
  // The one after which a later part begins was checked with the part before; it is where the
  // chains go on.
  const bool is_base = header_.after_checkpoint() > 0 && result_.last_checkpoint == 0;
  const std::int64_t due = is_base ? header_.after_checkpoint() : result_.last_checkpoint + 1;
  if (checkpoint.number != due) {
    return BrokenLog(fmt::format(
        "{}: checkpoint {} is due here: checkpoints are missing, moved or there twice", name, due));
  }
  const std::string& before =
      result_.last_digest.empty() ? std::string(core::kNoDigest) : result_.last_digest;
  if (!is_base && checkpoint.previous_digest != before) {
    return BrokenLog(
        fmt::format("{}: it does not follow the one before: one of the two was exchanged", name));
  }
  absl::Status status = CheckSignature(checkpoint);
  if (status.ok() && !is_base) status = CheckHeads(checkpoint);
  if (!status.ok()) return BrokenLog(fmt::format("{}: {}", name, std::string(status.message())));
  for (const core::AuditHead& head : checkpoint.heads) heads_[head.chain] = head;
  result_.last_checkpoint = checkpoint.number;
  result_.last_digest = checkpoint.digest;
  has_noted_ = has_noted_ || checkpoint.digest == noted_;
  is_between_checkpoints_ = false;
  ++result_.checkpoints;
  return absl::OkStatus();
}

absl::Status AuditVerifier::CheckSignature(const core::AuditCheckpoint& checkpoint) const {
  const std::string text = core::CanonicalText(checkpoint);
  if (checkpoint.digest != crypto::Sha256Hex(text)) {
    return BrokenLog("its digest is not that of its content: it was changed");
  }
  const auto key = std::ranges::find(keys_, checkpoint.key_id, &crypto::PublicKey::key_id);
  if (key == keys_.end()) {
    return BrokenLog(
        fmt::format("it is signed by the key {}, which is none of those given: it was "
                    "forged, or the public key of that time is needed too",
                    checkpoint.key_id));
  }
  if (key->Verifies(text, checkpoint.signature)) return absl::OkStatus();
  return BrokenLog("its signature is not that of the key that it names: it was forged");
}

absl::Status AuditVerifier::CheckHeads(const core::AuditCheckpoint& checkpoint) const {
  std::map<int, core::AuditHead> covered;
  for (const core::AuditHead& head : checkpoint.heads) {
    if (!covered.emplace(head.chain, head).second) return BrokenLog("it has one chain twice");
  }
  for (const auto& [chain, head] : covered) {
    const auto found = heads_.find(chain);
    const std::int64_t sequence = found == heads_.end() ? 0 : found->second.sequence;
    if (sequence < head.sequence) {
      return BrokenLog(
          fmt::format("record {}.{} was there when it was signed, and is missing: chain {} ends "
                      "with {}",
                      chain, sequence + 1, chain, sequence));
    }
    if (sequence == head.sequence && found->second.digest != head.digest) {
      return BrokenLog(
          fmt::format("record {}.{} is another than when it was signed: records up to it were "
                      "written anew",
                      chain, sequence));
    }
  }
  for (const auto& [chain, head] : heads_) {
    const auto found = covered.find(chain);
    if (found == covered.end() || found->second.sequence < head.sequence) {
      return BrokenLog(fmt::format("record {}.{} was not there when it was signed: it was added",
                                   chain, head.sequence));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<VerifiedAudit> AuditVerifier::Finish() const {
  if (!has_header_) return BrokenLog("the file is empty");
  if (is_between_checkpoints_) {
    return BrokenLog(
        fmt::format("the export ends within the records of checkpoint {}: it was cut "
                    "off",
                    result_.last_checkpoint + 1));
  }
  if (result_.last_checkpoint != header_.last_checkpoint() ||
      result_.last_digest != header_.last_digest()) {
    return BrokenLog(
        fmt::format("the export ends with checkpoint {}, but its header names {}: it was cut off",
                    result_.last_checkpoint, header_.last_checkpoint()));
  }
  if (result_.checkpoints == 0) return BrokenLog("no checkpoint is in it: nothing is signed");
  if (noted_.empty() || has_noted_) return result_;
  return BrokenLog(
      fmt::format("what is there is whole up to checkpoint {}, but the checkpoint {} is not in it: "
                  "records are missing at the end",
                  result_.last_checkpoint, noted_));
}

}  // namespace entryexit::ctl
