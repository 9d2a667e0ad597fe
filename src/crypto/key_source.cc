#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/vault.h"
#include "src/crypto/aead.h"
#include "src/crypto/files.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;
using std::chrono::steady_clock;

constexpr size_t kMostOutput = 64 << 10;

absl::Status CommandFailed(const std::string& program, const std::string& why) {
  return MakeError(Reason::kKeyUnavailable,
                   fmt::format("the command for keys, {}, {}", program, why));
}

// A program whose output is read; killed, with what it has started, unless it has ended.
class Program {
 public:
  // `words` as KeysFromCommand. Its input is empty; what it says on stderr goes where ours goes.
  static absl::StatusOr<std::unique_ptr<Program>> Start(const std::vector<std::string>& words) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return CommandFailed(words.front(), strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // The service waits for its signals itself; a program expects them as they are.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, words.front().c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) {
      close(ends[0]);
      return CommandFailed(words.front(), fmt::format("cannot be run: {}", strerror(error)));
    }
    return std::unique_ptr<Program>(new Program(pid, ends[0]));
  }

  ~Program() {
    close(output_);
    if (ended_) return;
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Appends all that it prints to `text`, until it closes its output. False when that is too much,
  // or `deadline` passes first.
  bool ReadAll(steady_clock::time_point deadline, std::string& text) const {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
      pollfd waiting{output_, POLLIN, 0};
      const int ready = poll(&waiting, 1, static_cast<int>(std::max<long>(0, left.count())));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      const ssize_t got = read(output_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got == 0;
      if (text.size() + static_cast<size_t>(got) > kMostOutput) return false;
      text.append(buffer.data(), static_cast<size_t>(got));
      memset(buffer.data(), 0, buffer.size());
    }
  }

  // Waits until it ends. Its exit status; none when it was killed, or `deadline` passes first.
  std::optional<int> Wait(steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds kPause{5};
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (steady_clock::now() >= deadline) return std::nullopt;
      poll(nullptr, 0, kPause.count());
    }
    ended_ = true;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
  }

 private:
  Program(pid_t pid, int output) : pid_(pid), output_(output) {}

  const pid_t pid_;
  const int output_;
  bool ended_ = false;
};

absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& words,
                                     std::chrono::milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const auto program = Program::Start(words);
  if (!program.ok()) return program.status();
  std::string text;
  text.reserve(kMostOutput);  // grown in steps, it would leave copies behind
  if (!(*program)->ReadAll(deadline, text)) {
    const Wipe wipe(text);
    return CommandFailed(words.front(),
                         fmt::format("was not done within {} ms, or printed more than {} bytes",
                                     timeout.count(), kMostOutput));
  }
  const std::optional<int> status = (*program)->Wait(deadline);
  if (status == 0) return text;
  const Wipe wipe(text);
  return CommandFailed(words.front(), status ? fmt::format("ended with status {}", *status)
                                             : std::string("did not end by itself"));
}

}  // namespace

KeySource KeysFromFile(const std::filesystem::path& file) {
  return {file.string(), [file] { return ReadSecretFile(file); }};
}

KeySource KeysFromCommand(const std::vector<std::string>& words,
                          std::chrono::milliseconds timeout) {
  return {words.front(), [words, timeout] { return OutputOf(words, timeout); }};
}

}  // namespace entryexit::crypto
