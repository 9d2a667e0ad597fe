#include "bench/load/face_alone.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/or_throw.h"
#include "entryexit/face/engine.h"

namespace entryexit::bench {

namespace {

double Observe(const std::vector<Face>& faces, int workers, std::chrono::seconds duration) {
  face::EngineConfig config;
  config.manifest = std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "models/manifest.yaml";
  config.workers = workers;
  const auto engine = OrThrow(face::CreateFaceEngine(config));
  std::atomic<size_t> observed = 0;
  std::atomic<bool> failed = false;
  const auto start = std::chrono::steady_clock::now();
  const auto work = [&] {
    while (std::chrono::steady_clock::now() < start + duration) {
      const Face& face = faces[observed++ % faces.size()];
      const auto observation = engine->Observe(face.departure, core::Deadline::max());
      if (!observation.ok() || !observation->usable()) failed = true;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < workers; ++i) threads.emplace_back(work);
  threads.clear();  // waits for them
  if (failed) throw std::runtime_error("a capture is not usable");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(observed) / took.count();
}

}  // namespace

double FaceAlone(const std::vector<Face>& faces, int workers, const std::optional<Cores>& cores,
                 std::chrono::seconds duration) {
  // On a thread of its own, from which the engine's threads have their cores.
  return std::async(std::launch::async,
                    [&] {
                      if (cores) KeepThisThreadOn(*cores);
                      return Observe(faces, workers, duration);
                    })
      .get();
}

}  // namespace entryexit::bench
