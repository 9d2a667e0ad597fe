#include "ctl/summary_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "entryexit/base/text.h"
#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

constexpr char kOverstays[] = "overstays";

const google::protobuf::FieldDescriptor& FieldOf(const google::protobuf::Message& figures,
                                                 const std::string& name) {
  return *figures.GetDescriptor()->FindFieldByName(name);
}

// Whether there was nothing to make a rate of.
bool IsOfNothing(const google::protobuf::Message& figures) {
  const bool of_stays = figures.GetDescriptor() == v1::StayFigures::descriptor();
  if (of_stays) return CountOf(figures, "expected_departures") == 0;
  return CountOf(figures, "arrivals") == 0 && CountOf(figures, "departures") == 0;
}

}  // namespace

std::vector<FigureColumn> StayColumns() {
  return {{"expected departures", "EXPECTED", "expected_departures"},
          {"departed", "DEPARTED", "departed"},
          {"overstays", "OVERSTAYS", kOverstays},
          {"overstay rate", "RATE", "overstay_rate"},
          {"out of country", "OUT OF COUNTRY", "out_of_country"},
          {"suspected in country", "IN COUNTRY", "suspected_in_country"},
          {"in-country rate", "RATE", "in_country_rate"},
          {"application pending", "PENDING", "pending"},
          {"departure not recorded", "NOT RECORDED", "departure_not_recorded"},
          {"departure unconfirmed", "UNCONFIRMED", "departure_unconfirmed"}};
}

std::vector<FigureColumn> CrossingColumns() {
  return {{"arrivals", "ARRIVALS", "arrivals"},
          {"departures", "DEPARTURES", "departures"},
          {"with template", "TEMPLATES", "with_template"},
          {"capture rate", "RATE", "capture_rate"},
          {"arrivals without departure", "NO DEPARTURE", "arrivals_without_departure"},
          {"departures without arrival", "NO ARRIVAL", "departures_without_arrival"},
          {"match", "MATCH", "match"},
          {"no match", "NO MATCH", "no_match"},
          {"inconclusive", "INCONCLUSIVE", "inconclusive"},
          {"no reference", "NO REFERENCE", "no_reference"},
          {"low quality", "LOW QUALITY", "low_quality"},
          {"exempt", "EXEMPT", "exempt"},
          {"opted out", "OPTED OUT", "opted_out"},
          {"not captured", "NOT CAPTURED", "not_captured"}};
}

std::optional<std::int64_t> CountOf(const google::protobuf::Message& figures,
                                    const std::string& name) {
  if (name == kOverstays) {
    const auto out_of_country = CountOf(figures, "out_of_country");
    const auto in_country = CountOf(figures, "suspected_in_country");
    if (!out_of_country || !in_country) return std::nullopt;
    return *out_of_country + *in_country;
  }
  const google::protobuf::FieldDescriptor& field = FieldOf(figures, name);
  if (!figures.GetReflection()->HasField(figures, &field)) return std::nullopt;
  return figures.GetReflection()->GetInt64(figures, &field);
}

std::string FigureText(const google::protobuf::Message& figures, const std::string& name) {
  using google::protobuf::FieldDescriptor;
  if (name == kOverstays || FieldOf(figures, name).type() == FieldDescriptor::TYPE_INT64) {
    const auto count = CountOf(figures, name);
    return count ? base::Grouped(static_cast<std::uint64_t>(*count)) : "*";
  }
  const FieldDescriptor& field = FieldOf(figures, name);
  if (figures.GetReflection()->HasField(figures, &field)) {
    return Percent(figures.GetReflection()->GetDouble(figures, &field));
  }
  return IsOfNothing(figures) ? "-" : "*";
}

std::string Percent(double rate) { return fmt::format("{:.2f} %", rate * 100); }

std::string WithheldNote(const SummaryReport& report) {
  const int least = report.request.least_cell();
  if (least == 0) return {};
  return fmt::format(
      "* withheld: rows with a figure from 1 to {}, and others that would give one away by "
      "subtraction.",
      least - 1);
}

std::string CommandFor(const SummaryReport& report) {
  std::string command = fmt::format(
      "entryexitctl report summary --from {} --to {} --as-of {} --known-at {}",
      client::FormatDate(report.request.from()), client::FormatDate(report.request.to()),
      client::FormatDate(report.response.as_of()),
      client::FormatTimestamp(report.response.known_at()));
  const int least = report.request.least_cell();
  return least == 0 ? command : fmt::format("{} --least-cell {}", command, least);
}

std::string SummaryJson(const SummaryReport& report) {
  using Json = nlohmann::ordered_json;
  // The answer says which day and moment were meant where the request did not.
  const Json request = Json::parse(client::ToJson(report.request));
  const Json response = Json::parse(client::ToJson(report.response));
  Json json = {{"from", request["from"]},
               {"to", request["to"]},
               {"as_of", response["as_of"]},
               {"known_at", response["known_at"]},
               {"least_cell", request["least_cell"]}};
  json.update(response);
  return json.dump() + "\n";
}

}  // namespace entryexit::ctl
