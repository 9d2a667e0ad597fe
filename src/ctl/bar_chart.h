#ifndef ENTRYEXIT_SRC_CTL_BAR_CHART_H_
#define ENTRYEXIT_SRC_CTL_BAR_CHART_H_

#include <string>
#include <vector>

namespace entryexit::ctl {

struct Bar {
  std::string label;  // before the bar
  double length;      // 0 or more, in any unit
  std::string text;   // behind the bar
};

// Horizontal bars, one below the other, the longest as wide as there is room for, as SVG to put
// into a page; kBarChartStyle goes into the page's style sheet. `description` is for those who
// cannot see it.
std::string BarChart(const std::vector<Bar>& bars, const std::string& description);

inline constexpr char kBarChartStyle[] = R"css(
.bars { width: 100%; max-width: 720px; display: block; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 8px; }
.bars rect { fill: var(--accent); }
)css";

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_BAR_CHART_H_
