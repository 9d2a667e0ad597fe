#include "src/demo/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>

#include "entryexit/base/text.h"
#include "entryexit/client/text.h"

namespace entryexit::demo {
namespace {

// To two significant digits: nobody measured more.
std::uint64_t Rounded(double number) {
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(number)) - 1.0));
  return static_cast<std::uint64_t>(std::lround(std::round(number / unit) * unit));
}

}  // namespace

std::string FmrShare(const v1::Comparison& comparison) {
  if (!comparison.has_estimated_fmr()) return "";
  const double fmr = comparison.estimated_fmr();
  const std::string share = fmr >= 0.1 ? fmt::format("{} in 100", std::lround(fmr * 100))
                                       : "1 in " + base::Grouped(Rounded(1 / std::max(fmr, 1e-9)));
  return client::FmrBoundWords(comparison) + share;
}

std::string FmrInWords(const v1::Comparison& comparison) {
  const bool bound = !client::FmrBoundWords(comparison).empty();
  const std::string share = (bound ? "" : "about ") + FmrShare(comparison);
  const std::string people = comparison.thresholds().calibration() == "matched"
                                 ? "different people of the same sex, region and age"
                                 : "different people";
  return fmt::format("Of pairs of {}, {} would look at least as alike.", people, share);
}

std::string FindingInWords(const v1::QualityFinding& finding) {
  return fmt::format("{} (measured {:.3g}, limit {:.3g})", finding.advice(), finding.measured(),
                     finding.limit());
}

std::string Plain(const std::string& enum_name) {
  std::string plain = enum_name;
  for (char& letter : plain) {
    letter =
        letter == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return plain;
}

}  // namespace entryexit::demo
