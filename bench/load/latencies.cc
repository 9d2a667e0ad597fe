#include "bench/load/latencies.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace entryexit::bench {

void Latencies::Add(double milliseconds) {
  sorted_.push_back(milliseconds);
  is_sorted_ = false;
}

void Latencies::Add(const Latencies& others) {
  sorted_.insert(sorted_.end(), others.sorted_.begin(), others.sorted_.end());
  is_sorted_ = false;
}

double Latencies::Percentile(double percent) const {
  if (sorted_.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (!is_sorted_) std::ranges::sort(sorted_);
  is_sorted_ = true;
  const auto rank =
      static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(sorted_.size())));
  return sorted_[std::clamp<size_t>(rank, 1, sorted_.size()) - 1];
}

std::vector<double> CurvePercents(size_t calls) {
  std::vector<double> percents;
  for (double left = 100; left / 100 * static_cast<double>(calls) >= 1; left /= 2) {
    percents.push_back(100 - left);
  }
  percents.push_back(100);
  return percents;
}

}  // namespace entryexit::bench
