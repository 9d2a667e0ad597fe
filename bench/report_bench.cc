// What the nightly job costs as the stays grow: the review when nothing is due, the summary of a
// fiscal year and the list of overstays, on a real PostgreSQL filled with generated stays. The
// baseline of the same run is the smallest size: growth is the time per stay relative to it, 1
// being linear.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/or_throw.h"
#include "bench/stored_stays.h"
#include "entryexit/app/queries.h"
#include "entryexit/app/review_overstays.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/postgres/migrations.h"
#include "entryexit/postgres/store.h"
#include "tests/support/postgres_fixture.h"

namespace entryexit::bench {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kPageSize = 500;  // as the service reads the list
constexpr double kNationalStays = 50e6;
constexpr core::Date kToday = std::chrono::sys_days(std::chrono::year(2026) / 9 / 30);
// The whole of the past fiscal year.
const core::ReportScope kScope = {std::chrono::sys_days(std::chrono::year(2025) / 10 / 1), kToday,
                                  kToday, core::Timestamp(kToday + std::chrono::days(2))};

class NightlyJob {
 public:
  NightlyJob(testing::PostgresServer& server, const std::string& database) {
    postgres::DatabaseOptions options;
    options.dsn = server.DaemonDsn(database);
    options.statement_timeout = std::chrono::hours(1);
    store_ = OrThrow(postgres::OpenStore(options));
    queries_ = std::make_unique<app::Queries>(*store_, vault_, policy_);
    review_ = std::make_unique<app::ReviewOverstays>(*store_, clock_);
  }

  void Review() {
    std::optional<core::TravelerId> after;
    do {
      const app::ReviewProgress part = OrThrow(review_->Review(call_, after));
      if (part.opened > 0) throw std::runtime_error("a case was opened: the data are not settled");
      after = part.next;
    } while (after);
  }

  std::int64_t Summarize() {
    const core::Summary summary = OrThrow(queries_->Summarize(call_, kScope, std::nullopt));
    return summary.stays[core::StayFigure::kExpectedDepartures];
  }

  std::int64_t List() {
    std::int64_t rows = 0;
    std::optional<ports::OverstayCursor> after;
    do {
      const auto page = OrThrow(
          queries_->ListOverstays(call_, kToday, kScope.known_at, std::nullopt, after, kPageSize));
      rows += static_cast<std::int64_t>(page.rows.size());
      after = page.next;
    } while (after);
    return rows;
  }

 private:
  // Nothing is sealed or opened here.
  class NoVault final : public ports::Vault {
   public:
    absl::StatusOr<ports::SealedBlob> Seal(std::string_view, std::string_view) const override {
      return absl::UnimplementedError("no vault");
    }
    absl::StatusOr<std::string> Open(const ports::SealedBlob&, std::string_view) const override {
      return absl::UnimplementedError("no vault");
    }
  };

  class Today final : public core::Clock {
   public:
    core::Timestamp Now() const override { return core::EndEverywhere(kToday); }
  };

  const NoVault vault_;
  const core::AdmissionPolicy policy_;
  const Today clock_;
  const app::Call call_ = {{app::Role::kReport, "bench", "report/bench"},
                           core::Deadline::max(),
                           "/entryexit.v1.ReportService/Bench"};
  std::unique_ptr<ports::Store> store_;
  std::unique_ptr<app::Queries> queries_;
  std::unique_ptr<app::ReviewOverstays> review_;
};

double TimeOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

// What this process, which stands for the service and its client, has resident. In MB.
double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    double kilobytes = 0;  // of 1024 bytes
    if (key == "VmHWM:" && status >> kilobytes) return kilobytes * 1024 / 1e6;
  }
  throw std::runtime_error("the kernel does not tell VmHWM");
}

void Run(const std::vector<std::int64_t>& sizes) {
  // Small settings for a server; the rest are PostgreSQL's own.
  testing::PostgresOptions options;
  options.settings = {"shared_buffers=1GB", "max_wal_size=4GB", "wal_level=minimal",
                      "max_wal_senders=0"};
  const auto server = OrThrow(testing::PostgresServer::Start(options));
  const std::string database = OrThrow(server->CreateDatabase());
  OrThrow(postgres::Migrate(server->OwnerDsn(database), [](const std::string&) {}).status());
  NightlyJob job(*server, database);

  fmt::print("{:>10}  {:>8}  {:>9}  {:>7}  {:>7}  {:>9}  {:>6}  {:>7}  {:>9}\n", "stays",
             "review s", "summary s", "list s", "total s", "stays/s", "growth", "peak MB",
             "overstays");
  double first_rate = 0;
  std::int64_t made = 0;
  for (const std::int64_t size : sizes) {
    StoreStays(*server, database, made + 1, size);
    made = size;
    job.Summarize();  // so that every size finds its pages as warm as they get
    std::int64_t rows = 0;
    const double review = TimeOf([&] { job.Review(); });
    const double summary = TimeOf([&] { job.Summarize(); });
    const double list = TimeOf([&] { rows = job.List(); });
    const double total = review + summary + list;
    const double rate = static_cast<double>(size) / total;
    if (first_rate == 0) first_rate = rate;
    fmt::print(
        "{:>10}  {:>8.2f}  {:>9.2f}  {:>7.2f}  {:>7.2f}  {:>9.0f}  {:>6.2f}  {:>7.0f}  {:>9}\n",
        size, review, summary, list, total, rate, first_rate / rate, PeakMegabytes(), rows);
    if (size == sizes.back()) {
      fmt::print("at this rate {:.0f} M stays take {:.1f} minutes\n", kNationalStays / 1e6,
                 kNationalStays / rate / 60);
    }
  }
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  CLI::App app("Measures the nightly job on generated stays.");
  std::vector<std::int64_t> sizes = {250'000, 1'000'000};
  app.add_option("--stays", sizes, "Sizes to measure, growing")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  try {
    entryexit::bench::Run(sizes);
  } catch (const std::exception& error) {
    std::cerr << "report_bench: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
