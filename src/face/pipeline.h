#ifndef ENTRYEXIT_SRC_FACE_PIPELINE_H_
#define ENTRYEXIT_SRC_FACE_PIPELINE_H_

#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/face.h"
#include "entryexit/face/engine_config.h"
#include "entryexit/face/model_manifest.h"
#include "face_search.h"
#include "landmarks.h"
#include "network.h"

namespace entryexit::face {

// One worker's share of the engine: image bytes in, observation out. Not thread-safe. dlib and
// OpenCV may throw from it (out of memory, a defect).
class Pipeline {
 public:
  struct Settings {
    ImageLimits image;
    double min_face_share = 0;
    QualityLimits quality;
    Alignment alignment{};
    bool l2_normalise = false;
  };

  Pipeline(const Settings& settings, std::shared_ptr<const LandmarkFinder> landmarks,
           std::unique_ptr<EmbeddingNetwork> network);

  // An observation that lacks the embedding of `crop`; empty when the capture is unfit for one.
  struct Unembedded {
    core::FaceObservation observation;
    cv::Mat crop;
  };

  // All but the embedding. Sets `times`. Looks at the deadline between the stages that take long:
  // once it has passed, no more work is done. Errors: as ports::FaceEngine::Observe.
  absl::StatusOr<Unembedded> FindFace(std::string_view image, core::Deadline deadline,
                                      StageTimes& times);

  // The embeddings as templates have them, in the order of `crops`.
  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops);

 private:
  // The face that the capture is about, and whether it is alone enough.
  struct Choice {
    DetectedFace face;
    double dominance = 0;  // its width over the next one's; infinite when there is none
  };

  absl::StatusOr<std::vector<DetectedFace>> FindFaces(const cv::Mat& bgr, core::Deadline deadline);
  // How narrow a face is still looked for once `faces` have been found.
  double NarrowestPx(const std::vector<DetectedFace>& faces, const cv::Size& picture) const;
  static Choice Choose(const std::vector<DetectedFace>& faces, const cv::Size& picture);
  void ObserveFace(const cv::Mat& bgr, const Choice& choice, StageTimes& times,
                   Unembedded& unembedded);

  Settings settings_;
  std::shared_ptr<const LandmarkFinder> landmarks_;
  std::unique_ptr<EmbeddingNetwork> network_;
  FaceSearch search_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_PIPELINE_H_
