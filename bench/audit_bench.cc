// What the audit log costs: the use case RecordCrossing for departures, on a PostgreSQL whose
// commits wait for the disk, against the same on a database whose append_audit_record does nothing.
// The face engine is a stub that answers at once, so that the share of the database is the largest
// that it can be: a capture takes some 25 ms of a core besides.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "bench/crossing_site.h"
#include "bench/or_throw.h"
#include "entryexit/postgres/migrations.h"
#include "tests/support/temp_dir.h"

namespace entryexit::bench {
namespace {

void Print(const char* what, const Cost& cost) {
  const auto count = static_cast<double>(cost.millis.size());
  fmt::print("  {:<24}{:>10.0f}/s{:>12.3f} ms{:>10.2f} ms{:>10.2f} ms\n", what,
             count / cost.seconds, cost.cpu_seconds / count * 1000, cost.Millis(0.5),
             cost.Millis(0.99));
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
  const CrossingSite audited(*server, with, threads, directory.path() / "keys");
  const CrossingSite plain(*server, without, threads, directory.path() / "keys");
  // So many travelers arrive and then depart; the departures are measured.
  const auto run = [&](const CrossingSite& site, int round) {
    const int first = round * travelers;
    CrossingSite::OnThreads(threads, travelers, [&](int i) { site.Arrive(first + i, 0); });
    return site.Measure(threads, travelers, [&](int i) { site.Depart(first + i, 480); });
  };
  run(audited, 0);  // warms up
  run(plain, 0);

  Cost with_log;
  Cost without_log;
  for (int round = 1; round <= rounds; ++round) {
    // In turns, so that whatever else the machine does meets both.
    with_log.Add(run(audited, round));
    without_log.Add(run(plain, round));
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
