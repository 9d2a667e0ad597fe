#include "tests/e2e/ctl_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {

Ran RunProgram(std::vector<std::string> words) {
  const TempDir directory;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = (directory.path() / "log").string();
  const pid_t pid = fork();
  if (pid == 0) {
    const int stream = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(stream, STDOUT_FILENO);
    dup2(stream, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(log)};
}

std::vector<std::string> CtlWords(World& world, const std::string& principal,
                                  const std::vector<std::string>& arguments) {
  const ClientFiles files = world.IssueClient("entryexit://" + principal);
  std::vector<std::string> words = {ENTRYEXIT_BINARY_DIR "/bin/entryexitctl",
                                    "--server",
                                    fmt::format("127.0.0.1:{}", world.daemon().port()),
                                    "--ca",
                                    files.authority,
                                    "--cert",
                                    files.certificate,
                                    "--key",
                                    files.key};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Ran Ctl(World& world, const std::string& principal, const std::vector<std::string>& arguments) {
  return RunProgram(CtlWords(world, principal, arguments));
}

}  // namespace entryexit::testing
