#include "src/demo/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "entryexit/client/text.h"
#include "src/demo/html.h"
#include "src/demo/words.h"

namespace entryexit::demo {
namespace {

// The part of the scale 0 to 2 where distances between faces lie.
constexpr double kNearest = 0.3;
constexpr double kFarthest = 1.7;

// Distances from left to right between two x coordinates.
struct Axis {
  double left;
  double right;

  double At(double distance) const {
    const double clamped = std::clamp(distance, kNearest, kFarthest);
    return left + (clamped - kNearest) / (kFarthest - kNearest) * (right - left);
  }
};

// The three zones as rectangles behind what is drawn on them.
std::string Zones(const Axis& axis, const v1::Thresholds& thresholds, double top, double height) {
  const double match = axis.At(thresholds.match_distance());
  const double no_match = axis.At(thresholds.no_match_distance());
  const auto zone = [&](const char* css_class, double from, double to) {
    return fmt::format(
        R"(<rect class="zone-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
        css_class, from, top, to - from, height);
  };
  return zone("match", axis.left, match) + zone("doubt", match, no_match) +
         zone("nomatch", no_match, axis.right);
}

std::string Text(double x, double y, const char* anchor, const std::string& text,
                 const char* css_class = "tick") {
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
                     css_class, x, y, anchor, Escaped(text));
}

std::string ThresholdTicks(const Axis& axis, const v1::Thresholds& thresholds, double y) {
  return Text(axis.At(thresholds.match_distance()) - 3, y, "end",
              fmt::format("match ≤ {:.3f}", thresholds.match_distance())) +
         Text(axis.At(thresholds.no_match_distance()) + 3, y, "start",
              fmt::format("no match > {:.3f}", thresholds.no_match_distance()));
}

}  // namespace

std::string DistanceScale(const v1::Comparison& comparison) {
  const Axis axis{4, 416};
  const double x = axis.At(comparison.distance());
  const std::string description = fmt::format(
      "Distance {:.3f} on a scale where a match lies at or below {:.3f} and no match beyond "
      "{:.3f}: "
      "{}.",
      comparison.distance(), comparison.thresholds().match_distance(),
      comparison.thresholds().no_match_distance(), Plain(client::NameOf(comparison.outcome())));
  std::string svg =
      fmt::format(R"(<svg class="scale" viewBox="0 0 420 62" role="img" aria-label="{}">)",
                  Escaped(description));
  svg += Zones(axis, comparison.thresholds(), 22, 14);
  svg += fmt::format(R"(<path class="marker" d="M{0:.1f} 38 l-6 -9 6 -9 6 9 z"/>)", x);
  svg += Text(std::clamp(x, 20.0, 400.0), 14, "middle",
              fmt::format("{:.3f}", comparison.distance()), "value");
  svg += ThresholdTicks(axis, comparison.thresholds(), 52);
  return svg + "</svg>";
}

std::string StripPlot(const std::vector<Strip>& strips, const v1::Thresholds& thresholds) {
  constexpr double kTop = 20;
  constexpr double kLine = 34;
  const Axis axis{170, 890};
  const double bottom = kTop + kLine * static_cast<double>(strips.size());
  std::string svg = fmt::format(
      R"(<svg class="strips" viewBox="0 0 900 {:.0f}" role="img" aria-label="{}">)", bottom + 40,
      "The distance of every departure that was compared, by whose face it showed. The table of "
      "all "
      "departures below has the numbers.");
  svg += Zones(axis, thresholds, kTop, bottom - kTop);
  svg += ThresholdTicks(axis, thresholds, kTop - 6);
  double y = kTop + kLine / 2;
  for (const Strip& strip : strips) {
    svg += Text(axis.left - 10, y + 4, "end", strip.label, "label");
    for (const double distance : strip.distances) {
      svg += fmt::format(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="5"/>)",
                         axis.At(distance), y);
    }
    y += kLine;
  }
  for (int tenths = 4; tenths <= 16; tenths += 2) {
    svg +=
        Text(axis.At(tenths / 10.0), bottom + 16, "middle", fmt::format("{:.1f}", tenths / 10.0));
  }
  svg += Text(axis.left, bottom + 33, "start", "more alike");
  svg += Text(axis.right, bottom + 33, "end", "less alike");
  return svg + "</svg>";
}

}  // namespace entryexit::demo
