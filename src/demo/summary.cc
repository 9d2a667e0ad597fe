#include "src/demo/summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "entryexit/client/text.h"
#include "src/demo/words.h"

namespace entryexit::demo {
namespace {

using nlohmann::ordered_json;

std::string OutcomesTable(const Verdict& verdict) {
  const std::set<v1::Outcome> columns = verdict.Outcomes();
  std::string table = fmt::format("  {:<28}{:>7}", "Departures that show ...", "staged");
  for (const v1::Outcome outcome : columns) {
    table += fmt::format("{:>14}", client::NameOf(outcome));
  }
  table += '\n';
  for (const auto& [truth, row] : verdict.outcomes) {
    table += fmt::format("  {:<28}{:>7}", Describe(truth), verdict.StagedOf(truth));
    for (const v1::Outcome outcome : columns) {
      const int count = verdict.CountOf(truth, outcome);
      table += fmt::format("{:>14}", count == 0 ? "-" : std::to_string(count));
    }
    table += '\n';
  }
  return table;
}

std::string CountsTable(const Verdict& verdict) {
  std::string table =
      fmt::format("  {:<44}{:>7}{:>10}\n", "Flags, overstays, attempts", "staged", "observed");
  const auto add = [&table](const std::string& name, const Count& count) {
    table += fmt::format("  {:<44}{:>7}{:>10}\n", name, count.staged, count.observed);
  };
  for (const auto& [name, count] : verdict.flags) add("case: " + Plain(name), count);
  for (const auto& [name, count] : verdict.overstays) add("overstay report: " + Plain(name), count);
  add("poor captures turned away", verdict.poor_captures);
  add("bad requests refused", verdict.refusals);
  return table;
}

ordered_json ToJson(const Count& count) {
  return {{"staged", count.staged}, {"observed", count.observed}};
}

ordered_json ToJson(const std::map<std::string, Count>& counts) {
  ordered_json json = ordered_json::object();
  for (const auto& [name, count] : counts) json[name] = ToJson(count);
  return json;
}

ordered_json OutcomesJson(const Verdict& verdict) {
  ordered_json json = ordered_json::object();
  for (const auto& [truth, row] : verdict.outcomes) {
    ordered_json observed = ordered_json::object();
    for (const auto& [outcome, count] : row) observed[client::NameOf(outcome)] = count;
    json[KeyOf(truth)] = {{"staged", verdict.StagedOf(truth)}, {"observed", std::move(observed)}};
  }
  return json;
}

ordered_json ChecksJson(const Verdict& verdict) {
  ordered_json json = ordered_json::array();
  for (const Check& check : verdict.checks) {
    json.push_back({{"check", check.key},
                    {"text", check.text},
                    {"passed", check.passed},
                    {"detail", check.detail}});
  }
  return json;
}

// The model and the thresholds in force, from the first departure that was compared.
ordered_json EngineJson(const Review& review) {
  for (const auto& [crossing_id, crossing] : review.crossings) {
    const auto* comparison = FinalComparison(review, crossing_id);
    if (comparison == nullptr || !comparison->has_distance()) continue;
    const auto& thresholds = comparison->thresholds();
    return {{"model", comparison->model().model_id()},
            {"model_digest", comparison->model().digest()},
            {"calibration", thresholds.calibration()},
            {"fmr_match", thresholds.fmr_match()},
            {"fmr_no_match", thresholds.fmr_no_match()},
            {"match_distance", thresholds.match_distance()},
            {"no_match_distance", thresholds.no_match_distance()}};
  }
  return nullptr;
}

}  // namespace

std::string SummaryTable(const Verdict& verdict) {
  std::string text = OutcomesTable(verdict) + "\n" + CountsTable(verdict) + "\n";
  text += fmt::format(
      "  {} genuine travelers came out as NO_MATCH and {} as INCONCLUSIVE: each of them would "
      "have\n"
      "  been delayed for a human check.\n"
      "  {} of {} look-alike siblings who used each other's document came out as MATCH, and no "
      "officer\n"
      "  was told: error rates are measured on strangers and promise nothing about close "
      "relatives.\n\n",
      verdict.CountOf(Truth::kSamePerson, v1::OUTCOME_NO_MATCH),
      verdict.CountOf(Truth::kSamePerson, v1::OUTCOME_INCONCLUSIVE),
      verdict.CountOf(Truth::kLookAlike, v1::OUTCOME_MATCH), verdict.StagedOf(Truth::kLookAlike));
  for (const Check& check : verdict.checks) {
    text += fmt::format("  {}  {}\n        {}\n", check.passed ? "ok  " : "FAIL", check.text,
                        check.detail);
  }
  return text;
}

std::string SummaryJson(const Scenario& scenario, const Journal& journal, const Review& review,
                        const Verdict& verdict) {
  const ordered_json json = {
      {"passed", verdict.Passed()},
      {"note", fmt::format("{} {}", kLeadNotDetermination, kFacesAreSynthetic)},
      {"first_day", client::FormatDate(ToDate(scenario.first_day))},
      {"last_day", client::FormatDate(ToDate(scenario.last_day))},
      {"travelers", scenario.travelers.size()},
      {"crossings", review.crossings.size()},
      {"engine", EngineJson(review)},
      {"departures", OutcomesJson(verdict)},
      {"genuine_no_match", verdict.CountOf(Truth::kSamePerson, v1::OUTCOME_NO_MATCH)},
      {"genuine_inconclusive", verdict.CountOf(Truth::kSamePerson, v1::OUTCOME_INCONCLUSIVE)},
      {"look_alikes_matched", verdict.CountOf(Truth::kLookAlike, v1::OUTCOME_MATCH)},
      {"flags", ToJson(verdict.flags)},
      {"overstays", ToJson(verdict.overstays)},
      {"poor_captures", ToJson(verdict.poor_captures)},
      {"refusals", ToJson(verdict.refusals)},
      {"retries",
       {{"sent", journal.retries.sent}, {"answered_alike", journal.retries.answered_alike}}},
      {"cases", review.cases.size()},
      {"cases_delivered_live", journal.case_delays_ms.size()},
      {"replays", review.replays.size()},
      {"checks", ChecksJson(verdict)}};
  return json.dump(2) + "\n";
}

}  // namespace entryexit::demo
