#include "bench/load/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace entryexit::bench {
namespace {

constexpr std::array kPercents{50.0, 99.0, 99.9};

struct Kind {
  const char* name;
  Latencies Step::*latencies;
};
constexpr std::array kKinds{Kind{"all", &Step::all}, Kind{"arrivals", &Step::arrivals},
                            Kind{"departures", &Step::departures},
                            Kind{"refusals", &Step::refusals}};

size_t Total(const std::map<std::string, size_t>& by_reason) {
  size_t count = 0;
  for (const auto& [reason, times] : by_reason) count += times;
  return count;
}

// Where curves are drawn, in the units of the picture.
struct Frame {
  double left = 70;
  double top = 40;
  double width = 660;
  double height = 360;
  double least_ms = 1;
  double most_ms = 10'000;
  double most_nines = 4;  // 99.99 %

  double x(double percent) const {
    return left + width * std::min(-std::log10(1 - percent / 100) / most_nines, 1.0);
  }
  double y(double ms) const {
    const double share =
        std::log(std::clamp(ms, least_ms, most_ms) / least_ms) / std::log(most_ms / least_ms);
    return top + height * (1 - share);
  }
};

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<' || c == '&') {
      escaped += c == '<' ? "&lt;" : "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Grid(const Frame& frame) {
  std::string svg;
  for (const double percent : {0.0, 90.0, 99.0, 99.9, 99.99}) {
    svg += fmt::format(
        "<path class='grid' d='M{0:.1f} {1:.1f}v{2:.1f}'/>"
        "<text x='{0:.1f}' y='{3:.1f}' text-anchor='middle'>{4} %</text>\n",
        frame.x(percent), frame.top, frame.height, frame.top + frame.height + 18, percent);
  }
  for (double ms = frame.least_ms; ms <= frame.most_ms; ms *= 10) {
    svg += fmt::format(
        "<path class='grid' d='M{0:.1f} {1:.1f}h{2:.1f}'/>"
        "<text x='{3:.1f}' y='{4:.1f}' text-anchor='end'>{5} ms</text>\n",
        frame.left, frame.y(ms), frame.width, frame.left - 8, frame.y(ms) + 4, ms);
  }
  return svg;
}

std::string Curve(const Frame& frame, const Latencies& latencies) {
  std::string path;
  for (const double percent : CurvePercents(latencies.size())) {
    // The greatest latency is that of one call in so many, not of one in ever more.
    const double drawn = std::min(percent, 100 - 100.0 / static_cast<double>(latencies.size() + 1));
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", frame.x(drawn),
                        frame.y(latencies.Percentile(percent)));
  }
  return path;
}

}  // namespace

void PrintHeader() {
  fmt::print(
      "{:<10}{:>8}{:>8}{:>8}{:>7}{:>6}{:>6} |{:>8}{:>8}{:>8} |{:>8}{:>8}{:>8} |{:>8} "
      "|{:>7}{:>6}{:>7}{:>7} |{:>6} |{:>8}\n",
      "", "rate/s", "good/s", "sent", "refus.", "late", "fail", "p50 ms", "p99", "p99.9",
      "dep. p50", "p99", "p99.9", "ref. p99", "daemon", "db", "client", "MB", "lag", "rec<20ms");
  std::fflush(stdout);
}

void Print(const Step& step) {
  const auto ms = [](const Latencies& latencies, double percent) {
    return fmt::format("{:>8.1f}", latencies.Percentile(percent));
  };
  std::string line =
      fmt::format("{:<10}{:>8.1f}{:>8.1f}{:>8}{:>7}{:>6}{:>6} |", step.name, step.rate,
                  step.goodput(), step.sent, Total(step.refused), step.late, Total(step.failed));
  for (const double percent : kPercents) line += ms(step.all, percent);
  line += " |";
  for (const double percent : kPercents) line += ms(step.departures, percent);
  line += " |" + ms(step.refusals, 99);
  line += fmt::format(" |{:>7.2f}{:>6.2f}{:>7.2f}{:>7.0f} |{:>6.1f} |{:>6.1f} %",
                      step.usage.daemon_cores, step.usage.database_cores, step.usage.client_cores,
                      step.usage.daemon_mb, step.lag.Percentile(99), step.recorded_soon_percent);
  fmt::print("{}\n", line);
  for (const auto& [reason, times] : step.refused) {
    fmt::print("    refused {} times: {}\n", times, reason);
  }
  for (const std::string& fault : step.Faults()) fmt::print("    FAULT: {}\n", fault);
  std::fflush(stdout);
}

void WriteCsv(const std::filesystem::path& file, const std::vector<Step>& steps) {
  std::ofstream out(file);
  out << "step,rate,seconds,sent,good,refused,late,failed,goodput";
  for (const Kind& kind : kKinds) {
    for (const double percent : kPercents) out << fmt::format(",{}_p{}_ms", kind.name, percent);
    out << fmt::format(",{}_max_ms", kind.name);
  }
  out << ",lag_p99_ms,daemon_cores,database_cores,client_cores,daemon_mb,daemon_peak_mb,"
         "recorded_within_20_ms_percent\n";
  for (const Step& step : steps) {
    out << fmt::format("{},{:.3f},{:.3f},{},{},{},{},{},{:.3f}", step.name, step.rate, step.seconds,
                       step.sent, step.good, Total(step.refused), step.late, Total(step.failed),
                       step.goodput());
    for (const Kind& kind : kKinds) {
      const Latencies& latencies = step.*kind.latencies;
      for (const double percent : kPercents) {
        out << fmt::format(",{:.3f}", latencies.Percentile(percent));
      }
      out << fmt::format(",{:.3f}", latencies.Percentile(100));
    }
    out << fmt::format(",{:.3f},{:.3f},{:.3f},{:.3f},{:.1f},{:.1f},{:.2f}\n",
                       step.lag.Percentile(99), step.usage.daemon_cores, step.usage.database_cores,
                       step.usage.client_cores, step.usage.daemon_mb, step.usage.daemon_peak_mb,
                       step.recorded_soon_percent);
  }
}

void WriteCurvesCsv(const std::filesystem::path& file, const std::vector<Step>& steps) {
  std::ofstream out(file);
  out << "step,rate,calls,percentile,latency_ms\n";
  for (const Step& step : steps) {
    for (const Kind& kind : kKinds) {
      const Latencies& latencies = step.*kind.latencies;
      if (latencies.size() == 0) continue;
      for (const double percent : CurvePercents(latencies.size())) {
        out << fmt::format("{},{:.3f},{},{:.6f},{:.3f}\n", step.name, step.rate, kind.name, percent,
                           latencies.Percentile(percent));
      }
    }
  }
}

void WriteJson(const std::filesystem::path& file, const std::vector<Step>& steps,
               const std::string& setting) {
  nlohmann::json json;
  json["setting"] = setting;
  for (const Step& step : steps) {
    nlohmann::json entry = {{"step", step.name},
                            {"rate", step.rate},
                            {"seconds", step.seconds},
                            {"sent", step.sent},
                            {"good", step.good},
                            {"refused", step.refused},
                            {"late", step.late},
                            {"failed", step.failed},
                            {"goodput", step.goodput()},
                            {"lag_p99_ms", step.lag.Percentile(99)},
                            {"daemon_cores", step.usage.daemon_cores},
                            {"database_cores", step.usage.database_cores},
                            {"client_cores", step.usage.client_cores},
                            {"daemon_mb", step.usage.daemon_mb},
                            {"daemon_peak_mb", step.usage.daemon_peak_mb}};
    for (const Kind& kind : kKinds) {
      const Latencies& latencies = step.*kind.latencies;
      if (latencies.size() == 0) continue;
      for (const double percent : CurvePercents(latencies.size())) {
        entry["latency_ms"][kind.name].push_back({percent, latencies.Percentile(percent)});
      }
      for (const double percent : kPercents) {
        entry["percentiles_ms"][kind.name][fmt::format("p{}", percent)] =
            latencies.Percentile(percent);
      }
    }
    json["steps"].push_back(std::move(entry));
  }
  std::ofstream(file) << json.dump(2) << '\n';
}

void WriteSvg(const std::filesystem::path& file, const std::vector<Step>& steps,
              const std::string& setting, std::chrono::milliseconds deadline) {
  constexpr std::array kColours{"#2563eb", "#059669", "#d97706", "#dc2626", "#7c3aed", "#475569"};
  const Frame frame;
  std::ofstream out(file);
  out << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 920 450' role='img' "
         "font-family='sans-serif' font-size='12'>\n"
         "<style>path{fill:none}.grid{stroke:#d4d4d8}.curve{stroke-width:2}"
         ".deadline{stroke:#18181b;stroke-dasharray:6 4}</style>\n"
         "<rect width='920' height='450' fill='#fff'/>\n";
  out << fmt::format("<title>Latency by percentile</title>\n<text x='{}' y='22'>{}</text>\n",
                     frame.left, Escaped(setting));
  out << Grid(frame);
  out << fmt::format(
      "<path class='deadline' d='M{0:.1f} {1:.1f}h{2:.1f}'/>"
      "<text x='{3:.1f}' y='{4:.1f}'>deadline</text>\n",
      frame.left, frame.y(static_cast<double>(deadline.count())), frame.width,
      frame.left + frame.width + 10, frame.y(static_cast<double>(deadline.count())) + 4);
  double legend = frame.top + 12;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].all.size() == 0) continue;
    const char* const colour = kColours.at(i % kColours.size());
    out << fmt::format("<path class='curve' stroke='{}' d='{}'/>\n", colour,
                       Curve(frame, steps[i].all));
    out << fmt::format("<text x='{:.1f}' y='{:.1f}' fill='{}'>{}: {:.1f}/s</text>\n",
                       frame.left + frame.width + 10, legend, colour, Escaped(steps[i].name),
                       steps[i].rate);
    legend += 18;
  }
  out << "</svg>\n";
}

}  // namespace entryexit::bench
