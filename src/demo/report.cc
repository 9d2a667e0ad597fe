#include "src/demo/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "entryexit/client/text.h"
#include "src/demo/figures.h"
#include "src/demo/html.h"
#include "src/demo/style.h"
#include "src/demo/words.h"

namespace entryexit::demo {
namespace {

const char* ClassOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_MATCH:
      return "good";
    case v1::OUTCOME_NO_MATCH:
      return "bad";
    case v1::OUTCOME_INCONCLUSIVE:
    case v1::OUTCOME_NO_REFERENCE:
      return "warn";
    default:
      return "";
  }
}

const char* ClassOf(v1::Severity severity) {
  if (severity == v1::SEVERITY_HIGH) return "bad";
  return severity == v1::SEVERITY_MEDIUM ? "warn" : "";
}

// "Sentence like this."
std::string Capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

std::string Row(const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += cell;
  return row + "</tr>\n";
}

std::string Cell(const std::string& text, const std::string& css_class = "") {
  return Element("td", text, css_class);
}

std::string Number(int number) { return Cell(number == 0 ? "–" : std::to_string(number), "n"); }

std::string HeadCell(const std::string& text, bool numeric = false) {
  return fmt::format(R"(<th scope="col"{}>{}</th>)", numeric ? R"( class="n")" : "", Escaped(text));
}

std::string RowHead(const std::string& text) {
  return fmt::format(R"(<th scope="row">{}</th>)", Escaped(text));
}

std::string Table(const std::string& caption, const std::string& head, const std::string& body) {
  return fmt::format(
      "<div "
      "class=\"scroll\"><table><caption>{}</caption><thead>{}</thead>\n<tbody>{}</tbody></table>"
      "</div>\n",
      Escaped(caption), head, body);
}

std::string Image(const Picture& picture, const std::string& alt) {
  return fmt::format(R"(<img alt="{}" src="{}">)", Escaped(alt),
                     DataUri(picture.media_type, picture.bytes));
}

class Report {
 public:
  Report(const Scenario& scenario, const Journal& journal, const Review& review,
         const Verdict& verdict, const std::map<std::string, Picture>& poor_captures)
      : scenario_(scenario),
        journal_(journal),
        review_(review),
        verdict_(verdict),
        poor_captures_(poor_captures) {
    for (std::size_t i = 0; i < journal_.answers.size(); ++i) {
      if (!journal_.answers[i].crossing_id.empty()) planned_[journal_.answers[i].crossing_id] = i;
    }
  }

  std::string Page() const {
    return base::Page("Entryexit demo report", std::string(base::kPageStyle) + kStyle,
                      Header() + "<main>\n" + Tiles() + Outcomes() + Distances() + Flags() +
                          Checks() + Cases() + MatchedLookAlikes() + Overstays() + PoorCaptures() +
                          Departures() + "</main>\n" + Footer());
  }

 private:
  std::string Header() const {
    return fmt::format(
        "<header>\n<h1>Entryexit demo report</h1>\n<p class=\"sub\">{} travelers, {} crossings, {} "
        "to "
        "{}.</p>\n<p class=\"notice\" role=\"note\"><strong>{}</strong> {}</p>\n</header>\n",
        scenario_.travelers.size(), review_.crossings.size(),
        client::FormatDate(ToDate(scenario_.first_day)),
        client::FormatDate(ToDate(scenario_.last_day)), kLeadNotDetermination, kFacesAreSynthetic);
  }

  std::string Tiles() const {
    const auto passed = std::count_if(verdict_.checks.begin(), verdict_.checks.end(),
                                      [](const Check& check) { return check.passed; });
    const auto withdrawn = std::count_if(
        review_.cases.begin(), review_.cases.end(),
        [](const auto& one) { return one.case_().state() == v1::CASE_STATE_WITHDRAWN; });
    std::string tiles = "<div class=\"tiles\">\n";
    const auto add = [&tiles](const std::string& figure, const std::string& label) {
      tiles += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", Escaped(figure),
                           Escaped(label));
    };
    add(fmt::format("{} of {}", passed, verdict_.checks.size()), "checks passed");
    add(std::to_string(verdict_.CountOf(Truth::kImpostor, v1::OUTCOME_MATCH)), "impostors matched");
    add(std::to_string(verdict_.CountOf(Truth::kSamePerson, v1::OUTCOME_NO_MATCH) +
                       verdict_.CountOf(Truth::kSamePerson, v1::OUTCOME_INCONCLUSIVE)),
        "genuine travelers delayed for a human check");
    add(fmt::format("{} of {}", verdict_.CountOf(Truth::kLookAlike, v1::OUTCOME_MATCH),
                    verdict_.StagedOf(Truth::kLookAlike)),
        "look-alike siblings matched on each other's document");
    add(std::to_string(review_.overstays.size()), "overstays listed");
    add(fmt::format("{}", review_.cases.size()),
        fmt::format("cases opened, {} withdrawn later", withdrawn));
    return tiles + "</div>\n";
  }

  std::string Outcomes() const {
    const std::set<v1::Outcome> columns = verdict_.Outcomes();
    std::vector<std::string> head = {HeadCell("The departure shows"), HeadCell("staged", true)};
    for (const auto outcome : columns) {
      head.push_back(HeadCell(Plain(client::NameOf(outcome)), true));
    }
    std::string body;
    for (const auto& [truth, row] : verdict_.outcomes) {
      std::vector<std::string> cells = {RowHead(Describe(truth)), Number(verdict_.StagedOf(truth))};
      for (const auto outcome : columns) cells.push_back(Number(verdict_.CountOf(truth, outcome)));
      body += Row(cells);
    }
    return "<h2>What was staged and what the machine said</h2>\n" +
           Table("Departures by whose face they showed, and the machine's outcome in the end",
                 Row(head), body) +
           fmt::format(
               "<p style=\"margin-top:12px\">Of {} departures that showed the right person, {} "
               "came "
               "out as no match and {} as inconclusive: those travelers would have been delayed "
               "for a "
               "human check. Nobody chose the travelers for their distances: they are taken from "
               "the "
               "face pack by number. The bundled starter model is not accurate enough for real "
               "travelers.</p>\n",
               verdict_.StagedOf(Truth::kSamePerson),
               verdict_.CountOf(Truth::kSamePerson, v1::OUTCOME_NO_MATCH),
               verdict_.CountOf(Truth::kSamePerson, v1::OUTCOME_INCONCLUSIVE));
  }

  std::string Distances() const {
    std::map<Truth, std::vector<double>> distances;
    std::optional<v1::Thresholds> thresholds;
    for (const auto& [crossing_id, index] : planned_) {
      const auto* comparison = FinalComparison(review_, crossing_id);
      if (comparison == nullptr || !comparison->has_distance()) continue;
      distances[*scenario_.crossings[index].truth].push_back(comparison->distance());
      thresholds = comparison->thresholds();
    }
    if (!thresholds) return "";
    std::vector<Strip> strips;
    for (const auto& [truth, values] : distances) {
      strips.push_back({Capitalized(Describe(truth)), values});
    }
    return "<h2>Distances</h2>\n<p>Each dot is one departure. A distance says how unlike two faces "
           "are to the machine; the lower, the more alike.</p>\n" +
           StripPlot(strips, *thresholds);
  }

  std::string Flags() const {
    std::string body;
    const auto add = [&body](const std::string& name, const Count& count) {
      const bool equal = count.staged == count.observed;
      body += Row({RowHead(name), Number(count.staged), Number(count.observed),
                   Cell(equal ? "as staged" : "differs", equal ? "good" : "bad")});
    };
    for (const auto& [name, count] : verdict_.flags) add("Case: " + Plain(name), count);
    for (const auto& [name, count] : verdict_.overstays) {
      add("Overstay report: " + Plain(name), count);
    }
    add("Poor captures turned away", verdict_.poor_captures);
    add("Bad requests refused", verdict_.refusals);
    return "<h2>Flags, overstays and refusals</h2>\n" +
           Table("Counts staged and observed",
                 Row({HeadCell("What"), HeadCell("staged", true), HeadCell("observed", true),
                      HeadCell("")}),
                 body);
  }

  std::string Checks() const {
    std::string list = "<h2>Checks</h2>\n<ul class=\"checks\">\n";
    for (const Check& check : verdict_.checks) {
      list += fmt::format(
          "<li>{}<span>{}<small>{}</small></span></li>\n",
          check.passed ? Element("span", "passed", "good") : Element("span", "failed", "bad"),
          Escaped(check.text), Escaped(check.detail));
    }
    return list + "</ul>\n";
  }

  std::string Cases() const {
    std::string html = fmt::format(
        "<h2>Cases</h2>\n<p>What officer 4711 saw, oldest first. The line under each case says "
        "what "
        "was staged: a real officer does not have it.</p>\n");
    int number = 0;
    for (const auto& one : review_.cases) html += Case(one, ++number);
    return html;
  }

  // A match opens no case, so these need a place of their own.
  std::string MatchedLookAlikes() const {
    std::string html;
    for (const auto& [crossing_id, index] : planned_) {
      const auto* comparison = FinalComparison(review_, crossing_id);
      if (scenario_.crossings[index].truth != Truth::kLookAlike || comparison == nullptr ||
          comparison->outcome() != v1::OUTCOME_MATCH) {
        continue;
      }
      html += "<article class=\"case\">\n<div class=\"columns\">\n" + Faces(crossing_id) +
              "<div>\n" + DistanceScale(*comparison) + OutcomeInWords(*comparison) +
              "</div>\n</div>\n" + Staged(crossing_id) + "</article>\n";
    }
    if (html.empty()) return "";
    return "<h2>What the machine missed</h2>\n<p>Siblings who look alike, matched on each other's "
           "document: no case was opened and no officer was told. Error rates are measured on "
           "strangers and promise nothing about close relatives.</p>\n" +
           html;
  }

  std::string Case(const v1::GetCaseResponse& one, int number) const {
    const v1::Case& lead = one.case_();
    const auto* comparison = FinalComparison(review_, lead.crossing_id());
    std::string html = fmt::format(
        "<article class=\"case\" id=\"case-{0}\" aria-labelledby=\"case-{0}-title\">\n<div "
        "class=\"top\"><h3 id=\"case-{0}-title\">Case {0}: {1}</h3>{2}{3}</div>\n<div "
        "class=\"columns\">\n",
        number, Escaped(Plain(client::NameOf(lead.kind()))),
        Element("span", Plain(client::NameOf(lead.severity())) + " severity",
                fmt::format("badge {}", ClassOf(lead.severity()))),
        Element("span", Plain(client::NameOf(lead.state())), "badge"));
    html += Faces(lead.crossing_id()) + "<div>\n" + Element("p", one.explanation());
    if (comparison != nullptr && comparison->has_distance()) {
      html += DistanceScale(*comparison);
      html += OutcomeInWords(*comparison);
    }
    html += ComparedAgain(lead.crossing_id()) + History(one) + "</div>\n</div>\n";
    return html + Staged(lead.crossing_id()) + "</article>\n";
  }

  static std::string OutcomeInWords(const v1::Comparison& comparison) {
    return fmt::format("<p>{}. {}</p>\n",
                       Element("span", Capitalized(Plain(client::NameOf(comparison.outcome()))),
                               ClassOf(comparison.outcome())),
                       Escaped(FmrInWords(comparison)));
  }

  // The reference and the probe; for a case that an arrival raised, the arrival before and this
  // one.
  std::string Faces(const std::string& crossing_id) const {
    const v1::Crossing& crossing = review_.crossings.at(crossing_id);
    const v1::Crossing* reference = ReferenceOf(crossing);
    return "<div class=\"faces\">\n" + Face(reference, "No arrival with a face is on record") +
           Face(&crossing, "No capture was taken") + "</div>\n";
  }

  // The arrival that is most like a departure; without a comparison the traveler's arrival before.
  const v1::Crossing* ReferenceOf(const v1::Crossing& crossing) const {
    const auto* comparison = FinalComparison(review_, crossing.crossing_id());
    if (comparison != nullptr && !comparison->references().empty()) {
      const auto nearest = std::min_element(
          comparison->references().begin(), comparison->references().end(),
          [](const auto& a, const auto& b) { return a.distance() < b.distance(); });
      return &review_.crossings.at(nearest->crossing_id());
    }
    const v1::Crossing* before = nullptr;
    for (const auto& [crossing_id, other] : review_.crossings) {
      if (other.traveler_id() != crossing.traveler_id() ||
          other.direction() != v1::DIRECTION_ARRIVAL ||
          other.captured_at().seconds() >= crossing.captured_at().seconds()) {
        continue;
      }
      if (before == nullptr || before->captured_at().seconds() < other.captured_at().seconds()) {
        before = &other;
      }
    }
    return before;
  }

  std::string Face(const v1::Crossing* crossing, const std::string& otherwise) const {
    if (crossing == nullptr)
      return fmt::format("<figure><div class=\"none\">{}</div></figure>\n", Escaped(otherwise));
    const bool arrival = crossing->direction() == v1::DIRECTION_ARRIVAL;
    const std::string what = arrival ? "Arrival" : "Departure";
    const auto picture = review_.pictures.find(crossing->crossing_id());
    return fmt::format(
        "<figure>{}<figcaption><b>{}</b>{}</figcaption></figure>\n",
        picture == review_.pictures.end()
            ? fmt::format("<div class=\"none\">{}</div>", Escaped(otherwise))
            : Image(picture->second,
                    fmt::format("Synthetic face captured on {} at {}",
                                arrival ? "arrival" : "departure", crossing->lane_id())),
        what, Escaped(fmt::format("{}, {}", crossing->lane_id(), LocalTimeText(*crossing))));
  }

  std::string LocalTimeText(const v1::Crossing& crossing) const {
    return absl::FormatTime("%Y-%m-%d %H:%M",
                            absl::FromUnixSeconds(crossing.captured_at().seconds()),
                            scenario_.lanes.at(crossing.lane_id()).time_zone);
  }

  std::string ComparedAgain(const std::string& crossing_id) const {
    const auto& comparisons = review_.crossings.at(crossing_id).comparisons();
    if (comparisons.size() < 2) return "";
    std::string outcomes;
    for (const auto& comparison : comparisons) {
      outcomes += (outcomes.empty() ? "" : ", then ") + Plain(client::NameOf(comparison.outcome()));
    }
    return Element("p", fmt::format("Compared {} times as more became known: {}.",
                                    comparisons.size(), outcomes));
  }

  static std::string History(const v1::GetCaseResponse& one) {
    std::string html = "<ol class=\"history\" aria-label=\"History\">\n";
    for (const auto& event : one.history()) {
      html +=
          fmt::format("<li>{}</li>\n",
                      Escaped(fmt::format(
                          "{} by {}{}{}", Capitalized(Plain(client::NameOf(event.kind()))),
                          event.principal(), event.reason().empty() ? "" : ": ", event.reason())));
    }
    return html + "</ol>\n";
  }

  std::string Staged(const std::string& crossing_id) const {
    const PlannedCrossing& crossing = scenario_.crossings[planned_.at(crossing_id)];
    const Traveler& traveler = scenario_.travelers[static_cast<std::size_t>(crossing.traveler)];
    std::string text = fmt::format("Traveler {}: {}", traveler.number, traveler.story);
    if (crossing.truth) text += fmt::format(" The departure shows {}.", Describe(*crossing.truth));
    return fmt::format("<p class=\"staged\"><b>What was staged.</b> {}</p>\n", Escaped(text));
  }

  const Traveler& TravelerOf(const std::string& traveler_id) const {
    return scenario_.travelers[static_cast<std::size_t>(review_.travelers.at(traveler_id))];
  }

  std::string Overstays() const {
    std::string body;
    for (const auto& one : review_.overstays) {
      const v1::Stay& stay = one.stay();
      body +=
          Row({RowHead(fmt::format("Traveler {}", TravelerOf(stay.traveler_id()).number)),
               Cell(one.kind() == v1::OVERSTAY_KIND_OUT_OF_COUNTRY ? "departed late"
                                                                   : "suspected in the country"),
               Cell(stay.class_of_admission()), Cell(stay.port_id()),
               Cell(client::FormatDate(stay.arrived_on())),
               Cell(client::FormatDate(stay.authorized_until())),
               Cell(stay.has_departed_on() ? client::FormatDate(stay.departed_on()) : "–"),
               Number(one.days_overstayed())});
    }
    const std::string as_of = client::FormatDate(ToDate(scenario_.last_day));
    return "<h2>Overstays</h2>\n" +
           Table(fmt::format("The nightly report as of {}", as_of),
                 Row({HeadCell("Who"), HeadCell("What"), HeadCell("Class"), HeadCell("Port"),
                      HeadCell("Arrived"), HeadCell("Last lawful day"), HeadCell("Departed"),
                      HeadCell("Days over", true)}),
                 body);
  }

  std::string PoorCaptures() const {
    std::string html =
        "<h2>Poor captures</h2>\n<p>Nothing was stored of these; the lane showed the reason and "
        "captured again.</p>\n<div class=\"gallery\">\n";
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const PlannedCrossing& crossing = scenario_.crossings[i];
      if (crossing.expected != Expected::kPoorCapture) continue;
      std::string reasons;
      for (const auto& finding : journal_.answers[i].findings) {
        reasons += Escaped(FindingInWords(finding)) + "<br>";
      }
      html +=
          fmt::format("<figure>{}<figcaption><b>Traveler {}, {}</b>{}</figcaption></figure>\n",
                      Image(poor_captures_.at(crossing.image), "A capture that was turned away"),
                      scenario_.travelers[static_cast<std::size_t>(crossing.traveler)].number,
                      crossing.lane, reasons.empty() ? "Taken as good." : reasons);
    }
    return html + "</div>\n";
  }

  std::string Departures() const {
    std::string body;
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const PlannedCrossing& crossing = scenario_.crossings[i];
      const auto* comparison = FinalComparison(review_, journal_.answers[i].crossing_id);
      if (!crossing.truth || comparison == nullptr) continue;
      const bool compared = comparison->has_distance();
      body +=
          Row({RowHead(fmt::format(
                   "{}", scenario_.travelers[static_cast<std::size_t>(crossing.traveler)].number)),
               Cell(crossing.lane),
               Cell(absl::FormatTime("%Y-%m-%d %H:%M", crossing.captured_at,
                                     scenario_.lanes.at(crossing.lane).time_zone)),
               Cell(Describe(*crossing.truth)), Number(comparison->references_size()),
               Cell(compared ? fmt::format("{:.3f}", comparison->distance()) : "–", "n"),
               Cell(compared ? FmrShare(*comparison) : "–", "n"),
               Cell(Plain(client::NameOf(comparison->outcome())), ClassOf(comparison->outcome()))});
    }
    return "<h2>All departures</h2>\n" +
           Table("In time order; times are local to the lane",
                 Row({HeadCell("Traveler"), HeadCell("Lane"), HeadCell("When"),
                      HeadCell("Shows (staged)"), HeadCell("References", true),
                      HeadCell("Distance", true), HeadCell("Estimated FMR", true),
                      HeadCell("Outcome")}),
                 body);
  }

  std::string Footer() const {
    std::string text = "<footer>\n";
    for (const auto& [crossing_id, crossing] : review_.crossings) {
      const auto* comparison = FinalComparison(review_, crossing_id);
      if (comparison == nullptr || !comparison->has_distance()) continue;
      const auto& thresholds = comparison->thresholds();
      text += fmt::format(
          "<p>Model {}, engine {}. A match at a target false match rate of {}, no match beyond {}, "
          "calibrated on {} pairs.</p>\n",
          Escaped(comparison->model().model_id()), Escaped(comparison->model().engine()),
          thresholds.fmr_match(), thresholds.fmr_no_match(), Escaped(thresholds.calibration()));
      break;
    }
    return text +
           "<p>Estimated FMR: the share of pairs of different people, as measured in the model's "
           "calibration, that would be as alike or more.</p>\n</footer>\n";
  }

  const Scenario& scenario_;
  const Journal& journal_;
  const Review& review_;
  const Verdict& verdict_;
  const std::map<std::string, Picture>& poor_captures_;
  std::map<std::string, std::size_t> planned_;  // index of each crossing in the scenario, by its id
};

}  // namespace

std::string ReportHtml(const Scenario& scenario, const Journal& journal, const Review& review,
                       const Verdict& verdict,
                       const std::map<std::string, Picture>& poor_captures) {
  return Report(scenario, journal, review, verdict, poor_captures).Page();
}

}  // namespace entryexit::demo
