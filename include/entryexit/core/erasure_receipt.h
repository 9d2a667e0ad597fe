#ifndef ENTRYEXIT_CORE_ERASURE_RECEIPT_H_
#define ENTRYEXIT_CORE_ERASURE_RECEIPT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/retention.h"

// The proof that something was erased: one receipt for each transaction that did, chained by
// digests, so that none can be changed, left out or moved without its being seen. A receipt holds
// no personal data: how many of what, and a digest of their ids, which name nothing any more.
namespace entryexit::core {

struct ErasureCount {
  DataKind kind;
  std::string rule_id;
  std::int64_t count = 0;  // > 0

  friend auto operator<=>(const ErasureCount&, const ErasureCount&) = default;
};

struct ErasureReceipt {
  std::int64_t number = 0;  // from 1, without gaps
  std::string run_id;       // a UUID; of all receipts of one run
  Timestamp at;
  std::string policy_digest;         // SHA-256 of CanonicalText(RetentionPolicy), lower-case hex
  std::string principal;             // who had it erased
  std::vector<ErasureCount> counts;  // by kind and rule, each pair once
  std::string items_digest;          // SHA-256 of CanonicalText of what was erased
  std::string previous_digest;       // `digest` of the receipt before; of the first, kNoReceipt
  std::string digest;                // SHA-256 of CanonicalText of the above

  friend bool operator==(const ErasureReceipt&, const ErasureReceipt&) = default;
};

inline constexpr char kNoReceipt[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct ErasedItem {
  DataKind kind;
  TravelerId traveler_id;
  std::string subject_id;  // the crossing or case; empty for a traveler

  friend auto operator<=>(const ErasedItem&, const ErasedItem&) = default;
};

// What a receipt's digest is of: all but the digest itself, as docs/retention.md describes it.
std::string CanonicalText(const ErasureReceipt& receipt);

// What `items_digest` is of: one line for each item, sorted as text.
std::string CanonicalText(const std::vector<ErasedItem>& items);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_ERASURE_RECEIPT_H_
