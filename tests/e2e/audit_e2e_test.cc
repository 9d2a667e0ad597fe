// The audit log from end to end: every call leaves its record, and no tampering escapes an export.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "entryexit/rpc/access.h"
#include "entryexit/v1/audit_service.grpc.pb.h"
#include "entryexit/v1/import_service.grpc.pb.h"
#include "entryexit/v1/key_service.grpc.pb.h"
#include "entryexit/v1/retention_service.grpc.pb.h"
#include "entryexit/v1/subject_service.grpc.pb.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::Not;

using Lane = v1::LaneService::Stub;
using Officer = v1::BackOfficeService::Stub;
using Reporter = v1::ReportService::Stub;
using Retainer = v1::RetentionService::Stub;
using Auditor = v1::AuditService::Stub;

// Records of calls of `method`, "LaneService/RecordArrival"; `more` restricts them.
int RecordsOf(World& world, const std::string& method, const std::string& more = "true") {
  return NumberOf(world, fmt::format("SELECT count(*) FROM audit_record WHERE method = "
                                     "'/entryexit.v1.{}' AND {}",
                                     method, more));
}

v1::RecordArrivalResponse ArriveAt(World& world, const std::string& document, hours ago) {
  const auto recorded = Call(*world.Lane("SEA-X1"), &Lane::RecordArrival,
                             ArrivalRequest({"SEA-X1", document, FaceImage(7, "arrival_1"), ago}));
  EXPECT_THAT(recorded, Succeeds());
  return recorded.response;
}

v1::Date DateOf(int year, unsigned month, unsigned day) {
  v1::Date date;
  date.set_year(year);
  date.set_month(static_cast<int>(month));
  date.set_day(static_cast<int>(day));
  return date;
}

// Reads a server stream to its end.
template <typename Stub, typename Request, typename Response>
std::vector<Response> ReadStream(Stub& stub,
                                 std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                                     grpc::ClientContext*, const Request&),
                                 const Request& request) {
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = (stub.*method)(&context, request);
  std::vector<Response> responses;
  for (Response response; stream->Read(&response);) responses.push_back(response);
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return responses;
}

// Makes every call of the API, some for things that are not there.
class EveryCall {
 public:
  explicit EveryCall(World& world) : world_(world) {}

  void Make() {
    AsLanes();
    AsOfficer();
    AsSupervisor();
    AsNightlyJob();
    AsAdministrator();
    AsAuditor();
  }

 private:
  static std::string NewId() { return crypto::NewUuid(); }

  void AsLanes() {
    const std::string document = NewDocumentNumber();
    arrival_ = ArriveAt(world_, document, hours(24 * 200));
    const auto lane = world_.Lane("SEA-X1");
    const auto departed =
        Call(*lane, &Lane::RecordDeparture,
             DepartureRequest({"SEA-X1", document, FaceImage(7, "departure_1"), hours(24)}));
    ASSERT_THAT(departed, Succeeds());
    departure_ = departed.response;
    v1::AssessCaptureRequest assess;
    assess.set_image(FaceImage(7, "arrival_1"));
    EXPECT_THAT(Call(*lane, &Lane::AssessCapture, assess), Succeeds());

    grpc::ClientContext context;
    SetPatience(context);
    const auto backlog = lane->RecordCrossings(&context);
    v1::RecordCrossingsRequest item;
    *item.mutable_arrival() =
        ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(9, "arrival_1"), hours(5)});
    backlog->Write(item);
    backlog->WritesDone();
    v1::RecordCrossingsResponse response;
    EXPECT_TRUE(backlog->Read(&response));
    EXPECT_TRUE(backlog->Finish().ok());
  }

  void AsOfficer() {
    const auto officer = world_.Officer();
    v1::GetTravelerRequest traveler;
    traveler.mutable_document()->set_issuing_state("UTO");
    traveler.mutable_document()->set_number("NOBODY");
    EXPECT_THAT(Call(*officer, &Officer::GetTraveler, traveler),
                Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
    v1::GetStayAllowanceRequest allowance;
    allowance.set_traveler_id(arrival_.traveler_id());
    *allowance.mutable_date() = DateOf(2020, 11, 1);
    EXPECT_THAT(Call(*officer, &Officer::GetStayAllowance, allowance), Succeeds());
    v1::RecordAdmissionChangeRequest change;
    change.set_request_id(NewId());
    change.set_traveler_id(NewId());
    change.set_application_id("IOE-1");
    change.set_kind(v1::ADMISSION_CHANGE_KIND_EXTENSION);
    *change.mutable_filed_on() = DateOf(2020, 1, 1);
    change.set_decision(v1::ADMISSION_DECISION_PENDING);
    EXPECT_THAT(Call(*officer, &Officer::RecordAdmissionChange, change),
                Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
    v1::ListCrossingsRequest crossings;
    crossings.set_traveler_id(arrival_.traveler_id());
    EXPECT_THAT(Call(*officer, &Officer::ListCrossings, crossings), Succeeds());
    v1::FileCorrectionRequestRequest dispute;
    dispute.set_request_id(NewId());
    dispute.set_traveler_id(arrival_.traveler_id());
    dispute.set_crossing_id(arrival_.crossing_id());
    dispute.set_words("I came a day later");
    *dispute.mutable_received_on() = DateOf(2026, 1, 1);
    EXPECT_THAT(Call(*officer, &Officer::FileCorrectionRequest, dispute), Succeeds());
    const auto cases = Call(*officer, &Officer::ListCases, v1::ListCasesRequest());
    ASSERT_THAT(cases, Succeeds());
    ASSERT_GT(cases.response.cases_size(), 0) << "the departure was late";
    v1::GetCaseRequest get_case;
    get_case.set_case_id(cases.response.cases(0).case_id());
    EXPECT_THAT(Call(*officer, &Officer::GetCase, get_case), Succeeds());
    Watch(*officer);
    v1::DecideCaseRequest decide;
    decide.set_request_id(NewId());
    decide.set_case_id(NewId());
    decide.set_etag("1");
    decide.set_decision(v1::CASE_DECISION_DISMISS);
    decide.set_reason("seen");
    EXPECT_THAT(Call(*officer, &Officer::DecideCase, decide),
                Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
    v1::GetCaptureRequest capture;
    capture.set_crossing_id(arrival_.crossing_id());
    EXPECT_THAT(Call(*officer, &Officer::GetCapture, capture), Succeeds());
    v1::ReplayDecisionRequest replay;
    replay.set_crossing_id(departure_.crossing_id());
    EXPECT_THAT(Call(*officer, &Officer::ReplayDecision, replay), Succeeds());
  }

  // Until it has told of a case that is open.
  static void Watch(Officer& officer) {
    grpc::ClientContext context;
    SetPatience(context);
    v1::WatchCasesRequest request;
    request.set_include_open(true);
    const auto watch = officer.WatchCases(&context, request);
    v1::WatchCasesResponse response;
    while (watch->Read(&response) && !response.has_case_()) {
    }
    EXPECT_TRUE(response.has_case_());
    context.TryCancel();
    watch->Finish();
  }

  void AsSupervisor() {
    const auto supervisor =
        v1::BackOfficeService::NewStub(world_.Connect("entryexit://supervisor/1"));
    v1::CorrectCrossingRequest correct;
    correct.set_request_id(NewId());
    correct.set_crossing_id(NewId());
    correct.set_revision(1);
    correct.set_reason("no such crossing");
    correct.set_voided(true);
    EXPECT_THAT(Call(*supervisor, &Officer::CorrectCrossing, correct),
                Fails(StatusCode::NOT_FOUND, "CROSSING_NOT_FOUND"));
    v1::MoveDocumentRequest move;
    move.set_request_id(NewId());
    move.mutable_document()->set_issuing_state("UTO");
    move.mutable_document()->set_number("NOBODY");
    move.set_reason("no such document");
    EXPECT_THAT(Call(*supervisor, &Officer::MoveDocument, move),
                Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
    const auto exporter = v1::SubjectService::NewStub(world_.Connect("entryexit://supervisor/1"));
    v1::ExportTravelerRequest all;
    all.set_traveler_id(arrival_.traveler_id());
    ReadStream(*exporter, &v1::SubjectService::Stub::ExportTraveler, all);
  }

  void AsNightlyJob() {
    const auto reporter = world_.Reporter();
    v1::ListOverstaysRequest overstays;
    *overstays.mutable_as_of() = DateOf(2020, 1, 1);
    ReadStream(*reporter, &Reporter::ListOverstays, overstays);
    v1::GetSummaryRequest summary;
    *summary.mutable_from() = DateOf(2020, 1, 1);
    *summary.mutable_to() = DateOf(2020, 2, 1);
    EXPECT_THAT(Call(*reporter, &Reporter::GetSummary, summary), Succeeds());
    ReadStream(*reporter, &Reporter::ReviewOverstays, v1::ReviewOverstaysRequest());
  }

  void AsAdministrator() {
    const auto importer = v1::ImportService::NewStub(world_.Connect("entryexit://admin/1"));
    grpc::ClientContext context;
    SetPatience(context);
    const auto import = importer->ImportCrossings(&context);
    v1::ImportCrossingsRequest request;
    request.set_import_id(NewId());
    v1::ImportRow& row = *request.add_rows();
    row.set_line(1);
    row.set_direction(v1::DIRECTION_DEPARTURE);
    row.set_lane_id("SEA-D1");
    row.mutable_captured_at()->set_seconds(1'700'000'000);
    *row.mutable_document() =
        DepartureRequest({"SEA-D1", NewDocumentNumber(), "", hours(1)}).identification().document();
    import->Write(request);
    import->WritesDone();
    v1::ImportCrossingsResponse response;
    EXPECT_TRUE(import->Read(&response));
    EXPECT_TRUE(import->Finish().ok());

    const auto keeper = v1::KeyService::NewStub(world_.Connect("entryexit://admin/1"));
    ReadStream(*keeper, &v1::KeyService::Stub::RotateKeys, v1::RotateKeysRequest());

    const auto retainer = v1::RetentionService::NewStub(world_.Connect("entryexit://admin/1"));
    v1::RunRetentionRequest dry;
    dry.set_dry_run(true);
    ReadStream(*retainer, &Retainer::RunRetention, dry);
    ReadStream(*retainer, &Retainer::ListErasureReceipts, v1::ListErasureReceiptsRequest());
    v1::PlaceLegalHoldRequest place;
    place.set_request_id(NewId());
    place.set_traveler_id(arrival_.traveler_id());
    place.set_reference("Order 1");
    EXPECT_THAT(Call(*retainer, &Retainer::PlaceLegalHold, place), Succeeds());
    v1::ReleaseLegalHoldRequest release;
    release.set_request_id(NewId());
    release.set_traveler_id(arrival_.traveler_id());
    release.set_hold_id(NewId());
    release.set_reference("Order 2");
    EXPECT_THAT(Call(*retainer, &Retainer::ReleaseLegalHold, release),
                Fails(StatusCode::NOT_FOUND, "LEGAL_HOLD_NOT_FOUND"));
    ReadStream(*retainer, &Retainer::ListLegalHolds, v1::ListLegalHoldsRequest());
  }

  void AsAuditor() {
    const auto auditor = v1::AuditService::NewStub(world_.Connect("entryexit://auditor/7"));
    EXPECT_THAT(Call(*auditor, &Auditor::SearchAuditRecords, v1::SearchAuditRecordsRequest()),
                Succeeds());
    ReadStream(*auditor, &Auditor::ExportAuditRecords, v1::ExportAuditRecordsRequest());
  }

  World& world_;
  v1::RecordArrivalResponse arrival_;
  v1::RecordDepartureResponse departure_;
};

TEST(Audit, EveryMethodOfTheApiLeavesARecordButThoseThatAreExempt) {
  World world;
  EveryCall(world).Make();
  constexpr std::string_view kOwn = "/entryexit.v1.";
  for (const rpc::MethodAccess& entry : rpc::AccessTable()) {
    if (!entry.method.starts_with(kOwn)) continue;
    const int records = RecordsOf(world, entry.method.substr(kOwn.size()));
    if (entry.unaudited == nullptr) {
      EXPECT_GT(records, 0) << entry.method << " left none, or is not called by this test";
    } else {
      EXPECT_EQ(records, 0) << entry.method;
    }
  }
}

TEST(Audit, ARecordSaysWhoDidWhatToWhomAndWithWhatOutcome) {
  World& world = World::Shared();
  auto request =
      ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(7, "arrival_1"), hours(24)});
  const auto arrived = Call(*world.Lane("SEA-X1"), &Lane::RecordArrival, request);
  ASSERT_THAT(arrived, Succeeds());
  EXPECT_EQ(RecordsOf(world, "LaneService/RecordArrival",
                      fmt::format("principal = 'lane/SEA-X1' AND traveler_id = '{}' AND subject = "
                                  "'{}' AND request_id = '{}' AND outcome = 'OK'",
                                  arrived.response.traveler_id(), arrived.response.crossing_id(),
                                  request.request_id())),
            1);
  v1::GetCaptureRequest capture;
  capture.set_crossing_id(crypto::NewUuid());
  EXPECT_THAT(Call(*world.Officer("12"), &Officer::GetCapture, capture),
              Fails(StatusCode::NOT_FOUND, "CAPTURE_NOT_FOUND"));
  const std::string missing = fmt::format(
      "principal = 'officer/12' AND purpose = 'INSPECTION' AND traveler_id IS NULL AND "
      "subject = '{}' AND "
      "outcome = 'CAPTURE_NOT_FOUND'",
      capture.crossing_id());
  EXPECT_EQ(RecordsOf(world, "BackOfficeService/GetCapture", missing), 1);
  EXPECT_THAT(
      Ctl(world, "auditor/7", {"audit", "search", "--traveler", arrived.response.traveler_id()})
          .output,
      HasSubstr("LaneService/RecordArrival"));
  const Ran search = Ctl(
      world, "auditor/7",
      {"audit", "search", "--method", "GetCapture", "--principal", "officer/12", "--limit", "1"});
  EXPECT_EQ(search.exit_code, 0) << search.output;
  EXPECT_THAT(search.output, HasSubstr("CAPTURE_NOT_FOUND"));
  EXPECT_THAT(search.output, Not(HasSubstr("RecordArrival")));
  EXPECT_EQ(RecordsOf(world, "AuditService/SearchAuditRecords",
                      fmt::format("principal = 'auditor/7' AND traveler_id = '{}'",
                                  arrived.response.traveler_id())),
            1)
      << "looking into the log is a look too";
  EXPECT_THAT(Ctl(world, "supervisor/1", {"audit", "search"}).output,
              HasSubstr("ROLE_NOT_ALLOWED"));
}

TEST(Audit, AnExportIsVerifiedOfflineAndTamperingWithTheDatabaseIsFound) {
  World world;
  for (int i = 0; i < 3; ++i) ArriveAt(world, NewDocumentNumber(), hours(24));
  const TempDir directory;
  const std::string file = (directory.path() / "audit.jsonl").string();
  const std::string key = world.AuditPublicKey().string();
  const auto verify = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"audit", "verify", file, "--public-key", key};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Ctl(world, "auditor/7", arguments);
  };
  const auto export_log = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"audit", "export", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran exported = Ctl(world, "auditor/7", arguments);
    EXPECT_EQ(exported.exit_code, 0) << exported.output;
    return exported.output;
  };
  std::smatch kept;
  const std::string first = export_log();
  ASSERT_TRUE(std::regex_search(
      first, kept, std::regex("Keep this: checkpoint ([0-9]+), digest ([0-9a-f]{64})")))
      << first;
  const std::string number = kept[1];
  const std::string digest = kept[2];
  const Ran whole = verify({"--checkpoint", digest});
  EXPECT_EQ(whole.exit_code, 0) << whole.output;
  EXPECT_THAT(whole.output, HasSubstr("The log is whole: 4 records")) << "the export's own too";

  ArriveAt(world, NewDocumentNumber(), hours(24));
  export_log({"--after", number});
  const Ran part = verify();
  EXPECT_EQ(part.exit_code, 0) << part.output;
  EXPECT_THAT(part.output, HasSubstr("It goes on from checkpoint " + number));

  // Past the triggers that keep even the owner from changing it.
  const auto change = [&](const std::string& sql) {
    EXPECT_THAT(world.postgres().Execute(world.database(),
                                         "SET session_replication_role = replica; " + sql),
                IsOk());
    export_log();
  };
  const auto expect_broken = [&](const std::string& what, const std::vector<std::string>& more) {
    const Ran broken = verify(more);
    EXPECT_EQ(broken.exit_code, 1) << broken.output;
    EXPECT_THAT(broken.output, HasSubstr(what));
  };
  const std::string victim =
      " WHERE recorded_at = (SELECT min(recorded_at) FROM audit_record WHERE principal ~ '^lane')";
  change("UPDATE audit_record SET principal = 'lane/SEA-A1'" + victim);
  expect_broken("its digest is not that of its content", {});
  change("UPDATE audit_record SET principal = 'lane/SEA-X1'" + victim);
  EXPECT_EQ(verify({"--checkpoint", digest}).exit_code, 0);
  // The first of its chain, whatever came after it.
  const int chain = NumberOf(world, "SELECT chain FROM audit_record" + victim);
  change("DELETE FROM audit_record" + victim);
  expect_broken(fmt::format("record {}.1", chain), {});
  // All of it, with its checkpoints: what remains is whole, and too little.
  change("DELETE FROM audit_record; DELETE FROM audit_checkpoint");
  EXPECT_EQ(verify().exit_code, 0);
  expect_broken("records are missing at the end", {"--checkpoint", digest});
}

TEST(Audit, TheLogIsSignedFromTimeToTimeAndWhenTheServiceEnds) {
  World world({.environment = {{"ENTRYEXIT_AUDIT_CHECKPOINT_INTERVAL_S", "3600"}}});
  ArriveAt(world, NewDocumentNumber(), hours(24));
  world.daemon().Terminate();
  ASSERT_THAT(world.daemon().Wait(), IsOk());
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM audit_checkpoint"), 1);
  EXPECT_THAT(world.Log(), HasSubstr("audit checkpoint=1 digest="));
  world.Restart();
  world.daemon().Terminate();
  ASSERT_THAT(world.daemon().Wait(), IsOk());
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM audit_checkpoint"), 1)
      << "nothing was recorded since";
}

TEST(Audit, CheckpointsOfExportsAreInTheServicesLogToo) {
  World world({.environment = {{"ENTRYEXIT_AUDIT_CHECKPOINT_INTERVAL_S", "3600"}}});
  const TempDir directory;
  std::vector<std::string> digests;
  for (int i = 0; i < 2; ++i) {
    const std::string file = (directory.path() / (std::to_string(i) + ".jsonl")).string();
    const Ran exported = Ctl(world, "auditor/7", {"audit", "export", file});
    ASSERT_EQ(exported.exit_code, 0) << exported.output;
    std::smatch kept;
    ASSERT_TRUE(std::regex_search(exported.output, kept, std::regex("digest ([0-9a-f]{64})")));
    digests.push_back(kept[1]);
  }
  world.daemon().Terminate();
  ASSERT_THAT(world.daemon().Wait(), IsOk());
  for (const std::string& digest : digests) {
    EXPECT_THAT(world.Log(), HasSubstr("digest=" + digest));
  }
}

}  // namespace
}  // namespace entryexit::testing
