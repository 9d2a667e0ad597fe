#include "entryexit/config/purpose_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "src/config/text_rules.h"
#include "src/config/yaml_reader.h"

namespace entryexit::config {
namespace {

// Fills a PurposePolicy from one file.
class PurposeReader {
 public:
  PurposeReader(const std::filesystem::path& path, const std::set<std::string>& calls,
                const std::set<std::string>& calls_of_listing)
      : reader_(path), known_calls_(calls), calls_of_listing_(calls_of_listing) {}

  absl::StatusOr<core::PurposePolicy> Read() {
    absl::Status status =
        reader_.ReadFile([this](const Entry& document) { return ReadPurposes(document); });
    if (status.ok()) status = CheckThatAllCanBeCalled();
    if (!status.ok()) return status;
    return std::move(policy_);
  }

 private:
  absl::Status ReadPurposes(const Entry& document) {
    return reader_.ReadMap(document, [this](const Entry& entry) {
      if (entry.name != "purposes") return reader_.UnknownKey(entry);
      purposes_line_ = entry.line;
      return reader_.ReadMap(entry, [this](const Entry& purpose) { return ReadPurpose(purpose); });
    });
  }

  absl::Status ReadPurpose(const Entry& entry) {
    core::PurposeRule rule;
    rule.purpose = entry.name.substr(entry.name.rfind('.') + 1);
    if (!IsPurposeCode(rule.purpose)) {
      return reader_.ErrorIn(
          entry, fmt::format("purposes: '{}' is not 1 to 32 of A-Z 0-9 _", rule.purpose));
    }
    absl::Status status = reader_.ReadMap(entry, [&](const Entry& field) {
      if (field.name == entry.name + ".calls") return ReadCalls(field, rule, rule.calls);
      if (field.name == entry.name + ".calls_for_case") {
        return ReadCalls(field, rule, rule.calls_for_case);
      }
      return reader_.UnknownKey(field);
    });
    if (status.ok() && rule.calls.empty() && rule.calls_for_case.empty()) {
      return reader_.ErrorIn(entry, fmt::format("{}: at least one call is needed", entry.name));
    }
    policy_.push_back(std::move(rule));
    return status;
  }

  absl::Status ReadCalls(const Entry& list, const core::PurposeRule& rule,
                         std::set<std::string>& calls) const {
    return reader_.ReadList(list, [&](const Entry& entry) {
      const std::string call = entry.value.IsScalar() ? entry.value.Scalar() : "";
      if (!known_calls_.contains(call)) {
        return reader_.NotAllowed(
            entry, fmt::format("a call that needs a purpose: {}", fmt::join(known_calls_, ", ")));
      }
      if (rule.Allows(call)) {
        return reader_.ErrorIn(
            entry, fmt::format("{}: {} stands with {} twice", entry.name, call, rule.purpose));
      }
      if (&calls == &rule.calls_for_case && calls_of_listing_.contains(call)) {
        return reader_.ErrorIn(
            entry, fmt::format("{}: {} shows many travelers: no case stands for them; it goes "
                               "under calls",
                               entry.name, call));
      }
      calls.insert(call);
      return absl::OkStatus();
    });
  }

  absl::Status CheckThatAllCanBeCalled() const {
    for (const std::string& call : known_calls_) {
      const bool allowed = std::ranges::any_of(
          policy_, [&](const core::PurposeRule& rule) { return rule.Allows(call); });
      if (allowed) continue;
      return ErrorAt(fmt::format("{}:{}", reader_.path().string(), purposes_line_),
                     fmt::format("purposes: none allows {}", call));
    }
    return absl::OkStatus();
  }

  const YamlReader reader_;
  const std::set<std::string>& known_calls_;
  const std::set<std::string>& calls_of_listing_;
  core::PurposePolicy policy_;
  int purposes_line_ = 1;  // where to look for what is not there
};

}  // namespace

absl::StatusOr<core::PurposePolicy> LoadPurposePolicy(
    const std::filesystem::path& path, const std::set<std::string>& calls,
    const std::set<std::string>& calls_of_listing) {
  return PurposeReader(path, calls, calls_of_listing).Read();
}

}  // namespace entryexit::config
