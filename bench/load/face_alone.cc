#include "bench/load/face_alone.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

#include "bench/or_throw.h"
#include "entryexit/face/engine.h"

namespace entryexit::bench {
namespace {

// On a thread of its own, from which the threads that `work` starts have their cores.
template <typename Work>
auto On(const std::optional<Cores>& cores, const Work& work) {
  return std::async(std::launch::async,
                    [&] {
                      if (cores) KeepThisThreadOn(*cores);
                      return work();
                    })
      .get();
}

std::unique_ptr<ports::FaceEngine> MakeEngine(int workers) {
  face::EngineConfig config;
  config.manifest = std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "models/manifest.yaml";
  config.workers = workers;
  return OrThrow(face::CreateFaceEngine(config));
}

double RateOf(ports::FaceEngine& engine, const std::vector<Face>& faces, int callers,
              std::chrono::seconds duration) {
  std::atomic<size_t> observed = 0;
  std::atomic<bool> failed = false;
  const auto start = std::chrono::steady_clock::now();
  const auto work = [&] {
    while (std::chrono::steady_clock::now() < start + duration) {
      const Face& face = faces[observed++ % faces.size()];
      const auto observation = engine.Observe(face.departure, core::Deadline::max());
      if (!observation.ok() || !observation->usable()) failed = true;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) threads.emplace_back(work);
  threads.clear();  // waits for them
  if (failed) throw std::runtime_error("a capture is not usable");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(observed) / took.count();
}

}  // namespace

FaceAlone::FaceAlone(const std::vector<Face>& faces, int workers, const std::optional<Cores>& cores)
    : faces_(faces),
      workers_(workers),
      cores_(cores),
      engine_(On(cores, [workers] { return MakeEngine(workers); })) {}

double FaceAlone::Rate(std::chrono::seconds duration) const {
  return On(cores_, [&] { return RateOf(*engine_, faces_, workers_, duration); });
}

}  // namespace entryexit::bench
