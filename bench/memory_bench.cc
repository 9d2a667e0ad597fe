// What memory the real daemon holds: when it is ready, while four clients send captures, and at the
// worst that one request to each worker can do. Ratios are to the memory held when ready.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/processes.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"

namespace entryexit::bench {
namespace {

using testing::World;
using Lane = v1::LaneService::Stub;

constexpr int kWorkers = 2;
constexpr int kClients = 4;
constexpr int kPeople = 125;  // bundled
constexpr double kPixelLimit = 25e6;

void ResetPeak(World& world) {
  std::ofstream(fmt::format("/proc/{}/clear_refs", world.daemon().pid())) << "5";
}

void InParallel(int threads, const std::function<void(int)>& work) {
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back([&work, i] { work(i); });
}

std::string LaneOf(int client) { return client % 2 == 0 ? "SEA-X1" : "EPP-X1"; }

// Connected one after another: a World is not thread-safe, what it hands out is.
std::vector<std::unique_ptr<Lane>> Connect(World& world, int clients) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < clients; ++i) lanes.push_back(world.Lane(LaneOf(i)));
  return lanes;
}

// Each client lets travelers arrive and depart, one after another.
void SendCrossings(World& world, int travelers) {
  const auto lanes = Connect(world, kClients);
  InParallel(kClients, [&](int client) {
    Lane& lane = *lanes.at(static_cast<size_t>(client));
    const std::string lane_id = LaneOf(client);
    for (int i = 0; i < travelers; ++i) {
      const int person = 1 + (client * travelers + i) % kPeople;
      const std::string document = testing::NewDocumentNumber();
      const auto arrived = testing::Call(
          lane, &Lane::RecordArrival,
          testing::ArrivalRequest({lane_id, document, testing::FaceImage(person, "arrival_1"),
                                   std::chrono::hours(48)}));
      const auto departed = testing::Call(
          lane, &Lane::RecordDeparture,
          testing::DepartureRequest({lane_id, document, testing::FaceImage(person, "departure_1"),
                                     std::chrono::hours(1)}));
      if (!arrived.status.ok() || !departed.status.ok()) {
        throw std::runtime_error("a crossing was refused: " + arrived.status.error_message() +
                                 departed.status.error_message());
      }
    }
  });
}

// A bundled face, stretched to this size.
std::string Picture(const cv::Size& size, const std::string& extension,
                    const std::vector<int>& options) {
  const std::string source = testing::FaceImage(3, "arrival_1");
  const cv::Mat face = cv::imdecode(std::vector<uchar>(source.begin(), source.end()), 1);
  cv::Mat large;
  cv::resize(face, large, size, 0, 0, cv::INTER_CUBIC);
  std::vector<uchar> bytes;
  cv::imencode(extension, large, bytes, options);
  return {bytes.begin(), bytes.end()};
}

// Sends the picture to every worker at once, some times, and says what that took at the peak.
void PrintPeak(World& world, const std::string& name, const std::string& picture, double ready) {
  constexpr int kTimes = 3;
  ResetPeak(world);
  std::string answer = "judged";
  const auto lanes = Connect(world, kWorkers);
  InParallel(kWorkers, [&](int worker) {
    v1::AssessCaptureRequest request;
    request.set_image(picture);
    Lane& lane = *lanes.at(static_cast<size_t>(worker));
    for (int i = 0; i < kTimes; ++i) {
      const auto assessed = testing::Call(lane, &Lane::AssessCapture, request);
      if (worker == 0 && !assessed.status.ok()) answer = "refused: " + assessed.reason;
    }
  });
  const double peak = Megabytes(world.daemon().pid(), "VmHWM");
  fmt::print("  {:<44}{:>8.0f}{:>8.2f}  {} ({:.1f} MB sent)\n", name, peak, peak / ready, answer,
             static_cast<double>(picture.size()) / 1e6);
}

void PrintWorstPictures(World& world, double ready) {
  const auto square = [](double pixels) {
    const int side = static_cast<int>(std::sqrt(pixels));
    return cv::Size(side, side);
  };
  const cv::Size wide(78'000, 320);
  const std::vector<int> progressive{cv::IMWRITE_JPEG_PROGRESSIVE, 1};
  fmt::print("  {} at once, each of:\n", kWorkers);
  PrintPeak(world, "JPEG, 25 megapixels", Picture(square(kPixelLimit), ".jpg", {}), ready);
  PrintPeak(world, "progressive JPEG, 25 megapixels",
            Picture(square(kPixelLimit), ".jpg", progressive), ready);
  PrintPeak(world, "progressive JPEG, 12.5 megapixels",
            Picture(square(kPixelLimit / 2), ".jpg", progressive), ready);
  PrintPeak(world, "WebP, 25 megapixels",
            Picture(square(kPixelLimit), ".webp", {cv::IMWRITE_WEBP_QUALITY, 50}), ready);
  PrintPeak(world, "PNG, 78,000 x 320", Picture(wide, ".png", {}), ready);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the memory of the real daemon, on a private database.");
  int captures = 1600;
  app.add_option("--captures", captures, "captures sent by four clients in all")
      ->check(CLI::Range(32, 1'000'000));
  CLI11_PARSE(app, argc, argv);

  World world({.environment = {{"ENTRYEXIT_FACE_WORKERS", std::to_string(kWorkers)}}});
  const double ready = Megabytes(world.daemon().pid(), "VmRSS");
  fmt::print("Resident memory of entryexitd, {} workers{:>17}{:>8}\n", kWorkers, "MB", "ratio");
  fmt::print("  {:<44}{:>8.0f}{:>8.2f}\n", "ready", ready, 1.0);
  constexpr int kQuarters = 4;
  for (int quarter = 1; quarter <= kQuarters; ++quarter) {
    SendCrossings(world, captures / kQuarters / kClients / 2);
    const double resident = Megabytes(world.daemon().pid(), "VmRSS");
    fmt::print("  {:<44}{:>8.0f}{:>8.2f}\n",
               fmt::format("after {} captures", captures * quarter / kQuarters), resident,
               resident / ready);
  }
  PrintWorstPictures(world, ready);
  fmt::print("  {:<44}{:>8.0f}{:>8.2f}\n", "afterwards", Megabytes(world.daemon().pid(), "VmRSS"),
             Megabytes(world.daemon().pid(), "VmRSS") / ready);
  return 0;
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) { return entryexit::bench::Main(argc, argv); }
