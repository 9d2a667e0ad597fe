// What importing crossings costs, end to end: `entryexitctl import crossings` on a generated file
// with the real daemon and a PostgreSQL whose commits wait for the disk. The baseline of the same
// run is what the database alone takes: COPY of the same rows into a table with the same columns,
// constraints and indexes, but for the reference to the traveler, and nothing else (no stays, no
// travelers, no look-up of what is known).
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/or_throw.h"
#include "bench/processes.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/world.h"
#include "tests/support/temp_dir.h"

extern char** environ;

namespace entryexit::bench {
namespace {

using testing::World;

constexpr int kBadPerThousand = 20;
constexpr char kHeader[] =
    "direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,"
    "class_of_admission,authorized_until,carrier,flight\n";

double TimeOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of travelers with one to six stays each over five years, in the order of time as an archive is,
// two of a hundred rows bad in one way or another; and, in `later`, one more arrival of each of
// them in the years after. Returns how many of the latter there are.
int WriteFiles(const std::filesystem::path& file, const std::filesystem::path& later, int rows) {
  std::mt19937 random(1);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const char* const states[] = {"MEX", "CAN", "GBR", "IND", "BRA", "D", "FRA", "JPN", "KOR", "COL"};
  const char* const classes[] = {"B-2", "B-1", "F-1", "B-2", "B-2"};
  constexpr std::chrono::sys_days kStart = std::chrono::year(2019) / 1 / 1;
  const auto day_text = [&](int day) {
    const std::chrono::year_month_day date(kStart + std::chrono::days(day));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  };
  struct Event {
    int day;
    std::string text;
  };
  std::vector<Event> events;
  events.reserve(static_cast<size_t>(rows));
  std::ofstream more(later);
  more << kHeader;
  int travelers = 0;
  for (int traveler = 0; events.size() < static_cast<size_t>(rows); ++traveler) {
    const std::string state = states[below(10)];
    const std::string person =
        fmt::format("{},X{:08},{},{}-{:02}-{:02},{}", state, traveler, state, 1940 + below(70),
                    1 + below(12), 1 + below(28), below(2) == 0 ? "F" : "M");
    int day = below(300);
    more << fmt::format("ARRIVAL,SEA-A1,{}T10:00:00-07:00,{},B-2,{},UA,UA1\n",
                        day_text(2300 + below(200)), person, day_text(2550));
    ++travelers;
    for (int stays = 1 + below(6); stays > 0; --stays) {
      const int length = 1 + below(200);
      const std::string code = classes[below(5)];
      const auto time = [&](int of) {
        return fmt::format("{}T{:02}:{:02}:{:02}-07:00", day_text(of), below(24), below(60),
                           below(60));
      };
      const std::string until = code == "F-1" ? "D_S" : day_text(day + 179);
      events.push_back({day, fmt::format("ARRIVAL,SEA-A1,{},{},{},{},UA,UA{}", time(day), person,
                                         code, until, 100 + below(900))});
      if (stays > 1 || below(20) > 0) {
        events.push_back({day + length, fmt::format("DEPARTURE,SEA-D1,{},{},,,UA,UA{}",
                                                    time(day + length), person, 100 + below(900))});
      }
      day += length + 1 + below(60);
    }
  }
  events.resize(static_cast<size_t>(rows));
  std::ranges::stable_sort(events, {}, &Event::day);
  std::ofstream out(file);
  out << kHeader;
  for (Event& event : events) {
    if (below(1000) < kBadPerThousand) {
      switch (below(4)) {
        case 0:
          event.text += ",more";
          break;
        case 1:
          event.text.replace(event.text.find("SEA"), 3, "XXX");
          break;
        case 2:
          event.text.replace(event.text.find("T"), 1, "x");
          break;
        default:
          event.text += "\xFF";
      }
    }
    out << event.text << '\n';
  }
  return travelers;
}

struct Ended {
  int code;
  double peak_mb;
  double cpu_seconds;
};

Ended RunImport(World& world, const std::filesystem::path& file) {
  std::vector<std::string> arguments =
      testing::CtlWords(world, "admin/bench", {"import", "crossings", file});
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, raw[0], nullptr, nullptr, raw.data(), environ) != 0) {
    throw std::runtime_error("cannot start entryexitctl");
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          static_cast<double>(usage.ru_maxrss) * 1024 / 1e6,
          seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

// Of the PostgreSQL server and everybody who works for it.
double DatabaseCpuSeconds(World& world) { return CpuSecondsOfFamily(world.postgres().pid()); }

void Print(const char* what, int rows, double seconds, double baseline) {
  const double rate = rows / seconds;
  fmt::print("  {:<46}{:>9.1f} s{:>11.0f} rows/s{:>8.2f}\n", what, seconds, rate, rate / baseline);
}

// Of the rows of `table`, into a table with the columns, constraints and indexes of crossings.
double TimeOfCopy(World& world, const std::string& table) {
  const auto execute = [&](const std::string& sql) {
    OrThrow(world.postgres().Execute(world.database(), sql));
  };
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("import_bench_{}", getpid());
  execute(fmt::format("COPY {} TO '{}'", table, file.string()));
  execute("CREATE TABLE plain (LIKE crossing INCLUDING ALL)");
  execute("CHECKPOINT");
  const double seconds =
      TimeOf([&] { execute(fmt::format("COPY plain FROM '{}'", file.string())); });
  execute("DROP TABLE plain");
  std::filesystem::remove(file);
  return seconds;
}

void Run(int rows) {
  World world(
      {.environment = {{"ENTRYEXIT_LOG_LEVEL", "warn"}},
       .own_postgres = true,
       // As a server for this is set up; the tests' own is as small as it goes.
       .postgres = {.fsync = true, .settings = {"shared_buffers=1GB", "max_wal_size=8GB"}}});
  const testing::TempDir directory;
  const std::filesystem::path file = directory.path() / "archive.csv";
  const std::filesystem::path later = directory.path() / "later.csv";
  const int later_rows = WriteFiles(file, later, rows);
  fmt::print("{} rows, {:.0f} MB, 2 % of them bad\n", rows,
             static_cast<double>(std::filesystem::file_size(file)) / 1e6);
  const double ready = Megabytes(world.daemon().pid(), "VmRSS");
  const double before = CpuSeconds(world.daemon().pid());
  const double database_before = DatabaseCpuSeconds(world);
  Ended ended{};
  const double first = TimeOf([&] { ended = RunImport(world, file); });
  const double daemon_cpu = CpuSeconds(world.daemon().pid()) - before;
  const double database_cpu = DatabaseCpuSeconds(world) - database_before;
  Ended again{};
  const double second = TimeOf([&] { again = RunImport(world, file); });
  Ended after{};
  const double third = TimeOf([&] { after = RunImport(world, later); });
  if (ended.code != 1 || again.code != 1 || after.code != 0) {  // some rows were refused
    throw std::runtime_error("an import ended otherwise than it should");
  }
  const double plain = TimeOfCopy(world, "crossing");
  // The same with ids as lanes' travelers and crossings have them.
  for (const char* const sql :
       {"CREATE TABLE random_id AS SELECT traveler_id AS old, gen_random_uuid() AS new FROM "
        "traveler",
        "CREATE TABLE scattered AS SELECT * FROM crossing",
        "UPDATE scattered SET traveler_id = new, crossing_id = gen_random_uuid() FROM random_id "
        "WHERE old = traveler_id"}) {
    OrThrow(world.postgres().Execute(world.database(), sql));
  }
  const double scattered = TimeOfCopy(world, "scattered");

  const double baseline = rows / plain;
  fmt::print("  {:<46}{:>11}{:>18}{:>8}\n", "", "time", "throughput", "ratio");
  Print("COPY of the same crossings alone", rows, plain, baseline);
  Print("COPY of the same with random ids", rows, scattered, baseline);
  Print("import, all of it new", rows, first, baseline);
  Print("the same again, nothing new", rows, second, baseline);
  Print("one crossing more of each traveler", later_rows, third, baseline);
  const double all_cpu = ended.cpu_seconds + daemon_cpu + database_cpu;
  fmt::print(
      "  processor time of the first: client {:.1f} s, daemon {:.1f} s, database {:.1f} s; on two "
      "cores that nobody else uses that is {:.0f} rows/s\n",
      ended.cpu_seconds, daemon_cpu, database_cpu, rows / (all_cpu / 2));
  fmt::print("  peak memory: client {:.0f} MB, daemon {:.0f} MB ({:.0f} MB when ready)\n",
             ended.peak_mb, Megabytes(world.daemon().pid(), "VmHWM"), ready);
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  CLI::App app("Measures the import of crossings, on a private database.");
  int rows = 1'000'000;
  app.add_option("--rows", rows, "Rows to import")->check(CLI::Range(1000, 100'000'000));
  CLI11_PARSE(app, argc, argv);
  try {
    entryexit::bench::Run(rows);
  } catch (const std::exception& error) {
    std::cerr << "import_bench: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
