#include "bench/load/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace entryexit::bench {

Spread SpreadOf(std::vector<double> figures) {
  std::ranges::sort(figures);
  const size_t quarter = figures.size() / 4;
  return {figures[figures.size() / 2], figures[quarter], figures[figures.size() - 1 - quarter]};
}

void PrintSpread(const char* what, const std::vector<double>& figures, const char* format,
                 const std::string& wanted) {
  const Spread spread = SpreadOf(figures);
  const auto text = [format](double figure) { return fmt::format(fmt::runtime(format), figure); };
  fmt::print("  {:<52}{} ({} to {}) {}\n", what, text(spread.median), text(spread.low),
             text(spread.high), wanted);
}

}  // namespace entryexit::bench
