#include "entryexit/core/matching.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "entryexit/core/reason.h"
#include "src/core/enum_names.h"

namespace entryexit::core {
namespace {

constexpr EnumNames<Outcome, 7> kOutcomeNames = {{
    {Outcome::kMatch, "MATCH"},
    {Outcome::kNoMatch, "NO_MATCH"},
    {Outcome::kInconclusive, "INCONCLUSIVE"},
    {Outcome::kNoReference, "NO_REFERENCE"},
    {Outcome::kLowQuality, "LOW_QUALITY"},
    {Outcome::kExempt, "EXEMPT"},
    {Outcome::kOptedOut, "OPTED_OUT"},
}};
static_assert(CoversUpTo(Outcome::kOptedOut, kOutcomeNames));

}  // namespace

const char* NameOf(Outcome outcome) { return kOutcomeNames[static_cast<size_t>(outcome)].second; }

std::optional<Outcome> OutcomeFromName(const std::string& name) {
  return FromName(kOutcomeNames, name);
}

bool LeavesDoubt(Outcome outcome) {
  return outcome == Outcome::kNoMatch || outcome == Outcome::kInconclusive;
}

absl::StatusOr<Thresholds> ThresholdsFor(const Calibration& calibration, double fmr_match,
                                         double fmr_no_match) {
  if (!(fmr_match < fmr_no_match)) {
    return MakeError(Reason::kConfigInvalid,
                     "the target FMR of a match must be smaller than that of no match");
  }
  const auto match_distance = calibration.DistanceAt(fmr_match);
  if (!match_distance.ok()) return match_distance.status();
  const auto no_match_distance = calibration.DistanceAt(fmr_no_match);
  if (!no_match_distance.ok()) return no_match_distance.status();
  return Thresholds{fmr_match, fmr_no_match, *match_distance, *no_match_distance,
                    calibration.pairs()};
}

double Distance(const Embedding& a, const Embedding& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

Embedding Normalised(Embedding embedding) {
  double squares = 0;
  for (const float value : embedding) squares += static_cast<double>(value) * value;
  const auto length = static_cast<float>(std::sqrt(squares));
  for (float& value : embedding) value /= length;
  return embedding;
}

double FusedDistance(std::vector<double> distances, int best_k) {
  const size_t used = std::min(distances.size(), static_cast<size_t>(best_k));
  std::ranges::sort(distances);
  return std::accumulate(distances.begin(), distances.begin() + static_cast<ptrdiff_t>(used), 0.0) /
         static_cast<double>(used);
}

Outcome OutcomeAt(double distance, const Thresholds& thresholds) {
  if (distance <= thresholds.match_distance) return Outcome::kMatch;
  if (distance > thresholds.no_match_distance) return Outcome::kNoMatch;
  return Outcome::kInconclusive;
}

DecisionReceipt Compare(const ComparedTemplate& probe,
                        const std::vector<ComparedTemplate>& references, const ModelRef& model,
                        const MatchPolicy& policy, const Calibration& calibration) {
  DecisionReceipt receipt;
  receipt.probe_crossing_id = probe.crossing_id;
  receipt.probe_digest = probe.digest;
  receipt.model = model;
  receipt.thresholds = policy.thresholds;
  receipt.best_k = policy.best_k;
  receipt.rule_version = kMatchRuleVersion;
  if (references.empty()) return receipt;

  std::vector<double> distances;
  for (const ComparedTemplate& reference : references) {
    distances.push_back(Distance(probe.embedding, reference.embedding));
    receipt.references.push_back({reference.crossing_id, reference.digest, distances.back()});
  }
  receipt.distance = FusedDistance(std::move(distances), policy.best_k);
  const FmrEstimate estimate = calibration.FmrAt(*receipt.distance);
  receipt.estimated_fmr = estimate.fmr;
  receipt.fmr_bound = estimate.bound;
  receipt.outcome = OutcomeAt(*receipt.distance, policy.thresholds);
  return receipt;
}

}  // namespace entryexit::core
