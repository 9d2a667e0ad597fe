#ifndef ENTRYEXIT_BENCH_LOAD_TARGET_H_
#define ENTRYEXIT_BENCH_LOAD_TARGET_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "entryexit/v1/lane_service.grpc.pb.h"
#include "tests/e2e/world.h"

namespace entryexit::bench {

struct Lane {
  std::string id;
  std::unique_ptr<v1::LaneService::Stub> stub;
};

// The service under load.
struct Target {
  std::unique_ptr<testing::World> world;  // its own one; null: a service elsewhere
  std::vector<Lane> lanes;                // each with a connection of its own
  pid_t daemon = 0;                       // 0: not on this machine
  pid_t database = 0;
};

// A private PostgreSQL whose commits wait for the disk, and the real daemon. `travelers`: how many
// are imported beforehand, with one arrival each and no capture. Throws when something fails.
Target StartTarget(int lanes, int workers, int travelers);

// A service that runs already. `lanes`: "SEA-A1=DIRECTORY", with the lane's certificate as
// `entryexitctl certs issue` lays it out. Throws when a file is missing.
Target ConnectTo(const std::string& server, const std::vector<std::string>& lanes, pid_t daemon);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_TARGET_H_
