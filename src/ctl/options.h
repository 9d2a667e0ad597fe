#ifndef ENTRYEXIT_SRC_CTL_OPTIONS_H_
#define ENTRYEXIT_SRC_CTL_OPTIONS_H_

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/client/text.h"

// Options whose values are more than text or numbers. A value that does not parse ends the parsing
// with CLI::ValidationError, as CLI11 does for its own types; CLI11 is the only one here that
// throws.
namespace entryexit::ctl {

// Adds an option that `parse` reads into `target`, which must outlive the parsing.
template <typename Value, typename Target>
CLI::Option* AddParsedOption(CLI::App& app, const std::string& name, Target& target,
                             const std::string& help,
                             const std::function<absl::StatusOr<Value>(std::string_view)>& parse) {
  return app.add_option_function<std::string>(
      name,
      [&target, name, parse](const std::string& text) {
        const absl::StatusOr<Value> value = parse(text);
        if (!value.ok()) throw CLI::ValidationError(name, std::string(value.status().message()));
        target = *value;
      },
      help);
}

inline CLI::Option* AddDateOption(CLI::App& app, const std::string& name,
                                  std::optional<v1::Date>& target, const std::string& help) {
  return AddParsedOption<v1::Date>(app, name, target, help, client::ParseDate)
      ->type_name("YYYY-MM-DD");
}

inline CLI::Option* AddTimeOption(CLI::App& app, const std::string& name,
                                  std::optional<google::protobuf::Timestamp>& target,
                                  const std::string& help) {
  return AddParsedOption<google::protobuf::Timestamp>(app, name, target, help,
                                                      client::ParseTimestamp)
      ->type_name("TIME");
}

// "identity-no-match, overstay, ...": how the values of `Enum` are written on the command line.
template <typename Enum>
std::string ChoicesOf() {
  const auto& type = *google::protobuf::GetEnumDescriptor<Enum>();
  std::string choices;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    std::string name = client::NameOf(static_cast<Enum>(type.value(i)->number()));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) {
      return letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
    });
    choices += (choices.empty() ? "" : ", ") + name;
  }
  return choices;
}

template <typename Enum>
CLI::Option* AddEnumOption(CLI::App& app, const std::string& name, Enum& target,
                           const std::string& help) {
  const std::string choices = ChoicesOf<Enum>();
  return AddParsedOption<Enum>(app, name, target, help + ": " + choices,
                               [choices](std::string_view text) -> absl::StatusOr<Enum> {
                                 const auto value = client::ParseEnum<Enum>(text);
                                 if (value && *value != Enum{}) return *value;
                                 return absl::InvalidArgumentError("'" + std::string(text) +
                                                                   "' is not one of " + choices);
                               })
      ->type_name("NAME");
}

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_OPTIONS_H_
