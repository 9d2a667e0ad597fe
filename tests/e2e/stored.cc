#include "tests/e2e/stored.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

namespace entryexit::testing {

std::vector<std::vector<std::string>> RowsOf(World& world, const std::string& sql) {
  const std::string dsn = world.postgres().Dsn(world.database(), "postgres");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(dsn.c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    std::cerr << "cannot read the database: " << PQerrorMessage(connection.get()) << std::endl;
    std::abort();
  }
  std::vector<std::vector<std::string>> rows(static_cast<size_t>(PQntuples(result.get())));
  for (size_t i = 0; i < rows.size(); ++i) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[i].emplace_back(PQgetvalue(result.get(), static_cast<int>(i), column));
    }
  }
  return rows;
}

int NumberOf(World& world, const std::string& sql) {
  return std::stoi(RowsOf(world, sql).at(0)[0]);
}

void AwaitAtLeast(World& world, int least, const std::string& sql) {
  // Each look is a connection; without a pause they would take a core from what is waited for.
  while (NumberOf(world, sql) < least) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

LockedTravelers::LockedTravelers(World& world)
    : world_(world),
      connection_(PQconnectdb(world.postgres().Dsn(world.database(), "postgres").c_str())) {
  PQclear(PQexec(static_cast<PGconn*>(connection_),
                 "BEGIN; SELECT FROM traveler ORDER BY traveler_id FOR UPDATE"));
}

LockedTravelers::~LockedTravelers() { PQfinish(static_cast<PGconn*>(connection_)); }

void LockedTravelers::AwaitWaiters(int count) {
  AwaitAtLeast(world_, count, R"(
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock')");
}

int CrossingsOf(World& world, const std::string& request_id) {
  return NumberOf(world,
                  fmt::format("SELECT count(*) FROM crossing WHERE request_id = '{}'", request_id));
}

int RowsIn(World& world) {
  return NumberOf(world, R"(
      SELECT (SELECT count(*) FROM traveler) + (SELECT count(*) FROM travel_document)
           + (SELECT count(*) FROM request) + (SELECT count(*) FROM crossing)
           + (SELECT count(*) FROM capture) + (SELECT count(*) FROM template)
           + (SELECT count(*) FROM comparison) + (SELECT count(*) FROM stay)
           + (SELECT count(*) FROM review_case))");
}

int BrokenCrossings(World& world) {
  return NumberOf(world, R"(
      SELECT count(*)
      FROM crossing AS c FULL JOIN request AS r
        ON r.request_id = c.request_id AND r.traveler_id = c.traveler_id
       AND r.subject_id = c.crossing_id
      WHERE r.request_id IS NULL OR c.crossing_id IS NULL
         OR NOT EXISTS (SELECT FROM capture AS x WHERE x.crossing_id = c.crossing_id)
         OR NOT EXISTS (SELECT FROM template AS x WHERE x.crossing_id = c.crossing_id)
         OR NOT EXISTS (SELECT FROM travel_document AS x WHERE x.document_id = c.document_id)
         OR c.direction = 'ARRIVAL'
            AND NOT EXISTS (SELECT FROM stay AS x WHERE x.arrival_id = c.crossing_id)
         OR c.direction = 'DEPARTURE'
            AND NOT EXISTS (SELECT FROM comparison AS x WHERE x.crossing_id = c.crossing_id))");
}

}  // namespace entryexit::testing
