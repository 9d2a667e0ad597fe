// Our face pipeline against the one that dlib's examples show, with the same model on one thread:
// median milliseconds per stage, at three sizes of capture; and that no face is lost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/network_speed.h"
#include "bench/plain_pipeline.h"
#include "entryexit/core/matching.h"
#include "entryexit/face/engine.h"
#include "entryexit/face/matrix_kernels.h"

namespace entryexit::bench {
namespace {

using face::StageTimes;

constexpr std::array<const char*, 7> kStages{"decode", "detect", "landmarks", "quality",
                                             "align",  "embed",  "total"};
// Share of the picture's height that the detected face fills, and of the smallest allowed.
constexpr double kSmallestShare = 0.2;
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

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

class Samples {
 public:
  void Add(const StageTimes& times) {
    const auto ms = Milliseconds(times);
    for (size_t i = 0; i < ms.size(); ++i) stages_.at(i).push_back(ms.at(i));
  }

  double Median(size_t stage) const { return bench::Median(stages_.at(stage)); }

 private:
  std::array<std::vector<double>, 7> stages_;
};

// An engine of two workers to which lanes send one capture after another.
class BusyEngine {
 public:
  explicit BusyEngine(face::EngineConfig config) {
    config.workers = 2;
    config.on_stages = [this](const StageTimes& times) {
      faces_ += times.together > 0 ? 1 : 0;
      faces_together_ += times.together > 1 ? 1 : 0;
    };
    engine_ = face::CreateFaceEngine(config).value();
  }

  void Run(const std::vector<std::string>& captures, int lanes) {
    constexpr size_t kTimesEach = 6;
    const size_t count = kTimesEach * captures.size();
    std::atomic<size_t> next = 0;
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t start_of_work = std::clock();
    {
      std::vector<std::jthread> threads;
      for (int lane = 0; lane < lanes; ++lane) {
        threads.emplace_back([&] {
          for (size_t i = next++; i < count; i = next++) {
            engine_
                ->Observe(captures[i % captures.size()],
                          std::chrono::steady_clock::now() + std::chrono::minutes(1))
                .value();
          }
        });
      }
    }
    const double work = static_cast<double>(std::clock() - start_of_work) / CLOCKS_PER_SEC;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    work_ms_.push_back(1e3 * work / static_cast<double>(count));
    rates_.push_back(static_cast<double>(count) / time.count());
  }

  // Of each run: captures a second, and processor time of one.
  const std::vector<double>& rates() const { return rates_; }
  const std::vector<double>& work_ms() const { return work_ms_; }
  double ShareTogether() const { return static_cast<double>(faces_together_) / faces_; }

 private:
  std::atomic<int> faces_ = 0;
  std::atomic<int> faces_together_ = 0;
  std::unique_ptr<ports::FaceEngine> engine_;
  std::vector<double> rates_;
  std::vector<double> work_ms_;
};

std::vector<double> Ratios(const std::vector<double>& over, const std::vector<double>& under) {
  std::vector<double> ratios;
  for (size_t i = 0; i < over.size(); ++i) ratios.push_back(over[i] / under[i]);
  return ratios;
}

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
    config_.manifest = root / "models/manifest.yaml";
    config_.workers = 1;
    config_.min_face_share = kSmallestShare;
    face::EngineConfig config = config_;
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
      const auto run_ours = [&] {
        seen = Ours(image);
        ours.Add(ours_times_);
      };
      const auto run_plain = [&] {
        StageTimes times;
        expected = plain_.Observe(image, times);
        plain.Add(times);
      };
      // Each is first as often as second: whoever is second finds the caches as the other left
      // them.
      for (int round = 0; round < rounds_; ++round) {
        const bool plain_first = (captures + round) % 2 == 0;
        if (plain_first) run_plain();
        run_ours();
        if (!plain_first) run_plain();
      }
      Observe(*ours_in_dlib_, image);
      ours_in_dlib.Add(ours_times_);
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

  // How many of the bundled captures have a face for either pipeline, by group: as they are, and
  // in light, contrast and size that a lane should not send.
  void PrintDetectionRates() {
    struct Harder {
      const char* name;
      std::function<cv::Mat(const cv::Mat&)> make;
    };
    const std::vector<Harder> kinds{
        {"as they are", [](const cv::Mat& capture) { return capture; }},
        {"a tenth of the light", [](const cv::Mat& capture) -> cv::Mat { return capture * 0.1; }},
        {"backlit",
         [](const cv::Mat& capture) -> cv::Mat { return capture * 0.15 + cv::Scalar::all(150); }},
        {"a twentieth of the light",
         [](const cv::Mat& capture) -> cv::Mat { return capture * 0.05; }},
        {"backlit more",
         [](const cv::Mat& capture) -> cv::Mat { return capture * 0.05 + cv::Scalar::all(150); }},
        {"60 px wide", [](const cv::Mat& capture) {
           cv::Mat small;
           cv::resize(capture, small, cv::Size(), 0.3, 0.3, cv::INTER_AREA);
           return small;
         }}};
    fmt::print("faces found by ours and by plain, both of our passes counted\n");
    for (const Harder& kind : kinds) {
      std::map<std::string, std::array<int, 3>> by_group;  // captures, ours, plain
      for (const auto& [file, group] : GroupsOfCaptures()) {
        const std::string bytes = ReadBytes(faces_ / file);
        const cv::Mat capture = cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), 1);
        std::vector<uchar> jpeg;
        cv::imencode(".jpg", kind.make(capture), jpeg);
        const std::string image(jpeg.begin(), jpeg.end());
        StageTimes times;
        std::array<int, 3>& counts = by_group[group];
        ++counts[0];
        counts[1] += Ours(image).face ? 1 : 0;
        counts[2] += plain_.Observe(image, times).face ? 1 : 0;
      }
      fmt::print("  {}:", kind.name);
      for (const auto& [group, counts] : by_group) {
        fmt::print("  {} {}/{} of {}", group, counts[1], counts[2], counts[0]);
        json_["found"][kind.name][group] = {
            {"captures", counts[0]}, {"ours", counts[1]}, {"plain", counts[2]}};
      }
      fmt::print("\n");
    }
  }

  void MeasureNetwork(const std::filesystem::path& weights, int rounds) {
    const NetworkSpeed speed = bench::MeasureNetwork(weights, rounds);
    const auto share = [&speed](double ms) {
      return speed.multiply_adds / (ms / 1e3) / speed.peak;
    };
    fmt::print("network: {:.0f} M multiply-adds; one core's GEMM {:.1f} G a second\n",
               speed.multiply_adds / 1e6, speed.peak / 1e9);
    fmt::print("{:<26}{:>10}{:>14}{:>16}\n", "", "ms a face", "dlib's / it", "of GEMM's peak");
    for (const auto& [name, ms] : {std::pair("dlib, batch 1", speed.dlib_ms),
                                   {"oneDNN, batch 1", speed.onednn_ms},
                                   {"oneDNN direct, batch 1", speed.onednn_direct_ms},
                                   {"oneDNN, batch 8", speed.batch_ms},
                                   {"oneDNN direct, batch 8", speed.batch_direct_ms}}) {
      fmt::print("  {:<24}{:>10.2f}{:>14.2f}{:>16.2f}\n", name, ms, speed.dlib_ms / ms, share(ms));
      json_["network"][name] = {{"ms", ms}, {"of_peak", share(ms)}};
    }
    json_["network"]["multiply_adds"] = speed.multiply_adds;
    json_["network"]["gemm_peak"] = speed.peak;
    fmt::print("\n");
  }

  // Two workers with more lanes than they can serve: each face embedded alone, and several at once
  // while captures wait, in turns.
  void MeasureTogether(int lanes) {
    const std::vector<std::string> captures = MakeCaptures({1280, 720});
    face::EngineConfig config = config_;
    config.embed_together.clear();
    BusyEngine alone(config);
    BusyEngine together(config_);
    for (int round = 0; round < rounds_; ++round) {
      const bool alone_first = round % 2 == 0;
      if (alone_first) alone.Run(captures, lanes);
      together.Run(captures, lanes);
      if (!alone_first) alone.Run(captures, lanes);
    }
    fmt::print("{} lanes, 2 workers, 1280x720\n{:<22}{:>12}{:>14}{:>18}\n", lanes, "", "captures/s",
               "CPU ms each", "faces together");
    for (const auto& [name, engine] : {std::pair("each alone", &alone), {"together", &together}}) {
      fmt::print("  {:<20}{:>12.1f}{:>14.2f}{:>16.0f} %\n", name, Median(engine->rates()),
                 Median(engine->work_ms()), 100 * engine->ShareTogether());
    }
    const double rate = Median(Ratios(together.rates(), alone.rates()));
    const double work = Median(Ratios(alone.work_ms(), together.work_ms()));
    fmt::print("  ratio, median of rounds{:>10.3f}{:>14.3f}\n\n", rate, work);
    json_["together"] = {
        {"lanes", lanes}, {"rate", rate}, {"work", work}, {"share", together.ShareTogether()}};
  }

  const nlohmann::json& json() const { return json_; }

 private:
  static core::FaceObservation Observe(const ports::FaceEngine& engine, const std::string& image) {
    return engine.Observe(image, std::chrono::steady_clock::now() + std::chrono::minutes(1))
        .value();
  }

  core::FaceObservation Ours(const std::string& image) { return Observe(*ours_, image); }

  // Each good capture's file and group.
  std::vector<std::pair<std::string, std::string>> GroupsOfCaptures() const {
    std::ifstream manifest(faces_ / "manifest.csv");
    std::vector<std::pair<std::string, std::string>> captures;
    for (std::string line; std::getline(manifest, line);) {
      std::istringstream fields(line);
      std::array<std::string, 4> field;  // file, identity, role, group
      for (std::string& text : field) std::getline(fields, text, ',');
      if (field[0].starts_with("id_")) captures.emplace_back(field[0], field[3]);
    }
    return captures;
  }

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
  face::EngineConfig config_;
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
  bool rates = false;
  app.add_flag("--rates", rates, "also how many faces are found by group, in bad light and small");
  int lanes = 0;
  app.add_option("--lanes", lanes,
                 "instead measure two workers that so many lanes keep busy, with faces embedded "
                 "alone and together")
      ->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);

  Bench bench(root, rounds);
  if (lanes > 0) {
    bench.MeasureTogether(lanes);
    if (!json_file.empty()) std::ofstream(json_file) << bench.json().dump(2) << '\n';
    return 0;
  }
  constexpr int kNetworkRounds = 10;
  bench.MeasureNetwork(std::filesystem::path(root) / "models/entryexit_resnet_v1.dat",
                       kNetworkRounds * rounds);
  bool good = true;
  for (const cv::Size& size : {cv::Size(640, 480), cv::Size(1280, 720), cv::Size(1920, 1080)}) {
    good = bench.RunSize(size) && good;
  }
  good = bench.CheckNoFaceLost() && good;
  if (rates) bench.PrintDetectionRates();
  if (!json_file.empty()) std::ofstream(json_file) << bench.json().dump(2) << '\n';
  return good ? 0 : 1;
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  entryexit::face::ChooseMatrixKernels(argv);
  return entryexit::bench::Main(argc, argv);
}
