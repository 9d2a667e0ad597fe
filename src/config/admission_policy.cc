#include "entryexit/config/admission_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/config/numbers.h"
#include "src/config/text_rules.h"
#include "src/config/yaml_reader.h"

namespace entryexit::config {
namespace {

using core::RuleKind;

constexpr char kClassRule[] = "1 to 8 capital letters, digits and hyphens, the first no hyphen";

// Whether a number comes with a rule.
enum class Use { kNever, kOptional, kRequired };

// How a rule is written, and which numbers come with it.
struct RuleForm {
  const char* name;
  RuleKind kind;
  Use days;
  Use window_days;
};
constexpr std::array<RuleForm, 5> kRuleForms = {{
    {"fixed_date", RuleKind::kFixedDate, Use::kOptional, Use::kNever},
    {"days_from_arrival", RuleKind::kDaysFromArrival, Use::kRequired, Use::kNever},
    {"days_in_window", RuleKind::kDaysInWindow, Use::kRequired, Use::kRequired},
    {"duration_of_status", RuleKind::kDurationOfStatus, Use::kNever, Use::kNever},
    {"exempt", RuleKind::kExempt, Use::kNever, Use::kNever},
}};
constexpr std::array<const char*, 5> kPeriodKeys = {"from", "until", "rule", "days", "window_days"};

std::string RuleNames() {
  std::vector<std::string> names;
  for (const RuleForm& form : kRuleForms) names.emplace_back(form.name);
  return fmt::format("one of {}", fmt::join(names, ", "));
}

const RuleForm* RuleFormOf(const Entry& entry) {
  const std::string name = entry.value.IsScalar() ? entry.value.Scalar() : "";
  for (const RuleForm& form : kRuleForms) {
    if (name == form.name) return &form;
  }
  return nullptr;
}

// What the entry is called within its section: names of keys have no dots.
std::string KeyOf(const Entry& entry) { return entry.name.substr(entry.name.rfind('.') + 1); }

// One period of a class as it stands in the file.
struct PeriodText {
  Entry entry;
  std::map<std::string, Entry> fields;  // by key, each one of kPeriodKeys

  const Entry* Find(const std::string& key) const {
    const auto found = fields.find(key);
    return found == fields.end() ? nullptr : &found->second;
  }
};

// Fills an AdmissionPolicy from one file.
class PolicyReader {
 public:
  explicit PolicyReader(const std::filesystem::path& path) : reader_(path) {}

  absl::StatusOr<core::AdmissionPolicy> Read() {
    absl::Status status =
        reader_.ReadFile([this](const Entry& document) { return ReadDocument(document); });
    if (!status.ok()) return status;
    if (policy_.empty()) {
      return ErrorAt(fmt::format("{}:{}", reader_.path().string(), classes_line_),
                     "classes: at least one class of admission is needed");
    }
    return std::move(policy_);
  }

 private:
  absl::Status ReadDocument(const Entry& document) {
    return reader_.ReadMap(document, [this](const Entry& entry) {
      if (entry.name != "classes") return reader_.UnknownKey(entry);
      classes_line_ = entry.line;
      return reader_.ReadMap(entry, [this](const Entry& one) { return ReadClass(one); });
    });
  }

  absl::Status ReadClass(const Entry& entry) {
    const std::string code = KeyOf(entry);
    if (!IsClassOfAdmission(code)) {
      return reader_.ErrorIn(entry, fmt::format("classes: '{}' is not {}", code, kClassRule));
    }
    std::vector<core::RulePeriod> periods;
    absl::Status status =
        reader_.ReadList(entry, [&](const Entry& period) { return ReadPeriod(period, periods); });
    if (!status.ok()) return status;
    if (periods.empty()) {
      return reader_.ErrorIn(entry, fmt::format("{}: at least one period is needed", entry.name));
    }
    policy_.emplace(code, std::move(periods));
    return absl::OkStatus();
  }

  absl::Status ReadPeriod(const Entry& entry, std::vector<core::RulePeriod>& periods) const {
    PeriodText text{entry, {}};
    absl::Status status =
        reader_.ReadMap(entry, [&](const Entry& field) { return ReadField(field, text); });
    core::RulePeriod period{};
    if (status.ok()) status = ReadDays(text, period);
    if (status.ok()) status = ReadRule(text, period.rule);
    if (status.ok() && !periods.empty()) {
      status = CheckFollows(*text.Find("from"), periods.back(), period);
    }
    if (status.ok()) periods.push_back(period);
    return status;
  }

  absl::Status ReadField(const Entry& field, PeriodText& text) const {
    const std::string key = KeyOf(field);
    if (std::ranges::find(kPeriodKeys, key) == kPeriodKeys.end()) return reader_.UnknownKey(field);
    text.fields.emplace(key, field);
    return absl::OkStatus();
  }

  absl::Status Missing(const PeriodText& text, const std::string& key,
                       const std::string& allowed) const {
    return reader_.ErrorIn(text.entry,
                           fmt::format("{}.{} is missing: {}", text.entry.name, key, allowed));
  }

  // The first and the last day of the period.
  absl::Status ReadDays(const PeriodText& text, core::RulePeriod& period) const {
    const Entry* const from = text.Find("from");
    const Entry* const until = text.Find("until");
    if (from == nullptr) return Missing(text, "from", "a day of the calendar, YYYY-MM-DD");
    absl::Status status = ReadDay(*from, period.from);
    if (!status.ok() || until == nullptr) return status;
    status = ReadDay(*until, period.until.emplace());
    if (status.ok() && *period.until < period.from) {
      return reader_.NotAllowed(
          *until, fmt::format("on or after the period's first day, {}", TextOf(period.from)));
    }
    return status;
  }

  absl::Status ReadDay(const Entry& entry, core::Date& target) const {
    const std::optional<core::Date> day =
        entry.value.IsScalar() ? ParseDay(entry.value.Scalar()) : std::nullopt;
    if (!day) return reader_.NotAllowed(entry, "a day of the calendar, YYYY-MM-DD");
    target = *day;
    return absl::OkStatus();
  }

  absl::Status ReadRule(const PeriodText& text, core::AuthorizationRule& rule) const {
    const Entry* const entry = text.Find("rule");
    if (entry == nullptr) return Missing(text, "rule", RuleNames());
    const RuleForm* const form = RuleFormOf(*entry);
    if (form == nullptr) return reader_.NotAllowed(*entry, RuleNames());
    rule.kind = form->kind;
    // A window is longer than the days in it.
    const bool has_window = form->window_days != Use::kNever;
    const int max_days = has_window ? core::kMaxDays - 1 : core::kMaxDays;
    absl::Status status = ReadNumber(text, *form, "days", form->days, 1, max_days, rule.days);
    if (!status.ok()) return status;
    return ReadNumber(text, *form, "window_days", form->window_days, rule.days + 1, core::kMaxDays,
                      rule.window_days);
  }

  // Reads a number that may, must or must not be there.
  absl::Status ReadNumber(const PeriodText& text, const RuleForm& form, const std::string& key,
                          Use use, int min, int max, int& target) const {
    const Entry* const entry = text.Find(key);
    if (entry == nullptr && use != Use::kRequired) return absl::OkStatus();
    if (use == Use::kNever) {
      return reader_.ErrorIn(*entry,
                             fmt::format("{}: rule {} has no {}", entry->name, form.name, key));
    }
    const std::string allowed = RangeText(min, max);
    if (entry == nullptr) {
      return Missing(text, key, fmt::format("rule {} needs {}", form.name, allowed));
    }
    const std::optional<int> number =
        entry->value.IsScalar() ? ParseNumber(entry->value.Scalar(), min, max) : std::nullopt;
    if (!number) return reader_.NotAllowed(*entry, allowed);
    target = *number;
    return absl::OkStatus();
  }

  // No arrival may find two rules, or none from the first period on.
  absl::Status CheckFollows(const Entry& from, const core::RulePeriod& before,
                            const core::RulePeriod& period) const {
    if (!before.until) {
      return reader_.ErrorIn(from, fmt::format("{}: the period before has no until, so it must be "
                                               "the last one of the class",
                                               from.name));
    }
    const core::Date expected = *before.until + std::chrono::days(1);
    if (period.from == expected) return absl::OkStatus();
    return reader_.ErrorIn(
        from,
        fmt::format("{}: the period {} the one before; it must begin on {}", from.name,
                    period.from < expected ? "overlaps" : "leaves a gap after", TextOf(expected)));
  }

  const YamlReader reader_;
  core::AdmissionPolicy policy_;
  int classes_line_ = 1;  // where to look for the classes when there are none
};

}  // namespace

absl::StatusOr<core::AdmissionPolicy> LoadAdmissionPolicy(const std::filesystem::path& path) {
  return PolicyReader(path).Read();
}

}  // namespace entryexit::config
