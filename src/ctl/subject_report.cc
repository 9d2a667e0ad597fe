#include "ctl/subject_report.h"

#include <fmt/format.h>

#include "ctl/describe.h"
#include "entryexit/base/html.h"
#include "entryexit/base/text.h"
#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

constexpr char kSubjectStyle[] = R"css(
main, header, footer { max-width: 1240px; }
td { white-space: normal; overflow-wrap: break-word; }
td:first-child { white-space: nowrap; }
.scroll { margin-bottom: 24px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 16px; }
.pictures img { width: 100%; aspect-ratio: 4 / 5; object-fit: contain; border-radius: 6px;
  background: var(--card); border: 1px solid var(--line); display: block; }
figcaption { color: var(--soft); font-size: .8rem; margin-top: 6px; overflow-wrap: anywhere; }
@media print { main, header, footer { max-width: none; } table { font-size: 8pt; }
  .pictures { grid-template-columns: repeat(4, 1fr); } }
)css";

// "IDENTITY_NO_MATCH" as a person reads it: "identity no match".
template <typename Enum>
std::string Words(Enum value) {
  std::string words = client::NameOf(value);
  for (char& letter : words) {
    if (letter == '_') letter = ' ';
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return words;
}

std::string DateOrNothing(bool present, const v1::Date& date) {
  return present ? client::FormatDate(date) : "";
}

std::string DocumentText(const v1::TravelDocument& document) {
  return document.issuing_state() + " " + document.number();
}

// The comparison's own words for a person: how alike, and by what measure.
std::string DistanceText(const v1::Comparison& comparison) {
  if (!comparison.has_distance()) return "not compared";
  const v1::Thresholds& thresholds = comparison.thresholds();
  return fmt::format("{:.4f} (match up to {:.4f}, no match beyond {:.4f})", comparison.distance(),
                     thresholds.match_distance(), thresholds.no_match_distance());
}

std::string Tile(std::int64_t count, const std::string& label) {
  return "<div class=\"tile\">" + base::Element("b", std::to_string(count)) +
         base::Element("span", label) + "</div>\n";
}

}  // namespace

void SubjectReport::Section::Add(std::initializer_list<std::string> cells) {
  rows_ += "<tr>";
  for (const std::string& cell : cells) rows_ += base::Element("td", cell);
  rows_ += "</tr>\n";
  ++count_;
}

std::string SubjectReport::Section::Html() const {
  if (count_ == 0) return "";
  std::string html = base::Element("h2", title_) + "\n" + base::Element("p", explanation_, "sub") +
                     "\n<div class=\"scroll\"><table>\n<thead><tr>";
  for (const std::string& column : columns_) {
    html += "<th scope=\"col\">" + base::Escaped(column) + "</th>";
  }
  return html + "</tr></thead>\n<tbody>\n" + rows_ + "</tbody></table></div>\n";
}

SubjectReport::SubjectReport()
    : documents_("Travel documents", "As they were first seen. Names are not stored.",
                 {"Document", "Nationality", "Born", "Sex"}),
      crossings_("Crossings",
                 "Arrivals and departures as they were recorded, oldest first. Where one was "
                 "corrected since, the correction counts.",
                 {"When (UTC)", "What", "Port and lane", "Carrier", "Document", "Admitted",
                  "Picture", "Corrected", "Recorded", "Id"}),
      comparisons_(
          "Comparisons of faces",
          "Each departure's picture was compared by a machine with the pictures of earlier "
          "arrivals. The distance is the smaller the more alike the two are. The outcome is "
          "a lead for an officer, never a determination.",
          {"When (UTC)", "Outcome", "Distance", "As alike by chance", "Compared with",
           "Model and rule", "Departure"}),
      corrections_("Corrections", "What a supervisor corrected of crossings, and why.",
                   {"When (UTC)", "Crossing", "Correction", "Reason", "By"}),
      stays_("Stays",
             "What the crossings come to, as it was known from one moment to another. A row that "
             "ends was replaced, because more became known.",
             {"Arrived", "Departed", "State", "Admitted", "Pending since", "Nationality",
              "Known from", "Known until"}),
      admission_changes_(
          "Applications to stay longer", "As the authority reported them: filing and decision.",
          {"Reported (UTC)", "Application", "Kind", "Filed", "Decision", "Decided", "Granted"}),
      cases_("Cases", "What was put before officers.",
             {"Opened (UTC)", "Kind", "Severity", "State", "Days", "Port", "Crossing", "Case"}),
      case_events_("History of the cases", "What happened to each, in whose words.",
                   {"When (UTC)", "Case", "Event", "By", "Reason"}),
      settled_leads_("Decisions whose cases were erased",
                     "The words and names are gone; that it was decided remains until its crossing "
                     "goes.",
                     {"Kind", "Severity", "Decided", "Crossing"}),
      templates_("Templates",
                 "Numbers that were computed from a picture to compare it. They are kept encrypted "
                 "and are not given out: they say nothing to a person.",
                 {"Picture of (UTC)", "Model", "Digest", "Crossing"}),
      erasure_notices_("Announced erasures", "What will be erased, and when.",
                       {"Due (UTC)", "What", "Of", "Rule", "Announced"}),
      legal_holds_("Legal holds", "Orders by which nothing is erased until they are released.",
                   {"Placed (UTC)", "Reference", "By", "Released"}) {}

void SubjectReport::Add(const v1::ExportTravelerResponse& item, const std::string& file) {
  switch (item.item_case()) {
    case v1::ExportTravelerResponse::kTraveler:
      return Add(item.traveler());
    case v1::ExportTravelerResponse::kAdmissionChange:
      return Add(item.admission_change());
    case v1::ExportTravelerResponse::kStay:
      return Add(item.stay());
    case v1::ExportTravelerResponse::kCaseHistory:
      return Add(item.case_history());
    case v1::ExportTravelerResponse::kSettledLead: {
      const v1::SettledLead& lead = item.settled_lead();
      return settled_leads_.Add(
          {Words(lead.kind()), Words(lead.severity()), Words(lead.state()), lead.crossing_id()});
    }
    case v1::ExportTravelerResponse::kTemplateFacts: {
      const v1::ExportedTemplate& facts = item.template_facts();
      return templates_.Add({Describe(facts.captured_at()), facts.model().model_id(),
                             facts.digest(), facts.crossing_id()});
    }
    case v1::ExportTravelerResponse::kErasureNotice: {
      const v1::ErasureNotice& notice = item.erasure_notice();
      return erasure_notices_.Add({Describe(notice.due()), Words(notice.kind()),
                                   notice.subject_id(), notice.rule_id(),
                                   Describe(notice.announced_at())});
    }
    case v1::ExportTravelerResponse::kLegalHold: {
      const v1::LegalHold& hold = item.legal_hold();
      return legal_holds_.Add({Describe(hold.placed_at()), hold.reference(), hold.placed_by(),
                               hold.has_released_at() ? Describe(hold.released_at()) : ""});
    }
    case v1::ExportTravelerResponse::kCorrection: {
      const v1::CrossingCorrection& correction = item.correction().correction();
      return corrections_.Add({Describe(correction.recorded_at()), item.correction().crossing_id(),
                               DescribeCorrection(correction), correction.reason(),
                               correction.principal()});
    }
    case v1::ExportTravelerResponse::kCrossing:
      return Add(item.crossing());
    case v1::ExportTravelerResponse::kPicture:
      return AddPicture(item.picture(), file);
    case v1::ExportTravelerResponse::kEnd:
      end_ = item.end();
      return;
    case v1::ExportTravelerResponse::ITEM_NOT_SET:
      return;  // of a later version of the service
  }
}

void SubjectReport::Add(const v1::ExportedTraveler& traveler) {
  traveler_ = traveler;
  for (const v1::TravelDocument& document : traveler.documents()) {
    documents_.Add({DocumentText(document), document.nationality(),
                    client::FormatDate(document.birth_date()), Words(document.sex())});
  }
}

void SubjectReport::Add(const v1::AdmissionChange& change) {
  admission_changes_.Add(
      {Describe(change.recorded_at()), change.application_id(), Words(change.kind()),
       client::FormatDate(change.filed_on()), Words(change.decision()),
       DateOrNothing(change.has_decided_on(), change.decided_on()),
       DescribeAdmission(change.class_of_admission(), change.has_authorized_until(),
                         change.authorized_until())});
}

void SubjectReport::Add(const v1::ExportedStay& known) {
  const v1::Stay& stay = known.stay();
  stays_.Add({client::FormatDate(stay.arrived_on()) + " " + stay.port_id(),
              DateOrNothing(stay.has_departed_on(), stay.departed_on()), Words(stay.state()),
              DescribeAdmission(stay.class_of_admission(), stay.has_authorized_until(),
                                stay.authorized_until()),
              DateOrNothing(stay.has_pending_since(), stay.pending_since()), known.nationality(),
              Describe(known.known_from()),
              known.has_known_until() ? Describe(known.known_until()) : "now"});
}

void SubjectReport::Add(const v1::ExportedCase& history) {
  const v1::Case& record = history.record();
  cases_.Add({Describe(record.opened_at()), Words(record.kind()), Words(record.severity()),
              Words(record.state()),
              record.days_overstayed() > 0 ? std::to_string(record.days_overstayed()) : "",
              record.port_id(), record.crossing_id(), record.case_id()});
  for (const v1::CaseEvent& event : history.events()) {
    case_events_.Add({Describe(event.at()), record.case_id(), Words(event.kind()),
                      event.principal(), event.reason()});
  }
}

void SubjectReport::Add(const v1::ExportedCrossing& exported) {
  const v1::Crossing& crossing = exported.crossing();
  crossings_.Add(
      {Describe(crossing.captured_at()), Words(crossing.direction()),
       crossing.port_id() + " " + crossing.lane_id(), crossing.carrier() + " " + crossing.flight(),
       exported.has_document() ? DocumentText(exported.document()) : "of another traveler",
       DescribeAdmission(crossing), Words(crossing.capture_status()),
       crossing.has_correction() ? DescribeCorrection(crossing.correction()) : "",
       Describe(crossing.recorded_at()), crossing.crossing_id()});
  for (const v1::Comparison& comparison : crossing.comparisons()) {
    comparisons_.Add(
        {Describe(comparison.compared_at()), Words(comparison.outcome()), DistanceText(comparison),
         comparison.has_estimated_fmr() ? FmrText(comparison) : "",
         fmt::format("{} arrivals", comparison.references_size()),
         comparison.model().model_id() + ", " + comparison.rule_version(), crossing.crossing_id()});
  }
}

void SubjectReport::AddPicture(const v1::ExportedPicture& picture, const std::string& file) {
  const std::string path = base::Escaped(file);
  pictures_ += fmt::format(
      "<figure><a href=\"{0}\"><img src=\"{0}\" alt=\"Picture of crossing {1}\" loading=\"lazy\">"
      "</a><figcaption>crossing {1}</figcaption></figure>\n",
      path, base::Escaped(picture.crossing_id()));
}

std::string SubjectReport::Header() const {
  return fmt::format(
      "<header>\n<h1>All that is held on one traveler</h1>\n"
      "<p class=\"sub\">Traveler {}, known since {}. As recorded at {}.</p>\n"
      "<p class=\"notice\" role=\"note\"><strong>What the service says of a person is a lead for "
      "an officer, never a determination.</strong> This page shows what is recorded; "
      "<code>data.json</code> beside it has the same, and more detail, for a program. If something "
      "is "
      "wrong, ask for its correction and name the id that stands beside it.</p>\n</header>\n",
      base::Escaped(traveler_.traveler_id()), Describe(traveler_.created_at()),
      Describe(traveler_.exported_at()));
}

std::string SubjectReport::Tiles() const {
  return "<div class=\"tiles\">\n" + Tile(documents_.count(), "documents") +
         Tile(crossings_.count(), "crossings") + Tile(comparisons_.count(), "comparisons") +
         Tile(cases_.count(), "cases") + Tile(end_.pictures(), "pictures") +
         Tile(templates_.count(), "templates") + "</div>\n";
}

std::string SubjectReport::Html() const {
  std::string body = Header() + "<main>\n" + Tiles();
  for (const Section* section :
       {&documents_, &crossings_, &comparisons_, &corrections_, &stays_, &admission_changes_,
        &cases_, &case_events_, &settled_leads_, &templates_, &erasure_notices_, &legal_holds_}) {
    body += section->Html();
  }
  if (!pictures_.empty()) {
    body += base::Element("h2", "Pictures") + "\n" +
            base::Element("p", "As they were received.", "sub") + "\n<div class=\"pictures\">\n" +
            pictures_ + "</div>\n";
  }
  if (!end_.unreadable_pictures().empty()) {
    body += base::Element("p", fmt::format("{} pictures are damaged and cannot be shown.",
                                           end_.unreadable_pictures_size()));
  }
  body += "</main>\n<footer><p>Made by entryexitctl subject export.</p></footer>\n";
  return base::Page("All that is held on one traveler",
                    std::string(base::kPageStyle) + kSubjectStyle, body);
}

}  // namespace entryexit::ctl
