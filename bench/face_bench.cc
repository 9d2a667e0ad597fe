// Our face pipeline against the one that dlib's examples show, with the same model on one thread:
// median milliseconds per stage, at three sizes of capture; and that no face is lost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "bench/plain_pipeline.h"
#include "entryexit/core/matching.h"
#include "entryexit/face/engine.h"
#include "entryexit/face/matrix_kernels.h"

namespace entryexit::bench {
namespace {

using face::StageTimes;

constexpr std::array<const char*, 7> kStages{"decode", "detect", "landmarks", "quality",
                                             "align",  "embed",  "total"};
// Share of the picture's height that the detected face fills.
constexpr std::array kFaceShares{0.25, 0.3, 0.4, 0.5, 0.6};
constexpr std::array kIdentities{"id_003", "id_010", "id_021", "id_047"};

std::array<double, 7> Milliseconds(const StageTimes& times) {
  std::array<double, 7> ms{};
  size_t i = 0;
  for (const auto stage :
       {times.decode, times.detect, times.landmarks, times.quality, times.align, times.embed}) {
    ms.at(i) = std::chrono::duration<double, std::milli>(stage).count();
    ms.back() += ms.at(i++);
  }
  return ms;
}

class Samples {
 public:
  void Add(const StageTimes& times) {
    const auto ms = Milliseconds(times);
    for (size_t i = 0; i < ms.size(); ++i) stages_.at(i).push_back(ms.at(i));
  }

  double Median(size_t stage) const {
    std::vector<double> sorted = stages_.at(stage);
    std::ranges::sort(sorted);
    return sorted.at(sorted.size() / 2);
  }

 private:
  std::array<std::vector<double>, 7> stages_;
};

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The overlap of two boxes over their union.
double Overlap(const core::PixelBox& a, const core::PixelBox& b) {
  const cv::Rect p(a.left, a.top, a.width, a.height);
  const cv::Rect q(b.left, b.top, b.width, b.height);
  return static_cast<double>((p & q).area()) / (p | q).area();
}

class Bench {
 public:
  Bench(const std::filesystem::path& root, int rounds)
      : faces_(root / "tests/data/faces"),
        rounds_(rounds),
        plain_(root / "models/entryexit_resnet_v1.dat", face::EngineConfig().landmarks) {
    face::EngineConfig config;
    config.manifest = root / "models/manifest.yaml";
    config.workers = 1;
    config.on_stages = [this](const StageTimes& times) { ours_times_ = times; };
    ours_ = face::CreateFaceEngine(config).value();
    config.runtime = "dlib";
    ours_in_dlib_ = face::CreateFaceEngine(config).value();
    fmt::print("ours: network run by {}; plain: by {}\n\n", ours_->model().engine,
               ours_in_dlib_->model().engine);
    json_["runtime"] = ours_->model().engine;
  }

  // False when one of the two finds another face than the other.
  bool RunSize(const cv::Size& size) {
    Samples ours;
    Samples ours_in_dlib;
    Samples plain;
    int captures = 0;
    int same_face = 0;
    double greatest_distance = 0;
    for (const std::string& image : MakeCaptures(size)) {
      ++captures;
      core::FaceObservation seen;
      core::FaceObservation expected;
      for (int round = 0; round < rounds_; ++round) {
        Observe(*ours_in_dlib_, image);
        ours_in_dlib.Add(ours_times_);
        seen = Ours(image);
        ours.Add(ours_times_);
        StageTimes times;
        expected = plain_.Observe(image, times);
        plain.Add(times);
      }
      const bool same =
          seen.usable() && expected.usable() && Overlap(*seen.face, *expected.face) > 0.5;
      same_face += same ? 1 : 0;
      if (same) {
        greatest_distance =
            std::max(greatest_distance, core::Distance(*seen.embedding, *expected.embedding));
      }
    }
    Print(size, ours, plain);
    constexpr size_t kEmbed = 5;
    fmt::print("  embed of ours when dlib runs the network: {:.2f} ms\n",
               ours_in_dlib.Median(kEmbed));
    fmt::print("  same face in {} of {} captures, embeddings at most {:.3f} apart\n\n", same_face,
               captures, greatest_distance);
    return same_face == captures;
  }

  // False when a bundled capture in which the plain pipeline finds a face is not usable for ours.
  bool CheckNoFaceLost() {
    int captures = 0;
    int by_plain = 0;
    int by_ours = 0;
    int lost = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(faces_)) {
      if (entry.path().extension() != ".jpg" || entry.path().parent_path().filename() == "bad") {
        continue;
      }
      const std::string image = ReadBytes(entry.path());
      StageTimes times;
      const bool plain = plain_.Observe(image, times).usable();
      const bool ours = Ours(image).usable();
      ++captures;
      by_plain += plain ? 1 : 0;
      by_ours += ours ? 1 : 0;
      lost += plain && !ours ? 1 : 0;
    }
    fmt::print("bundled captures: {}, found by ours {}, by plain {}, lost {}\n", captures, by_ours,
               by_plain, lost);
    json_["bundled"] = {
        {"captures", captures}, {"ours", by_ours}, {"plain", by_plain}, {"lost", lost}};
    return lost == 0;
  }

  const nlohmann::json& json() const { return json_; }

 private:
  static core::FaceObservation Observe(const ports::FaceEngine& engine, const std::string& image) {
    return engine.Observe(image, std::chrono::steady_clock::now() + std::chrono::minutes(1))
        .value();
  }

  core::FaceObservation Ours(const std::string& image) { return Observe(*ours_, image); }

  // A bundled face before a plain wall, so large that the face fills each share of the height.
  std::vector<std::string> MakeCaptures(const cv::Size& size) {
    std::vector<std::string> captures;
    for (const char* identity : kIdentities) {
      const std::string source = ReadBytes(faces_ / identity / "arrival_1.jpg");
      const cv::Mat picture = cv::imdecode(std::vector<uchar>(source.begin(), source.end()), 1);
      const core::PixelBox box = Ours(source).face.value();
      const cv::Point2d centre(box.left + box.width / 2.0, box.top + box.height / 2.0);
      for (const double share : kFaceShares) {
        // A little more than the share, so that the smallest is not a coin's toss.
        const double scale = 1.05 * share * size.height / box.width;
        const cv::Matx23d place(scale, 0, size.width / 2.0 - scale * centre.x, 0, scale,
                                size.height / 2.0 - scale * centre.y);
        cv::Mat canvas;
        cv::warpAffine(picture, canvas, place, size, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
        std::vector<uchar> jpeg;
        cv::imencode(".jpg", canvas, jpeg, {cv::IMWRITE_JPEG_QUALITY, 90});
        captures.emplace_back(jpeg.begin(), jpeg.end());
      }
    }
    return captures;
  }

  void Print(const cv::Size& size, const Samples& ours, const Samples& plain) {
    const std::string name = fmt::format("{}x{}", size.width, size.height);
    fmt::print("{:<12}{:>10}{:>10}{:>8}\n", name, "ours ms", "plain ms", "ratio");
    for (size_t i = 0; i < kStages.size(); ++i) {
      const double a = ours.Median(i);
      const double b = plain.Median(i);
      fmt::print("  {:<10}{:>10.2f}{:>10.2f}{:>8}\n", kStages.at(i), a, b,
                 b > 0 ? fmt::format("{:.2f}", b / a) : "-");
      json_[name][kStages.at(i)] = {{"ours_ms", a}, {"plain_ms", b}};
    }
    json_[name]["ratio"] = plain.Median(kStages.size() - 1) / ours.Median(kStages.size() - 1);
  }

  std::filesystem::path faces_;
  int rounds_;
  PlainPipeline plain_;
  std::unique_ptr<ports::FaceEngine> ours_;
  std::unique_ptr<ports::FaceEngine> ours_in_dlib_;
  StageTimes ours_times_;
  nlohmann::json json_;
};

int Main(int argc, char** argv) {
  CLI::App app("Compares the face pipeline with dlib's example code on the whole picture.");
  std::string json_file;
  std::string root = ENTRYEXIT_SOURCE_DIR;
  int rounds = 3;
  app.add_option("--json", json_file, "also write the figures to this file");
  app.add_option("--root", root, "the source tree: models and captures lie there");
  app.add_option("--rounds", rounds, "times that each capture is observed")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);

  Bench bench(root, rounds);
  bool good = true;
  for (const cv::Size& size : {cv::Size(640, 480), cv::Size(1280, 720), cv::Size(1920, 1080)}) {
    good = bench.RunSize(size) && good;
  }
  good = bench.CheckNoFaceLost() && good;
  if (!json_file.empty()) std::ofstream(json_file) << bench.json().dump(2) << '\n';
  return good ? 0 : 1;
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  entryexit::face::ChooseMatrixKernels(argv);
  return entryexit::bench::Main(argc, argv);
}
