#include "tests/unit/face/face_fixtures.h"

#include <chrono>
#include <fstream>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <stdexcept>

#include "entryexit/core/matching.h"
#include "entryexit/face/engine.h"
#include "tests/support/files.h"

namespace entryexit::face::testing {

std::filesystem::path CapturePath(const std::string& name) {
  return std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "tests/data/faces" / name;
}

std::string Capture(const std::string& name) {
  return ::entryexit::testing::ReadAll(CapturePath(name));
}

std::vector<std::string> CaptureNames(int step) {
  std::ifstream manifest(CapturePath("manifest.csv"));
  std::vector<std::string> names;
  int captures = 0;
  for (std::string line; std::getline(manifest, line);) {
    if (line.starts_with("id_") && captures++ % step == 0) {
      names.push_back(line.substr(0, line.find(',')));
    }
  }
  return names;
}

std::string Encode(const std::string& extension, const cv::Mat& picture) {
  std::vector<uchar> bytes;
  cv::imencode(extension, picture, bytes);
  return {bytes.begin(), bytes.end()};
}

cv::Mat DecodePlainly(const std::string& bytes) {
  return cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR);
}

EngineConfig BundledConfig() {
  EngineConfig config;
  config.manifest = std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "models/manifest.yaml";
  config.workers = 1;
  return config;
}

const ports::FaceEngine& SharedEngine() {
  static const std::unique_ptr<ports::FaceEngine> kEngine = [] {
    EngineConfig config = BundledConfig();
    config.workers = 2;
    return CreateFaceEngine(config).value();
  }();
  return *kEngine;
}

core::Deadline InAMinute() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

double Distance(const core::Embedding& a, const core::Embedding& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  return core::Distance(a, b);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "entryexit-face-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

std::filesystem::path TemporaryFolder::Write(const std::string& name,
                                             const std::string& content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

}  // namespace entryexit::face::testing
