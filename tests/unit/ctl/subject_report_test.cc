#include "ctl/subject_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace entryexit::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::ExportTravelerResponse Traveler() {
  v1::ExportTravelerResponse item;
  item.mutable_traveler()->set_traveler_id("t-1");
  v1::TravelDocument* const document = item.mutable_traveler()->add_documents();
  document->set_issuing_state("UTO");
  document->set_number("X1234567");
  return item;
}

TEST(SubjectReport, LeavesOutWhatThereIsNone) {
  SubjectReport report;
  report.Add(Traveler());
  const std::string html = report.Html();
  EXPECT_THAT(html, HasSubstr("UTO X1234567"));
  EXPECT_THAT(html, HasSubstr("never a determination"));
  EXPECT_THAT(html, HasSubstr("<h2>Travel documents</h2>"));
  for (const char* title : {"Crossings", "Cases", "Pictures", "Legal holds", "Corrections"}) {
    EXPECT_THAT(html, Not(HasSubstr("<h2>" + std::string(title) + "</h2>"))) << title;
  }
}

TEST(SubjectReport, EscapesWhatPeopleWrote) {
  SubjectReport report;
  report.Add(Traveler());
  v1::ExportTravelerResponse item;
  item.mutable_correction()->set_crossing_id("c-1");
  item.mutable_correction()->mutable_correction()->set_reason("<script>alert('x')</script>");
  report.Add(item);
  v1::ExportTravelerResponse history;
  history.mutable_case_history()->mutable_record()->set_case_id("k-1");
  v1::CaseEvent* const event = history.mutable_case_history()->add_events();
  event->set_reason("\"quoted\" & <b>bold</b>");
  report.Add(history);
  const std::string html = report.Html();
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<b>bold")));
}

TEST(SubjectReport, ShowsEveryComparisonOfACrossing) {
  SubjectReport report;
  report.Add(Traveler());
  v1::ExportTravelerResponse item;
  v1::Crossing* const crossing = item.mutable_crossing()->mutable_crossing();
  crossing->set_crossing_id("c-1");
  crossing->set_direction(v1::DIRECTION_DEPARTURE);
  crossing->add_comparisons()->set_outcome(v1::OUTCOME_NO_REFERENCE);
  v1::Comparison* const second = crossing->add_comparisons();
  second->set_outcome(v1::OUTCOME_NO_MATCH);
  second->set_distance(1.25);
  report.Add(item);
  const std::string html = report.Html();
  EXPECT_THAT(html, HasSubstr("<td>no reference</td><td>not compared</td>"));
  EXPECT_THAT(html, HasSubstr("<td>no match</td><td>1.2500 (match up to"));
  EXPECT_THAT(html, HasSubstr("of another traveler")) << "no document was given";
}

TEST(SubjectReport, ShowsPicturesAndSaysWhichCannotBe) {
  SubjectReport report;
  report.Add(Traveler());
  v1::ExportTravelerResponse picture;
  picture.mutable_picture()->set_crossing_id("c-1");
  report.Add(picture, "captures/c-1.jpg");
  v1::ExportTravelerResponse end;
  end.mutable_end()->set_pictures(1);
  end.mutable_end()->add_unreadable_pictures("c-2");
  report.Add(end);
  const std::string html = report.Html();
  EXPECT_THAT(html, HasSubstr("src=\"captures/c-1.jpg\""));
  EXPECT_THAT(html, HasSubstr("1 pictures are damaged"));
}

}  // namespace
}  // namespace entryexit::ctl
