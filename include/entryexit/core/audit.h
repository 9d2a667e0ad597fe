#ifndef ENTRYEXIT_CORE_AUDIT_H_
#define ENTRYEXIT_CORE_AUDIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

// The log of who read or changed what. Records form several chains, in each of which every digest
// covers the one before; checkpoints sign the last digests of all chains together. docs/audit.md
// tells what that proves.
namespace entryexit::core {

// What is told of one call. Ids alone: no names, numbers or pictures.
struct AuditEntry {
  std::string principal;                  // who: "officer/4711"
  std::string method;                     // of the API: "/entryexit.v1.BackOfficeService/GetCase"
  std::string purpose;                    // what for; empty: none was asked for
  std::optional<CaseId> case_id;          // what for, more exactly
  std::optional<TravelerId> traveler_id;  // whose data; none: of a list, or nobody's
  std::string subject;                    // what of it, mostly an id; may be empty
  std::string outcome;                    // "OK", or the name of the Reason for the refusal
  std::optional<RequestId> request_id;    // of changes

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

inline constexpr char kAuditOk[] = "OK";

// An entry in its place. By chain and sequence it is named "3.17".
struct AuditRecord {
  int chain = 0;
  std::int64_t sequence = 0;  // within the chain, from 1, without gaps
  Timestamp at;
  AuditEntry entry;
  std::string digest;  // SHA-256 of CanonicalText, lower-case hex

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// What comes before the first record of a chain and before the first checkpoint.
inline constexpr char kNoDigest[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

// The last record of a chain.
struct AuditHead {
  int chain = 0;
  std::int64_t sequence = 0;
  std::string digest;

  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

struct AuditCheckpoint {
  std::int64_t number = 0;  // from 1, without gaps
  Timestamp at;
  std::vector<AuditHead> heads;  // of the chains that have records, by chain
  std::string previous_digest;   // of the checkpoint before; of the first, kNoDigest
  std::string digest;            // SHA-256 of CanonicalText
  std::string key_id;            // who signed
  std::string signature;         // Ed25519 of CanonicalText, lower-case hex

  friend bool operator==(const AuditCheckpoint&, const AuditCheckpoint&) = default;
};

// What a record's digest is of: all but the digest itself, and the digest of the record before it
// in its chain.
std::string CanonicalText(const AuditRecord& record, const std::string& previous_digest);

// What a checkpoint's digest and signature are of: all but the two and the key.
std::string CanonicalText(const AuditCheckpoint& checkpoint);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_AUDIT_H_
