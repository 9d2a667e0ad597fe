#ifndef ENTRYEXIT_CORE_CASES_H_
#define ENTRYEXIT_CORE_CASES_H_

#include <optional>
#include <string>

#include "entryexit/core/matching.h"
#include "entryexit/core/stays.h"

namespace entryexit::core {

// Something an officer must decide: a lead, or what a traveler asked for.
enum class CaseKind {
  kIdentityNoMatch,
  kIdentityInconclusive,
  kNoReference,
  kOverstay,
  kDepartureWithoutArrival,
  kArrivalOnOpenStay,
  kDocumentDataConflict,  // a known document shown with other personal data than before
  kSuspectedOverstay,     // authorization over, no departure recorded (in-country)
  kCorrectionRequest,     // the traveler says that what is recorded is wrong
};
const char* NameOf(CaseKind kind);  // "IDENTITY_NO_MATCH", ...
std::optional<CaseKind> CaseKindFromName(const std::string& name);

enum class Severity { kLow, kMedium, kHigh };
const char* NameOf(Severity severity);

enum class CaseState {
  kOpen,
  kAwaitsSecondOfficer,  // one officer decided against the person: takes a second, other one
  kUpheld,               // the officers agreed with the lead
  kDismissed,            // they found the lead unfounded
  kWithdrawn,            // a later event disproved it
};
const char* NameOf(CaseState state);
std::optional<CaseState> CaseStateFromName(const std::string& name);
// Whether an officer must do something yet.
bool WaitsForOfficer(CaseState state);
// Whether such a case makes the traveler's record disputed: a request for a correction that was not
// granted, be it that nobody has decided it or that it was refused.
bool IsDispute(CaseKind kind, CaseState state);

// The kind of case that an outcome opens; none for outcomes that need no officer.
std::optional<CaseKind> CaseKindFor(Outcome outcome);
CaseKind CaseKindFor(FlagKind flag);

// The days count for overstays only: up to 180 from the 18th birthday on medium, beyond that high
// (OverstayBand).
Severity SeverityOf(CaseKind kind, int days_overstayed, int days_before_18 = 0);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CASES_H_
