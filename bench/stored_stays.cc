#include "bench/stored_stays.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "bench/or_throw.h"

namespace entryexit::bench {
namespace {

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

}  // namespace

void StoreStays(testing::PostgresServer& server, const std::string& database, std::int64_t from,
                std::int64_t to) {
  constexpr std::int64_t kBatch = 1'000'000;
  OrThrow(server.Execute(database, kDropIndexes));
  for (std::int64_t first = from; first <= to; first += kBatch) {
    const std::int64_t last = std::min(to, first + kBatch - 1);
    OrThrow(server.Execute(database, fmt::format(kFill, first, last)));
    std::cerr << fmt::format("\rmade {} of {} stays", last, to) << std::flush;
  }
  OrThrow(server.Execute(database, kRestoreIndexes));
  OrThrow(server.Execute(database, "VACUUM ANALYZE"));
  std::cerr << "\r\x1b[K";
}

}  // namespace entryexit::bench
