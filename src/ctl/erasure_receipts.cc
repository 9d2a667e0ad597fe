#include "ctl/erasure_receipts.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <vector>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {
namespace {

// Far longer than any receipt, which has a line for each kind and rule.
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

absl::Status Broken(const std::string& what) {
  return core::MakeError(core::Reason::kStoredDataInvalid, what);
}

absl::StatusOr<core::Timestamp> MomentFrom(const google::protobuf::Timestamp& time) {
  constexpr int kNanosPerMicro = 1000;
  if (time.nanos() % kNanosPerMicro != 0) return Broken("its time is not to the microsecond");
  return core::Timestamp(std::chrono::seconds(time.seconds()) +
                         std::chrono::microseconds(time.nanos() / kNanosPerMicro));
}

// What is wrong with `receipt` after the last one of `chain`.
absl::Status CheckFollows(const core::ErasureReceipt& receipt, const ReceiptChain& chain) {
  if (receipt.number != chain.receipts + 1) {
    return Broken(
        fmt::format("it has number {} where {} is due: receipts are missing, moved or "
                    "there twice",
                    receipt.number, chain.receipts + 1));
  }
  if (receipt.digest != crypto::Sha256Hex(core::CanonicalText(receipt))) {
    return Broken("its content is not what its digest is of: it was changed");
  }
  const std::string& before = chain.receipts == 0 ? std::string(core::kNoReceipt) : chain.head;
  if (receipt.previous_digest != before) {
    return Broken("it does not follow the receipt before: one of the two was exchanged");
  }
  return absl::OkStatus();
}

absl::StatusOr<core::ErasureReceipt> ParseLine(const std::string& line) {
  v1::ErasureReceipt proto;
  if (const auto parsed = google::protobuf::util::JsonStringToMessage(line, &proto); !parsed.ok()) {
    return Broken("the line is no receipt in JSON");
  }
  return ReceiptFrom(proto);
}

}  // namespace

absl::StatusOr<core::ErasureReceipt> ReceiptFrom(const v1::ErasureReceipt& proto) {
  core::ErasureReceipt receipt;
  receipt.number = proto.number();
  receipt.run_id = proto.run_id();
  const auto at = MomentFrom(proto.at());
  if (!at.ok()) return at.status();
  receipt.at = *at;
  receipt.policy_digest = proto.policy_digest();
  receipt.principal = proto.principal();
  for (const v1::ErasureCount& count : proto.counts()) {
    const auto kind = core::DataKindFromName(client::NameOf(count.kind()));
    if (!kind) return Broken("it counts something of no known kind");
    receipt.counts.push_back({*kind, count.rule_id(), count.count()});
  }
  receipt.items_digest = proto.items_digest();
  receipt.previous_digest = proto.previous_digest();
  receipt.digest = proto.digest();
  return receipt;
}

absl::StatusOr<ReceiptChain> VerifyReceipts(std::istream& lines, const std::string& head) {
  ReceiptChain chain;
  bool has_head = head.empty();
  std::vector<char> buffer(kLongestLine);
  for (std::int64_t line = 1;; ++line) {
    lines.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto length = lines.gcount();
    if (lines.eof() && length == 0) break;
    const auto broken = [&](const absl::Status& why) {
      return Broken(fmt::format("line {}, receipt {}: {}", line, chain.receipts + 1,
                                std::string(why.message())));
    };
    if (lines.bad()) return Broken("the file cannot be read to its end");
    if (lines.fail()) return broken(Broken("the line is longer than any receipt"));
    const auto receipt = ParseLine(buffer.data());
    if (!receipt.ok()) return broken(receipt.status());
    if (absl::Status status = CheckFollows(*receipt, chain); !status.ok()) return broken(status);
    ++chain.receipts;
    for (const core::ErasureCount& count : receipt->counts) chain.erased += count.count;
    chain.head = receipt->digest;
    has_head = has_head || chain.head == head;
    if (lines.eof()) break;
  }
  if (has_head) return chain;
  return Broken(
      fmt::format("the chain is whole up to receipt {}, but {} is not in it: receipts are "
                  "missing at the end",
                  chain.receipts, head));
}

}  // namespace entryexit::ctl
