#include "bench/load/target.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bench/or_throw.h"
#include "entryexit/client/channel.h"
#include "tests/e2e/ctl_process.h"
#include "tests/support/temp_dir.h"

namespace entryexit::bench {
namespace {

std::vector<std::string> LaneIds(int lanes) {
  std::vector<std::string> ids;
  for (int i = 1; i <= lanes; ++i) ids.push_back(fmt::format("SEA-Z{}", i));
  return ids;
}

void WriteTravelers(const std::filesystem::path& file, int travelers) {
  std::ofstream out(file);
  out << "direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,"
         "class_of_admission,authorized_until,carrier,flight\n";
  for (int i = 0; i < travelers; ++i) {
    out << fmt::format(
        "ARRIVAL,SEA-A1,2026-01-{:02}T{:02}:{:02}:00Z,UTO,N{:08},UTO,19{:02}-04-05,F,B-2,2026-06-"
        "01,,\n",
        1 + i % 28, i / 28 % 24, i / 700 % 60, i, 30 + i % 70);
  }
}

void Import(testing::World& world, int travelers) {
  const testing::TempDir directory;
  const std::filesystem::path file = directory.path() / "travelers.csv";
  WriteTravelers(file, travelers);
  const testing::Ran ran = testing::Ctl(world, "admin/bench", {"import", "crossings", file});
  if (ran.exit_code != 0) {
    throw std::runtime_error("the travelers cannot be imported: " + ran.output);
  }
  OrThrow(world.postgres().Execute(world.database(), "VACUUM ANALYZE"));
}

// As on a server that has run for a while, whose checkpoints have left segments of the log to be
// written again. A new server makes a segment of 16 MB for every 150 pictures, and all commits wait
// for that.
void LeaveSegmentsOfTheLog(const testing::PostgresServer& server) {
  OrThrow(server.Execute("postgres",
                         "SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal() "
                         "FROM generate_series(1, 190)"));  // 3 GB
  OrThrow(server.Execute("postgres", "CHECKPOINT"));
}

// As on such a server too, whose shared buffers have all been in use: the system has given it their
// memory, and a picture does not wait for new pages of it.
void TouchSharedBuffers(const testing::PostgresServer& server) {
  OrThrow(server.Execute("postgres", R"sql(
      CREATE UNLOGGED TABLE touched (page text);
      ALTER TABLE touched ALTER page SET STORAGE PLAIN;
      INSERT INTO touched SELECT repeat('x', 8000)  -- a page each
        FROM generate_series(1, (SELECT setting::integer FROM pg_settings
                                 WHERE name = 'shared_buffers'));
      DROP TABLE touched)sql"));
}

}  // namespace

Target StartTarget(int lanes, int workers, int travelers) {
  Target target;
  target.world = std::make_unique<testing::World>(testing::WorldOptions{
      .environment = {{"ENTRYEXIT_LOG_LEVEL", "warn"},
                      {"ENTRYEXIT_FACE_WORKERS", std::to_string(workers)}},
      .own_postgres = true,
      // As a server for this is set up; the tests' own is as small as it goes. The environment is
      // that of docker/database.
      .postgres = {.fsync = true,
                   .settings = {"shared_buffers=1GB", "max_wal_size=8GB", "min_wal_size=3GB"},
                   .environment = {"MALLOC_MMAP_THRESHOLD_=16777216",
                                   "MALLOC_TRIM_THRESHOLD_=67108864"}},
      .more_lanes = LaneIds(lanes)});
  testing::World& world = *target.world;
  TouchSharedBuffers(world.postgres());
  if (travelers > 0) Import(world, travelers);
  LeaveSegmentsOfTheLog(world.postgres());
  for (const std::string& id : LaneIds(lanes)) target.lanes.push_back({id, world.Lane(id)});
  target.daemon = world.daemon().pid();
  target.database = world.postgres().pid();
  return target;
}

Target ConnectTo(const std::string& server, const std::vector<std::string>& lanes, pid_t daemon) {
  Target target;
  for (const std::string& lane : lanes) {
    const size_t equals = lane.find('=');
    if (equals == std::string::npos) throw std::runtime_error("not LANE=DIRECTORY: " + lane);
    const auto channel =
        client::OpenChannel(server, client::CredentialsIn(lane.substr(equals + 1)));
    if (!channel.ok()) throw std::runtime_error(channel.status().ToString());
    target.lanes.push_back({lane.substr(0, equals), v1::LaneService::NewStub(*channel)});
  }
  target.daemon = daemon;
  return target;
}

}  // namespace entryexit::bench
