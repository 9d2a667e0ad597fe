#ifndef ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_
#define ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/captures.h"
#include "bench/processes.h"
#include "entryexit/ports/face_engine.h"

namespace entryexit::bench {

// The face pipeline with nothing else to do: as many callers as `workers`, in this process, on
// `cores` if any are named.
class FaceAlone {
 public:
  // The faces must outlive it.
  FaceAlone(const std::vector<Face>& faces, int workers, const std::optional<Cores>& cores);

  // Captures that it observes a second. Throws when one of them is not usable.
  double Rate(std::chrono::seconds duration) const;

 private:
  const std::vector<Face>& faces_;
  const int workers_;
  const std::optional<Cores> cores_;
  const std::unique_ptr<ports::FaceEngine> engine_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_
