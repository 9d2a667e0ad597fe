#include "src/demo/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "entryexit/client/text.h"

namespace entryexit::demo {
namespace {

std::string FlagName(const StagedFlag& flag) {
  return client::NameOf(flag.kind) + (flag.withdrawn ? " (withdrawn)" : "");
}

bool ComesFromHistory(v1::CaseKind kind) {
  return kind == v1::CASE_KIND_OVERSTAY || kind == v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL ||
         kind == v1::CASE_KIND_ARRIVAL_ON_OPEN_STAY || kind == v1::CASE_KIND_DOCUMENT_DATA_CONFLICT;
}

template <typename T>
int CountMissing(const std::multiset<T>& wanted, const std::multiset<T>& among) {
  std::vector<T> missing;
  std::set_difference(wanted.begin(), wanted.end(), among.begin(), among.end(),
                      std::back_inserter(missing));
  return static_cast<int>(missing.size());
}

class Judgement {
 public:
  Judgement(const Scenario& scenario, const Journal& journal, const Review& review)
      : scenario_(scenario), journal_(journal), review_(review) {}

  Verdict Pass() {
    CountOutcomes();
    CheckComparisons();
    CheckOverstays();
    CheckFlags();
    CheckAttempts();
    CheckRetries();
    CheckLateKnowledge();
    CheckDelivery();
    CheckDecisions();
    CheckReplays();
    return std::move(verdict_);
  }

 private:
  void Add(std::string key, std::string text, bool passed, std::string detail) {
    verdict_.checks.push_back({std::move(key), std::move(text), passed, std::move(detail)});
  }

  void CountOutcomes() {
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const auto truth = scenario_.crossings[i].truth;
      const auto* comparison = FinalComparison(review_, journal_.answers[i].crossing_id);
      if (!truth) continue;
      ++verdict_.outcomes[*truth][comparison ? comparison->outcome() : v1::OUTCOME_UNSPECIFIED];
    }
  }

  bool AllAre(Truth truth, v1::Outcome outcome) const {
    return verdict_.CountOf(truth, outcome) == verdict_.StagedOf(truth);
  }

  void CheckComparisons() {
    const int impostors = verdict_.StagedOf(Truth::kImpostor);
    const int matched = verdict_.CountOf(Truth::kImpostor, v1::OUTCOME_MATCH);
    Add("no_impostor_matched", "No impostor was matched", matched == 0,
        fmt::format("{} of {} impostors matched", matched, impostors));
    Add("nothing_compared_without_reference",
        "Where nothing could be compared, the service said so",
        AllAre(Truth::kNoArrival, v1::OUTCOME_NO_REFERENCE) &&
            AllAre(Truth::kExempt, v1::OUTCOME_EXEMPT) &&
            AllAre(Truth::kOptedOut, v1::OUTCOME_OPTED_OUT),
        fmt::format("{} without an arrival, {} exempt, {} opted out",
                    verdict_.StagedOf(Truth::kNoArrival), verdict_.StagedOf(Truth::kExempt),
                    verdict_.StagedOf(Truth::kOptedOut)));
    CheckEveryDoubtHasACase();
  }

  void CheckEveryDoubtHasACase() {
    std::set<std::string> with_case;
    for (const auto& one : review_.cases) {
      const v1::CaseKind kind = one.case_().kind();
      if (kind == v1::CASE_KIND_IDENTITY_NO_MATCH || kind == v1::CASE_KIND_IDENTITY_INCONCLUSIVE) {
        with_case.insert(one.case_().crossing_id());
      }
    }
    int doubts = 0;
    int missing = 0;
    for (const auto& [crossing_id, crossing] : review_.crossings) {
      const auto* comparison = FinalComparison(review_, crossing_id);
      if (comparison == nullptr || (comparison->outcome() != v1::OUTCOME_NO_MATCH &&
                                    comparison->outcome() != v1::OUTCOME_INCONCLUSIVE)) {
        continue;
      }
      ++doubts;
      if (!with_case.contains(crossing_id)) ++missing;
    }
    Add("every_doubt_has_a_case", "Every NO_MATCH and INCONCLUSIVE opened a case", missing == 0,
        fmt::format("{} outcomes, {} without a case", doubts, missing));
  }

  void CheckOverstays() {
    const std::multiset<StagedOverstay> staged(scenario_.overstays.begin(),
                                               scenario_.overstays.end());
    std::multiset<StagedOverstay> observed;
    for (const auto& one : review_.overstays) {
      observed.insert(
          {review_.travelers.at(one.stay().traveler_id()), one.kind(), one.days_overstayed()});
      ++verdict_.overstays[client::NameOf(one.kind())].observed;
    }
    for (const auto& one : staged) ++verdict_.overstays[client::NameOf(one.kind)].staged;
    const int missed = CountMissing(staged, observed);
    Add("no_overstay_missed", "No overstay was missed, and each has the right number of days",
        missed == 0, fmt::format("{} staged, {} missed", staged.size(), missed));
    const int invented = CountMissing(observed, staged);
    Add("no_overstay_invented", "Nobody else was listed as an overstay", invented == 0,
        fmt::format("{} listed, {} not staged", observed.size(), invented));
  }

  void CheckFlags() {
    const std::multiset<StagedFlag> staged(scenario_.flags.begin(), scenario_.flags.end());
    std::multiset<StagedFlag> observed;
    for (const auto& one : review_.cases) {
      const v1::Case& lead = one.case_();
      if (!ComesFromHistory(lead.kind())) continue;
      observed.insert({review_.travelers.at(lead.traveler_id()), lead.kind(),
                       lead.days_overstayed(), lead.state() == v1::CASE_STATE_WITHDRAWN});
    }
    for (const auto& flag : staged) ++verdict_.flags[FlagName(flag)].staged;
    for (const auto& flag : observed) ++verdict_.flags[FlagName(flag)].observed;
    const int wrong = CountMissing(staged, observed) + CountMissing(observed, staged);
    Add("flags_as_staged",
        "Each flag was raised, and withdrawn where a later event disproved it, for the right "
        "traveler",
        wrong == 0, fmt::format("{} staged, {} differ", staged.size(), wrong));
  }

  void CheckAttempts() {
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const PlannedCrossing& crossing = scenario_.crossings[i];
      const Answer& answer = journal_.answers[i];
      if (crossing.expected == Expected::kPoorCapture) {
        ++verdict_.poor_captures.staged;
        if (!answer.recorded && !answer.findings.empty()) ++verdict_.poor_captures.observed;
      } else if (crossing.expected == Expected::kRefused) {
        ++verdict_.refusals.staged;
        if (answer.refusal == crossing.refusal) ++verdict_.refusals.observed;
      }
    }
    const Count& poor = verdict_.poor_captures;
    Add("poor_captures_turned_away", "Every poor capture was turned away with a reason",
        poor.staged == poor.observed,
        fmt::format("{} of {} turned away", poor.observed, poor.staged));
    const Count& refused = verdict_.refusals;
    Add("bad_requests_refused", "Every bad request was refused for its own reason",
        refused.staged == refused.observed,
        fmt::format("{} of {} refused", refused.observed, refused.staged));
  }

  void CheckRetries() {
    const auto expected = static_cast<std::size_t>(std::count_if(
        scenario_.crossings.begin(), scenario_.crossings.end(),
        [](const PlannedCrossing& one) { return one.expected == Expected::kRecorded; }));
    const Retries& retries = journal_.retries;
    Add("retries_doubled_nothing", "A repeated request had the same answer and doubled nothing",
        retries.sent == retries.answered_alike && review_.crossings.size() == expected,
        fmt::format("{} of {} repeated requests answered alike; {} crossings stored of {} staged",
                    retries.answered_alike, retries.sent, review_.crossings.size(), expected));
  }

  // A departure that was first seen without its arrival must in the end have been compared with it.
  void CheckLateKnowledge() {
    int early = 0;
    int compared = 0;
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const Answer& answer = journal_.answers[i];
      if (scenario_.crossings[i].truth != Truth::kSamePerson || !answer.comparison ||
          answer.comparison->outcome() != v1::OUTCOME_NO_REFERENCE) {
        continue;
      }
      ++early;
      const auto* comparison = FinalComparison(review_, answer.crossing_id);
      if (comparison != nullptr && comparison->has_distance()) ++compared;
    }
    Add("late_arrivals_compared", "Departures known before their arrival were compared again",
        early > 0 && early == compared, fmt::format("{} of {} compared again", compared, early));
  }

  void CheckDelivery() {
    double slowest = 0;
    for (const auto& [case_id, delay] : journal_.case_delays_ms) slowest = std::max(slowest, delay);
    const std::size_t missing = journal_.undelivered_case_ids.size();
    Add("cases_delivered_live", "The watching officer was told of every new case within a second",
        missing == 0 && slowest < 1000,
        fmt::format("{} delivered, {} not; the slowest {:.0f} ms after the lane's answer",
                    journal_.case_delays_ms.size(), missing, slowest));
  }

  void CheckDecisions() {
    int stuck = 0;
    for (const Decided& decided : review_.decisions) {
      const auto wanted = decided.decision == v1::CASE_DECISION_UPHOLD ? v1::CASE_STATE_UPHELD
                                                                       : v1::CASE_STATE_DISMISSED;
      stuck += static_cast<int>(
          std::count_if(review_.cases.begin(), review_.cases.end(), [&](const auto& one) {
            return one.case_().case_id() == decided.case_id && one.case_().state() == wanted;
          }));
    }
    Add("decisions_stick", "The officers' decisions stick", stuck == 2,
        fmt::format("{} of 2 decisions found again", stuck));
  }

  void CheckReplays() {
    const auto identical =
        std::count_if(review_.replays.begin(), review_.replays.end(),
                      [](const auto& replay) { return replay.second.identical(); });
    Add("replays_identical", "Every departure decision could be recomputed from what is stored",
        identical == static_cast<long>(review_.replays.size()) && identical > 0,
        fmt::format("{} of {} identical", identical, review_.replays.size()));
  }

  const Scenario& scenario_;
  const Journal& journal_;
  const Review& review_;
  Verdict verdict_;
};

}  // namespace

bool Verdict::Passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const Check& one) { return one.passed; });
}

int Verdict::StagedOf(Truth truth) const {
  int staged = 0;
  if (const auto row = outcomes.find(truth); row != outcomes.end()) {
    for (const auto& [outcome, count] : row->second) staged += count;
  }
  return staged;
}

int Verdict::CountOf(Truth truth, v1::Outcome outcome) const {
  const auto row = outcomes.find(truth);
  if (row == outcomes.end()) return 0;
  const auto cell = row->second.find(outcome);
  return cell == row->second.end() ? 0 : cell->second;
}

std::set<v1::Outcome> Verdict::Outcomes() const {
  std::set<v1::Outcome> all;
  for (const auto& [truth, row] : outcomes) {
    for (const auto& [outcome, count] : row) all.insert(outcome);
  }
  return all;
}

const v1::Comparison* FinalComparison(const Review& review, const std::string& crossing_id) {
  const auto found = review.crossings.find(crossing_id);
  if (found == review.crossings.end() || found->second.comparisons().empty()) return nullptr;
  return &*found->second.comparisons().rbegin();
}

Verdict Judge(const Scenario& scenario, const Journal& journal, const Review& review) {
  return Judgement(scenario, journal, review).Pass();
}

}  // namespace entryexit::demo
