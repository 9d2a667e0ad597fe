// Machine readable zones, as a lane's passport reader hands them over.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>

#include "entryexit/core/travel_document.h"
#include "tests/fuzz/require.h"

namespace entryexit::fuzz {
namespace {

constexpr core::Date kToday = std::chrono::year(2026) / 11 / 1;

void CheckDocument(const core::TravelDocument& document) {
  Require(!document.number.empty() && document.number.size() <= 30, "a number has 1 to 30");
  Require(std::ranges::all_of(document.number,
                              [](unsigned char c) { return std::isupper(c) || std::isdigit(c); }),
          "a number has capital letters and digits");
  Require(document.birth_date <= kToday, "nobody is born in the future");
  const auto again = core::Normalized(document);
  Require(again.ok() && *again == document, "what is normalized stays as it is");
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using entryexit::fuzz::TextOf;
  const auto document = entryexit::core::ParseMrz(TextOf(data, size), entryexit::fuzz::kToday);
  entryexit::fuzz::RequireReason(document.status());
  if (document.ok()) entryexit::fuzz::CheckDocument(*document);
  return 0;
}
