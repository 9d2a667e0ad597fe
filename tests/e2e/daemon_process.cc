#include "tests/e2e/daemon_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

// Loading and checking the model takes seconds, more on a busy machine.
constexpr std::chrono::seconds kStartPatience{120};
constexpr size_t kLogTail = 4000;

std::string DaemonPath() { return std::string(ENTRYEXIT_BINARY_DIR) + "/bin/entryexitd"; }

std::string Tail(const std::filesystem::path& path) {
  const std::string text = ReadAll(path);
  return text.size() > kLogTail ? text.substr(text.size() - kLogTail) : text;
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void BecomeDaemon(char* const* arguments, char* const* environment, int out, int err,
                               pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

// The first line that comes out of `fd`; empty when it closes or `deadline` passes first.
std::string ReadLine(int fd, std::chrono::steady_clock::time_point deadline) {
  std::string line;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count()) + 1) <= 0) continue;
    char c = 0;
    if (read(fd, &c, 1) != 1) return "";
    if (c == '\n') return line;
    line.push_back(c);
  }
  return "";
}

std::vector<std::string> EnvironmentWith(const std::map<std::string, std::string>& more) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    // What is set where the tests run must not change what they test.
    if (!std::string_view(*entry).starts_with("ENTRYEXIT_")) result.emplace_back(*entry);
  }
  for (const auto& [name, value] : more) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DaemonProcess>> DaemonProcess::Start(
    const std::filesystem::path& config, const std::filesystem::path& log,
    const std::map<std::string, std::string>& environment) {
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0) return absl::InternalError("pipe2 failed");
  const int err = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::vector<std::string> arguments = {DaemonPath(), "--config", config.string()};
  std::vector<std::string> variables = EnvironmentWith(environment);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(variables);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeDaemon(argv.data(), envp.data(), out[1], err, parent);
  close(out[1]);
  close(err);
  if (pid < 0) {
    close(out[0]);
    return absl::InternalError("fork failed");
  }
  const std::string line = ReadLine(out[0], std::chrono::steady_clock::now() + kStartPatience);
  close(out[0]);  // The daemon prints one line only.
  static const std::regex kReady(
      "entryexitd ready on .*:(\\d+)(?:, metrics on .*:(\\d+)/metrics)?");
  std::smatch match;
  if (!std::regex_match(line, match, kReady)) {
    DaemonProcess failed(pid, 0, 0);  // Its end kills what may still be there.
    return absl::UnavailableError(
        fmt::format("entryexitd did not get ready: '{}'\n{}", line, Tail(log)));
  }
  const int metrics_port = match[2].matched ? std::stoi(match[2]) : 0;
  return std::unique_ptr<DaemonProcess>(new DaemonProcess(pid, std::stoi(match[1]), metrics_port));
}

DaemonProcess::~DaemonProcess() { Kill(); }

long DaemonProcess::PeakMemory() const {
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  for (std::string key; status >> key;) {
    long kilobytes = 0;
    if (key == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

void DaemonProcess::ForgetPeakMemory() const {
  std::ofstream(fmt::format("/proc/{}/clear_refs", pid_)) << "5";
}

bool DaemonProcess::Kill() {
  if (pid_ <= 0) return false;
  const bool running = waitpid(pid_, nullptr, WNOHANG) == 0;
  if (running) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_ = 0;
  return running;
}

void DaemonProcess::Terminate() const {
  if (pid_ > 0) kill(pid_, SIGTERM);
}

absl::StatusOr<int> DaemonProcess::Wait(std::chrono::milliseconds patience) {
  if (pid_ <= 0) return absl::FailedPreconditionError("the daemon has ended before");
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd waiting{handle, POLLIN, 0};
  const int ended = poll(&waiting, 1, static_cast<int>(patience.count()));
  close(handle);
  if (ended != 1) return absl::DeadlineExceededError("the daemon is still there");
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

CommandResult RunDaemonCommand(const std::string& arguments) {
  const TempDir directory;
  const std::filesystem::path out = directory.path() / "out";
  const std::filesystem::path err = directory.path() / "err";
  const std::string command =
      fmt::format("timeout 60 {} {} >{} 2>{}", DaemonPath(), arguments, out.string(), err.string());
  const int status = system(command.c_str());  // NOLINT(cert-env33-c): a shell, for its redirection
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(out), ReadAll(err)};
}

}  // namespace entryexit::testing
