#include "entryexit/evaluation/report.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace entryexit::evaluation {
namespace {

using Json = nlohmann::ordered_json;

std::string Percent(double share) { return fmt::format("{:.3g} %", share * 100); }

std::string Percent(const Interval& interval) {
  return fmt::format("{:.3g} - {:.3g} %", interval.low * 100, interval.high * 100);
}

std::string Share(const Rate& rate) {
  return fmt::format("{} ({} of {})", Percent(rate.value()), rate.errors, rate.trials);
}

std::string CountsLine(const char* label, const std::map<std::string, std::size_t>& counts) {
  std::string line;
  for (const auto& [name, count] : counts) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, count);
  }
  return line.empty() ? line : fmt::format("  {:<26}{}\n", label, line);
}

std::string LeftOut(std::size_t pairs) {
  return pairs == 0 ? "" : fmt::format(" ({} pairs left out: an image failed to acquire)", pairs);
}

std::string WhyNotMeasured(const OperatingPoint& point, std::size_t non_mated) {
  const std::size_t needed = ComparisonsNeeded(point.target_fmr);
  if (non_mated >= needed) return "not measurable: too many pairs tie at the smallest distance";
  return fmt::format("not measurable: needs at least {} non-mated comparisons, has {}", needed,
                     non_mated);
}

constexpr char kRow[] = "{:<10}{:<10}{:<27}{:<25}{:<18}{}\n";

std::string RowText(const OperatingPoint& point, std::size_t non_mated) {
  if (!point.measured) {
    return fmt::format("{:<10}{}\n", Percent(point.target_fmr), WhyNotMeasured(point, non_mated));
  }
  const Measurement& measured = *point.measured;
  return fmt::format(kRow, Percent(point.target_fmr), fmt::format("{:.4f}", measured.distance),
                     Share(measured.fmr) + (measured.few_false_matches() ? "*" : ""),
                     Share(measured.fnmr), Percent(measured.fnmr.interval()),
                     measured.fnmr_bootstrap ? Percent(*measured.fnmr_bootstrap) : "-");
}

constexpr char kNotes[] =
    "FMR, FNMR: false match and false non-match rate, shares of the comparisons made; a pair with\n"
    "an image that failed to acquire is in neither. Wilson: takes comparisons as independent.\n"
    "Bootstrap: draws people anew; the better guide, but blind (-) where no errors were seen.\n";
constexpr char kFewNote[] =
    "* fewer than 30 false matches: the distance may stand for an FMR more than 30 % away.\n";

Json ToJson(const Interval& interval) { return Json::array({interval.low, interval.high}); }

Json ToJson(const Rate& rate) {
  return {{"rate", rate.value()},
          {"errors", rate.errors},
          {"trials", rate.trials},
          {"wilson_95", ToJson(rate.interval())}};
}

Json ToJson(const OperatingPoint& point) {
  Json json = {{"target_fmr", point.target_fmr},
               {"comparisons_needed", ComparisonsNeeded(point.target_fmr)},
               {"measured", nullptr}};
  if (point.measured) {
    json["measured"] = {{"distance", point.measured->distance},
                        {"fmr", ToJson(point.measured->fmr)},
                        {"few_false_matches", point.measured->few_false_matches()},
                        {"fnmr", ToJson(point.measured->fnmr)},
                        {"fnmr_bootstrap_95", nullptr}};
    if (const auto& interval = point.measured->fnmr_bootstrap) {
      json["measured"]["fnmr_bootstrap_95"] = ToJson(*interval);
    }
  }
  return json;
}

Json OperatingPointsJson(const Statistics& statistics) {
  Json points = Json::array();
  for (const OperatingPoint& point : statistics.operating_points) points.push_back(ToJson(point));
  return points;
}

Json DetJson(const Statistics& statistics) {
  Json points = Json::array();
  for (const DetPoint& point : statistics.det) {
    points.push_back({{"distance", point.distance}, {"fmr", point.fmr}, {"fnmr", point.fnmr}});
  }
  return points;
}

Json CalibrationJson(const EvaluationResult& result) {
  Json points = Json::array();
  for (const core::CalibrationPoint& point : CalibrationPoints(result.comparisons.non_mated)) {
    points.push_back({{"fmr", point.fmr}, {"distance", point.distance}});
  }
  return {{"pairs", result.non_mated_kind}, {"points", points}};
}

Json AcquisitionJson(const Acquisition& acquisition) {
  Json json = ToJson(acquisition.failures);
  json["by_quality_finding"] = Json(acquisition.by_quality_issue);
  json["by_error"] = Json(acquisition.by_error);
  return json;
}

}  // namespace

std::string SampleReport(const EvaluationResult& result) {
  const Acquisition& acquisition = result.acquisition;
  return fmt::format("{:<28}{}, weights {:.12}, {}\n", "Model", result.model.id,
                     result.model.digest, result.model.engine) +
         fmt::format("{:<28}{} of {} people\n", "Images", acquisition.failures.trials,
                     result.comparisons.identities) +
         fmt::format("{:<28}{}, 95 % CI {}\n", "Failure to acquire (FTA)",
                     Share(acquisition.failures), Percent(acquisition.failures.interval())) +
         CountsLine("by quality finding", acquisition.by_quality_issue) +
         CountsLine("by error", acquisition.by_error) +
         fmt::format("{:<28}{}{}\n", "Mated comparisons", result.comparisons.mated.size(),
                     LeftOut(result.mated_left_out)) +
         fmt::format("{:<28}{}, {}{}\n", "Non-mated comparisons",
                     result.comparisons.non_mated.size(), result.non_mated_kind,
                     LeftOut(result.non_mated_left_out));
}

std::string TextReport(const EvaluationResult& result, const Statistics& statistics) {
  std::string text = SampleReport(result);
  text += fmt::format("{:<28}{} at distance {:.4f}\n\n", "Equal error rate",
                      Percent(statistics.equal_error.rate), statistics.equal_error.distance);
  text +=
      fmt::format(kRow, "at FMR", "distance", "FMR", "FNMR", "95 % CI Wilson", "95 % CI bootstrap");
  bool few = false;
  for (const OperatingPoint& point : statistics.operating_points) {
    text += RowText(point, result.comparisons.non_mated.size());
    few = few || (point.measured && point.measured->few_false_matches());
  }
  text += "\n";
  if (few) text += kFewNote;
  return text + kNotes;
}

std::string JsonReport(const EvaluationResult& result, const Statistics& statistics) {
  const Json json = {
      {"model",
       {{"id", result.model.id}, {"digest", result.model.digest}, {"engine", result.model.engine}}},
      {"identities", result.comparisons.identities},
      {"failure_to_acquire", AcquisitionJson(result.acquisition)},
      {"mated",
       {{"compared", result.comparisons.mated.size()}, {"left_out", result.mated_left_out}}},
      {"non_mated",
       {{"kind", result.non_mated_kind},
        {"compared", result.comparisons.non_mated.size()},
        {"left_out", result.non_mated_left_out}}},
      {"operating_points", OperatingPointsJson(statistics)},
      {"equal_error",
       {{"rate", statistics.equal_error.rate}, {"distance", statistics.equal_error.distance}}},
      {"calibration", CalibrationJson(result)},
      {"det", DetJson(statistics)},
  };
  // A model id is the operator's text; bytes that are not UTF-8 must not end the report.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace entryexit::evaluation
