#ifndef ENTRYEXIT_CORE_ADMISSION_H_
#define ENTRYEXIT_CORE_ADMISSION_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/stay_allowance.h"

// How long a traveler may stay: what was granted on arrival, the rules that classes of admission
// follow, and what an authority decides later.
namespace entryexit::core {

// What limits a stay. A date and a window may both be set: then the earlier day counts. Neither: no
// day ends it (duration of status, exempt classes).
struct Admission {
  std::string class_of_admission;        // e.g. "B-2"
  std::optional<Date> authorized_until;  // the last lawful day
  std::optional<WindowRule> window;      // days of stay in a moving window

  friend auto operator<=>(const Admission&, const Admission&) = default;
};

// The rules of stay that a class of admission may follow.
enum class RuleKind {
  kFixedDate,         // the inspector sets the last lawful day
  kDaysFromArrival,   // so many days, of which the day of arrival is the first
  kDaysInWindow,      // so many days of stay in a moving window (WindowRule)
  kDurationOfStatus,  // as long as the status lasts: no day makes the stay an overstay
  kExempt,            // no limit, as for diplomats
};
const char* NameOf(RuleKind kind);  // "FIXED_DATE", ...

struct AuthorizationRule {
  RuleKind kind = RuleKind::kFixedDate;
  // 1..3660; of kDaysFromArrival and kDaysInWindow. Of kFixedDate the most that the inspector may
  // grant, the day of arrival the first; 0: no limit of its own.
  int days = 0;
  int window_days = 0;  // days + 1..3660; of kDaysInWindow

  friend auto operator<=>(const AuthorizationRule&, const AuthorizationRule&) = default;
};

// A rule and the arrivals that it is for, by their calendar day at the port.
struct RulePeriod {
  Date from;
  std::optional<Date> until;  // the last day; absent: in force until changed
  AuthorizationRule rule;

  friend auto operator<=>(const RulePeriod&, const RulePeriod&) = default;
};

// The rules of every class of admission, by code. The periods of a class stand by time, each
// beginning on the day after the one before it ends.
using AdmissionPolicy = std::map<std::string, std::vector<RulePeriod>>;

// Classes of admission are 1 to 8 of the characters A-Z, 0-9 and hyphen. Errors: INVALID_FIELD.
absl::Status CheckClassCode(std::string_view code);

// The rule for arrivals in a class on a day.
// Errors: INVALID_FIELD when `code` is no class code; CLASS_UNKNOWN when the policy does not know
// it, or not on that day, which the operator has to mend.
absl::StatusOr<AuthorizationRule> RuleFor(const AdmissionPolicy& policy, const std::string& code,
                                          Date arrived_on);

// The most days that a stay may be authorized for at once.
inline constexpr int kMaxDays = 3660;

// What is asked for a stay: nothing (the class's rule decides), a last lawful day, a number of days
// from arrival, or no end.
struct DaysFromArrival {
  int days;  // 1..3660; the day of arrival is the first

  friend auto operator<=>(const DaysFromArrival&, const DaysFromArrival&) = default;
};
struct DurationOfStatus {
  friend auto operator<=>(const DurationOfStatus&, const DurationOfStatus&) = default;
};
using Authorization = std::variant<std::monostate, Date, DaysFromArrival, DurationOfStatus>;

// What `asked` comes to under `rule` for one admitted to `code` on `arrived_on`. An inspector may
// grant less than the rule, never more.
// Errors: MISSING_FIELD where the rule needs a date and none is asked for; INVALID_FIELD for a date
// before the arrival or more than kMaxDays after it, days out of range, and more than the rule
// allows.
absl::StatusOr<Admission> Admit(const AuthorizationRule& rule, const std::string& code,
                                const Authorization& asked, Date arrived_on);

// What travelers ask the authority for while they are in the country.
enum class AdmissionChangeKind { kExtension, kChangeOfStatus, kAdjustmentOfStatus };
const char* NameOf(AdmissionChangeKind kind);  // "EXTENSION", ...
std::optional<AdmissionChangeKind> AdmissionChangeKindFromName(const std::string& name);

enum class AdmissionDecision {
  kPending,
  kGranted,
  kDenied,
  kWithdrawn,        // by the traveler
  kRecordedInError,  // there is no such application of this traveler
};
const char* NameOf(AdmissionDecision decision);  // "PENDING", ...
std::optional<AdmissionDecision> AdmissionDecisionFromName(const std::string& name);

// What is known of one application. Of its reports the one with the greatest revision counts, and
// of those the one decided last: whoever corrects a report, or reopens a decision, reports the next
// revision.
struct AdmissionChange {
  std::string application_id;  // the authority's receipt number
  int revision = 1;            // 1..1000
  AdmissionChangeKind kind;
  Date filed_on;
  AdmissionDecision decision;
  std::optional<Date> decided_on;    // of kGranted, kDenied and kWithdrawn; not before `filed_on`
  std::optional<Admission> granted;  // present when granted; has no window

  friend auto operator<=>(const AdmissionChange&, const AdmissionChange&) = default;
};

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_ADMISSION_H_
