#ifndef ENTRYEXIT_TESTS_UNIT_FACE_FACE_FIXTURES_H_
#define ENTRYEXIT_TESTS_UNIT_FACE_FACE_FIXTURES_H_

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "entryexit/core/face.h"
#include "entryexit/face/engine_config.h"
#include "entryexit/ports/face_engine.h"

namespace entryexit::face::testing {

// One of the bundled captures, such as "id_003/arrival_1.jpg".
std::filesystem::path CapturePath(const std::string& name);
std::string Capture(const std::string& name);

// Of every `step`th good capture.
std::vector<std::string> CaptureNames(int step);

// The file's bytes in the format of `extension` (".jpg", ".png", ".webp").
std::string Encode(const std::string& extension, const cv::Mat& picture);
cv::Mat DecodePlainly(const std::string& bytes);

// The bundled model with one worker.
EngineConfig BundledConfig();

// An engine shared by the tests of this program; loading one takes a second.
const ports::FaceEngine& SharedEngine();

core::Deadline InAMinute();

// Infinite when the embeddings differ in size.
double Distance(const core::Embedding& a, const core::Embedding& b);

// An empty folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path Write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace entryexit::face::testing

#endif  // ENTRYEXIT_TESTS_UNIT_FACE_FACE_FIXTURES_H_
