#include "entryexit/core/retention.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "src/core/enum_names.h"

namespace entryexit::core {
namespace {

using std::chrono::days;
using std::chrono::hours;
using Unit = RetentionPeriod::Unit;

constexpr EnumNames<TravelerCategory, 2> kCategoryNames = {{
    {TravelerCategory::kNational, "NATIONAL"},
    {TravelerCategory::kOther, "OTHER"},
}};
static_assert(CoversUpTo(TravelerCategory::kOther, kCategoryNames));

constexpr EnumNames<DataKind, 5> kDataKindNames = {{
    {DataKind::kImage, "IMAGE"},
    {DataKind::kTemplate, "TEMPLATE"},
    {DataKind::kCrossing, "CROSSING"},
    {DataKind::kCase, "CASE"},
    {DataKind::kTraveler, "TRAVELER"},
}};
static_assert(CoversUpTo(DataKind::kTraveler, kDataKindNames));

constexpr EnumNames<RetentionEvent, 4> kRetentionEventNames = {{
    {RetentionEvent::kCapture, "CAPTURE"},
    {RetentionEvent::kLastExit, "LAST_EXIT"},
    {RetentionEvent::kAuthorizationEnded, "AUTHORIZATION_ENDED"},
    {RetentionEvent::kCaseClosed, "CASE_CLOSED"},
}};
static_assert(CoversUpTo(RetentionEvent::kCaseClosed, kRetentionEventNames));

constexpr EnumNames<Unit, 4> kUnitNames = {{
    {Unit::kHours, "HOURS"},
    {Unit::kDays, "DAYS"},
    {Unit::kMonths, "MONTHS"},
    {Unit::kYears, "YEARS"},
}};
static_assert(CoversUpTo(Unit::kYears, kUnitNames));

// Before anything that was recorded.
constexpr Date kLongAgo{std::chrono::year(1900) / 1 / 1};

int MonthsIn(const RetentionPeriod& period) {
  return period.unit == Unit::kYears ? 12 * period.count : period.count;
}

// The moment `months` away, earlier ones negative. Of a day that the month lacks, the end of the
// month.
Timestamp MonthsFrom(Timestamp moment, int months) {
  const Date day = std::chrono::floor<days>(moment);
  const std::chrono::year_month_day date =
      std::chrono::year_month_day(day) + std::chrono::months(months);
  if (date.ok()) return Date(date) + (moment - day);
  return Date(std::chrono::year_month_day_last(date.year(),
                                               std::chrono::month_day_last(date.month()))) +
         days(1);
}

std::string TextOf(Date day) {
  const std::chrono::year_month_day date(day);
  const auto padded = [](unsigned number, size_t width) {
    std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
  };
  return padded(static_cast<unsigned>(static_cast<int>(date.year())), 4) + '-' +
         padded(static_cast<unsigned>(date.month()), 2) + '-' +
         padded(static_cast<unsigned>(date.day()), 2);
}

// -------------------------------------------------------------------------------- one traveler

// When a period is over; never, when what it counts from has not come.
using End = std::optional<Timestamp>;

// What of a traveler is erased at once: the crossings of a stay, or a departure without arrival.
struct Group {
  std::vector<const RetainedCrossing*> crossings;  // by time
  const Stay* stay = nullptr;                      // null: a departure without arrival

  const RetainedCrossing& first() const { return *crossings.front(); }
  bool closed() const { return stay == nullptr || stay->departure_id.has_value(); }
  // Of a stay with a limit on days in a moving window, how long that is.
  std::optional<days> window() const {
    const std::optional<Admission>& admission = first().event.admission;
    if (stay == nullptr || !admission || !admission->window) return std::nullopt;
    return days(admission->window->window_days);
  }
  // The last of its days that count in a window: of a stay whose departure was not recorded only
  // the day of arrival will count.
  Date last_day() const { return stay->departed_on.value_or(stay->arrived_on); }
};

// One traveler's facts in order, and the rules of the day.
class Keeping {
 public:
  Keeping(const RetentionFacts& facts, const RetentionPolicy& policy, Date day)
      : facts_(facts), policy_(policy), day_(day) {
    for (const RetainedCrossing& crossing : facts.crossings) crossings_.push_back(&crossing);
    std::ranges::sort(crossings_, {}, [](const RetainedCrossing* crossing) {
      const CrossingEvent& event = crossing->event;
      return std::tie(event.captured_at, event.direction, event.id);
    });
    for (const RetainedCrossing* crossing : crossings_) {
      (crossing->voided ? voided_ : counted_).push_back(crossing);
    }
    for (const Stay& stay : facts.stays) {
      stays_.emplace(stay.arrival_id, &stay);
      if (stay.departure_id) departures_.insert(*stay.departure_id);
    }
    MakeGroups();
    EndTemplates();
  }

  const std::vector<Group>& groups() const { return groups_; }
  // Those that count nowhere, and wait for nothing but their own time.
  const std::vector<const RetainedCrossing*>& voided() const { return voided_; }
  const std::vector<const RetainedCrossing*>& counted() const { return counted_; }

  const RetentionRule* Rule(DataKind kind, RetentionEvent event) const {
    return RuleFor(policy_, {facts_.category, kind, event}, day_);
  }

  std::vector<RetentionItem> Items() const {
    std::vector<RetentionItem> items;
    AddImages(items);
    AddTemplates(items);
    for (size_t i = 0; i < groups_.size(); ++i) {
      const auto [end, rule] = EndOfGroup(i);
      if (!end) continue;
      for (const RetainedCrossing* crossing : groups_[i].crossings) {
        Add(items, *rule, crossing->event.id.value(), *end);
      }
    }
    for (const RetainedCrossing* crossing : voided_) {
      const auto [end, rule] = AfterExit(DataKind::kCrossing, crossing->event.captured_at);
      if (end) Add(items, *rule, crossing->event.id.value(), *end);
    }
    AddCases(items);
    return items;
  }

  void AddTemplates(std::vector<RetentionItem>& items) const {
    for (const RetainedCrossing* crossing : crossings_) {
      if (!crossing->has_template) continue;
      const auto [end, rule] = crossing->voided
                                   ? AfterExit(DataKind::kTemplate, crossing->event.captured_at)
                                   : template_ends_.at(crossing);
      if (end) Add(items, *rule, crossing->event.id.value(), *end);
    }
  }

 private:
  struct EndByRule {
    End end;
    const RetentionRule* rule;  // not null when there is an end
  };

  void MakeGroups() {
    std::map<CrossingId, size_t> of_departure;
    for (const RetainedCrossing* crossing : counted_) {
      const CrossingEvent& event = crossing->event;
      if (const auto stay = stays_.find(event.id); stay != stays_.end()) {
        if (stay->second->departure_id) {
          of_departure.emplace(*stay->second->departure_id, groups_.size());
        }
        groups_.push_back({{crossing}, stay->second});
      } else if (const auto group = of_departure.find(event.id); group != of_departure.end()) {
        groups_[group->second].crossings.push_back(crossing);
      } else {
        groups_.push_back({{crossing}, nullptr});
      }
    }
  }

  static void Add(std::vector<RetentionItem>& items, const RetentionRule& rule,
                  std::string subject_id, Timestamp due) {
    items.push_back({rule.kind, std::move(subject_id), due, rule.id, rule.notice_days});
  }

  void AddImages(std::vector<RetentionItem>& items) const {
    for (const RetainedCrossing* crossing : crossings_) {
      const TravelerCategory category = crossing->document_category.value_or(facts_.category);
      const RetentionRule* const rule =
          RuleFor(policy_, {category, DataKind::kImage, RetentionEvent::kCapture}, day_);
      if (!crossing->has_image || rule == nullptr) continue;
      Add(items, *rule, crossing->event.id.value(),
          EndOf(rule->period, crossing->event.captured_at));
    }
  }

  void AddCases(std::vector<RetentionItem>& items) const {
    const RetentionRule* const rule = Rule(DataKind::kCase, RetentionEvent::kCaseClosed);
    if (rule == nullptr) return;
    for (const RetainedCase& one : facts_.cases) {
      if (WaitsForOfficer(one.state)) continue;
      Add(items, *rule, one.id.value(), EndOf(rule->period, one.changed_at));
    }
  }

  EndByRule AfterExit(DataKind kind, Timestamp departed_at) const {
    const RetentionRule* const rule = Rule(kind, RetentionEvent::kLastExit);
    if (rule == nullptr) return {std::nullopt, nullptr};
    return {EndOf(rule->period, departed_at), rule};
  }

  // Of a stay as long as no departure is known.
  EndByRule WithoutExit(DataKind kind, const Stay& stay) const {
    const bool is_national = facts_.category == TravelerCategory::kNational;
    const RetentionRule* const rule =
        Rule(kind, is_national ? RetentionEvent::kCapture : RetentionEvent::kAuthorizationEnded);
    if (rule == nullptr) return {std::nullopt, nullptr};
    if (is_national) return {EndOf(rule->period, stay.arrived_at), rule};
    if (!stay.authorized_until || stay.pending_since) return {std::nullopt, nullptr};
    // Where the days in a window were used up, the last lawful day is the one before the arrival.
    const Timestamp ended = std::max(EndEverywhere(*stay.authorized_until), stay.arrived_at);
    return {EndOf(rule->period, ended), rule};
  }

  // Of a template the first period counts that is over before the next crossing.
  void EndTemplates() {
    EndByRule later{std::nullopt, nullptr};
    for (size_t i = counted_.size(); i-- > 0;) {
      const CrossingEvent& event = counted_[i]->event;
      const auto stay = stays_.find(event.id);
      const EndByRule own = stay != stays_.end()
                                ? WithoutExit(DataKind::kTemplate, *stay->second)
                                : AfterExit(DataKind::kTemplate, event.captured_at);
      const bool is_last = i + 1 == counted_.size();
      if (own.end && (is_last || *own.end <= counted_[i + 1]->event.captured_at)) later = own;
      template_ends_.emplace(counted_[i], later);
    }
  }

  EndByRule EndOfGroup(size_t i) const {
    const Group& group = groups_[i];
    EndByRule found =
        group.closed() ? AfterExit(DataKind::kCrossing, group.crossings.back()->event.captured_at)
                       : WithoutExit(DataKind::kCrossing, *group.stay);
    if (!found.end) return found;
    if (const auto window = group.window()) {
      found.end = std::max(*found.end, EndEverywhere(group.last_day() + *window));
    }
    if (i + 1 < groups_.size()) return found;
    for (const AdmissionChange& application : ApplicationsOf(facts_.changes)) {
      if (application.decision == AdmissionDecision::kPending) return {std::nullopt, nullptr};
      const Date known = application.decided_on.value_or(application.filed_on);
      found.end = std::max(*found.end, EndOf(found.rule->period, EndEverywhere(known)));
    }
    return found;
  }

  const RetentionFacts& facts_;
  const RetentionPolicy& policy_;
  const Date day_;
  std::vector<const RetainedCrossing*> crossings_;  // by time
  std::vector<const RetainedCrossing*> counted_;    // of those, what was not voided
  std::vector<const RetainedCrossing*> voided_;     // and what was
  std::map<const RetainedCrossing*, EndByRule> template_ends_;
  std::map<CrossingId, const Stay*> stays_;  // by arrival
  std::set<CrossingId> departures_;          // that ended a stay
  std::vector<Group> groups_;                // by time
};

// ------------------------------------------------------------------------------------- the plan

class Planner {
 public:
  Planner(const RetentionFacts& facts, const RetentionPolicy& policy, const AnnouncedAt& announced,
          Timestamp now)
      : facts_(facts),
        announced_(announced),
        now_(now),
        keeping_(facts, policy, std::chrono::floor<days>(now)) {
    for (const RetentionRule& rule : policy) rules_.emplace(rule.id, &rule);
    for (RetentionItem& item : keeping_.Items()) {
      items_.emplace(std::pair(item.kind, item.subject_id), std::move(item));
    }
    FindEvidence();
  }

  ErasurePlan Plan() {
    for (const auto& [key, item] : items_) {
      if (item.kind != DataKind::kCrossing && IsReady(item)) {
        Erase(item, item.kind, item.subject_id);
      }
      if (IsToBeAnnounced(item)) {
        plan_.announce.push_back({item, item.kind, FoundById(item)});
      }
    }
    PlanCrossings();
    return std::move(plan_);
  }

 private:
  using Key = std::pair<DataKind, std::string>;

  // Of a crossing, the first of its stay.
  std::string FoundById(const RetentionItem& item) const {
    if (item.kind != DataKind::kCrossing) return item.subject_id;
    for (const Group& group : keeping_.groups()) {
      for (const RetainedCrossing* crossing : group.crossings) {
        if (crossing->event.id.value() == item.subject_id) return group.first().event.id.value();
      }
    }
    return item.subject_id;
  }

  // The crossings that are evidence in an open case.
  void FindEvidence() {
    for (const RetainedCase& one : facts_.cases) {
      if (!WaitsForOfficer(one.state) || one.kind == CaseKind::kSuspectedOverstay) continue;
      evidence_.insert(one.crossing_id.value());
      for (const CrossingId& reference : one.references) evidence_.insert(reference.value());
      if (one.kind == CaseKind::kDocumentDataConflict) AddFirstOfDocument(one.crossing_id);
      if (one.kind != CaseKind::kArrivalOnOpenStay) continue;
      const std::vector<Group>& groups = keeping_.groups();
      for (size_t i = 1; i < groups.size(); ++i) {
        if (groups[i].first().event.id == one.crossing_id) {
          evidence_.insert(groups[i - 1].first().event.id.value());
        }
      }
    }
  }

  // What a document says is in conflict with what it said first.
  void AddFirstOfDocument(const CrossingId& conflicting) {
    const auto& counted = keeping_.counted();
    const auto shown = std::ranges::find_if(counted, [&](const RetainedCrossing* crossing) {
      return crossing->event.id == conflicting;
    });
    if (shown == counted.end()) return;
    const auto first = std::ranges::find(
        counted, (*shown)->document_id, [](const auto* crossing) { return crossing->document_id; });
    evidence_.insert((*first)->event.id.value());
  }

  bool IsWaiting(const RetentionItem& item) const {
    return rules_.at(item.rule_id)->waits_for_cases && evidence_.contains(item.subject_id);
  }

  bool IsReady(const RetentionItem& item) const {
    if (item.due > now_ || IsWaiting(item)) return false;
    if (item.notice_days == 0) return true;
    const auto notice = announced_.find(KeyOf(item));
    return notice != announced_.end() && notice->second + days(item.notice_days) <= now_;
  }

  bool IsToBeAnnounced(const RetentionItem& item) const {
    return item.notice_days > 0 && item.due - days(item.notice_days) <= now_ && !IsWaiting(item) &&
           !announced_.contains(KeyOf(item));
  }

  void Erase(const RetentionItem& item, DataKind found_by, const std::string& found_by_id) {
    if (!erased_.insert({item.kind, item.subject_id}).second) return;
    plan_.erase.push_back({item, found_by, found_by_id});
  }

  bool IsReady(const Group& group) const {
    return std::ranges::all_of(group.crossings, [this](const RetainedCrossing* crossing) {
      const auto item = items_.find(Key{DataKind::kCrossing, crossing->event.id.value()});
      return item != items_.end() && IsReady(item->second);
    });
  }

  // How many groups, from the oldest on, can go so that those after them are computed as before.
  size_t CountRemovable() const {
    const std::vector<Group>& groups = keeping_.groups();
    size_t ready = 0;
    while (ready < groups.size() && IsReady(groups[ready])) ++ready;

    // Going back from there: the first day that a window of a stay that remains reaches back to.
    Date reached = Date::max();
    const auto reach = [&](const Group& group) {
      if (const auto window = group.window()) {
        reached = std::min(reached, group.stay->arrived_on - *window);
      }
    };
    for (size_t i = ready; i < groups.size(); ++i) reach(groups[i]);
    std::vector<Date> last_day(ready + 1, Date::min());  // of the first so many
    for (size_t i = 0; i < ready; ++i) {
      last_day[i + 1] = last_day[i];
      if (groups[i].window()) {
        last_day[i + 1] = std::max(last_day[i], groups[i].last_day());
      }
    }
    while (ready > 0 && last_day[ready] >= reached) reach(groups[--ready]);
    return ready;
  }

  using CasesByCrossing = std::map<std::string, std::vector<const RetainedCase*>>;

  // Returns the last one that goes; null when none does.
  const RetainedCrossing* PlanVoided(CasesByCrossing& cases, bool& all_go) {
    const RetainedCrossing* last = nullptr;
    for (const RetainedCrossing* crossing : keeping_.voided()) {
      const std::string& id = crossing->event.id.value();
      const auto item = items_.find(Key{DataKind::kCrossing, id});
      if (item == items_.end() || !IsReady(item->second)) {
        all_go = false;
        continue;
      }
      EraseCrossing(*crossing, cases[id], id);
      last = crossing;
    }
    return last;
  }

  void PlanCrossings() {
    CasesByCrossing cases;
    for (const RetainedCase& one : facts_.cases) cases[one.crossing_id.value()].push_back(&one);
    bool all_go = true;
    const RetainedCrossing* last = PlanVoided(cases, all_go);
    std::string found_by_id = last == nullptr ? "" : last->event.id.value();
    const std::vector<Group>& groups = keeping_.groups();
    const size_t count = CountRemovable();
    for (size_t i = 0; i < count; ++i) {
      found_by_id = groups[i].first().event.id.value();
      for (const RetainedCrossing* crossing : groups[i].crossings) {
        EraseCrossing(*crossing, cases[crossing->event.id.value()], found_by_id);
      }
      last = groups[i].crossings.back();
    }
    if (last == nullptr) return;
    const RetentionItem& rule = items_.at(Key{DataKind::kCrossing, last->event.id.value()});
    if (all_go && count == groups.size()) {
      // All cases are of crossings, so nothing else is left.
      EraseAlong(DataKind::kTraveler, "", rule, found_by_id);
    } else if (count > 0 && count < groups.size() && !groups[count - 1].closed()) {
      for (const RetainedCase* one : cases[groups[count].first().event.id.value()]) {
        if (one->kind == CaseKind::kArrivalOnOpenStay && one->state != CaseState::kWithdrawn) {
          EraseAlong(DataKind::kCase, one->id.value(), rule, found_by_id);
        }
      }
    }
  }

  void EraseCrossing(const RetainedCrossing& crossing,
                     const std::vector<const RetainedCase*>& cases,
                     const std::string& found_by_id) {
    const std::string& id = crossing.event.id.value();
    const RetentionItem& item = items_.at(Key{DataKind::kCrossing, id});
    Erase(item, DataKind::kCrossing, found_by_id);
    if (crossing.has_image) EraseAlong(DataKind::kImage, id, item, found_by_id);
    if (crossing.has_template) EraseAlong(DataKind::kTemplate, id, item, found_by_id);
    for (const RetainedCase* one : cases) {
      EraseAlong(DataKind::kCase, one->id.value(), item, found_by_id);
    }
  }

  // Under the rule of the crossing, unless its own time has come.
  void EraseAlong(DataKind kind, const std::string& subject_id, const RetentionItem& crossing,
                  const std::string& found_by_id) {
    RetentionItem item = crossing;
    item.kind = kind;
    item.subject_id = subject_id;
    Erase(item, DataKind::kCrossing, found_by_id);
  }

  const RetentionFacts& facts_;
  const AnnouncedAt& announced_;
  const Timestamp now_;
  const Keeping keeping_;
  std::map<std::string, const RetentionRule*> rules_;
  std::map<Key, RetentionItem> items_;
  std::set<std::string> evidence_;
  std::set<Key> erased_;
  ErasurePlan plan_;
};

}  // namespace

const char* NameOf(TravelerCategory category) {
  return kCategoryNames[static_cast<size_t>(category)].second;
}

const char* NameOf(DataKind kind) { return kDataKindNames[static_cast<size_t>(kind)].second; }

std::optional<DataKind> DataKindFromName(const std::string& name) {
  return FromName(kDataKindNames, name);
}

const char* NameOf(RetentionEvent event) {
  return kRetentionEventNames[static_cast<size_t>(event)].second;
}

const char* NameOf(RetentionPeriod::Unit unit) {
  return kUnitNames[static_cast<size_t>(unit)].second;
}

Timestamp EndOf(const RetentionPeriod& period, Timestamp event) {
  switch (period.unit) {
    case Unit::kHours:
      return event + hours(period.count);
    case Unit::kDays:
      return event + days(period.count);
    case Unit::kMonths:
    case Unit::kYears:
      break;
  }
  return MonthsFrom(event, MonthsIn(period));
}

Timestamp LatestEventBy(const RetentionPeriod& period, Timestamp now) {
  switch (period.unit) {
    case Unit::kHours:
      return now - hours(period.count);
    case Unit::kDays:
      return now - days(period.count);
    case Unit::kMonths:
    case Unit::kYears:
      break;
  }
  return MonthsFrom(now, -MonthsIn(period));
}

const std::vector<RetentionSubject>& RetentionSubjects() {
  using enum TravelerCategory;
  using enum DataKind;
  using enum RetentionEvent;
  static const std::vector<RetentionSubject> kSubjects = {
      {kNational, kImage, kCapture},
      {kNational, kTemplate, kLastExit},
      {kNational, kTemplate, kCapture},
      {kNational, kCrossing, kLastExit},
      {kNational, kCrossing, kCapture},
      {kNational, kCase, kCaseClosed},
      {kOther, kImage, kCapture},
      {kOther, kTemplate, kLastExit},
      {kOther, kTemplate, kAuthorizationEnded},
      {kOther, kCrossing, kLastExit},
      {kOther, kCrossing, kAuthorizationEnded},
      {kOther, kCase, kCaseClosed},
  };
  return kSubjects;
}

const RetentionRule* RuleFor(const RetentionPolicy& policy, const RetentionSubject& subject,
                             Date day) {
  for (const RetentionRule& rule : policy) {
    if (RetentionSubject{rule.category, rule.kind, rule.event} == subject && rule.from <= day &&
        (!rule.until || day <= *rule.until)) {
      return &rule;
    }
  }
  return nullptr;
}

std::string CanonicalText(const RetentionPolicy& policy) {
  RetentionPolicy rules = policy;
  std::ranges::sort(rules);
  std::string text = "entryexit retention policy 1\n";
  for (const RetentionRule& rule : rules) {
    text += rule.id + ' ' + NameOf(rule.category) + ' ' + NameOf(rule.kind) + ' ' +
            NameOf(rule.event) + ' ' + std::to_string(rule.period.count) + ' ' +
            NameOf(rule.period.unit) + " notice " + std::to_string(rule.notice_days) +
            (rule.waits_for_cases ? " waits " : " does-not-wait ") + TextOf(rule.from) + ' ' +
            (rule.until ? TextOf(*rule.until) : "-") + '\n';
  }
  return text;
}

NoticeKey KeyOf(const RetentionItem& item) { return {item.kind, item.subject_id, item.due}; }

std::vector<RetentionItem> RetentionItemsOf(const RetentionFacts& facts,
                                            const RetentionPolicy& policy, Date day) {
  return Keeping(facts, policy, day).Items();
}

ErasurePlan PlanErasure(const RetentionFacts& facts, const RetentionPolicy& policy,
                        const AnnouncedAt& announced, Timestamp now) {
  if (facts.held) return {};
  return Planner(facts, policy, announced, now).Plan();
}

std::set<CrossingId> ExpiredTemplates(const RetentionFacts& facts, const RetentionPolicy& policy,
                                      Timestamp now) {
  std::vector<RetentionItem> items;
  Keeping(facts, policy, std::chrono::floor<days>(now)).AddTemplates(items);
  std::set<CrossingId> expired;
  for (const RetentionItem& item : items) {
    if (item.due <= now) expired.emplace(item.subject_id);
  }
  return expired;
}

bool MayBeExpired(const RetentionPolicy& policy, TravelerCategory category, Timestamp captured_at,
                  Timestamp now) {
  const Date day = std::chrono::floor<days>(now);
  return std::ranges::any_of(RetentionSubjects(), [&](const RetentionSubject& subject) {
    if (subject.category != category || subject.kind != DataKind::kTemplate) return false;
    const RetentionRule* const rule = RuleFor(policy, subject, day);
    return rule != nullptr && EndOf(rule->period, captured_at) <= now;
  });
}

ErasureHorizon HorizonOf(const RetentionPolicy& policy, Timestamp now) {
  // Of the rules for these, the latest event of any.
  const auto latest = [&](const std::vector<RetentionSubject>& subjects) {
    Timestamp event = kLongAgo;
    for (const RetentionSubject& subject : subjects) {
      const RetentionRule* const rule = RuleFor(policy, subject, std::chrono::floor<days>(now));
      if (rule == nullptr) continue;
      event = std::max(event, LatestEventBy(rule->period, now + days(rule->notice_days)));
    }
    return event;
  };
  using enum TravelerCategory;
  using enum DataKind;
  using enum RetentionEvent;
  ErasureHorizon horizon;
  horizon.national_images = latest({{kNational, kImage, kCapture}});
  horizon.other_images = latest({{kOther, kImage, kCapture}});
  horizon.national_templates = latest({{kNational, kTemplate, kCapture}});
  const Timestamp template_ends = latest({{kOther, kTemplate, kAuthorizationEnded}});
  horizon.template_authorizations = std::chrono::floor<days>(template_ends);
  horizon.templates =
      std::max({latest({{kNational, kTemplate, kLastExit}, {kOther, kTemplate, kLastExit}}),
                horizon.national_templates, template_ends});
  horizon.exits = latest({{kNational, kCrossing, kLastExit}, {kOther, kCrossing, kLastExit}});
  horizon.national_arrivals = latest({{kNational, kCrossing, kCapture}});
  const Timestamp crossing_ends = latest({{kOther, kCrossing, kAuthorizationEnded}});
  horizon.crossing_authorizations = std::chrono::floor<days>(crossing_ends);
  horizon.arrivals = std::max(horizon.national_arrivals, crossing_ends);
  horizon.cases = latest({{kNational, kCase, kCaseClosed}, {kOther, kCase, kCaseClosed}});
  return horizon;
}

}  // namespace entryexit::core
