#include "entryexit/core/audit.h"

#include <gtest/gtest.h>

#include <string>

namespace entryexit::core {
namespace {

// What was exported once must verify for ever: the texts are written out here.
TEST(AuditText, OfARecordIsItsValuesWithTheirLengths) {
  AuditRecord record;
  record.chain = 3;
  record.sequence = 17;
  record.at = Timestamp(std::chrono::microseconds(1'800'000'000'123'456));
  record.entry.principal = "officer/4711";
  record.entry.method = "/m";
  record.entry.outcome = "OK";
  EXPECT_EQ(
      CanonicalText(record, kNoDigest),
      "24:entryexit audit record 1\n1:3\n2:17\n16:1800000000123456\n12:officer/4711\n2:/m\n-\n"
      "-\n-\n-\n2:OK\n-\n64:" +
          std::string(64, '0'));
  record.entry.purpose = "P";
  record.entry.case_id = CaseId("c");
  record.entry.traveler_id = TravelerId("t");
  record.entry.subject = "\u00fc\n-";
  record.entry.request_id = RequestId("r");
  EXPECT_EQ(
      CanonicalText(record, "d"),
      "24:entryexit audit record 1\n1:3\n2:17\n16:1800000000123456\n12:officer/4711\n2:/m\n1:P\n"
      "1:c\n1:t\n4:\u00fc\n-\n2:OK\n1:r\n1:d");
}

TEST(AuditText, OfACheckpointHasALineForEachChain) {
  AuditCheckpoint checkpoint;
  checkpoint.number = 2;
  checkpoint.at = Timestamp(std::chrono::microseconds(1));
  checkpoint.heads = {{0, 5, "a"}, {15, 1, "b"}};
  checkpoint.previous_digest = "p";
  checkpoint.key_id = "k";
  checkpoint.signature = "s";
  EXPECT_EQ(CanonicalText(checkpoint),
            "entryexit audit checkpoint 1\nnumber 2\nat 1\nhead 0 5 a\nhead 15 1 b\nprevious p\n");
}

}  // namespace
}  // namespace entryexit::core
