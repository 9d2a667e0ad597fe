#ifndef ENTRYEXIT_FACE_ENGINE_CONFIG_H_
#define ENTRYEXIT_FACE_ENGINE_CONFIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace entryexit::face {

// What is read from one request, before any pixel is decoded.
struct ImageLimits {
  size_t max_image_bytes = 8U << 20;  // of the encoded file
  // Width x height, from the file's header. Decoding takes 3 to 6 bytes a pixel; a WebP or a JPEG
  // in several scans (progressive), up to 11, so of these half as many pixels are accepted. The
  // default keeps a daemon with two workers under 600 MB whatever it is sent.
  uint64_t max_pixels = 25'000'000;
  bool accept_jpeg = true;
  bool accept_png = true;
  bool accept_webp = true;
};

// When a capture is unfit for a template. The defaults let all good captures of the bundled set
// pass, with a margin.
struct QualityLimits {
  double min_face_px = 90;        // width of the detected face, px of the upright picture
  double min_share_inside = 0.9;  // of the face's box within the picture, 0..1
  double min_luma = 40;           // mean of the face, 0..255
  double max_luma = 232;          // mean of the face, 0..255
  double min_sharpness = 21;      // deviation of the gradient of the face, eyes 35 px apart
  double max_roll_degrees = 20;
  double max_yaw_degrees = 25;
  double max_pitch_degrees = 30;
  double min_eye_contrast = 12.5;  // deviation of luma around the eyes
  double min_dominance = 1.5;      // width of the face taken over that of the next one
};

// Wall time that each step of one observation took; zero for a step that was not needed.
struct StageTimes {
  std::chrono::nanoseconds decode{0};
  std::chrono::nanoseconds detect{0};
  std::chrono::nanoseconds landmarks{0};
  std::chrono::nanoseconds align{0};
  std::chrono::nanoseconds quality{0};
  std::chrono::nanoseconds embed{0};  // of faces embedded at once, each one's share
  size_t together = 0;                // faces embedded at once with this one, itself included
};

struct EngineConfig {
  // The manifest that describes every known model.
  std::filesystem::path manifest = "models/manifest.yaml";

  // Where model files that the operator installed lie; looked in before the manifest's own folder.
  // Empty: only the manifest's folder.
  std::filesystem::path installed_models;

  std::string model = "entryexit-resnet-v1";

  // The library that runs the network: "onednn" or "dlib", which is slower and the reference. Both
  // give the same embeddings but for rounding.
  std::string runtime = "onednn";

  // Which of the model's calibration tables turns an FMR into a distance: "matched" (non-mated
  // pairs of the same sex, region and age band: the stricter) or "random". Empty: none is needed,
  // as when the model is being evaluated; FaceEngine::calibration must then not be called.
  std::string calibration_pairs = "matched";

  // dlib shape predictor with 68 points, or 5 (for models aligned by "dlib-150" only; yaw, pitch
  // and eyes are then not judged).
  std::filesystem::path landmarks = "/usr/share/dlib/shape_predictor_68_face_landmarks.dat";

  // Captures observed at the same time, each with a network and a detector of its own (about
  // 20 MB). At least 1.
  int workers = 2;

  // So many faces are embedded together, which costs less for each, by a worker of the oneDNN
  // runtime, when as many captures and faces wait for each worker. The greatest first, each from 2
  // to 32 and once; empty: each face alone.
  std::vector<std::size_t> embed_together = {8, 4, 2};

  // How long a face then waits for the others. With less than that left to its deadline it goes at
  // once, in the largest batch that faces fill. One worker looks at eight captures within 70 ms.
  std::chrono::milliseconds embed_patience{100};

  ImageLimits image;

  // Faces narrower than this share of the picture's height are not looked for on the fast path:
  // the detector then runs on fewer pixels. When nothing is found, a slower search over smaller
  // faces tells what is wrong. 0 < share < 1.
  double min_face_share = 0.25;

  QualityLimits quality;

  // Called after each successful observation, from the thread that asked for it; may be empty. Must
  // be thread-safe and quick.
  std::function<void(const StageTimes&)> on_stages;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_ENGINE_CONFIG_H_
