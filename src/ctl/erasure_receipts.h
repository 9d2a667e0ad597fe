#ifndef ENTRYEXIT_SRC_CTL_ERASURE_RECEIPTS_H_
#define ENTRYEXIT_SRC_CTL_ERASURE_RECEIPTS_H_

#include <cstdint>
#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/erasure_receipt.h"
#include "entryexit/v1/retention_service.pb.h"

// The chain of receipts of erasures, checked without the service.
namespace entryexit::ctl {

// Errors: STORED_DATA_INVALID for what no service writes.
absl::StatusOr<core::ErasureReceipt> ReceiptFrom(const v1::ErasureReceipt& proto);

struct ReceiptChain {
  std::int64_t receipts = 0;
  std::int64_t erased = 0;  // things, by the counts
  std::string head;         // digest of the last receipt; empty without any
};

// Reads receipts as `entryexitctl retention receipts` writes them, one a line. `head`, unless
// empty, is a digest that was noted before and must be in the chain: without it nobody can tell
// that receipts are missing at the end. Errors: STORED_DATA_INVALID naming the first receipt that
// is broken, and why.
absl::StatusOr<ReceiptChain> VerifyReceipts(std::istream& lines, const std::string& head);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_ERASURE_RECEIPTS_H_
