#include "bench/crossing_site.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "bench/or_throw.h"
#include "bench/processes.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/postgres/store.h"

namespace entryexit::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::sys_days;
using std::chrono::year;

constexpr char kImage[] = "a face";
constexpr core::Timestamp kFirstHour{sys_days(year(2025) / 9 / 1)};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

void Cost::Add(const Cost& other) {
  seconds += other.seconds;
  cpu_seconds += other.cpu_seconds;
  millis.insert(millis.end(), other.millis.begin(), other.millis.end());
}

double Cost::Millis(double share) const {
  std::vector<double> sorted = millis;
  std::ranges::sort(sorted);
  return sorted.at(static_cast<size_t>(share * static_cast<double>(sorted.size())));
}

CrossingSite::CrossingSite(testing::PostgresServer& server, const std::string& database,
                           int connections, const std::filesystem::path& key_file)
    : postmaster_(server.pid()),
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
      {"B-2", {{sys_days(year(1990) / 1 / 1), std::nullopt, {core::RuleKind::kFixedDate, 0, 0}}}}};
  record_ = std::make_unique<app::RecordCrossing>(lanes_, engine_, *store_, *vault_, clock_,
                                                  std::move(policy));
}

void CrossingSite::Arrive(int traveler, int hours) const {
  Cross(traveler, hours, core::Direction::kArrival);
}

void CrossingSite::Depart(int traveler, int hours) const {
  Cross(traveler, hours, core::Direction::kDeparture);
}

void CrossingSite::OnThreads(int threads, int count, const std::function<void(int)>& work) {
  std::atomic<int> next = 0;
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      for (int i = next++; i < count; i = next++) work(i);
    });
  }
}

Cost CrossingSite::Measure(int threads, int count, const std::function<void(int)>& work) const {
  Cost cost;
  cost.millis.resize(static_cast<size_t>(count));
  const double taken = TakenSeconds();
  const auto start = Clock::now();
  OnThreads(threads, count, [&](int i) {
    const auto began = Clock::now();
    work(i);
    cost.millis[static_cast<size_t>(i)] = 1000 * SecondsSince(began);
  });
  cost.seconds = SecondsSince(start);
  cost.cpu_seconds = TakenSeconds() - taken;
  return cost;
}

// Unlike the time on the clock, processor time does not grow with what else the machine does.
double CrossingSite::TakenSeconds() const {
  return CpuSeconds(getpid()) + CpuSecondsOfFamily(postmaster_);
}

void CrossingSite::Cross(int traveler, int hours, core::Direction direction) const {
  app::CrossingRequest request;
  request.request_id = core::RequestId(crypto::NewUuid());
  request.direction = direction;
  request.lane_id = core::LaneId("SEA-1");
  request.identification = core::TravelDocument{"UTO", fmt::format("C{:08}", traveler), "UTO",
                                                sys_days(year(1990) / 5 / 17), core::Sex::kFemale};
  request.image = kImage;
  request.captured_at = kFirstHour + std::chrono::hours(hours);
  if (direction == core::Direction::kArrival) {
    request.admission = app::AdmissionRequest{"B-2", core::Date(sys_days(year(2026) / 12 / 1))};
  }
  const app::Call call{{app::Role::kLane, "SEA-1", "lane/SEA-1"},
                       core::Deadline::max(),
                       "/entryexit.v1.LaneService/RecordDeparture"};
  const auto result = record_->Record(call, request);
  if (result.ok()) return;
  std::cerr << result.status() << std::endl;
  std::abort();
}

}  // namespace entryexit::bench
