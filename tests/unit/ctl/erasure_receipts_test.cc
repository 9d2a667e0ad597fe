#include "ctl/erasure_receipts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/report_request.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "tests/support/status_matchers.h"

namespace entryexit::ctl {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

v1::ErasureReceipt ProtoOf(const core::ErasureReceipt& receipt) {
  v1::ErasureReceipt proto;
  proto.set_number(receipt.number);
  proto.set_run_id(receipt.run_id);
  *proto.mutable_at() = TimeOf(receipt.at);
  proto.set_policy_digest(receipt.policy_digest);
  proto.set_principal(receipt.principal);
  for (const core::ErasureCount& count : receipt.counts) {
    v1::ErasureCount* const added = proto.add_counts();
    added->set_kind(static_cast<v1::DataKind>(static_cast<int>(count.kind) + 1));
    added->set_rule_id(count.rule_id);
    added->set_count(count.count);
  }
  proto.set_items_digest(receipt.items_digest);
  proto.set_previous_digest(receipt.previous_digest);
  proto.set_digest(receipt.digest);
  return proto;
}

class ErasureReceiptsTest : public ::testing::Test {
 protected:
  ErasureReceiptsTest() {
    std::string previous = core::kNoReceipt;
    for (int i = 1; i <= 5; ++i) {
      core::ErasureReceipt receipt;
      receipt.number = i;
      receipt.run_id = "6d1f5a10-0000-4000-8000-000000000001";
      receipt.at = core::Timestamp(std::chrono::microseconds(1'800'000'000'123'456 + i));
      receipt.policy_digest = std::string(64, 'a');
      receipt.principal = "admin/retention";
      receipt.counts = {{core::DataKind::kImage, "other-image", i},
                        {core::DataKind::kTraveler, "other-crossing-exit", 1}};
      receipt.items_digest = std::string(64, 'b');
      receipt.previous_digest = previous;
      Seal(receipt);
      previous = receipt.digest;
      chain_.push_back(receipt);
    }
  }

  static void Seal(core::ErasureReceipt& receipt) {
    receipt.digest = crypto::Sha256Hex(core::CanonicalText(receipt));
  }

  std::string Text() const {
    std::string text;
    for (const core::ErasureReceipt& receipt : chain_) {
      text += client::ToJson(ProtoOf(receipt)) + '\n';
    }
    return text;
  }

  static absl::StatusOr<ReceiptChain> Verify(const std::string& text,
                                             const std::string& head = "") {
    std::istringstream lines(text);
    return VerifyReceipts(lines, head);
  }

  // Expects that the chain as it stands now is broken at this receipt.
  void ExpectBroken(int number, const std::string& why) const {
    const auto chain = Verify(Text());
    ASSERT_THAT(chain, FailsWith(core::Reason::kStoredDataInvalid)) << why;
    EXPECT_THAT(std::string(chain.status().message()),
                HasSubstr("receipt " + std::to_string(number) + ": "))
        << why;
    EXPECT_THAT(std::string(chain.status().message()), HasSubstr(why));
  }

  std::vector<core::ErasureReceipt> chain_;
};

TEST_F(ErasureReceiptsTest, AWholeChainIsWhole) {
  const auto chain = Verify(Text(), chain_.back().digest);
  ASSERT_THAT(chain, IsOk());
  EXPECT_EQ(chain->receipts, 5);
  EXPECT_EQ(chain->erased, 1 + 2 + 3 + 4 + 5 + 5);
  EXPECT_EQ(chain->head, chain_.back().digest);
  EXPECT_THAT(Verify(Text(), chain_[2].digest), IsOk()) << "more was erased since it was noted";
  std::string without_last_line_end = Text();
  without_last_line_end.pop_back();
  EXPECT_THAT(Verify(without_last_line_end, chain_.back().digest), IsOk());
  const auto empty = Verify("");
  ASSERT_THAT(empty, IsOk());
  EXPECT_EQ(empty->receipts, 0);
}

TEST_F(ErasureReceiptsTest, EveryFieldIsUnderTheDigest) {
  const std::vector<std::function<void(core::ErasureReceipt&)>> edits = {
      [](auto& receipt) { receipt.run_id = "6d1f5a10-0000-4000-8000-000000000002"; },
      [](auto& receipt) { receipt.at += std::chrono::microseconds(1); },
      [](auto& receipt) { receipt.policy_digest[0] = 'c'; },
      [](auto& receipt) { receipt.principal = "admin/other"; },
      [](auto& receipt) { ++receipt.counts[0].count; },
      [](auto& receipt) { receipt.counts[0].kind = core::DataKind::kTemplate; },
      [](auto& receipt) { receipt.counts[0].rule_id = "x"; },
      [](auto& receipt) { receipt.counts.pop_back(); },
      [](auto& receipt) { std::swap(receipt.counts[0], receipt.counts[1]); },
      [](auto& receipt) { receipt.items_digest[63] = 'c'; },
      [](auto& receipt) {
        receipt.previous_digest[0] = receipt.previous_digest[0] == '0' ? '1' : '0';
      },
      [](auto& receipt) { receipt.digest[0] = receipt.digest[0] == '0' ? '1' : '0'; },
  };
  const std::vector<core::ErasureReceipt> whole = chain_;
  for (const auto& edit : edits) {
    chain_ = whole;
    edit(chain_[2]);
    ExpectBroken(3, "it was changed");
  }
}

TEST_F(ErasureReceiptsTest, AForgedDigestShowsAtTheNextReceipt) {
  chain_[2].counts[0].count = 1;
  Seal(chain_[2]);
  ExpectBroken(4, "one of the two was exchanged");
}

TEST_F(ErasureReceiptsTest, DroppedSwappedAndRepeatedReceiptsShow) {
  const std::vector<core::ErasureReceipt> whole = chain_;
  chain_.erase(chain_.begin() + 1);
  ExpectBroken(2, "number 3 where 2 is due");
  chain_ = whole;
  std::swap(chain_[1], chain_[2]);
  ExpectBroken(2, "number 3 where 2 is due");
  chain_ = whole;
  chain_.insert(chain_.begin() + 1, whole[0]);
  ExpectBroken(2, "number 1 where 2 is due");
  chain_ = whole;
  chain_.erase(chain_.begin());
  ExpectBroken(1, "number 2 where 1 is due");
  // Numbers made to fit show by their digests.
  chain_ = whole;
  chain_.erase(chain_.begin() + 1);
  chain_[1].number = 2;
  ExpectBroken(2, "it was changed");
  Seal(chain_[1]);
  ExpectBroken(2, "one of the two was exchanged");
}

TEST_F(ErasureReceiptsTest, WhatIsMissingAtTheEndShowsByAHeadThatWasNoted) {
  const std::string head = chain_.back().digest;
  chain_.pop_back();
  EXPECT_THAT(Verify(Text()), IsOk());
  const auto chain = Verify(Text(), head);
  EXPECT_THAT(chain, FailsWith(core::Reason::kStoredDataInvalid));
  EXPECT_THAT(std::string(chain.status().message()),
              HasSubstr("whole up to receipt 4, but " + head + " is not in it"));
  EXPECT_THAT(Verify("", head), FailsWith(core::Reason::kStoredDataInvalid));
}

TEST_F(ErasureReceiptsTest, OtherFilesAreNoReceipts) {
  const std::string good = Text();
  for (const std::string& bad :
       {std::string("\n"), std::string("{}\n"), std::string("no json\n"), std::string("[1]\n"),
        good + "\n", good.substr(0, good.size() / 2), good + std::string(3 << 20, 'x'),
        std::string("{\"number\": \"1\", \"name\": \"x\"}\n"), std::string("\0\0", 2)}) {
    EXPECT_THAT(Verify(bad), FailsWith(core::Reason::kStoredDataInvalid)) << bad.substr(0, 80);
  }
}

}  // namespace
}  // namespace entryexit::ctl
