#ifndef ENTRYEXIT_CORE_MATCHING_H_
#define ENTRYEXIT_CORE_MATCHING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/calibration.h"
#include "entryexit/core/face.h"
#include "entryexit/core/ids.h"

namespace entryexit::core {

// What the machine says of a departure. A lead for an officer, never a determination.
enum class Outcome {
  kMatch,         // at or below the match threshold
  kNoMatch,       // beyond the no-match threshold
  kInconclusive,  // between the two
  kNoReference,   // no prior arrival with a comparable template
  kLowQuality,    // the capture gave no template
  kExempt,        // the class of admission is exempt from capture
  kOptedOut,      // the traveler chose a manual check, as the rules allow
};

// Upper snake case, as on the wire and in SQL: "NO_MATCH".
const char* NameOf(Outcome outcome);
std::optional<Outcome> OutcomeFromName(const std::string& name);
// Whether the face was compared and not matched, so that it is not known who departed.
bool LeavesDoubt(Outcome outcome);

// The policy in force: target error rates and the distances they stand for under one calibration.
struct Thresholds {
  double fmr_match;          // a distance at which so few non-mated pairs lie is a match
  double fmr_no_match;       // beyond this one's distance it is no match
  double match_distance;     // match: distance <= match_distance
  double no_match_distance;  // no match: distance > no_match_distance
  std::string calibration;   // the kind of pairs that set them, e.g. "matched"

  friend auto operator<=>(const Thresholds&, const Thresholds&) = default;
};

// Errors: CONFIG_INVALID when a target lies outside the measured range or the match target is not
// stricter than the no-match target.
absl::StatusOr<Thresholds> ThresholdsFor(const Calibration& calibration, double fmr_match,
                                         double fmr_no_match);

// Euclidean distance, 0..2 between L2-normalised embeddings; lower is more alike.
// Requires: a.size() == b.size().
double Distance(const Embedding& a, const Embedding& b);

// `embedding` divided by its length. Requires: not all values are 0.
Embedding Normalised(Embedding embedding);

// The mean of the `best_k` smallest distances (of all, when there are fewer).
// Requires: distances not empty, best_k > 0.
double FusedDistance(std::vector<double> distances, int best_k);

Outcome OutcomeAt(double distance, const Thresholds& thresholds);

// A template as it takes part in a comparison.
struct ComparedTemplate {
  CrossingId crossing_id;
  std::string digest;  // SHA-256 of the stored template, lower-case hex
  Embedding embedding;
};

struct ReferenceDistance {
  CrossingId crossing_id;  // the arrival
  std::string digest;
  double distance;

  friend auto operator<=>(const ReferenceDistance&, const ReferenceDistance&) = default;
};

// The version of the rule that Compare implements; part of every receipt. Change it whenever the
// same inputs could give another outcome.
inline constexpr char kMatchRuleVersion[] = "mean-of-best-k/1";

// Everything that is needed to show, later, how an outcome came about.
struct DecisionReceipt {
  Outcome outcome = Outcome::kNoReference;
  std::optional<double> distance;       // fused; absent when nothing was compared
  std::optional<double> estimated_fmr;  // at `distance`, by the calibration
  std::optional<FmrBound> fmr_bound;    // of `estimated_fmr`; absent also in receipts of old
  CrossingId probe_crossing_id;
  std::string probe_digest;  // empty when the capture gave no template
  std::vector<ReferenceDistance> references;
  ModelRef model;
  Thresholds thresholds;
  int best_k = 1;
  std::string rule_version;
};

struct MatchPolicy {
  Thresholds thresholds;
  int best_k = 2;
};

// Compares `probe` with every reference (all of the same model) and decides.
// Returns NO_REFERENCE when `references` is empty. Pure: the same inputs give the same receipt.
DecisionReceipt Compare(const ComparedTemplate& probe,
                        const std::vector<ComparedTemplate>& references, const ModelRef& model,
                        const MatchPolicy& policy, const Calibration& calibration);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_MATCHING_H_
