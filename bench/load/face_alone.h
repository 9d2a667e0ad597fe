#ifndef ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_
#define ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_

#include <chrono>
#include <optional>
#include <vector>

#include "bench/load/captures.h"
#include "bench/processes.h"

namespace entryexit::bench {

// Captures a second that the face pipeline observes with nothing else to do: as many callers as
// `workers`, in this process, on `cores` if any are named. Throws when one of them is not usable.
double FaceAlone(const std::vector<Face>& faces, int workers, const std::optional<Cores>& cores,
                 std::chrono::seconds duration);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_FACE_ALONE_H_
