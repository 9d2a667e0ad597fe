#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/command_line.h"
#include "entryexit/base/files.h"
#include "entryexit/client/text.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "tests/support/temp_dir.h"

// The command line against a service that answers what the real one seldom does.
namespace entryexit::ctl {
namespace {

constexpr int kMaxMessageBytes = 1 << 20;
constexpr std::uint64_t kUnreadable = 2;  // the sequence of the item that ends the stream

class FakeLaneService : public v1::LaneService::Service {
  using Stream = grpc::ServerReaderWriter<v1::RecordCrossingsResponse, v1::RecordCrossingsRequest>;

  grpc::Status RecordCrossings(grpc::ServerContext*, Stream* stream) override {
    v1::RecordCrossingsRequest request;
    while (stream->Read(&request)) {
      if (request.sequence() == kUnreadable) {
        return {grpc::StatusCode::RESOURCE_EXHAUSTED, "Received message larger than max"};
      }
      v1::RecordCrossingsResponse response;
      response.set_sequence(request.sequence());
      response.mutable_departure()->set_recorded(true);
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status AssessCapture(grpc::ServerContext*, const v1::AssessCaptureRequest* request,
                             v1::AssessCaptureResponse* response) override {
    if (request->image() == "no picture") return {grpc::StatusCode::INVALID_ARGUMENT, "no picture"};
    response->set_usable(true);
    return grpc::Status::OK;
  }
};

v1::Date Day(const char* text) { return client::ParseDate(text).value(); }

class FakeReportService : public v1::ReportService::Service {
  grpc::Status ListOverstays(grpc::ServerContext*, const v1::ListOverstaysRequest*,
                             grpc::ServerWriter<v1::ListOverstaysResponse>* writer) override {
    v1::ListOverstaysResponse row;
    row.set_days_overstayed(571);
    row.set_days_before_18(206);
    row.set_band(v1::OVERSTAY_BAND_YEAR_OR_MORE);
    writer->Write(row);
    return grpc::Status::OK;
  }

  grpc::Status GetSummary(grpc::ServerContext*, const v1::GetSummaryRequest* request,
                          v1::GetSummaryResponse* response) override {
    if (request->to().year() == 1999) return {grpc::StatusCode::UNAVAILABLE, "not now"};
    *response->mutable_as_of() = request->has_as_of() ? request->as_of() : request->to();
    *response->mutable_known_at() = request->has_known_at()
                                        ? request->known_at()
                                        : client::ParseTimestamp("2026-05-02T15:00:00Z").value();
    v1::StayFigures& figures = *response->mutable_stays();
    figures.set_expected_departures(46'657'108);
    figures.set_out_of_country(55'594);
    figures.set_suspected_in_country(482'954);
    figures.set_overstay_rate(538'548.0 / 46'657'108);
    if (request->least_cell() > 0) figures.clear_out_of_country();
    return grpc::Status::OK;
  }

  // The first review finds something to do, and those after it nothing.
  grpc::Status ReviewOverstays(grpc::ServerContext*, const v1::ReviewOverstaysRequest*,
                               grpc::ServerWriter<v1::ReviewOverstaysResponse>* writer) override {
    v1::ReviewOverstaysResponse progress;
    if (!reviewed_) {
      reviewed_ = true;
      progress.set_travelers(100);
      progress.set_opened(2);
      writer->Write(progress);
      progress.set_travelers(150);
      progress.set_opened(3);
      progress.set_changed(1);
    }
    progress.set_done(true);
    writer->Write(progress);
    return grpc::Status::OK;
  }

  bool reviewed_ = false;
};

class FakeBackOfficeService : public v1::BackOfficeService::Service {
  grpc::Status GetCapture(grpc::ServerContext*, const v1::GetCaptureRequest*,
                          v1::GetCaptureResponse* response) override {
    response->set_image(std::string(100'000, 'x'));
    return grpc::Status::OK;
  }

  // Of the second traveler it is asked twice.
  grpc::Status GetTraveler(grpc::ServerContext* context, const v1::GetTravelerRequest* request,
                           v1::GetTravelerResponse* response) override {
    if (request->traveler_id() == "2" && !std::exchange(asked_before_, true)) {
      context->AddTrailingMetadata("entryexit-reason", "RATE_LIMITED");
      context->AddTrailingMetadata("entryexit-retry-after-ms", "5");
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too quick"};
    }
    v1::AdmissionChange& change = *response->add_admission_changes();
    change.set_application_id("N1");
    change.set_revision(2);
    change.set_kind(v1::ADMISSION_CHANGE_KIND_ADJUSTMENT_OF_STATUS);
    *change.mutable_filed_on() = Day("2026-04-20");
    change.set_decision(v1::ADMISSION_DECISION_GRANTED);
    *change.mutable_decided_on() = Day("2026-06-02");
    change.set_class_of_admission("LPR");
    return grpc::Status::OK;
  }

  grpc::Status CorrectCrossing(grpc::ServerContext*, const v1::CorrectCrossingRequest* request,
                               v1::CorrectCrossingResponse* response) override {
    if (request->reason() == "too late") {
      return {grpc::StatusCode::ABORTED, "the crossing has 1 correction"};
    }
    response->set_traveler_id("t");
    v1::CrossingCorrection& correction = *response->mutable_correction();
    correction.set_correction_id("the-correction");
    correction.set_revision(request->revision());
    correction.set_voided(request->voided());
    if (request->has_captured_at()) *correction.mutable_captured_at() = request->captured_at();
    correction.set_class_of_admission(request->admission().class_of_admission());
    if (request->admission().has_authorized_until()) {
      *correction.mutable_authorized_until() = request->admission().authorized_until();
    }
    return grpc::Status::OK;
  }

  grpc::Status MoveDocument(grpc::ServerContext*, const v1::MoveDocumentRequest* request,
                            v1::MoveDocumentResponse* response) override {
    response->set_from_traveler_id(request->document().issuing_state() + " " +
                                   request->document().number());
    response->set_to_traveler_id(request->to_traveler_id());
    return grpc::Status::OK;
  }

  grpc::Status ListCrossings(grpc::ServerContext*, const v1::ListCrossingsRequest*,
                             v1::ListCrossingsResponse* response) override {
    v1::Crossing& by_window = *response->add_crossings();
    by_window.set_class_of_admission("SCH-C");
    by_window.mutable_window()->set_days(90);
    by_window.mutable_window()->set_window_days(180);
    v1::Crossing& by_both = *response->add_crossings();
    by_both = by_window;
    *by_both.mutable_authorized_until() = Day("2026-05-31");
    response->add_crossings()->set_class_of_admission("F-1");
    response->add_crossings()->mutable_correction()->set_voided(true);
    v1::CrossingCorrection& moved = *response->add_crossings()->mutable_correction();
    moved.mutable_captured_at()->set_seconds(1'800'000'000);
    response->add_crossings()->mutable_correction()->set_revision(2);
    return grpc::Status::OK;
  }

  grpc::Status GetStayAllowance(grpc::ServerContext*, const v1::GetStayAllowanceRequest* request,
                                v1::GetStayAllowanceResponse* response) override {
    response->set_days_used(61);
    response->mutable_window()->set_days(90);
    response->mutable_window()->set_window_days(180);
    if (request->class_of_admission() == "SCH-C") {
      response->set_remaining_days(60);
      *response->mutable_last_lawful_day() = request->date();
    }
    return grpc::Status::OK;
  }

  grpc::Status RecordAdmissionChange(grpc::ServerContext*,
                                     const v1::RecordAdmissionChangeRequest* request,
                                     v1::RecordAdmissionChangeResponse* response) override {
    if (request->application_id() == "unavailable") {
      return {grpc::StatusCode::UNAVAILABLE, "not now"};
    }
    response->set_change_id("the-change");
    v1::Stay& stay = *response->add_stays();
    stay.set_class_of_admission("B-2");
    if (request->decision() == v1::ADMISSION_DECISION_PENDING) {
      *stay.mutable_pending_since() = request->filed_on();
    }
    if (request->granted().has_authorized_until()) {
      *stay.mutable_authorized_until() = request->granted().authorized_until();
    }
    return grpc::Status::OK;
  }

  bool asked_before_ = false;
};

class FakeService : public ::testing::Test {
 protected:
  // gRPC tidies up in the background when its last user is gone; what it has not freed when the
  // program ends would look like a leak.
  static void SetUpTestSuite() { grpc_init(); }
  static void TearDownTestSuite() { grpc_shutdown_blocking(); }

  void SetUp() override {
    ASSERT_EQ(Run({"certs", "init", In("certs")}), ExitCode::kOk) << err();
    ASSERT_EQ(Run({"certs", "issue", In("certs"), "lane/SEA-D1"}), ExitCode::kOk) << err();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = *base::ReadFile(In("certs/ca.pem"));
    tls.pem_key_cert_pairs.push_back(
        {*base::ReadFile(In("certs/server.key")), *base::ReadFile(In("certs/server.pem"))});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.RegisterService(&lane_service_);
    builder.RegisterService(&back_office_service_);
    builder.RegisterService(&report_service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  ExitCode Run(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    Context context{.out = out_, .err = err_};
    return RunCommandLine(std::move(arguments), context);
  }

  ExitCode Call(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", fmt::format("127.0.0.1:{}", port_), "--certs",
                                       In("certs/lane/SEA-D1")});
    return Run(std::move(arguments));
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  std::string In(const std::string& name) const { return (temp_dir_.path() / name).string(); }
  grpc::Server& server() { return *server_; }

 private:
  const entryexit::testing::TempDir temp_dir_;
  std::ostringstream out_;
  std::ostringstream err_;
  int port_ = 0;
  FakeLaneService lane_service_;
  FakeBackOfficeService back_office_service_;
  FakeReportService report_service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(FakeService, ABacklogNamesTheItemThatEndsItForGood) {
  {
    std::ofstream file(In("lane.jsonl"));
    for (const int sequence : {1, 2, 3}) {
      file << fmt::format("{{\"sequence\": {}, \"departure\": {{\"request_id\": \"a\"}}}}\n",
                          sequence);
    }
  }
  EXPECT_EQ(Call({"backlog", In("lane.jsonl")}), ExitCode::kFailed) << "5 would mean: try again";
  EXPECT_NE(err().find("1 of 3 crossings answered"), std::string::npos) << err();
  EXPECT_NE(err().find("the item with sequence 2"), std::string::npos) << err();
  EXPECT_NE(err().find("--after 1"), std::string::npos) << err();
  EXPECT_EQ(Call({"backlog", In("lane.jsonl"), "--after", "2"}), ExitCode::kOk) << err();
}

TEST_F(FakeService, ACaptureThatIsTooLargeIsNotToBeSentAgain) {
  std::ofstream(In("large.jpg")) << std::string(kMaxMessageBytes + 1, 'x');
  EXPECT_EQ(Call({"depart", "--lane", "SEA-D1", "--image", In("large.jpg"), "--mrz", "P<UTO"}),
            ExitCode::kFailed);
  EXPECT_NE(err().find("RESOURCE_EXHAUSTED"), std::string::npos) << err();
  EXPECT_EQ(err().find("To try again"), std::string::npos) << err();
}

TEST_F(FakeService, AnAssessmentInJsonSaysOfWhichFile) {
  std::ofstream(In("a")) << "no picture";
  std::ofstream(In("b")) << "a picture";
  EXPECT_EQ(Call({"assess", "--json", In("a"), In("b")}), ExitCode::kFailed);
  const auto line = nlohmann::json::parse(out());
  EXPECT_EQ(line["file"], In("b"));
  EXPECT_EQ(line["usable"], true);
}

TEST_F(FakeService, AnAllowanceIsShownAsItIs) {
  EXPECT_EQ(Call({"allowance", "t", "--on", "2026-05-01", "--class", "SCH-C"}), ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("90 days in any 180"), std::string::npos) << out();
  EXPECT_NE(out().find("61 of the 180 days that end on 2026-05-01"), std::string::npos) << out();
  EXPECT_NE(out().find("60 days"), std::string::npos) << out();
  EXPECT_EQ(Call({"allowance", "t", "--on", "2026-05-01"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("not even that day"), std::string::npos) << out();
  EXPECT_EQ(out().find("last lawful day"), std::string::npos) << out();
}

TEST_F(FakeService, AnAdmissionChangeIsAnsweredWithTheStays) {
  EXPECT_EQ(Call({"admission-change", "t", "--application", "N1", "--kind", "extension", "--filed",
                  "2026-04-20"}),
            ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("PENDING"), std::string::npos) << out();
  EXPECT_NE(out().find("pending since 2026-04-20"), std::string::npos) << out();
  EXPECT_EQ(
      Call({"admission-change", "t", "--application", "N1", "--kind", "change-of-status", "--filed",
            "2026-04-20", "--granted", "2026-06-02", "--class", "B-2", "--until", "2026-10-31"}),
      ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("CHANGE_OF_STATUS"), std::string::npos) << out();
  EXPECT_NE(out().find("GRANTED"), std::string::npos) << out();
  EXPECT_NE(out().find("B-2 until 2026-10-31"), std::string::npos) << out();
  EXPECT_NE(out().find("the-change"), std::string::npos) << out();
  EXPECT_EQ(Call({"admission-change", "t", "--application", "unavailable", "--kind", "extension",
                  "--filed", "2026-04-20", "--request-id", "the-request"}),
            ExitCode::kUnavailable);
  EXPECT_NE(err().find("--request-id the-request"), std::string::npos) << err();
}

TEST_F(FakeService, ATravelerIsShownWithAdmissionChanges) {
  EXPECT_EQ(Call({"traveler", "t"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("Admission changes\n"), std::string::npos) << out();
  EXPECT_NE(
      out().find("N1           2         ADJUSTMENT_OF_STATUS  2026-04-20  GRANTED   2026-06-02  "
                 "LPR without a last day\n"),
      std::string::npos)
      << out();
}

TEST_F(FakeService, WhoIsTooQuickWaitsAsAskedAndCallsAgain) {
  EXPECT_EQ(Call({"traveler", "2"}), ExitCode::kOk) << err();
}

TEST_F(FakeService, CrossingsAreShownWithWhatLimitsTheStay) {
  EXPECT_EQ(Call({"crossings", "t"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("SCH-C for 90 days in any 180"), std::string::npos) << out();
  EXPECT_NE(out().find("SCH-C until 2026-05-31, at most 90 days in any 180"), std::string::npos)
      << out();
  EXPECT_NE(out().find("F-1 without a last day"), std::string::npos) << out();
}

TEST_F(FakeService, CrossingsAreShownWithTheirCorrection) {
  EXPECT_EQ(Call({"crossings", "t"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("  voided "), std::string::npos) << out();
  EXPECT_NE(out().find("  at 2027-01-15T08:00:00Z "), std::string::npos) << out();
  EXPECT_NE(out().find("  as recorded "), std::string::npos) << out();
}

TEST_F(FakeService, AMoveIsAnsweredWithBothTravelers) {
  EXPECT_EQ(Call({"move-document", "--document", "UTO:X1", "--to", "somebody", "--reason", "r"}),
            ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("from traveler  UTO X1"), std::string::npos) << out();
  EXPECT_NE(out().find("to traveler    somebody"), std::string::npos) << out();
  EXPECT_NE(out().find("No stays"), std::string::npos) << out();
  EXPECT_EQ(Call({"move-document", "--document", "X1", "--reason", "r"}), ExitCode::kUsage);
  EXPECT_NE(err().find("STATE:NUMBER"), std::string::npos) << err();
  EXPECT_EQ(Call({"move-document", "--document", "UTO:X1"}), ExitCode::kUsage);
}

TEST_F(FakeService, ACorrectionIsAnsweredWithTheStays) {
  EXPECT_EQ(Call({"correct-crossing", "c", "--revision", "2", "--reason", "r", "--captured-at",
                  "2027-01-15T08:00:00Z", "--class", "B-2", "--authorized-until", "2027-05-31"}),
            ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("at 2027-01-15T08:00:00Z, B-2 until 2027-05-31"), std::string::npos)
      << out();
  EXPECT_NE(out().find("the-correction"), std::string::npos) << out();
  EXPECT_NE(out().find("No stays"), std::string::npos) << out();
  EXPECT_EQ(Call({"correct-crossing", "c", "--revision", "2", "--reason", "r", "--void"}),
            ExitCode::kOk)
      << err();
  EXPECT_NE(out().find("voided"), std::string::npos) << out();
  EXPECT_NE(Call({"correct-crossing", "c", "--revision", "1", "--reason", "too late", "--void"}),
            ExitCode::kOk);
  EXPECT_NE(err().find("the crossing has 1 correction"), std::string::npos) << err();
}

TEST_F(FakeService, OverstaysAreShownWithTheirBand) {
  EXPECT_EQ(Call({"overstays", "--as-of", "2026-05-01"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("571    206        YEAR_OR_MORE"), std::string::npos) << out();
}

TEST_F(FakeService, OverstaysAreWrittenAsCsv) {
  EXPECT_EQ(Call({"overstays", "--as-of", "2026-05-01", "--known-at", "2026-05-02T12:00:00Z",
                  "--format", "csv"}),
            ExitCode::kOk)
      << err();
  EXPECT_EQ(out().find("as_of,known_at,kind,"), 0U) << out();
  EXPECT_NE(out().find("\r\n2026-05-01,2026-05-02T12:00:00Z,"), std::string::npos) << out();
  EXPECT_EQ(err(), "1 overstay as of 2026-05-01\n");
}

TEST_F(FakeService, ASummaryIsShownInEveryFormat) {
  const auto show = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"report", "summary", "--fiscal-year", "2024"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Call(arguments), ExitCode::kOk) << err();
    return out();
  };
  EXPECT_NE(show({}).find("Summary of 2023-10-01 to 2024-09-30, as of 2024-09-30, by what was "
                          "known at 2026-05-02T15:00:00Z\n"),
            std::string::npos)
      << out();
  EXPECT_NE(out().find("538,548  1.15 %"), std::string::npos) << out();
  EXPECT_NE(show({"--as-of", "2024-10-15", "--known-at", "2024-10-20T00:00:00Z"})
                .find("as of 2024-10-15, by what was known at 2024-10-20T00:00:00Z"),
            std::string::npos)
      << out();
  EXPECT_NE(show({"--format", "csv", "--least-cell", "10"}).find(",out_of_country"),
            std::string::npos);
  EXPECT_EQ(show({"--format", "html"}).find("<!DOCTYPE html>"), 0U);
  EXPECT_EQ(nlohmann::json::parse(show({"--json"}))["stays"]["out_of_country"], "55594");
  const std::string json = out();
  EXPECT_EQ(show({"--format", "json"}), json);
  EXPECT_EQ(show({"--format", "json", "--out", In("s.json")}), "");
  EXPECT_EQ(err(), In("s.json") + ": written\n");
  EXPECT_EQ(*base::ReadFile(In("s.json")), json);
  EXPECT_EQ(show({"--format", "json", "--out", In("s.json")}), "");
  EXPECT_EQ(err(), In("s.json") + ": unchanged\n");

  EXPECT_EQ(Call({"report", "summary", "--fiscal-year", "1999"}), ExitCode::kUnavailable);
  EXPECT_EQ(Call({"report", "summary", "--fiscal-year", "2024", "--out", In("none/s")}),
            ExitCode::kUsage);
  EXPECT_NE(err().find("cannot write " + In("none/s")), std::string::npos) << err();
}

TEST_F(FakeService, ANightlyReportOpensCasesOnceAndWritesTheSameFilesAgain) {
  const std::vector<std::string> nightly = {"report",     "nightly", "--date",
                                            "2024-05-01", "--out",   In("")};
  EXPECT_EQ(Call(nightly), ExitCode::kNeedsHuman) << err();
  EXPECT_NE(err().find("Reviewed 150 travelers: 3 cases opened, 1 changed\n"), std::string::npos)
      << err();
  EXPECT_NE(out().find("Nightly report of 2024-05-01, by what was known at 2024-05-02T12:00:00Z\n"
                       "  reviewed   150 travelers\n"
                       "  cases      3 opened, 1 changed\n"
                       "  overstays  1\n"
                       "  written    " +
                       In("overstays-2024-05-01.csv") + "\n"),
            std::string::npos)
      << out();
  EXPECT_EQ(out().find("Nothing changed"), std::string::npos);
  EXPECT_NE(
      base::ReadFile(In("overstays-2024-05-01.csv"))->find("\r\n2024-05-01,2024-05-02T12:00:00Z,"),
      std::string::npos);
  EXPECT_NE(base::ReadFile(In("summary-2024-05-01.csv"))
                ->find("\r\n2023-10-01,2024-05-01,2024-05-01,2024-05-02T12:00:00Z,"),
            std::string::npos);
  for (const char* const file : {"summary-2024-05-01.json", "summary-2024-05-01.html"}) {
    EXPECT_TRUE(std::filesystem::exists(In(file))) << file;
  }

  EXPECT_EQ(Call(nightly), ExitCode::kOk) << err();
  EXPECT_NE(out().find("  unchanged  " + In("summary-2024-05-01.html") + "\nNothing changed.\n"),
            std::string::npos)
      << out();
  std::ofstream(In("summary-2024-05-01.csv")) << "something else";
  EXPECT_EQ(Call(nightly), ExitCode::kOk) << err();
  EXPECT_NE(out().find("  replaced   " + In("summary-2024-05-01.csv") +
                       " (what was there was different)\n"),
            std::string::npos)
      << out();
  EXPECT_EQ(out().find("Nothing changed"), std::string::npos) << out();
}

TEST_F(FakeService, ANightlyReportInJsonIsOneObject) {
  EXPECT_EQ(Call({"report", "nightly", "--date", "2024-05-01", "--out", In(""), "--json"}),
            ExitCode::kNeedsHuman)
      << err();
  const auto object = nlohmann::json::parse(out());
  EXPECT_EQ(object["date"], "2024-05-01");
  EXPECT_EQ(object["known_at"], "2024-05-02T12:00:00Z");
  EXPECT_EQ(object["opened"], 3);
  EXPECT_EQ(object["nothing_changed"], false);
  ASSERT_EQ(object["files"].size(), 4U);
  EXPECT_EQ(object["files"][0]["file"], In("overstays-2024-05-01.csv"));
  EXPECT_EQ(object["files"][0]["state"], "written");
}

TEST_F(FakeService, ANightlyReportThatFailsLeavesNoHalfFile) {
  EXPECT_EQ(Call({"report", "nightly", "--date", "1999-09-30", "--out", In("")}),
            ExitCode::kUnavailable);
  EXPECT_NE(err().find("Run it again"), std::string::npos) << err();
  EXPECT_TRUE(std::filesystem::exists(In("overstays-1999-09-30.csv"))) << "it was whole";
  EXPECT_FALSE(std::filesystem::exists(In("summary-1999-09-30.csv")));
  for (const auto& entry : std::filesystem::directory_iterator(In(""))) {
    EXPECT_NE(entry.path().extension(), ".part");
  }
}

TEST_F(FakeService, HealthTellsUpFromServing) {
  EXPECT_EQ(Call({"health"}), ExitCode::kOk) << err();
  server().GetHealthCheckService()->SetServingStatus(false);
  EXPECT_EQ(Call({"health"}), ExitCode::kUnavailable);
  EXPECT_NE(out().find("is up, but not serving"), std::string::npos) << out();
  EXPECT_EQ(err(), "");
  EXPECT_EQ(Call({"health", "--json"}), ExitCode::kUnavailable);
  EXPECT_EQ(nlohmann::json::parse(out())["serving"], false);
}

TEST_F(FakeService, APictureThatDoesNotFitLeavesNoFile) {
  ASSERT_NE(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {.rlim_cur = 10'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_EQ(Call({"capture", "c", "--out", In("face.jpg")}), ExitCode::kUsage);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(std::filesystem::exists(In("face.jpg")));
  EXPECT_EQ(Call({"capture", "c", "--out", In("face.jpg")}), ExitCode::kOk) << err();
  EXPECT_EQ(std::filesystem::file_size(In("face.jpg")), 100'000U);
}

}  // namespace
}  // namespace entryexit::ctl
