#ifndef ENTRYEXIT_BENCH_LOAD_CAPTURES_H_
#define ENTRYEXIT_BENCH_LOAD_CAPTURES_H_

#include <string>
#include <vector>

#include "entryexit/v1/lane_service.grpc.pb.h"

namespace entryexit::bench {

struct ImageSize {
  int width = 1280;
  int height = 720;
};

// Both captures of one person, JPEG.
struct Face {
  std::string arrival;
  std::string departure;
};

// Bundled faces as a lane's camera would see them: in pictures of `size`, as wide as 0.25 to 0.6 of
// the height. `lane` tells where the face is in what is bundled. Throws when it does not.
std::vector<Face> MakeFaces(v1::LaneService::Stub& lane, const ImageSize& size, int people);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_CAPTURES_H_
