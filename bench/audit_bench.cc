// What the audit log costs: the use case RecordCrossing for departures, on a PostgreSQL whose
// commits wait for the disk, against the same on a database whose append_audit_record does nothing.
// The face engine is a stub that answers at once, so that the share of the database is the largest
// that it can be: a capture takes some 25 ms of a core besides.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/app/record_crossing.h"
#include "entryexit/app/rotate_keys.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/postgres/migrations.h"
#include "entryexit/postgres/store.h"
#include "tests/support/planned_face_engine.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/temp_dir.h"

namespace entryexit::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::sys_days;
using std::chrono::year;

constexpr char kImage[] = "a face";
constexpr core::Timestamp kArrived{sys_days(year(2026) / 9 / 1)};

void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <typename T>
T OrThrow(absl::StatusOr<T> result) {
  OrThrow(result.status());
  return *std::move(result);
}

// Of this process, and of the PostgreSQL server and everybody who works for it. Unlike the time on
// the clock it does not grow with what else the machine does.
double CpuSeconds(const std::string& server_directory) {
  std::ifstream pid_file(server_directory + "/data/postmaster.pid");
  int postmaster = 0;
  pid_file >> postmaster;
  double ticks = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    if (std::atoi(entry.path().filename().c_str()) == 0 || !std::getline(stat, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    int parent = 0;
    fields >> skipped >> parent;
    for (int i = 0; i < 9; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    if (parent == postmaster) ticks += user + system;
  }
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK)) + seconds(own.ru_utime) +
         seconds(own.ru_stime);
}

// Of departures.
struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;
  std::vector<double> millis;  // of each

  void Add(const Cost& other) {
    seconds += other.seconds;
    cpu_seconds += other.cpu_seconds;
    millis.insert(millis.end(), other.millis.begin(), other.millis.end());
  }
};

// One database and the use case on it.
class Site {
 public:
  Site(testing::PostgresServer& server, const std::string& database, int connections,
       const std::filesystem::path& key_file)
      : directory_(server.Dsn("", "").substr(5, server.Dsn("", "").find(' ') - 5)),
        lanes_(*app::LaneDirectory::Create(
            {{core::LaneId("SEA-1"), core::PortId("SEA"), "America/Los_Angeles", std::nullopt}})) {
    engine_.Plan(kImage, core::Embedding(128, 0.1F));
    postgres::DatabaseOptions options;
    options.dsn = server.DaemonDsn(database);
    options.pool_size = connections;
    store_ = OrThrow(postgres::OpenStore(options));
    options.pool_size = 1;
    key_store_ = OrThrow(postgres::OpenStore(options));
    keys_ = std::make_unique<app::StoredKeys>(*key_store_);
    vault_ = OrThrow(crypto::OpenVault(crypto::KeysFromFile(key_file), *keys_));
    app::CrossingPolicy policy;
    policy.match = {*core::ThresholdsFor(engine_.calibration(), 5e-4, 1e-2), 2};
    policy.max_clock_skew = std::chrono::seconds(120);
    policy.operating_state = "USA";
    policy.admissions = {
        {"B-2",
         {{sys_days(year(1990) / 1 / 1), std::nullopt, {core::RuleKind::kFixedDate, 0, 0}}}}};
    record_ = std::make_unique<app::RecordCrossing>(lanes_, engine_, *store_, *vault_, clock_,
                                                    std::move(policy));
  }

  // So many travelers arrive and then depart, on so many threads; the departures are timed.
  Cost Run(int travelers, int threads) {
    const int first = next_;
    next_ += travelers;
    OnThreads(threads, travelers, [&](int i) { Cross(first + i, core::Direction::kArrival); });
    Cost round;
    round.millis.resize(static_cast<size_t>(travelers));
    const double cpu = CpuSeconds(directory_);
    const auto start = Clock::now();
    OnThreads(threads, travelers, [&](int i) {
      const auto began = Clock::now();
      Cross(first + i, core::Direction::kDeparture);
      round.millis[static_cast<size_t>(i)] =
          std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    });
    round.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    round.cpu_seconds = CpuSeconds(directory_) - cpu;
    return round;
  }

 private:
  template <typename Work>
  static void OnThreads(int threads, int count, const Work& work) {
    std::atomic<int> next = 0;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&] {
        for (int i = next++; i < count; i = next++) work(i);
      });
    }
    for (std::thread& thread : running) thread.join();
  }

  void Cross(int traveler, core::Direction direction) const {
    app::CrossingRequest request;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.direction = direction;
    request.lane_id = core::LaneId("SEA-1");
    request.identification =
        core::TravelDocument{"UTO", fmt::format("B{:08}", traveler), "UTO",
                             sys_days(year(1990) / 5 / 17), core::Sex::kFemale};
    request.image = kImage;
    request.captured_at = kArrived;
    if (direction == core::Direction::kArrival) {
      request.admission = app::AdmissionRequest{"B-2", core::Date(sys_days(year(2026) / 12 / 1))};
    } else {
      request.captured_at += std::chrono::days(20);
    }
    const app::Call call{{app::Role::kLane, "SEA-1", "lane/SEA-1"},
                         core::Deadline::max(),
                         "/entryexit.v1.LaneService/RecordDeparture"};
    const auto result = record_->Record(call, request);
    if (result.ok()) return;
    std::cerr << result.status() << std::endl;
    std::abort();
  }

  const std::string directory_;  // of the server
  testing::PlannedFaceEngine engine_;
  const core::SystemClock clock_;
  const app::LaneDirectory lanes_;
  std::unique_ptr<ports::Store> store_;
  std::unique_ptr<ports::Store> key_store_;
  std::unique_ptr<app::StoredKeys> keys_;
  std::unique_ptr<crypto::KeyVault> vault_;
  std::unique_ptr<app::RecordCrossing> record_;
  int next_ = 0;
};

void Print(const char* what, Cost cost) {
  std::ranges::sort(cost.millis);
  const auto count = static_cast<double>(cost.millis.size());
  const auto at = [&](double share) { return cost.millis[static_cast<size_t>(share * count)]; };
  fmt::print("  {:<24}{:>10.0f}/s{:>12.3f} ms{:>10.2f} ms{:>10.2f} ms\n", what,
             count / cost.seconds, cost.cpu_seconds / count * 1000, at(0.5), at(0.99));
}

void Measure(int rounds, int travelers, int threads) {
  const auto server = OrThrow(
      testing::PostgresServer::Start({.fsync = true, .settings = {"shared_buffers=512MB"}}));
  const std::string with = OrThrow(server->CreateDatabase());
  OrThrow(postgres::Migrate(server->OwnerDsn(with), [](const std::string&) {}).status());
  const std::string without = OrThrow(server->CreateDatabase(with));
  OrThrow(server->Execute(without, R"(
      CREATE OR REPLACE FUNCTION append_audit_record(
        by_principal text, of_method text, for_purpose text, for_case uuid, of_traveler uuid,
        of_subject text, with_outcome text, by_request uuid)
      RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT')"));
  const testing::TempDir directory;
  OrThrow(crypto::WriteNewKeyFile(directory.path() / "keys"));
  Site audited(*server, with, threads, directory.path() / "keys");
  Site plain(*server, without, threads, directory.path() / "keys");
  audited.Run(travelers, threads);  // warms up
  plain.Run(travelers, threads);

  Cost with_log;
  Cost without_log;
  for (int i = 0; i < rounds; ++i) {
    // In turns, so that whatever else the machine does meets both.
    with_log.Add(audited.Run(travelers, threads));
    without_log.Add(plain.Run(travelers, threads));
  }
  fmt::print("  {:<24}{:>12}{:>15}{:>13}{:>13}\n", "", "departures", "processor each", "p50",
             "p99");
  Print("with the audit log", with_log);
  Print("without the audit log", without_log);
  fmt::print("  throughput {:.3f} of that without, processor time {:.3f}\n",
             without_log.seconds / with_log.seconds,
             with_log.cpu_seconds / without_log.cpu_seconds);
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  CLI::App app("Measures what the audit log costs, on a private database.");
  int rounds = 40;
  int travelers = 200;
  int threads = 8;
  app.add_option("--rounds", rounds, "Rounds")->check(CLI::Range(1, 1000));
  app.add_option("--travelers", travelers, "Departures a round")->check(CLI::Range(10, 1'000'000));
  app.add_option("--threads", threads, "Calls at once")->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  try {
    entryexit::bench::Measure(rounds, travelers, threads);
  } catch (const std::exception& error) {
    std::cerr << "audit_bench: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
