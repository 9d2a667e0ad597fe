#include "entryexit/config/retention_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/core/ids.h"
#include "src/config/numbers.h"
#include "src/config/text_rules.h"
#include "src/config/yaml_reader.h"

namespace entryexit::config {
namespace {

using core::DataKind;
using core::RetentionEvent;
using core::RetentionRule;
using core::RetentionSubject;
using core::TravelerCategory;
using Unit = core::RetentionPeriod::Unit;

constexpr char kDayRule[] = "a day of the calendar, YYYY-MM-DD";
constexpr int kMaxNoticeDays = 3660;

// How the values of an enumeration are written.
template <typename Enum>
using Word = std::pair<const char*, Enum>;
constexpr std::array<Word<TravelerCategory>, 2> kCategoryWords = {{
    {"national", TravelerCategory::kNational},
    {"other", TravelerCategory::kOther},
}};
constexpr std::array<Word<DataKind>, 4> kDataWords = {{
    {"image", DataKind::kImage},
    {"template", DataKind::kTemplate},
    {"crossing", DataKind::kCrossing},
    {"case", DataKind::kCase},
}};
constexpr std::array<Word<RetentionEvent>, 4> kEventWords = {{
    {"capture", RetentionEvent::kCapture},
    {"last_exit", RetentionEvent::kLastExit},
    {"authorization_ended", RetentionEvent::kAuthorizationEnded},
    {"case_closed", RetentionEvent::kCaseClosed},
}};
constexpr std::array<Word<bool>, 2> kBoolWords = {{{"true", true}, {"false", false}}};
struct UnitForm {
  const char* one;
  const char* many;
  Unit unit;
  int max;  // a century
};
constexpr std::array<UnitForm, 4> kUnitForms = {{
    {"hour", "hours", Unit::kHours, core::kMaxPeriod},
    {"day", "days", Unit::kDays, 36'500},
    {"month", "months", Unit::kMonths, 1200},
    {"year", "years", Unit::kYears, 100},
}};
constexpr char kPeriodRule[] =
    "a period, such as '12 hours', '14 days', '6 months' or '3 years', of a century at most";

template <typename Words>
std::string ChoicesOf(const Words& words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) names.emplace_back(name);
  return fmt::format("one of {}", fmt::join(names, ", "));
}

template <typename Words>
std::string WordFor(const Words& words, decltype(words.front().second) value) {
  for (const auto& [name, named] : words) {
    if (named == value) return name;
  }
  return "";
}

std::optional<core::RetentionPeriod> ParsePeriod(const std::string& text) {
  const size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  for (const UnitForm& form : kUnitForms) {
    const std::optional<int> count = ParseNumber(text.substr(0, space), 1, form.max);
    if (!count || text.substr(space + 1) != (*count == 1 ? form.one : form.many)) continue;
    return core::RetentionPeriod{form.unit, *count};
  }
  return std::nullopt;
}

std::string SubjectText(const RetentionSubject& subject) {
  return fmt::format("traveler {}, data {}, event {}", WordFor(kCategoryWords, subject.category),
                     WordFor(kDataWords, subject.kind), WordFor(kEventWords, subject.event));
}

// A rule as it stands in the file.
struct RuleText {
  Entry entry;
  std::map<std::string, Entry> fields;  // by key
  RetentionRule rule;

  // Where to look for what is wrong with `key`.
  const Entry& Of(const std::string& key) const {
    const auto found = fields.find(key);
    return found == fields.end() ? entry : found->second;
  }
};

// Fills a RetentionPolicy from one file.
class RetentionReader {
 public:
  explicit RetentionReader(const std::filesystem::path& path) : reader_(path) {}

  absl::StatusOr<core::RetentionPolicy> Read() {
    absl::Status status =
        reader_.ReadFile([this](const Entry& document) { return ReadDocument(document); });
    if (status.ok()) status = CheckCoverage();
    if (!status.ok()) return status;
    core::RetentionPolicy policy;
    for (RuleText& text : rules_) policy.push_back(std::move(text.rule));
    return policy;
  }

 private:
  absl::Status ReadDocument(const Entry& document) {
    return reader_.ReadMap(document, [this](const Entry& entry) {
      if (entry.name != "rules") return reader_.UnknownKey(entry);
      rules_line_ = entry.line;
      return reader_.ReadList(entry, [this](const Entry& one) { return ReadRule(one); });
    });
  }

  absl::Status ReadRule(const Entry& entry) {
    static const std::set<std::string> kKeys = {
        "id",          "traveler",        "data", "event", "keep",
        "notice_days", "waits_for_cases", "from", "until"};
    RuleText text{entry, {}, {}};
    absl::Status status = reader_.ReadMap(entry, [&](const Entry& field) {
      const std::string key = field.name.substr(field.name.rfind('.') + 1);
      if (!kKeys.contains(key)) return reader_.UnknownKey(field);
      text.fields.emplace(key, field);
      return absl::OkStatus();
    });
    if (status.ok()) status = ReadId(text);
    if (status.ok()) status = ReadSubject(text);
    if (status.ok()) status = ReadTerms(text);
    if (status.ok()) status = ReadDays(text);
    if (status.ok()) rules_.push_back(std::move(text));
    return status;
  }

  absl::Status Lacks(const RuleText& text, const std::string& key,
                     const std::string& allowed) const {
    return reader_.ErrorIn(text.entry, fmt::format("rules.{} is missing: {}", key, allowed));
  }

  absl::Status ReadId(RuleText& text) {
    constexpr char kIdRule[] = "1 to 64 of A-Z a-z 0-9 . _ -";
    const auto id = text.fields.find("id");
    if (id == text.fields.end()) return Lacks(text, "id", kIdRule);
    absl::Status status = reader_.ReadText(id->second, kIdRule, core::IsPlainId, text.rule.id);
    if (status.ok() && !ids_.insert(text.rule.id).second) {
      return reader_.ErrorIn(id->second,
                             fmt::format("rules.id: '{}' is there twice", text.rule.id));
    }
    return status;
  }

  // A word that must be there, or may be when `target` has a default.
  template <typename Words, typename Value>
  absl::Status ReadWord(const RuleText& text, const std::string& key, const Words& words,
                        bool required, Value& target) const {
    const auto field = text.fields.find(key);
    if (field == text.fields.end()) {
      return required ? Lacks(text, key, ChoicesOf(words)) : absl::OkStatus();
    }
    const YAML::Node& value = field->second.value;
    for (const auto& [name, meaning] : words) {
      if (value.IsScalar() && value.Scalar() == name) {
        target = meaning;
        return absl::OkStatus();
      }
    }
    return reader_.NotAllowed(field->second, ChoicesOf(words));
  }

  absl::Status ReadSubject(RuleText& text) const {
    RetentionRule& rule = text.rule;
    absl::Status status = ReadWord(text, "traveler", kCategoryWords, true, rule.category);
    if (status.ok()) status = ReadWord(text, "data", kDataWords, true, rule.kind);
    if (status.ok()) status = ReadWord(text, "event", kEventWords, true, rule.event);
    if (!status.ok()) return status;
    std::vector<std::string> events;
    for (const RetentionSubject& subject : core::RetentionSubjects()) {
      if (subject.category != rule.category || subject.kind != rule.kind) continue;
      if (subject.event == rule.event) return absl::OkStatus();
      events.push_back(WordFor(kEventWords, subject.event));
    }
    return reader_.NotAllowed(
        text.Of("event"),
        fmt::format("an event for traveler {}, data {}: {}", WordFor(kCategoryWords, rule.category),
                    WordFor(kDataWords, rule.kind), fmt::join(events, ", ")));
  }

  absl::Status ReadTerms(RuleText& text) const {
    const auto keep = text.fields.find("keep");
    if (keep == text.fields.end()) return Lacks(text, "keep", kPeriodRule);
    const YAML::Node& value = keep->second.value;
    const auto period = value.IsScalar() ? ParsePeriod(value.Scalar()) : std::nullopt;
    if (!period) return reader_.NotAllowed(keep->second, kPeriodRule);
    text.rule.period = *period;
    if (const auto notice = text.fields.find("notice_days"); notice != text.fields.end()) {
      const YAML::Node& days = notice->second.value;
      const std::optional<int> number =
          days.IsScalar() ? ParseNumber(days.Scalar(), 0, kMaxNoticeDays) : std::nullopt;
      if (!number) return reader_.NotAllowed(notice->second, RangeText(0, kMaxNoticeDays));
      text.rule.notice_days = *number;
    }
    return ReadWord(text, "waits_for_cases", kBoolWords, false, text.rule.waits_for_cases);
  }

  absl::Status ReadOneDay(const Entry& entry, core::Date& target) const {
    const std::optional<core::Date> day =
        entry.value.IsScalar() ? ParseDay(entry.value.Scalar()) : std::nullopt;
    if (!day) return reader_.NotAllowed(entry, kDayRule);
    target = *day;
    return absl::OkStatus();
  }

  absl::Status ReadDays(RuleText& text) const {
    const auto from = text.fields.find("from");
    const auto until = text.fields.find("until");
    if (from == text.fields.end()) return Lacks(text, "from", kDayRule);
    absl::Status status = ReadOneDay(from->second, text.rule.from);
    if (!status.ok() || until == text.fields.end()) return status;
    status = ReadOneDay(until->second, text.rule.until.emplace());
    if (status.ok() && *text.rule.until < text.rule.from) {
      return reader_.NotAllowed(until->second, fmt::format("on or after the rule's first day, {}",
                                                           TextOf(text.rule.from)));
    }
    return status;
  }

  // Nothing may be kept without a rule, or under two, on any day from the first one on.
  absl::Status CheckCoverage() {
    const std::string place = fmt::format("{}:{}", reader_.path().string(), rules_line_);
    if (rules_.empty()) return ErrorAt(place, "rules: at least one rule is needed");
    const core::Date first = std::ranges::min_element(rules_, {}, [](const RuleText& text) {
                               return text.rule.from;
                             })->rule.from;
    for (const RetentionSubject& subject : core::RetentionSubjects()) {
      std::vector<const RuleText*> rules;
      for (const RuleText& text : rules_) {
        const RetentionRule& rule = text.rule;
        if (RetentionSubject{rule.category, rule.kind, rule.event} == subject) {
          rules.push_back(&text);
        }
      }
      if (rules.empty()) {
        return ErrorAt(place, fmt::format("rules: none is for {}", SubjectText(subject)));
      }
      std::ranges::stable_sort(rules, {}, [](const RuleText* text) { return text->rule.from; });
      if (absl::Status status = CheckSequence(rules, subject, first); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status CheckSequence(const std::vector<const RuleText*>& rules,
                             const RetentionSubject& subject, core::Date first) const {
    std::optional<core::Date> expected = first;
    for (const RuleText* text : rules) {
      const Entry& from = text->Of("from");
      if (!expected) {
        return reader_.ErrorIn(from, fmt::format("rules.from: the rule overlaps the one before "
                                                 "for {}, which has no until",
                                                 SubjectText(subject)));
      }
      if (text->rule.from != *expected) {
        return reader_.ErrorIn(from,
                               fmt::format("rules.from: the rule {} for {}; it must begin on {}",
                                           text->rule.from < *expected ? "overlaps the one before"
                                                                       : "leaves a gap before it",
                                           SubjectText(subject), TextOf(*expected)));
      }
      expected.reset();
      if (text->rule.until) expected = *text->rule.until + std::chrono::days(1);
    }
    if (!expected) return absl::OkStatus();
    return reader_.ErrorIn(rules.back()->Of("until"),
                           fmt::format("rules.until: no rule follows for {}; the last one must "
                                       "have no until",
                                       SubjectText(subject)));
  }

  const YamlReader reader_;
  std::vector<RuleText> rules_;
  std::set<std::string> ids_;
  int rules_line_ = 1;  // where to look for what is not there
};

}  // namespace

absl::StatusOr<core::RetentionPolicy> LoadRetentionPolicy(const std::filesystem::path& path) {
  return RetentionReader(path).Read();
}

}  // namespace entryexit::config
