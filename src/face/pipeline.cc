#include "pipeline.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include "alignment.h"
#include "decoder.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/reason.h"
#include "gray.h"
#include "quality.h"

namespace entryexit::face {
namespace {

using core::FaceObservation;
using core::QualityIssue;
using StepClock = std::chrono::steady_clock;

// Adds the time from its making to its end to one stage.
class StageTimer {
 public:
  explicit StageTimer(std::chrono::nanoseconds& stage) : stage_(stage) {}
  ~StageTimer() { stage_ += StepClock::now() - start_; }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  std::chrono::nanoseconds& stage_;
  StepClock::time_point start_ = StepClock::now();
};

core::PixelBox ToPixelBox(const cv::Rect2d& box) {
  const cv::Rect rounded = box;
  return {rounded.x, rounded.y, rounded.width, rounded.height};
}

// Of a frontal face the detector is this sure, and of what is none hardly ever.
constexpr double kSurely = 0.5;

// One face is found at several levels of the pyramid. Boxes that differ more in width than by this
// factor are not of the same one.
constexpr double kSameFace = 1.5;

// Its centre lies within the middle 80 % of the picture, both ways.
bool IsCentral(const DetectedFace& face, const cv::Size& picture) {
  constexpr double kMargin = 0.1;
  const cv::Point2d centre = (face.box.tl() + face.box.br()) / 2;
  return cv::Rect2d(kMargin * picture.width, kMargin * picture.height,
                    (1 - 2 * kMargin) * picture.width, (1 - 2 * kMargin) * picture.height)
      .contains(centre);
}

absl::Status CheckDeadline(core::Deadline deadline) {
  if (StepClock::now() < deadline) return absl::OkStatus();
  return core::MakeError(core::Reason::kDeadlineExceeded,
                         "the deadline passed while the capture was being observed");
}

}  // namespace

Pipeline::Pipeline(const Settings& settings, std::shared_ptr<const LandmarkFinder> landmarks,
                   std::unique_ptr<EmbeddingNetwork> network)
    : settings_(settings), landmarks_(std::move(landmarks)), network_(std::move(network)) {}

absl::StatusOr<Pipeline::Unembedded> Pipeline::FindFace(std::string_view image,
                                                        core::Deadline deadline,
                                                        StageTimes& times) {
  times = {};
  cv::Mat bgr;
  {
    const StageTimer timer(times.decode);
    absl::StatusOr<cv::Mat> decoded = DecodeImage(image, settings_.image);
    if (!decoded.ok()) return decoded.status();
    bgr = *std::move(decoded);
  }
  Unembedded unembedded;
  FaceObservation& observation = unembedded.observation;
  observation.image_width = bgr.cols;
  observation.image_height = bgr.rows;

  const absl::StatusOr<std::vector<DetectedFace>> faces = [&] {
    const StageTimer timer(times.detect);
    return FindFaces(bgr, deadline);
  }();
  if (!faces.ok()) return faces.status();
  if (absl::Status status = CheckDeadline(deadline); !status.ok()) return status;
  if (!faces->empty()) {
    const Choice choice = Choose(*faces, bgr.size());
    ObserveFace(bgr, choice, times, unembedded);
    // What the detector itself would not call a face serves to say what is wrong with the capture;
    // when nothing else is, it was none.
    const bool doubtful = choice.face.confidence < 0 && observation.findings.empty();
    if (!doubtful) return unembedded;
  }
  observation.face.reset();
  observation.findings = {{QualityIssue::kNoFace, 0, 1}};
  unembedded.crop.release();
  return unembedded;
}

std::vector<core::Embedding> Pipeline::EmbedAll(std::span<const cv::Mat> crops) {
  std::vector<core::Embedding> embeddings = network_->EmbedAll(crops);
  if (settings_.l2_normalise) {
    for (core::Embedding& embedding : embeddings)
      embedding = core::Normalised(std::move(embedding));
  }
  return embeddings;
}

absl::StatusOr<std::vector<DetectedFace>> Pipeline::FindFaces(const cv::Mat& bgr,
                                                              core::Deadline deadline) {
  if (absl::Status status = CheckDeadline(deadline); !status.ok()) return status;
  const cv::Mat gray = GrayOf(bgr);
  std::vector<DetectedFace> faces =
      search_.Find(gray, [&](const auto& found) { return NarrowestPx(found, gray.size()); });
  if (absl::Status status = CheckDeadline(deadline); !status.ok()) return status;
  return faces.empty() ? search_.FindThoroughly(gray) : faces;
}

// Down to the configured share; but where a face has been chosen, down to what it would not
// dominate. That may be narrower still, for its rivals' sake, or wider: a face that is surely one
// and central stays the chosen one, whatever narrower ones there are, and those that it dominates
// do not matter.
double Pipeline::NarrowestPx(const std::vector<DetectedFace>& faces,
                             const cv::Size& picture) const {
  const double share_px = settings_.min_face_share * picture.height;
  if (faces.empty()) return share_px;
  const DetectedFace chosen = Choose(faces, picture).face;
  const double rival_px = chosen.box.width / std::max(settings_.quality.min_dominance, kSameFace);
  const bool settled = chosen.confidence >= kSurely && IsCentral(chosen, picture);
  return settled ? rival_px : std::min(share_px, rival_px);
}

// The widest central face; the widest of all when none is central.
Pipeline::Choice Pipeline::Choose(const std::vector<DetectedFace>& faces, const cv::Size& picture) {
  auto chosen = std::ranges::find_if(
      faces, [&picture](const DetectedFace& face) { return IsCentral(face, picture); });
  if (chosen == faces.end()) chosen = faces.begin();
  double next_width = 0;
  for (auto face = faces.begin(); face != faces.end(); ++face) {
    if (face != chosen) next_width = std::max(next_width, face->box.width);
  }
  const double dominance =
      next_width > 0 ? chosen->box.width / next_width : std::numeric_limits<double>::infinity();
  return {*chosen, dominance};
}

void Pipeline::ObserveFace(const cv::Mat& bgr, const Choice& choice, StageTimes& times,
                           Unembedded& unembedded) {
  FaceObservation& observation = unembedded.observation;
  const cv::Rect2d& box = choice.face.box;
  observation.face = ToPixelBox(box);
  Landmarks landmarks;
  {
    const StageTimer timer(times.landmarks);
    landmarks = landmarks_->Find(bgr, box);
  }
  {
    const StageTimer timer(times.quality);
    observation.findings = Judge(Measure(bgr, box, landmarks), settings_.quality);
    if (choice.dominance < settings_.quality.min_dominance) {
      observation.findings.insert(
          observation.findings.begin(),
          {QualityIssue::kSeveralFaces, choice.dominance, settings_.quality.min_dominance});
    }
  }
  if (observation.findings.empty()) {
    const StageTimer timer(times.align);
    unembedded.crop = settings_.alignment == Alignment::kArcface112 ? CutArcface112(bgr, landmarks)
                                                                    : CutDlib150(bgr, landmarks);
  }
}

}  // namespace entryexit::face
