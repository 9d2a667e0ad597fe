#ifndef ENTRYEXIT_CORE_CASES_H_
#define ENTRYEXIT_CORE_CASES_H_

#include <optional>
#include <string>

#include "entryexit/core/matching.h"
#include "entryexit/core/stays.h"

namespace entryexit::core {

// Something an officer must decide.
enum class CaseKind {
  kIdentityNoMatch,
  kIdentityInconclusive,
  kNoReference,
  kOverstay,
  kDepartureWithoutArrival,
  kArrivalOnOpenStay,
  kDocumentDataConflict,  // a known document shown with other personal data than before
};
const char* NameOf(CaseKind kind);  // "IDENTITY_NO_MATCH", ...
std::optional<CaseKind> CaseKindFromName(const std::string& name);

enum class Severity { kLow, kMedium, kHigh };
const char* NameOf(Severity severity);

enum class CaseState {
  kOpen,
  kUpheld,     // an officer agreed with the lead
  kDismissed,  // an officer found the lead unfounded
  kWithdrawn,  // a later event disproved it
};
const char* NameOf(CaseState state);
std::optional<CaseState> CaseStateFromName(const std::string& name);

// The kind of case that an outcome opens; none for outcomes that need no officer.
std::optional<CaseKind> CaseKindFor(Outcome outcome);
CaseKind CaseKindFor(FlagKind flag);

// `days_overstayed` counts for overstays only: up to 180 days medium, beyond that high, after the
// three- and ten-year bars of 8 U.S.C. 1182(a)(9)(B), which begin at more than 180 days.
Severity SeverityOf(CaseKind kind, int days_overstayed);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CASES_H_
