#ifndef ENTRYEXIT_EVALUATION_EVALUATE_H_
#define ENTRYEXIT_EVALUATION_EVALUATE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/face.h"
#include "entryexit/evaluation/pairs.h"
#include "entryexit/evaluation/statistics.h"
#include "entryexit/ports/face_engine.h"

namespace entryexit::evaluation {

// Images that gave no template (failure to acquire, FTA).
struct Acquisition {
  Rate failures;  // of all images
  // Failed images by the name of the core::QualityIssue; one image may count under several.
  std::map<std::string, std::size_t> by_quality_issue;
  // Failed images by the name of the core::Reason; one image counts once.
  std::map<std::string, std::size_t> by_error;
};

struct EvaluationResult {
  core::ModelRef model;
  Acquisition acquisition;
  Comparisons comparisons;
  std::string non_mated_kind;  // as in PairList
  // Pairs with an image that failed to acquire. They are in neither FMR nor FNMR, which describe
  // comparisons of templates (ISO/IEC 19795-1); the FTA rate accounts for them.
  std::size_t mated_left_out = 0;
  std::size_t non_mated_left_out = 0;
};

// Told after each image; calls do not overlap but may come from any thread.
using Progress = std::function<void(std::size_t images_done, std::size_t images_total)>;

// Embeds each image once, on `threads` threads (>= 1), then measures the distance of each pair.
// Blocks. An image that the engine refuses as such (an INVALID_ARGUMENT reason) counts as FTA.
// Errors: INVALID_FIELD when an image file cannot be read or `threads` is not positive; whatever
// else the engine answers ends the evaluation.
absl::StatusOr<EvaluationResult> Evaluate(const ports::FaceEngine& engine, const PairList& pairs,
                                          int threads, const Progress& progress);

}  // namespace entryexit::evaluation

#endif  // ENTRYEXIT_EVALUATION_EVALUATE_H_
