#include "bench/processes.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace entryexit::bench {
namespace {

struct Process {
  pid_t parent = 0;
  double cpu_seconds = 0;
  double cpu_seconds_of_ended = 0;  // children of it
};

Process Read(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(stat, line);
  if (line.empty()) return {};  // it has ended
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  Process process;
  fields >> skipped >> process.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  double ended_user = 0;
  double ended_system = 0;
  fields >> user >> system >> ended_user >> ended_system;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  process.cpu_seconds = (user + system) / ticks;
  process.cpu_seconds_of_ended = (ended_user + ended_system) / ticks;
  return process;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && Read(pid).parent == parent) children.push_back(pid);
  }
  return children;
}

// `thread`: 0 for the calling one.
void KeepThreadOn(const Cores& cores, pid_t thread) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < cores.count; ++i) CPU_SET(cores.first + i, &set);
  if (sched_setaffinity(thread, sizeof set, &set) == 0 || errno == ESRCH) return;  // or has ended
  throw std::runtime_error(
      fmt::format("cannot run on {} cores from number {}", cores.count, cores.first));
}

}  // namespace

double CpuSeconds(pid_t pid) { return Read(pid).cpu_seconds; }

double CpuSecondsOfFamily(pid_t parent) {
  const Process itself = Read(parent);
  double sum = itself.cpu_seconds + itself.cpu_seconds_of_ended;
  for (const pid_t child : ChildrenOf(parent)) sum += CpuSeconds(child);
  return sum;
}

double Megabytes(pid_t pid, const std::string& wanted) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string key; status >> key;) {
    double kilobytes = 0;  // of 1024 bytes
    if (key == wanted + ":" && status >> kilobytes) return kilobytes * 1024 / 1e6;
  }
  throw std::runtime_error("the kernel does not tell " + wanted);
}

void KeepOn(const Cores& cores, pid_t pid) {
  std::error_code has_ended;
  const std::string threads = fmt::format("/proc/{}/task", pid);
  for (const auto& thread : std::filesystem::directory_iterator(threads, has_ended)) {
    KeepThreadOn(cores, std::atoi(thread.path().filename().c_str()));
  }
  for (const pid_t child : ChildrenOf(pid)) KeepOn(cores, child);
}

void KeepThisThreadOn(const Cores& cores) { KeepThreadOn(cores, 0); }

}  // namespace entryexit::bench
