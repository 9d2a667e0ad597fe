#include "ctl/bar_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "entryexit/base/text.h"

namespace entryexit::ctl {
namespace {

constexpr int kWidth = 520;
constexpr int kLabelEnd = 76;
constexpr int kBarStart = 84;
constexpr int kLongestBar = 236;  // leaves room for the text behind it
constexpr int kLineHeight = 22;
constexpr int kBarHeight = 14;

std::string BarLine(const Bar& bar, double longest, int top) {
  const double width = longest > 0 ? bar.length / longest * kLongestBar : 0;
  const int baseline = top + 15;
  return fmt::format(
      "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>"
      "<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>"
      "<text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
      kLabelEnd, baseline, base::Escaped(bar.label), kBarStart,
      top + (kLineHeight - kBarHeight) / 2, width, kBarHeight, kBarStart + width + 6, baseline,
      base::Escaped(bar.text));
}

}  // namespace

std::string BarChart(const std::vector<Bar>& bars, const std::string& description) {
  double longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, bar.length);
  std::string svg =
      fmt::format("<svg class=\"bars\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                  kWidth, static_cast<int>(bars.size()) * kLineHeight, base::Escaped(description));
  int top = 0;
  for (const Bar& bar : bars) {
    svg += BarLine(bar, longest, top);
    top += kLineHeight;
  }
  return svg + "</svg>\n";
}

}  // namespace entryexit::ctl
