// How the time of a departure, from the judged capture to the durable record, grows with the number
// of travelers that are stored and with the references that its traveler has: the use case
// RecordCrossing on a PostgreSQL whose commits wait for the disk.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "bench/crossing_site.h"
#include "bench/or_throw.h"
#include "bench/stored_stays.h"
#include "entryexit/postgres/migrations.h"
#include "tests/support/temp_dir.h"

namespace entryexit::bench {
namespace {

struct Options {
  std::vector<std::int64_t> travelers = {1'000, 100'000, 1'000'000};
  std::vector<int> references = {1, 10, 100, 1'000};
  int departures = 1'000;
};

// The one row of figures, beside the first row's.
class Table {
 public:
  explicit Table(const char* what) {
    fmt::print("{:>20}{:>12}{:>14}{:>10}{:>10}{:>10}\n", what, "p50 ms", "of the first", "p99 ms",
               "under 20", "cpu ms");
  }

  void Print(std::int64_t size, const Cost& cost) {
    const double median = cost.Millis(0.5);
    if (first_ == 0) first_ = median;
    const auto count = static_cast<double>(cost.millis.size());
    const auto soon = std::ranges::count_if(cost.millis, [](double ms) { return ms < 20; });
    fmt::print("{:>20}{:>12.2f}{:>14.2f}{:>10.2f}{:>8.1f} %{:>10.2f}\n", size, median,
               median / first_, cost.Millis(0.99), 100 * static_cast<double>(soon) / count,
               1000 * cost.cpu_seconds / count);
    std::fflush(stdout);
  }

 private:
  double first_ = 0;
};

class Bench {
 public:
  Bench(testing::PostgresServer& server, const std::string& database, const CrossingSite& site,
        const Options& options)
      : server_(server), database_(database), site_(site), options_(options) {}

  // One caller at a time: what is wanted is the time of a departure, not of its turn.
  void GrowTravelers() {
    Table table("travelers stored");
    std::int64_t stored = 0;
    for (const std::int64_t size : options_.travelers) {
      StoreStays(server_, database_, stored + 1, size);
      stored = size;
      Arrivals(options_.departures);
      // As autovacuum does within a minute: plans that were made when tables were empty read them
      // from end to end.
      OrThrow(server_.Execute(database_, "ANALYZE"));
      const int first = next_ - options_.departures;
      table.Print(size, site_.Measure(1, options_.departures,
                                      [&](int i) { site_.Depart(first + i, 480); }));
    }
  }

  void GrowReferences() {
    constexpr int kDepartures = 20;
    constexpr int kTravelers = 5;
    Table table("references");
    for (const int references : options_.references) {
      Cost cost;
      for (int traveler = 0; traveler < kTravelers; ++traveler) {
        const int number = next_++;
        for (int i = 0; i < references; ++i) site_.Arrive(number, i);
        cost.Add(
            site_.Measure(1, kDepartures, [&](int i) { site_.Depart(number, references + i); }));
      }
      table.Print(references, cost);
    }
  }

 private:
  void Arrivals(int count) {
    const int first = next_;
    next_ += count;
    CrossingSite::OnThreads(8, count, [&](int i) { site_.Arrive(first + i, 0); });
  }

  testing::PostgresServer& server_;
  const std::string database_;
  const CrossingSite& site_;
  const Options& options_;
  int next_ = 0;  // traveler of the site
};

void Run(const Options& options) {
  const auto server = OrThrow(testing::PostgresServer::Start(
      {.fsync = true, .settings = {"shared_buffers=1GB", "max_wal_size=8GB"}}));
  const std::string database = OrThrow(server->CreateDatabase());
  OrThrow(postgres::Migrate(server->OwnerDsn(database), [](const std::string&) {}).status());
  const testing::TempDir directory;
  OrThrow(crypto::WriteNewKeyFile(directory.path() / "keys"));
  const CrossingSite site(*server, database, 8, directory.path() / "keys");
  Bench bench(*server, database, site, options);
  bench.GrowTravelers();
  bench.GrowReferences();
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  CLI::App app("Measures how recording a departure grows with what is stored.");
  entryexit::bench::Options options;
  app.add_option("--travelers", options.travelers, "Travelers stored, growing")->delimiter(',');
  app.add_option("--references", options.references, "References of one traveler")->delimiter(',');
  app.add_option("--departures", options.departures, "Departures for each number of travelers")
      ->check(CLI::Range(100, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  try {
    entryexit::bench::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "growth_bench: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
