#ifndef ENTRYEXIT_PORTS_RETENTION_H_
#define ENTRYEXIT_PORTS_RETENTION_H_

#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/cases.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/erasure_receipt.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/retention.h"

// What erasing by the retention policy reads and writes.
namespace entryexit::ports {

// The order in which a run looks for what may be due: first what there is most of.
enum class ErasurePhase {
  kNationalImages,
  kOtherImages,
  kTemplates,
  kClosedStays,
  kOpenStays,             // and those whose departure was not recorded
  kCrossingsWithoutStay,  // departures without arrival, and what was voided or moved away
  kCases,
};
inline constexpr ErasurePhase kLastErasurePhase = ErasurePhase::kCases;

// Something that may be due; also the place of a page in the list of its phase.
struct ErasureCandidate {
  core::Timestamp at;  // the event that the phase goes by
  core::TravelerId traveler_id;
  std::string subject_id;  // the crossing (of a stay, its arrival), or the case

  friend auto operator<=>(const ErasureCandidate&, const ErasureCandidate&) = default;
};

// What is kept of one traveler besides the records themselves.
struct RetainedItems {
  std::vector<core::CrossingId> images;
  std::vector<core::CrossingId> templates;
  bool held = false;  // by a legal hold that is not released
};

// Append-only; goes with what it announces.
struct ErasureNotice {
  core::TravelerId traveler_id;
  core::DataKind kind;
  std::string subject_id;
  core::Timestamp due_at;
  std::string rule_id;
  core::Timestamp announced_at;
  std::string run_id;
};

// A lead whose case was decided and has been erased: it opens none again unless it is graver.
struct SettledLead {
  core::TravelerId traveler_id;
  core::CaseKind kind;
  core::CrossingId crossing_id;
  core::Severity severity;  // of the case
  core::CaseState state;    // upheld or dismissed
};

// What to erase of one traveler.
struct ErasureOrder {
  core::TravelerId traveler_id;
  std::vector<core::CrossingId> images;
  std::vector<core::CrossingId> templates;
  std::vector<core::CrossingId> crossings;  // with all that refers to them but these
  std::vector<core::CaseId> cases;
  bool whole_traveler = false;  // the record, documents, admission changes, released holds
};

enum class LegalHoldEventKind { kPlaced, kReleased };
const char* NameOf(LegalHoldEventKind kind);  // "PLACED", "RELEASED"

// Append-only.
struct LegalHoldEvent {
  core::TravelerId traveler_id;
  std::string hold_id;  // a UUID
  LegalHoldEventKind kind = LegalHoldEventKind::kPlaced;
  core::RequestId request_id;
  std::string principal;
  core::Timestamp at;
  std::string reference;  // the order's own number or words
};

struct LegalHold {
  core::TravelerId traveler_id;
  std::string hold_id;
  std::string placed_by;
  core::Timestamp placed_at;
  std::string reference;
  // Present when released.
  std::optional<std::string> released_by;
  std::optional<core::Timestamp> released_at;
  std::optional<std::string> release_reference;
};

struct LegalHoldCursor {
  core::TravelerId traveler_id;
  std::string hold_id;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_RETENTION_H_
