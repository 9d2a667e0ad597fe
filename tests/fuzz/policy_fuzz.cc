// The tables of admission and of retention: each input is read as both.
#include <algorithm>
#include <string>

#include "entryexit/config/admission_policy.h"
#include "entryexit/config/retention_policy.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/require.h"

namespace entryexit::fuzz {
namespace {

void CheckAdmissions(const core::AdmissionPolicy& policy) {
  Require(!policy.empty(), "an admission policy has a class");
  for (const auto& [code, periods] : policy) {
    Require(!code.empty() && !periods.empty(), "a class has a period");
    for (std::size_t i = 1; i < periods.size(); ++i) {
      Require(periods[i - 1].until.has_value() &&
                  *periods[i - 1].until + std::chrono::days(1) == periods[i].from,
              "periods follow one another");
    }
  }
}

void CheckRetention(const core::RetentionPolicy& policy) {
  Require(!policy.empty(), "a retention policy has a rule");
  core::Date first = policy.front().from;
  for (const core::RetentionRule& rule : policy) first = std::min(first, rule.from);
  for (const core::RetentionRule& rule : policy) {
    for (const core::RetentionSubject& subject : core::RetentionSubjects()) {
      Require(core::RuleFor(policy, subject, std::max(first, rule.from)) != nullptr,
              "every subject has a rule on every day");
    }
  }
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = entryexit::fuzz;
  static const fuzz::MemoryFile kFile;
  kFile.Write(fuzz::TextOf(data, size));
  const auto admissions = entryexit::config::LoadAdmissionPolicy(kFile.path());
  fuzz::RequireReason(admissions.status());
  if (admissions.ok()) fuzz::CheckAdmissions(*admissions);
  const auto retention = entryexit::config::LoadRetentionPolicy(kFile.path());
  fuzz::RequireReason(retention.status());
  if (retention.ok()) fuzz::CheckRetention(*retention);
  return 0;
}
