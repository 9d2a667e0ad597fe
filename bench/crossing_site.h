#ifndef ENTRYEXIT_BENCH_CROSSING_SITE_H_
#define ENTRYEXIT_BENCH_CROSSING_SITE_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "entryexit/app/record_crossing.h"
#include "entryexit/app/rotate_keys.h"
#include "entryexit/crypto/vault.h"
#include "tests/support/planned_face_engine.h"
#include "tests/support/postgres_fixture.h"

namespace entryexit::bench {

// What calls cost.
struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;      // of this process and the database
  std::vector<double> millis;  // of each call

  void Add(const Cost& other);
  // Of the times of calls; `share`: 0.5 for the median. Requires: there are some.
  double Millis(double share) const;
};

// The use case RecordCrossing on a database, without the daemon between. The face engine answers at
// once, so that what is measured is the share of comparison, decision and database. Throws when
// something fails; a call that fails ends the program.
class CrossingSite {
 public:
  // At most as many calls at once as `connections`.
  CrossingSite(testing::PostgresServer& server, const std::string& database, int connections,
               const std::filesystem::path& key_file);

  // Travelers go by number. An arrival or departure happens `hours` after a moment that is the same
  // for all, at a lane that has no other crossing then.
  void Arrive(int traveler, int hours) const;
  void Depart(int traveler, int hours) const;

  // Does `work` for each number below `count`, on so many threads.
  static void OnThreads(int threads, int count, const std::function<void(int)>& work);
  Cost Measure(int threads, int count, const std::function<void(int)>& work) const;

 private:
  void Cross(int traveler, int hours, core::Direction direction) const;
  double TakenSeconds() const;

  pid_t postmaster_ = 0;
  testing::PlannedFaceEngine engine_;
  const core::SystemClock clock_;
  const app::LaneDirectory lanes_;
  std::unique_ptr<ports::Store> store_;
  std::unique_ptr<ports::Store> key_store_;
  std::unique_ptr<app::StoredKeys> keys_;
  std::unique_ptr<crypto::KeyVault> vault_;
  std::unique_ptr<app::RecordCrossing> record_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_CROSSING_SITE_H_
