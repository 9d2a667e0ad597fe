#ifndef ENTRYEXIT_BENCH_PLAIN_PIPELINE_H_
#define ENTRYEXIT_BENCH_PLAIN_PIPELINE_H_

#include <filesystem>
#include <memory>
#include <string>

#include "entryexit/core/face.h"
#include "entryexit/face/engine_config.h"

namespace entryexit::bench {

// The face pipeline as dlib's own examples write it, for comparison: decode, detect on the whole
// RGB picture, 68 landmarks, chip, network. Not thread-safe.
class __attribute__((visibility("default"))) PlainPipeline {
 public:
  // Ends the program when a file cannot be loaded.
  PlainPipeline(const std::filesystem::path& weights, const std::filesystem::path& landmarks);
  ~PlainPipeline();

  // The widest face and its embedding, if there is a face. Sets `times`; `quality` stays zero.
  core::FaceObservation Observe(const std::string& image, face::StageTimes& times);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_PLAIN_PIPELINE_H_
