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

constexpr EnumNames<AdmissionDecision, 5> kDecisionNames = {{
    {AdmissionDecision::kPending, "PENDING"},
    {AdmissionDecision::kGranted, "GRANTED"},
    {AdmissionDecision::kDenied, "DENIED"},
    {AdmissionDecision::kWithdrawn, "WITHDRAWN"},
    {AdmissionDecision::kRecordedInError, "RECORDED_IN_ERROR"},
}};
static_assert(CoversUpTo(AdmissionDecision::kRecordedInError, kDecisionNames));

Date LastOf(int days, Date arrived_on) { return arrived_on + std::chrono::days(days - 1); }

// The last lawful day that was asked for; none when none was.
absl::StatusOr<std::optional<Date>> AskedUntil(const Authorization& asked, Date arrived_on) {
  if (const auto* date = std::get_if<Date>(&asked)) {
    if (*date < arrived_on) {
      return MakeError(Reason::kInvalidField,
                       "authorized_until lies before the day of arrival at the port");
    }
    if (*date <= LastOf(kMaxDays, arrived_on)) return *date;
    return MakeError(
        Reason::kInvalidField,
        "authorized_until lies more than " + std::to_string(kMaxDays) + " days after the arrival");
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

absl::Status CheckClassCode(std::string_view code) {
  constexpr size_t kMaxLength = 8;
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (!code.empty() && code.size() <= kMaxLength && std::ranges::all_of(code, allowed)) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kInvalidField,
                   "class_of_admission must be 1 to 8 characters of A-Z, 0-9 and hyphen");
}

absl::StatusOr<AuthorizationRule> RuleFor(const AdmissionPolicy& policy, const std::string& code,
                                          Date arrived_on) {
  if (absl::Status status = CheckClassCode(code); !status.ok()) return status;
  const auto periods = policy.find(code);
  if (periods == policy.end()) {
    return MakeError(Reason::kClassUnknown,
                     "class_of_admission '" + code + "' is not in the admission policy");
  }
  for (const RulePeriod& period : periods->second) {
    if (period.from <= arrived_on && (!period.until || arrived_on <= *period.until)) {
      return period.rule;
    }
  }
  return MakeError(Reason::kClassUnknown, "class_of_admission '" + code +
                                              "' has no rule in the admission policy for arrivals "
                                              "on that day");
}

absl::StatusOr<Admission> Admit(const AuthorizationRule& rule, const std::string& code,
                                const Authorization& asked, Date arrived_on) {
  const absl::StatusOr<std::optional<Date>> until = AskedUntil(asked, arrived_on);
  if (!until.ok()) return until.status();
  Admission admission{code, *until, std::nullopt};
  if (rule.kind == RuleKind::kDurationOfStatus || rule.kind == RuleKind::kExempt) return admission;
  if (std::holds_alternative<DurationOfStatus>(asked)) {
    return MakeError(Reason::kInvalidField,
                     "duration_of_status is not for class '" + code + "', whose stays end");
  }
  if (rule.kind == RuleKind::kDaysInWindow) {
    admission.window = WindowRule{rule.days, rule.window_days};
    return admission;
  }
  const std::optional<Date> last =
      rule.days > 0 ? std::optional(LastOf(rule.days, arrived_on)) : std::nullopt;
  if (*until && last && **until > *last) {
    return MakeError(Reason::kInvalidField, "class '" + code + "' may stay " +
                                                std::to_string(rule.days) +
                                                " days from arrival, and no longer");
  }
  if (!*until && rule.kind == RuleKind::kFixedDate) {
    return MakeError(Reason::kMissingField, "authorized_until is missing: in class '" + code +
                                                "' the inspector sets the last lawful day");
  }
  if (!*until) admission.authorized_until = last;
  return admission;
}

}  // namespace entryexit::core
