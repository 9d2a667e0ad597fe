// The daemon's configuration: a file, and behind a NUL what the environment says, one NAME=VALUE a
// line.
#include <sstream>
#include <string>

#include "entryexit/config/config.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/require.h"

namespace entryexit::fuzz {
namespace {

config::Environment EnvironmentFrom(std::string_view lines) {
  config::Environment environment;
  std::istringstream stream{std::string(lines)};
  for (std::string line; std::getline(stream, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) {
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = entryexit::fuzz;
  static const fuzz::MemoryFile kFile;
  const std::string_view input = fuzz::TextOf(data, size);
  const std::string_view file = input.substr(0, input.find('\0'));
  kFile.Write(file);
  const auto config = entryexit::config::LoadConfig(
      kFile.path(), fuzz::EnvironmentFrom(input.substr(std::min(file.size() + 1, input.size()))));
  fuzz::RequireReason(config.status());
  if (config.ok()) {
    fuzz::Require(config->face.max_image_mib < config->server.max_message_mib,
                  "a message holds an image");
    fuzz::Require(config->matching.fmr_match < config->matching.fmr_no_match,
                  "the thresholds are in order");
  }
  return 0;
}
