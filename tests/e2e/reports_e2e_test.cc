#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/v1/import_service.grpc.pb.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/world.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::days;
using Reporter = v1::ReportService::Stub;

v1::ListOverstaysRequest AsOf(int year) {
  v1::ListOverstaysRequest request;
  request.mutable_as_of()->set_year(year);
  request.mutable_as_of()->set_month(1);
  request.mutable_as_of()->set_day(1);
  return request;
}

// One report, from its first row to its end.
class Report {
 public:
  Report(World& world, const v1::ListOverstaysRequest& request) : stub_(world.Reporter()) {
    SetPatience(context_);
    reader_ = stub_->ListOverstays(&context_, request);
  }

  bool Next(v1::ListOverstaysResponse& row) { return reader_->Read(&row); }
  int CountRest() {
    int count = 0;
    for (v1::ListOverstaysResponse row; Next(row);) ++count;
    return count;
  }
  void HangUp() { context_.TryCancel(); }
  StatusCode End() { return reader_->Finish().error_code(); }
  std::string reason() const { return ReasonOf(context_); }

 private:
  std::unique_ptr<v1::ReportService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ListOverstaysResponse>> reader_;
};

TEST(ListOverstays, TellsOfAStayThatIsOverOnTheDayThatIsAskedFor) {
  World& world = World::Shared();
  auto arrival = ArrivalRequest(
      {"EPP-X1", NewDocumentNumber(), FaceImage(10, "arrival_1"), std::chrono::hours(24 * 30)});
  arrival.mutable_admission()->set_days_from_arrival(5);
  const auto recorded = Call(*world.Lane("EPP-X1"), &v1::LaneService::Stub::RecordArrival, arrival);
  ASSERT_THAT(recorded, Succeeds());

  auto request = AsOf(2100);
  request.set_kind(v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  Report report(world, request);
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  EXPECT_EQ(row.kind(), v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  EXPECT_EQ(row.stay().arrival_crossing_id(), recorded.response.crossing_id());
  EXPECT_GT(row.days_overstayed(), 365);
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::OK);

  // Neither a report of the other kind has it, nor one of another day.
  request.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  for (const v1::ListOverstaysRequest& other : {request, AsOf(2000)}) {
    Report none(world, other);
    EXPECT_EQ(none.CountRest(), 0);
    EXPECT_EQ(none.End(), StatusCode::OK);
  }
}

// How long ago it was, at `now`, 18:00 UTC on the day so many days before. In El Paso that is about
// noon: as many calendar days lie between two of these as are asked for, also when the clocks are
// changed.
std::chrono::hours SinceNoon(std::chrono::system_clock::time_point now, int days_ago) {
  const auto noon = std::chrono::floor<std::chrono::days>(now) - std::chrono::days(days_ago) +
                    std::chrono::hours(18);
  return std::chrono::ceil<std::chrono::hours>(now - noon);
}

TEST(ListOverstays, TellsOfADepartureAfterTheLastLawfulDay) {
  World world;
  const std::string document = NewDocumentNumber();
  const auto now = std::chrono::system_clock::now();
  auto arrival =
      ArrivalRequest({"EPP-X1", document, FaceImage(16, "arrival_1"), SinceNoon(now, 30)});
  arrival.mutable_admission()->set_days_from_arrival(5);
  const auto lane = world.Lane("EPP-X1");
  ASSERT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival, arrival), Succeeds());
  const auto departed = Call(
      *lane, &v1::LaneService::Stub::RecordDeparture,
      DepartureRequest({"EPP-X1", document, FaceImage(16, "departure_1"), SinceNoon(now, 10)}));
  ASSERT_THAT(departed, Succeeds());

  auto request = AsOf(2100);
  request.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  Report report(world, request);
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  EXPECT_EQ(row.kind(), v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  EXPECT_EQ(row.stay().departure_crossing_id(), departed.response.crossing_id());
  EXPECT_EQ(row.days_overstayed(), 16);
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::OK);
}

// ------------------------------------------------------------------------ summaries and two times

v1::Date DateOf(core::Date day) {
  const std::chrono::year_month_day parts(day);
  v1::Date date;
  date.set_year(static_cast<int>(parts.year()));
  date.set_month(static_cast<int>(static_cast<unsigned>(parts.month())));
  date.set_day(static_cast<int>(static_cast<unsigned>(parts.day())));
  return date;
}

core::Date Today() { return std::chrono::floor<days>(std::chrono::system_clock::now()); }

// Admitted a month ago for five days.
v1::RecordArrivalResponse Arrive(World& world, const std::string& lane, int person,
                                 const std::string& document) {
  auto request =
      ArrivalRequest({lane, document, FaceImage(person, "arrival_1"), std::chrono::hours(24 * 30)});
  request.mutable_admission()->set_days_from_arrival(5);
  const auto recorded = Call(*world.Lane(lane), &v1::LaneService::Stub::RecordArrival, request);
  EXPECT_THAT(recorded, Succeeds());
  return recorded.response;
}

// Sixteen days too late.
void Depart(World& world, const std::string& lane, int person, const std::string& document) {
  EXPECT_THAT(Call(*world.Lane(lane), &v1::LaneService::Stub::RecordDeparture,
                   DepartureRequest({lane, document, FaceImage(person, "departure_1"),
                                     std::chrono::hours(24 * 10)})),
              Succeeds());
}

// Of the last forty days.
v1::GetSummaryRequest OfLately() {
  v1::GetSummaryRequest request;
  *request.mutable_from() = DateOf(Today() - days(40));
  *request.mutable_to() = DateOf(Today());
  return request;
}

v1::GetSummaryResponse SummaryOf(World& world, const v1::GetSummaryRequest& request) {
  const auto summary = Call(*world.Reporter(), &Reporter::GetSummary, request);
  EXPECT_THAT(summary, Succeeds());
  return summary.response;
}

// Expected, departed, out of country, suspected in country.
std::vector<std::int64_t> CountsOf(const v1::StayFigures& figures) {
  return {figures.expected_departures(), figures.departed(), figures.out_of_country(),
          figures.suspected_in_country()};
}

std::string ListOf(World& world, const v1::ListOverstaysRequest& request) {
  Report report(world, request);
  std::string bytes;
  for (v1::ListOverstaysResponse row; report.Next(row);) bytes += row.SerializeAsString();
  EXPECT_EQ(report.End(), StatusCode::OK);
  return bytes;
}

TEST(GetSummary, CountsStaysAndCrossings) {
  World world;
  const std::string late = NewDocumentNumber();
  Arrive(world, "EPP-X1", 10, late);
  Depart(world, "EPP-X1", 10, late);
  Arrive(world, "EPP-X1", 16, NewDocumentNumber());
  Arrive(world, "SEA-X1", 20, NewDocumentNumber());

  const v1::GetSummaryResponse summary = SummaryOf(world, OfLately());
  using Counts = std::vector<std::int64_t>;
  ASSERT_EQ(summary.by_class_size(), 1);
  EXPECT_EQ(summary.by_class(0).nationality(), "UTO");
  EXPECT_EQ(summary.by_class(0).class_of_admission(), "B-2");
  EXPECT_EQ(CountsOf(summary.by_class(0).figures()), (Counts{3, 1, 1, 2}));
  ASSERT_EQ(summary.by_port_size(), 2);
  EXPECT_EQ(summary.by_port(0).port_id(), "EPP");
  EXPECT_EQ(CountsOf(summary.by_port(0).figures()), (Counts{2, 1, 1, 1}));
  EXPECT_EQ(CountsOf(summary.by_port(1).figures()), (Counts{1, 0, 0, 1}));
  EXPECT_EQ(CountsOf(summary.stays()), (Counts{3, 1, 1, 2}));
  EXPECT_DOUBLE_EQ(summary.stays().overstay_rate(), 1);
  EXPECT_DOUBLE_EQ(summary.stays().in_country_rate(), 2.0 / 3);
  ASSERT_EQ(summary.by_lane_size(), 2);
  EXPECT_EQ(summary.by_lane(0).lane_id(), "EPP-X1");
  EXPECT_EQ(summary.by_lane(0).figures().arrivals(), 2);
  EXPECT_EQ(summary.by_lane(0).figures().departures(), 1);
  EXPECT_EQ(summary.crossings().arrivals(), 3);
  EXPECT_EQ(summary.crossings().arrivals_without_departure(), 2);
  EXPECT_EQ(summary.crossings().match() + summary.crossings().inconclusive() +
                summary.crossings().no_match(),
            1);

  auto for_publication = OfLately();
  for_publication.set_least_cell(3);
  const v1::GetSummaryResponse published = SummaryOf(world, for_publication);
  EXPECT_FALSE(published.by_port(0).figures().has_expected_departures());
  EXPECT_FALSE(published.by_port(0).figures().has_overstay_rate());

  auto nothing = OfLately();
  *nothing.mutable_from() = DateOf(Today() - days(4000));
  *nothing.mutable_to() = DateOf(Today() - days(3900));
  const v1::GetSummaryResponse empty = SummaryOf(world, nothing);
  EXPECT_EQ(empty.by_class_size(), 0);
  EXPECT_TRUE(empty.stays().has_expected_departures());
  EXPECT_FALSE(empty.stays().has_overstay_rate());
}

TEST(Reports, OfWhatWasKnownAtOneTimeStayTheSameWhateverIsRecordedLater) {
  World world;
  const std::string document = NewDocumentNumber();
  const auto arrived = Arrive(world, "EPP-X1", 10, document);
  Arrive(world, "SEA-X1", 20, NewDocumentNumber());
  const v1::GetSummaryResponse before = SummaryOf(world, OfLately());
  auto summary_then = OfLately();
  *summary_then.mutable_as_of() = before.as_of();
  *summary_then.mutable_known_at() = before.known_at();
  v1::ListOverstaysRequest list_then;
  *list_then.mutable_as_of() = before.as_of();
  *list_then.mutable_known_at() = before.known_at();
  const std::string list_before = ListOf(world, list_then);

  // Late: a departure of one who was suspected, and an arrival that was not known at all.
  Depart(world, "EPP-X1", 10, document);
  Arrive(world, "EPP-X1", 16, NewDocumentNumber());
  EXPECT_EQ(SummaryOf(world, summary_then).SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(ListOf(world, list_then), list_before);

  auto summary_now = summary_then;
  summary_now.clear_known_at();
  const v1::GetSummaryResponse after = SummaryOf(world, summary_now);
  using Counts = std::vector<std::int64_t>;
  ASSERT_EQ(before.by_port_size(), 2);
  ASSERT_EQ(after.by_port_size(), 2);
  EXPECT_EQ(CountsOf(before.by_port(0).figures()), (Counts{1, 0, 0, 1}));
  EXPECT_EQ(CountsOf(after.by_port(0).figures()), (Counts{2, 1, 1, 1}));
  EXPECT_EQ(after.by_port(1).SerializeAsString(), before.by_port(1).SerializeAsString());
  auto list_now = list_then;
  list_now.clear_known_at();
  Report report(world, list_now);
  int rows = 0;
  for (v1::ListOverstaysResponse row; report.Next(row); ++rows) {
    const bool departed = row.stay().arrival_crossing_id() == arrived.crossing_id();
    EXPECT_EQ(row.kind(),
              departed ? v1::OVERSTAY_KIND_OUT_OF_COUNTRY : v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  }
  EXPECT_EQ(rows, 3);
  EXPECT_EQ(report.End(), StatusCode::OK);
}

TEST(Reports, AreRefusedWhenTheyCannotBeMade) {
  World& world = World::Shared();
  const auto reporter = world.Reporter();
  using Request = v1::GetSummaryRequest;
  struct BadRequest {
    std::function<void(Request&)> spoil;
    const char* reason;
  };
  const auto in_an_hour = std::chrono::floor<std::chrono::seconds>(
                              std::chrono::system_clock::now() + std::chrono::hours(1))
                              .time_since_epoch()
                              .count();
  const BadRequest bad_requests[] = {
      {[](Request& request) { request.clear_from(); }, "MISSING_FIELD"},
      {[](Request& request) { request.clear_to(); }, "MISSING_FIELD"},
      {[](Request& request) { request.mutable_to()->set_year(2000); }, "INVALID_FIELD"},
      {[&](Request& request) { request.mutable_known_at()->set_seconds(in_an_hour); },
       "INVALID_FIELD"},
      {[](Request& request) { request.set_least_cell(1); }, "INVALID_FIELD"},
  };
  for (const BadRequest& bad : bad_requests) {
    auto request = OfLately();
    bad.spoil(request);
    EXPECT_THAT(Call(*reporter, &Reporter::GetSummary, request),
                Fails(StatusCode::INVALID_ARGUMENT, bad.reason));
  }
  auto request = AsOf(2026);
  request.mutable_known_at()->set_seconds(in_an_hour);
  Report report(world, request);
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(report.reason(), "INVALID_FIELD");
}

// -------------------------------------------------------------------------------------- reviews

struct ReviewAnswer {
  StatusCode code;
  std::string reason;
  v1::ReviewOverstaysResponse last;
};

ReviewAnswer Review(World& world, const std::string& uri = "entryexit://report/nightly") {
  const auto stub = v1::ReportService::NewStub(world.Connect(uri));
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = stub->ReviewOverstays(&context, v1::ReviewOverstaysRequest());
  ReviewAnswer answer;
  while (stream->Read(&answer.last)) {
  }
  answer.code = stream->Finish().error_code();
  answer.reason = ReasonOf(context);
  return answer;
}

std::vector<v1::Case> CasesOf(World& world, v1::CaseKind kind) {
  v1::ListCasesRequest request;
  request.set_kind(kind);
  const auto cases = Call(*world.Officer(), &v1::BackOfficeService::Stub::ListCases, request);
  EXPECT_THAT(cases, Succeeds());
  return {cases.response.cases().begin(), cases.response.cases().end()};
}

TEST(ReviewOverstays, OpensACaseOnceAndALateDepartureWithdrawsIt) {
  World world;
  const std::string document = NewDocumentNumber();
  const auto arrived = Arrive(world, "EPP-X1", 10, document);
  EXPECT_TRUE(CasesOf(world, v1::CASE_KIND_SUSPECTED_OVERSTAY).empty());

  const ReviewAnswer first = Review(world);
  EXPECT_EQ(first.code, StatusCode::OK);
  EXPECT_TRUE(first.last.done());
  EXPECT_EQ(first.last.travelers(), 1);
  EXPECT_EQ(first.last.opened(), 1);
  auto cases = CasesOf(world, v1::CASE_KIND_SUSPECTED_OVERSTAY);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].state(), v1::CASE_STATE_OPEN);
  EXPECT_EQ(cases[0].crossing_id(), arrived.crossing_id());

  const ReviewAnswer second = Review(world);
  EXPECT_TRUE(second.last.done());
  EXPECT_EQ(second.last.opened(), 0);
  EXPECT_EQ(second.last.changed(), 0);
  EXPECT_EQ(CasesOf(world, v1::CASE_KIND_SUSPECTED_OVERSTAY).size(), 1U);

  Depart(world, "EPP-X1", 10, document);
  cases = CasesOf(world, v1::CASE_KIND_SUSPECTED_OVERSTAY);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].state(), v1::CASE_STATE_WITHDRAWN);
  EXPECT_EQ(CasesOf(world, v1::CASE_KIND_OVERSTAY).size(), 1U);
  EXPECT_EQ(Review(world).last.opened(), 0);
}

TEST(ReviewOverstays, IsTheNightlyJobsAlone) {
  World& world = World::Shared();
  for (const char* const role : {"lane/SEA-A1", "officer/1", "supervisor/1", "auditor/1"}) {
    const ReviewAnswer answer = Review(world, std::string("entryexit://") + role);
    EXPECT_EQ(answer.code, StatusCode::PERMISSION_DENIED) << role;
    EXPECT_EQ(answer.reason, "ROLE_NOT_ALLOWED") << role;
  }
  for (const char* const role : {"officer/1", "supervisor/1", "auditor/1"}) {
    const auto stub = v1::ReportService::NewStub(world.Connect(std::string("entryexit://") + role));
    EXPECT_THAT(Call(*stub, &Reporter::GetSummary, OfLately()), Succeeds()) << role;
  }
  const auto lane = v1::ReportService::NewStub(world.Connect("entryexit://lane/SEA-A1"));
  EXPECT_THAT(Call(*lane, &Reporter::GetSummary, OfLately()),
              Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"));
}

// ------------------------------------------------------------------------------ the nightly job

// The report of `date` into `directory`.
int RunNightly(World& world, const v1::Date& date, const std::filesystem::path& directory,
               std::string& output) {
  const std::string day = fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
  const Ran ran = Ctl(world, "report/nightly",
                      {"report", "nightly", "--date", day, "--out", directory.string()});
  output = ran.output;
  return ran.exit_code;
}

TEST(NightlyReport, OfADayIsTheSameHoweverOftenItIsMade) {
  World world;
  const TempDir directory;
  const std::string document = NewDocumentNumber();
  Arrive(world, "EPP-X1", 10, document);
  const v1::Date date = DateOf(Today() - days(3));  // over for long enough
  std::string output;
  EXPECT_EQ(RunNightly(world, date, directory.path(), output), 3) << output;
  EXPECT_THAT(output, ::testing::HasSubstr("1 opened, 0 changed"));
  EXPECT_EQ(RunNightly(world, date, directory.path(), output), 0) << output;
  EXPECT_THAT(output, ::testing::HasSubstr("Nothing changed."));
  Depart(world, "EPP-X1", 10, document);
  EXPECT_EQ(RunNightly(world, date, directory.path(), output), 0) << output;
  EXPECT_THAT(output, ::testing::HasSubstr("Nothing changed."))
      << "the day is told as it was known when it was over";
}

TEST(ListOverstays, NeedsADay) {
  Report report(World::Shared(), v1::ListOverstaysRequest());
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(report.reason(), "MISSING_FIELD");
}

constexpr int kStays = 20'000;

// Straight into the table, since recording so many would take minutes.
void FillWithOverstays(World& world) {
  const absl::Status filled = world.postgres().Execute(world.database(), R"(
      SET session_replication_role = replica;
      INSERT INTO stay (traveler_id, nationality, arrival_id, port_id, state, arrived_at,
                        arrived_on, class_of_admission, authorized_until, known_from)
      SELECT gen_random_uuid(), 'UTO', gen_random_uuid(), 'SEA', 'OPEN', '2020-01-01',
             '2020-01-01', 'B-2', date '2020-02-01' + n % 300, '2020-01-01'
      FROM generate_series(1, 20000) AS n)");
  ASSERT_TRUE(filled.ok()) << filled.ToString();
}

TEST(ListOverstays, GivesEveryRowHoweverManyThereAreAndLetsReadersHangUp) {
  World world;
  FillWithOverstays(world);
  // More readers than the server has threads for reports: a thread that waited for one of them for
  // ever would be missed below.
  for (int i = 0; i < 5; ++i) {
    Report report(world, AsOf(2026));
    v1::ListOverstaysResponse row;
    EXPECT_TRUE(report.Next(row));
    report.HangUp();
    EXPECT_LT(report.CountRest(), kStays - 1);
    EXPECT_EQ(report.End(), StatusCode::CANCELLED);
  }
  Report report(world, AsOf(2026));
  EXPECT_EQ(report.CountRest(), kStays);
  EXPECT_EQ(report.End(), StatusCode::OK);
}

TEST(ListOverstays, IsNotHeldUpByReadersWhoDoNotRead) {
  World world;
  FillWithOverstays(world);
  // More of them than the server has threads for reports, each with more to come than fits on the
  // way.
  std::vector<std::unique_ptr<Report>> unread;
  v1::ListOverstaysResponse row;
  for (int i = 0; i < 3; ++i) {
    unread.push_back(std::make_unique<Report>(world, AsOf(2026)));
    ASSERT_TRUE(unread.back()->Next(row));
  }
  Report report(world, AsOf(2026));
  EXPECT_EQ(report.CountRest(), kStays);
  EXPECT_EQ(report.End(), StatusCode::OK);
  for (const auto& late : unread) {
    EXPECT_EQ(late->CountRest(), kStays - 1) << "nothing was lost meanwhile";
    EXPECT_EQ(late->End(), StatusCode::OK);
  }
}

TEST(ListOverstays, IsEndedWithItsReasonWhenTheDaemonIsToldToStop) {
  World world;
  FillWithOverstays(world);
  Report report(world, AsOf(2026));
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  // Imports are ended after reports: when one has ended, nothing more is added to the other.
  const auto importer = v1::ImportService::NewStub(world.Connect("entryexit://admin/1"));
  grpc::ClientContext context;
  SetPatience(context);
  const auto import = importer->ImportCrossings(&context);
  v1::ImportCrossingsResponse nothing;
  world.daemon().Terminate();
  EXPECT_FALSE(import->Read(&nothing));
  EXPECT_LT(report.CountRest(), kStays - 1);
  EXPECT_EQ(report.End(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(report.reason(), "SHUTTING_DOWN");
  const auto exit_code = world.daemon().Wait();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status().ToString();
  EXPECT_EQ(*exit_code, 0);
}

}  // namespace
}  // namespace entryexit::testing
