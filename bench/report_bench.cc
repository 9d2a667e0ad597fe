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

void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <typename T>
T OrThrow(absl::StatusOr<T> result) {
  OrThrow(result.status());
  return *std::move(result);
}

// Travelers $1 to $2 with one stay each, spread over two years: of 1,000, 958 departed in time, 12
// late and 30 have no departure, of whom some may still stay. Made in the order of their keys,
// which spares the indexes; the triggers have nothing to check here.
constexpr char kFill[] = R"sql(
  SET session_replication_role = replica;
  CREATE TEMP TABLE made AS
  SELECT md5('traveler' || n)::uuid AS traveler_id, md5('arrival' || n)::uuid AS arrival_id,
         md5('departure' || n)::uuid AS departure_id, md5('document' || n)::uuid AS document_id,
         n, (ARRAY['MEX','CAN','GBR','IND','BRA','DEU','FRA','JPN','KOR','COL'])[1 + n % 10] AS nationality,
         (ARRAY['B-2','B-2','WT','F-1','H-1B','J-1'])[1 + n % 6] AS class,
         (ARRAY['SEA','JFK','ELP','LAX'])[1 + n % 4] AS port,
         DATE '2024-10-01' + (n * 7919 % 730)::int AS arrived_on, n % 1000 AS lot
  FROM generate_series({0}::bigint, {1}::bigint) AS n
  ORDER BY 1;
  INSERT INTO traveler (traveler_id) SELECT traveler_id FROM made;
  INSERT INTO travel_document (document_id, traveler_id, issuing_state, number, nationality, birth_date, sex)
  SELECT document_id, traveler_id, nationality, 'B' || n, nationality, DATE '1985-03-14', 'F' FROM made;
  INSERT INTO crossing (traveler_id, crossing_id, request_id, document_id, direction, lane_id, port_id,
    carrier, flight, captured_at, recorded_at, local_date, class_of_admission, authorized_until,
    capture_status, findings, opened_cases)
  SELECT traveler_id, arrival_id, arrival_id, document_id, 'ARRIVAL', port || '-A1', port, '', '',
    arrived_on + interval '18 hours', arrived_on + interval '18 hours', arrived_on, class,
    arrived_on + 180, 'TEMPLATE_STORED', '[]'::jsonb, '{{}}'::uuid[] FROM made
  UNION ALL
  SELECT traveler_id, departure_id, departure_id, document_id, 'DEPARTURE', port || '-D1', port, '', '',
    left_on + interval '18 hours', left_on + interval '18 hours', left_on, NULL, NULL::date,
    'TEMPLATE_STORED', '[]'::jsonb, '{{}}'::uuid[]
  FROM (SELECT *, arrived_on + CASE WHEN lot < 958 THEN 10 ELSE 190 END AS left_on FROM made) AS d
  WHERE lot < 970;
  INSERT INTO comparison (traveler_id, comparison_id, crossing_id, compared_at, outcome, distance,
    estimated_fmr, probe_digest, reference_distances, model_id, model_digest, model_engine, fmr_match,
    fmr_no_match, match_distance, no_match_distance, calibration, best_k, rule_version, attempt, fmr_bound)
  SELECT traveler_id, departure_id, departure_id, arrived_on + interval '190 days', 'MATCH', 0.5, 0.0001,
    '', '[]', 'm', '', '', 0.0005, 0.01, 1, 1.1, 'matched', 2, '1', 1, 'EXACT' FROM made WHERE lot < 970;
  INSERT INTO stay (traveler_id, arrival_id, port_id, nationality, state, arrived_at, arrived_on,
    class_of_admission, authorized_until, departure_id, departed_at, departed_on, known_from)
  SELECT traveler_id, arrival_id, port, nationality, CASE WHEN lot < 970 THEN 'CLOSED' ELSE 'OPEN' END,
    arrived_on + interval '18 hours', arrived_on, class, arrived_on + 180,
    CASE WHEN lot < 970 THEN departure_id END,
    CASE WHEN lot < 970 THEN left_on + interval '18 hours' END, CASE WHEN lot < 970 THEN left_on END,
    arrived_on + interval '18 hours'
  FROM (SELECT *, arrived_on + CASE WHEN lot < 958 THEN 10 ELSE 190 END AS left_on FROM made) AS d;
  -- The job of the night before has opened a case for each suspected overstay.
  INSERT INTO review_case (traveler_id, case_id, kind, severity, state, version, crossing_id, port_id,
    days_overstayed, opened_at, updated_at)
  SELECT traveler_id, arrival_id, 'SUSPECTED_OVERSTAY', 'HIGH', 'OPEN', 1, arrival_id, port, 0,
    arrived_on + interval '182 days', arrived_on + interval '182 days'
  FROM made WHERE lot >= 970;
  DROP TABLE made;
)sql";

// Indexes are built faster over what is there than row by row.
constexpr char kDropIndexes[] = R"sql(
  CREATE TABLE dropped_index AS
  SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index JOIN pg_class table_ ON table_.oid = indrelid
  WHERE relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
  DO $$ DECLARE i record; BEGIN
    FOR i IN SELECT name FROM dropped_index LOOP EXECUTE 'DROP INDEX ' || i.name; END LOOP;
  END $$;
)sql";
constexpr char kRestoreIndexes[] = R"sql(
  SET maintenance_work_mem = '1GB';
  DO $$ DECLARE i record; BEGIN
    FOR i IN SELECT definition FROM dropped_index LOOP EXECUTE i.definition; END LOOP;
  END $$;
  DROP TABLE dropped_index;
)sql";

class NightlyJob {
 public:
  NightlyJob(testing::PostgresServer& server, const std::string& database)
      : server_(server), database_(database) {
    postgres::DatabaseOptions options;
    options.dsn = server.DaemonDsn(database);
    options.statement_timeout = std::chrono::hours(1);
    store_ = OrThrow(postgres::OpenStore(options));
    queries_ = std::make_unique<app::Queries>(*store_, vault_, policy_);
    review_ = std::make_unique<app::ReviewOverstays>(*store_, clock_);
  }

  void Fill(std::int64_t from, std::int64_t to) {
    constexpr std::int64_t kBatch = 1'000'000;
    OrThrow(server_.Execute(database_, kDropIndexes));
    for (std::int64_t first = from; first <= to; first += kBatch) {
      const std::int64_t last = std::min(to, first + kBatch - 1);
      OrThrow(server_.Execute(database_, fmt::format(kFill, first, last)));
      std::cerr << fmt::format("\rmade {} of {} stays", last, to) << std::flush;
    }
    OrThrow(server_.Execute(database_, kRestoreIndexes));
    OrThrow(server_.Execute(database_, "VACUUM ANALYZE"));
    std::cerr << "\r\x1b[K";
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

  testing::PostgresServer& server_;
  const std::string database_;
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
    job.Fill(made + 1, size);
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
