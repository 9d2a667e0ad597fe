// Prints the embedding of one capture, computed by the face library that the loader chose.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "entryexit/face/engine.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  entryexit::face::EngineConfig config;
  config.manifest = ENTRYEXIT_SOURCE_DIR "/models/manifest.yaml";
  config.workers = 1;
  const auto engine = entryexit::face::CreateFaceEngine(config);
  if (!engine.ok()) {
    fmt::print(stderr, "{}\n", engine.status().ToString());
    return 1;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string image((std::istreambuf_iterator<char>(in)), {});
  const auto observation =
      (*engine)->Observe(image, std::chrono::steady_clock::now() + std::chrono::minutes(1));
  if (!observation.ok() || !observation->usable()) return 1;
  fmt::print("{:.6f}\n", fmt::join(*observation->embedding, "\n"));
  return 0;
}
