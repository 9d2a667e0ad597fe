#include "ctl/describe.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

Cell DescribeStayAdmission(const v1::Stay& stay) {
  const std::string admission = DescribeAdmission(
      stay.class_of_admission(), stay.has_authorized_until(), stay.authorized_until());
  if (!stay.has_pending_since()) return {admission};
  return {fmt::format("{}, pending since {}", admission, client::FormatDate(stay.pending_since())),
          Colour::kYellow};
}

// The admission of a crossing or of its correction; empty without one.
template <typename Proto>
std::string AdmissionWords(const Proto& admitted) {
  const std::string& code = admitted.class_of_admission();
  if (admitted.has_window() && !admitted.has_authorized_until()) {
    return fmt::format("{} for {}", code, DescribeWindow(admitted.window()));
  }
  const std::string admission =
      DescribeAdmission(code, admitted.has_authorized_until(), admitted.authorized_until());
  if (!admitted.has_window()) return admission;
  return fmt::format("{}, at most {}", admission, DescribeWindow(admitted.window()));
}

}  // namespace

Cell Describe(v1::Outcome outcome) {
  const std::string name = client::NameOf(outcome);
  switch (outcome) {
    case v1::OUTCOME_MATCH:
      return {name, Colour::kGreen};
    case v1::OUTCOME_NO_MATCH:
      return {name, Colour::kRed};
    case v1::OUTCOME_INCONCLUSIVE:
    case v1::OUTCOME_NO_REFERENCE:
    case v1::OUTCOME_LOW_QUALITY:
      return {name, Colour::kYellow};
    default:
      return {name};
  }
}

Cell Describe(v1::Severity severity) {
  const std::string name = client::NameOf(severity);
  if (severity == v1::SEVERITY_HIGH) return {name, Colour::kRed};
  if (severity == v1::SEVERITY_MEDIUM) return {name, Colour::kYellow};
  return {name};
}

Cell Describe(v1::CaseState state) {
  const bool waits = state == v1::CASE_STATE_OPEN || state == v1::CASE_STATE_AWAITS_SECOND_OFFICER;
  return {client::NameOf(state), waits ? Colour::kBold : Colour::kNone};
}

Cell Describe(v1::CaptureStatus status) {
  return {client::NameOf(status),
          status == v1::CAPTURE_STATUS_LOW_QUALITY ? Colour::kYellow : Colour::kNone};
}

Cell DisputedCell(bool disputed) { return disputed ? Cell("yes", Colour::kYellow) : Cell("-"); }

Cell DisputedWords(bool disputed) {
  if (!disputed) return {""};
  return {"the traveler disputes what is recorded: look with care", Colour::kYellow};
}

std::string Describe(google::protobuf::Timestamp timestamp) {
  timestamp.set_nanos(0);
  return client::FormatTimestamp(timestamp);
}

std::string FmrText(const v1::Comparison& comparison) {
  return fmt::format("{}{:.2g} %", client::FmrBoundWords(comparison),
                     comparison.estimated_fmr() * 100);
}

std::string DescribeWindow(const v1::StayWindow& window) {
  return fmt::format("{} days in any {}", window.days(), window.window_days());
}

std::string DescribeAdmission(const std::string& class_of_admission, bool has_date,
                              const v1::Date& authorized_until) {
  if (class_of_admission.empty()) return {};
  if (!has_date) return class_of_admission + " without a last day";
  return fmt::format("{} until {}", class_of_admission, client::FormatDate(authorized_until));
}

std::string DescribeAdmission(const v1::Crossing& crossing) { return AdmissionWords(crossing); }

std::string DescribeCorrection(const v1::CrossingCorrection& correction) {
  if (!correction.moved_to_traveler_id().empty()) {
    return "moved to traveler " + correction.moved_to_traveler_id();
  }
  if (correction.voided()) return "voided";
  std::string text;
  if (correction.has_captured_at()) {
    text = "at " + client::FormatTimestamp(correction.captured_at());
  }
  const std::string admission = AdmissionWords(correction);
  if (!admission.empty()) text += (text.empty() ? "" : ", ") + admission;
  return text.empty() ? "as recorded" : text;
}

Cell DescribeDueDay(const v1::Date& due_on, std::chrono::sys_days today) {
  constexpr int kSoon = 7;
  const std::chrono::sys_days due = std::chrono::year(due_on.year()) /
                                    std::chrono::month(static_cast<unsigned>(due_on.month())) /
                                    std::chrono::day(static_cast<unsigned>(due_on.day()));
  const auto left = (due - today).count();
  const auto days = [](auto count) {
    return fmt::format("{} day{}", count, count == 1 ? "" : "s");
  };
  if (left < 0) {
    return {fmt::format("{} (OVERDUE by {})", client::FormatDate(due_on), days(-left)),
            Colour::kRed};
  }
  return {fmt::format("{} ({} left)", client::FormatDate(due_on), days(left)),
          left <= kSoon ? Colour::kYellow : Colour::kNone};
}

std::vector<Field> ComparisonFields(const v1::Comparison& comparison) {
  std::vector<Field> fields;
  const v1::Thresholds& thresholds = comparison.thresholds();
  if (comparison.has_distance()) {
    fields.emplace_back(
        "distance",
        fmt::format("{:.4f} (a match up to {:.4f}, no match beyond {:.4f})", comparison.distance(),
                    thresholds.match_distance(), thresholds.no_match_distance()));
  }
  if (comparison.has_estimated_fmr()) {
    fields.emplace_back("estimated FMR",
                        fmt::format("{} of pairs of different people ({}) are this alike or more",
                                    FmrText(comparison), thresholds.calibration()));
  }
  fields.emplace_back("model", comparison.model().model_id());
  fields.emplace_back("comparison", comparison.comparison_id());
  return fields;
}

void WriteReferences(const Context& context, const v1::Comparison& comparison) {
  if (comparison.references().empty()) return;
  fmt::print(context.out, "\nCompared with (the best {} of the distances are averaged)\n",
             comparison.best_k());
  Table table = context.MakeTable({{"ARRIVAL"}, {"DISTANCE"}});
  for (const auto& reference : comparison.references()) {
    table.Add({reference.crossing_id(), fmt::format("{:.4f}", reference.distance())});
  }
  table.Flush();
}

void WriteFindings(const Context& context, const Findings& findings) {
  if (findings.empty()) return;
  Table table = context.MakeTable({{"FINDING"}, {"MEASURED"}, {"LIMIT"}, {"WHAT TO DO"}});
  for (const auto& finding : findings) {
    table.Add({{client::NameOf(finding.issue()), Colour::kYellow},
               fmt::format("{:.4g}", finding.measured()),
               fmt::format("{:.4g}", finding.limit()),
               finding.advice()});
  }
  table.Flush();
}

void WriteStays(const Context& context, const google::protobuf::RepeatedPtrField<v1::Stay>& stays) {
  if (stays.empty()) {
    context.out << "\nNo stays\n";
    return;
  }
  context.out << "\nStays\n";
  Table table = context.MakeTable(
      {{"ARRIVED"}, {"DEPARTED"}, {"STATE"}, {"PORT"}, {"ADMITTED"}, {"ARRIVAL"}, {"DEPARTURE"}});
  for (const auto& stay : stays) {
    table.Add({client::FormatDate(stay.arrived_on()),
               stay.has_departed_on() ? client::FormatDate(stay.departed_on()) : "-",
               client::NameOf(stay.state()), stay.port_id(), DescribeStayAdmission(stay),
               stay.arrival_crossing_id(),
               stay.departure_crossing_id().empty() ? "-" : stay.departure_crossing_id()});
  }
  table.Flush();
}

void WriteOpenedCases(const Context& context,
                      const google::protobuf::RepeatedPtrField<std::string>& case_ids) {
  if (case_ids.empty()) return;
  context.out << "\nFor an officer to decide; a lead is not a determination\n";
  for (const auto& id : case_ids) fmt::print(context.out, "  entryexitctl cases show {}\n", id);
}

}  // namespace entryexit::ctl
