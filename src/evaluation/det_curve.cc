#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/base/text.h"
#include "entryexit/evaluation/report.h"

namespace entryexit::evaluation {
namespace {

// All lengths in pixels of the drawing.
constexpr double kWidth = 820;
constexpr double kHeight = 740;
constexpr double kLeft = 92;
constexpr double kTop = 96;
constexpr double kRight = kWidth - 36;
constexpr double kBottom = kHeight - 104;

constexpr std::array kTicks = {1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 0.01, 0.02, 0.05, 0.1,
                               0.2,  0.3,  0.4,  0.5,  0.6,  0.7,  0.8,  0.9,  0.95};
// Where an axis may end; the FNMR axis goes as far as the operating points need.
constexpr double kGreatestFmr = 0.5;
constexpr std::array kGreatestFnmr = {0.5, 0.7, 0.9};
constexpr double kGreatestFnmrOfAll = 0.98;

constexpr char kStyle[] =
    "text{font-family:'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#1f2933;font-size:13px}"
    ".title{font-size:19px;font-weight:600}.sub{fill:#52606d}.tick{font-size:12px;fill:#52606d}"
    ".axis{font-size:14px}.note{font-size:12px;fill:#7b8794}"
    ".grid{stroke:#e4e7eb}.equal{stroke:#9aa5b1;stroke-dasharray:5 5}"
    ".frame{fill:none;stroke:#7b8794}.unseen{fill:#f5f0e6}"
    ".curve{fill:none;stroke:#0b69a3;stroke-width:2.5;stroke-linejoin:round}"
    ".bar{stroke:#b44d12;stroke-width:1.5}.point{fill:#b44d12;stroke:#fff;stroke-width:1.5}"
    ".eer{fill:#fff;stroke:#0b69a3;stroke-width:2}"
    ".halo{stroke:#fff;stroke-width:4;stroke-linejoin:round;paint-order:stroke}";

// The normal deviate of a probability: x with P(X <= x) = p. Bisection: a plot needs few of them,
// and erfc holds its accuracy in the tails.
double NormalDeviate(double p) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::numbers::sqrt2) / 2 < p ? low : high) = middle;
  }
  return low;
}

// Maps error rates to one side of the plot. Rates too small for the axis, zero among them, are
// drawn at its lower end; those too great for it lie beyond its upper end.
class Axis {
 public:
  Axis(double least, double greatest, double pixel_at_least, double pixel_at_greatest)
      : least_(least),
        greatest_(greatest),
        low_(NormalDeviate(least)),
        scale_((pixel_at_greatest - pixel_at_least) / (NormalDeviate(greatest) - low_)),
        origin_(pixel_at_least) {}

  double PixelOf(double rate) const {
    return origin_ + (NormalDeviate(std::max(rate, least_)) - low_) * scale_;
  }
  double least() const { return least_; }
  double greatest() const { return greatest_; }

  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    std::ranges::copy_if(kTicks, std::back_inserter(ticks),
                         [this](double tick) { return least_ <= tick && tick <= greatest_; });
    return ticks;
  }

 private:
  double least_;
  double greatest_;
  double low_;
  double scale_;
  double origin_;
};

// The lower end of an axis: half of the least rate other than zero that the sample can show.
double LeastDrawn(std::size_t comparisons) {
  return std::min(0.5 / static_cast<double>(comparisons), 0.05);
}

double GreatestFnmr(const Statistics& statistics) {
  double needed = 0;
  for (const OperatingPoint& point : statistics.operating_points) {
    if (point.measured) needed = std::max(needed, point.measured->fnmr.interval().high);
  }
  const auto* const end = std::ranges::lower_bound(kGreatestFnmr, needed);
  return end == kGreatestFnmr.end() ? kGreatestFnmrOfAll : *end;
}

std::string PercentLabel(double rate) { return fmt::format("{:g} %", rate * 100); }

std::string Text(double x, double y, const char* attributes, const std::string& content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes,
                     base::Escaped(content));
}

std::string Line(double x1, double y1, double x2, double y2, const char* style_class) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
      y2, style_class);
}

std::string Circle(double x, double y, double radius, const char* style_class) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:g}\" class=\"{}\"/>\n", x, y,
                     radius, style_class);
}

class DetPlot {
 public:
  DetPlot(const EvaluationResult& result, const Statistics& statistics)
      : result_(result),
        statistics_(statistics),
        fmr_(LeastDrawn(result.comparisons.non_mated.size()), kGreatestFmr, kLeft, kRight),
        fnmr_(LeastDrawn(result.comparisons.mated.size()), GreatestFnmr(statistics), kBottom,
              kTop) {}

  std::string Draw() const {
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" "
               "width=\"{0:g}\" height=\"{1:g}\" role=\"img\" aria-labelledby=\"title\">\n"
               "<title id=\"title\">DET curve of {2}</title>\n<style>{3}</style>\n"
               "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
               kWidth, kHeight, base::Escaped(result_.model.id), kStyle) +
           ClipPath() + Heading() + UnseenRegion() + Grid() + Curve() + EqualError() +
           OperatingPoints() + Footer() + "</svg>\n";
  }

 private:
  // The plot, with room at its lower ends for a curve that runs along them.
  static std::string ClipPath() {
    constexpr double kRoom = 2;
    return fmt::format(
        "<clipPath id=\"plot\"><rect x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\"/>"
        "</clipPath>\n",
        kLeft - kRoom, kTop, kRight - kLeft + kRoom, kBottom - kTop + kRoom);
  }

  std::string Heading() const {
    const Comparisons& made = result_.comparisons;
    const Rate& fta = result_.acquisition.failures;
    return Text(kLeft, 36, "class=\"title\"", "Detection error trade-off: " + result_.model.id) +
           Text(kLeft, 58, "class=\"sub\"",
                fmt::format("{} mated and {} non-mated ({}) comparisons of {} people",
                            base::Grouped(made.mated.size()), base::Grouped(made.non_mated.size()),
                            result_.non_mated_kind, base::Grouped(made.identities))) +
           Text(kLeft, 77, "class=\"sub\"",
                fmt::format("{} of {} images failed to acquire ({:.3g} %); their pairs are left "
                            "out",
                            base::Grouped(fta.errors), base::Grouped(fta.trials),
                            fta.value() * 100));
  }

  // Where the FMR is too small for the sample.
  std::string UnseenRegion() const {
    const double least_seen = 3.0 / static_cast<double>(result_.comparisons.non_mated.size());
    const double width = fmr_.PixelOf(std::min(least_seen, kGreatestFmr)) - kLeft;
    return fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"unseen\"/>\n",
        kLeft, kTop, width, kBottom - kTop);
  }

  std::string Grid() const {
    std::string svg;
    for (const double tick : fmr_.Ticks()) {
      const double x = fmr_.PixelOf(tick);
      svg += Line(x, kTop, x, kBottom, "grid") +
             Text(x, kBottom + 19, "class=\"tick\" text-anchor=\"middle\"", PercentLabel(tick));
    }
    for (const double tick : fnmr_.Ticks()) {
      const double y = fnmr_.PixelOf(tick);
      svg += Line(kLeft, y, kRight, y, "grid") +
             Text(kLeft - 9, y + 4, "class=\"tick\" text-anchor=\"end\"", PercentLabel(tick));
    }
    return svg + EqualLine() + AxisTitles();
  }

  // FMR = FNMR is a straight line on these axes even where their ranges differ.
  std::string EqualLine() const {
    const double least = std::max(fmr_.least(), fnmr_.least());
    const double greatest = std::min(fmr_.greatest(), fnmr_.greatest());
    return Line(fmr_.PixelOf(least), fnmr_.PixelOf(least), fmr_.PixelOf(greatest),
                fnmr_.PixelOf(greatest), "equal");
  }

  static std::string AxisTitles() {
    const std::string rotated =
        fmt::format("class=\"axis\" text-anchor=\"middle\" transform=\"rotate(-90 24 {:.1f})\"",
                    (kTop + kBottom) / 2);
    return fmt::format(
               "<rect x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\" class=\"frame\"/>\n",
               kLeft, kTop, kRight - kLeft, kBottom - kTop) +
           Text((kLeft + kRight) / 2, kBottom + 44, "class=\"axis\" text-anchor=\"middle\"",
                "False match rate (FMR)") +
           Text(24, (kTop + kBottom) / 2, rotated.c_str(), "False non-match rate (FNMR)");
  }

  std::string Curve() const {
    std::string points;
    std::string previous;
    for (const DetPoint& point : statistics_.det) {
      std::string here =
          fmt::format("{:.1f},{:.1f} ", fmr_.PixelOf(point.fmr), fnmr_.PixelOf(point.fnmr));
      if (here == previous) continue;  // at this resolution many points fall together
      points += here;
      previous = std::move(here);
    }
    return "<polyline class=\"curve\" clip-path=\"url(#plot)\" points=\"" + points + "\"/>\n";
  }

  std::string EqualError() const {
    const EqualErrorRate& equal = statistics_.equal_error;
    // Drawn at the end of an axis it would be off the line FMR = FNMR.
    if (equal.rate < std::max(fmr_.least(), fnmr_.least()) || equal.rate > kGreatestFmr) return "";
    const double x = fmr_.PixelOf(equal.rate);
    const double y = fnmr_.PixelOf(equal.rate);
    return Circle(x, y, 5, "eer") +
           Text(x + 20, y + 3, "class=\"halo\"",
                fmt::format("equal error rate {:.3g} %", equal.rate * 100));
  }

  std::string OperatingPoints() const {
    std::string svg;
    for (const OperatingPoint& point : statistics_.operating_points) {
      if (!point.measured) continue;
      const Interval interval = point.measured->fnmr.interval();
      const double x = fmr_.PixelOf(point.measured->fmr.value());
      const double y = fnmr_.PixelOf(point.measured->fnmr.value());
      svg += Line(x, fnmr_.PixelOf(interval.low), x, fnmr_.PixelOf(interval.high), "bar") +
             Circle(x, y, 5, "point");
    }
    return svg;
  }

  static std::string Footer() {
    return Text(kLeft, kHeight - 34, "class=\"note\"",
                "Dots: the operating points asked for, with 95 % Wilson intervals of the FNMR. "
                "Dashed: FMR = FNMR.") +
           Text(kLeft, kHeight - 16, "class=\"note\"",
                "Shaded: FMR below 3 / non-mated comparisons, too few to measure. "
                "Smaller rates, and zero, are drawn at the end of an axis.");
  }

  const EvaluationResult& result_;
  const Statistics& statistics_;
  Axis fmr_;
  Axis fnmr_;
};

}  // namespace

std::string DetCurveSvg(const EvaluationResult& result, const Statistics& statistics) {
  return DetPlot(result, statistics).Draw();
}

}  // namespace entryexit::evaluation
