#include "entryexit/core/admission.h"

#include <algorithm>
#include <string>

#include "entryexit/core/reason.h"
#include "src/core/enum_names.h"

namespace entryexit::core {
namespace {

constexpr EnumNames<RuleKind, 5> kRuleNames = {{
    {RuleKind::kFixedDate, "FIXED_DATE"},
    {RuleKind::kDaysFromArrival, "DAYS_FROM_ARRIVAL"},
    {RuleKind::kDaysInWindow, "DAYS_IN_WINDOW"},
    {RuleKind::kDurationOfStatus, "DURATION_OF_STATUS"},
    {RuleKind::kExempt, "EXEMPT"},
}};
static_assert(CoversUpTo(RuleKind::kExempt, kRuleNames));

constexpr EnumNames<AdmissionChangeKind, 3> kChangeNames = {{
    {AdmissionChangeKind::kExtension, "EXTENSION"},
    {AdmissionChangeKind::kChangeOfStatus, "CHANGE_OF_STATUS"},
    {AdmissionChangeKind::kAdjustmentOfStatus, "ADJUSTMENT_OF_STATUS"},
}};
static_assert(CoversUpTo(AdmissionChangeKind::kAdjustmentOfStatus, kChangeNames));

constexpr EnumNames<AdmissionDecision, 4> kDecisionNames = {{
    {AdmissionDecision::kPending, "PENDING"},
    {AdmissionDecision::kGranted, "GRANTED"},
    {AdmissionDecision::kDenied, "DENIED"},
    {AdmissionDecision::kWithdrawn, "WITHDRAWN"},
}};
static_assert(CoversUpTo(AdmissionDecision::kWithdrawn, kDecisionNames));

constexpr int kMaxDays = 3660;

Date LastOf(int days, Date arrived_on) { return arrived_on + std::chrono::days(days - 1); }

// The last lawful day that was asked for; none when none was.
absl::StatusOr<std::optional<Date>> AskedUntil(const Authorization& asked, Date arrived_on) {
  if (const auto* date = std::get_if<Date>(&asked)) {
    if (*date >= arrived_on) return *date;
    return MakeError(Reason::kInvalidField,
                     "authorized_until lies before the day of arrival at the port");
  }
  if (const auto* from_arrival = std::get_if<DaysFromArrival>(&asked)) {
    const int days = from_arrival->days;
    if (days >= 1 && days <= kMaxDays) return LastOf(days, arrived_on);
    return MakeError(Reason::kInvalidField, "days_from_arrival must be 1 to " +
                                                std::to_string(kMaxDays) + ", not " +
                                                std::to_string(days));
  }
  return std::optional<Date>();
}

}  // namespace

const char* NameOf(RuleKind kind) { return kRuleNames[static_cast<size_t>(kind)].second; }

const char* NameOf(AdmissionChangeKind kind) {
  return kChangeNames[static_cast<size_t>(kind)].second;
}

std::optional<AdmissionChangeKind> AdmissionChangeKindFromName(const std::string& name) {
  return FromName(kChangeNames, name);
}

const char* NameOf(AdmissionDecision decision) {
  return kDecisionNames[static_cast<size_t>(decision)].second;
}

std::optional<AdmissionDecision> AdmissionDecisionFromName(const std::string& name) {
  return FromName(kDecisionNames, name);
}

absl::StatusOr<AuthorizationRule> RuleFor(const AdmissionPolicy& policy, const std::string& code,
                                          Date arrived_on) {
  const auto periods = policy.find(code);
  if (periods == policy.end()) {
    return MakeError(Reason::kInvalidField,
                     "class_of_admission '" + code + "' is not in the admission policy");
  }
  for (const RulePeriod& period : periods->second) {
    if (period.from <= arrived_on && (!period.until || arrived_on <= *period.until)) {
      return period.rule;
    }
  }
  return MakeError(Reason::kInvalidField, "class_of_admission '" + code +
                                              "' has no rule in the admission policy for arrivals "
                                              "on that day");
}

absl::StatusOr<Admission> Admit(const AuthorizationRule& rule, const std::string& code,
                                const Authorization& asked, Date arrived_on) {
  const absl::StatusOr<std::optional<Date>> until = AskedUntil(asked, arrived_on);
  if (!until.ok()) return until.status();
  const bool no_end_is_asked = std::holds_alternative<DurationOfStatus>(asked);
  Admission admission{code, *until, std::nullopt};
  switch (rule.kind) {
    case RuleKind::kDurationOfStatus:
    case RuleKind::kExempt:
      return admission;
    case RuleKind::kFixedDate:
      if (!*until && !no_end_is_asked) {
        return MakeError(Reason::kMissingField, "authorized_until is missing: in class '" + code +
                                                    "' the inspector sets the last lawful day");
      }
      break;
    case RuleKind::kDaysFromArrival: {
      const Date last = LastOf(rule.days, arrived_on);
      if (*until && **until > last) {
        return MakeError(Reason::kInvalidField, "class '" + code + "' may stay " +
                                                    std::to_string(rule.days) +
                                                    " days from arrival, and no longer");
      }
      admission.authorized_until = until->value_or(last);
      break;
    }
    case RuleKind::kDaysInWindow:
      admission.window = WindowRule{rule.days, rule.window_days};
      break;
  }
  if (no_end_is_asked) {
    return MakeError(Reason::kInvalidField,
                     "duration_of_status is not for class '" + code + "', whose stays end");
  }
  return admission;
}

}  // namespace entryexit::core
