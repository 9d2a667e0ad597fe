#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "entryexit/rpc/access.h"
#include "tests/e2e/raw_call.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Calls `method` with an empty message, which every method can be called with. Some answer for as
// long as their reader likes.
RawAnswer CallByName(const std::shared_ptr<grpc::Channel>& channel, const std::string& method) {
  return RawCall(channel, method, {""}, /*max_responses=*/1);
}

// Whether `condition` comes to hold in a time that only a broken service exceeds.
template <typename Condition>
bool ComesTrue(const Condition& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

v1::GetCaseRequest SomeCase() {
  v1::GetCaseRequest request;
  request.set_case_id(crypto::NewUuid());
  return request;
}

TEST(Access, IsDeniedToRolesThatTheTableDoesNotList) {
  for (const char* const uri : {"entryexit://lane/SEA-A1", "entryexit://report/nightly",
                                "entryexit://auditor/7", "entryexit://admin/root"}) {
    const auto stub = v1::BackOfficeService::NewStub(World::Shared().Connect(uri));
    EXPECT_THAT(Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
                Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"))
        << uri;
  }
  const auto officer =
      v1::LaneService::NewStub(World::Shared().Connect("entryexit://officer/4711"));
  EXPECT_THAT(Call(*officer, &v1::LaneService::Stub::RecordArrival, v1::RecordArrivalRequest()),
              Fails(StatusCode::PERMISSION_DENIED, "ROLE_NOT_ALLOWED"));
}

TEST(Access, IsGivenToRolesThatTheTableLists) {
  for (const char* const uri : {"entryexit://officer/4711", "entryexit://supervisor/1"}) {
    const auto stub = v1::BackOfficeService::NewStub(World::Shared().Connect(uri));
    EXPECT_THAT(Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
                Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"))
        << uri;
  }
}

// `stream` gives nothing and ends as it does for a role that the table does not list.
template <typename Response, typename Stream>
void ExpectDenied(Stream& stream, const grpc::ClientContext& context) {
  Response response;
  EXPECT_FALSE(stream.Read(&response));
  EXPECT_EQ(stream.Finish().error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(context), "ROLE_NOT_ALLOWED");
}

TEST(Access, IsDeniedToStreamsToo) {
  const auto lane = World::Shared().Connect("entryexit://lane/L");
  {
    const auto stub = v1::BackOfficeService::NewStub(lane);
    grpc::ClientContext context;
    SetPatience(context);
    const auto stream = stub->WatchCases(&context, v1::WatchCasesRequest());
    ExpectDenied<v1::WatchCasesResponse>(*stream, context);
  }
  {
    const auto stub = v1::ReportService::NewStub(lane);
    v1::ListOverstaysRequest request;
    request.mutable_as_of()->set_year(2026);
    request.mutable_as_of()->set_month(1);
    request.mutable_as_of()->set_day(1);
    grpc::ClientContext context;
    SetPatience(context);
    const auto stream = stub->ListOverstays(&context, request);
    ExpectDenied<v1::ListOverstaysResponse>(*stream, context);
  }
  for (const char* const uri : {"entryexit://officer/4711", "entryexit://report/nightly"}) {
    const auto stub = v1::LaneService::NewStub(World::Shared().Connect(uri));
    grpc::ClientContext context;
    SetPatience(context);
    const auto stream = stub->RecordCrossings(&context);
    ExpectDenied<v1::RecordCrossingsResponse>(*stream, context);
  }
}

TEST(Access, NeedsARoleThatThereIs) {
  const auto stub = v1::BackOfficeService::NewStub(World::Shared().Connect("entryexit://king/1"));
  EXPECT_THAT(Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
              Fails(StatusCode::UNAUTHENTICATED, "PRINCIPAL_MISSING"));
}

TEST(Access, NeedsACertificateOfOurAuthorityThatIsValidNow) {
  World& world = World::Shared();
  for (const auto& channel : {world.ConnectWithoutCertificate(),
                              world.ConnectFromOtherAuthority("entryexit://officer/4711"),
                              world.ConnectWithExpiredCertificate("entryexit://officer/4711")}) {
    const auto stub = v1::BackOfficeService::NewStub(channel);
    EXPECT_THAT(Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
                Fails(StatusCode::UNAVAILABLE, ""));
  }
}

TEST(Access, EndsWhenTheCertificateIsRevokedAlsoOnAnOpenConnection) {
  World& world = World::Shared();
  const ClientFiles files = world.IssueClient("entryexit://officer/13");
  const auto channel = world.ConnectAs(files);
  const auto stub = v1::BackOfficeService::NewStub(channel);
  const auto call = [&] { return Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()); };
  ASSERT_THAT(call(), Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
  world.Revoke(files.certificate);
  EXPECT_TRUE(ComesTrue([&] { return call().status.error_code() != StatusCode::NOT_FOUND; }));
  // However often it is tried, for which nobody else has to wait.
  for (int i = 0; i < 40; ++i) {
    ASSERT_THAT(call(), Fails(StatusCode::UNAUTHENTICATED, "CERTIFICATE_REVOKED")) << i;
  }
  EXPECT_EQ(CallByName(channel, "/grpc.health.v1.Health/Check").status.error_code(),
            StatusCode::UNAUTHENTICATED);
  // Another certificate of the same name is another one.
  const auto replaced = v1::BackOfficeService::NewStub(world.Connect("entryexit://officer/13"));
  EXPECT_THAT(Call(*replaced, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
              Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
}

TEST(Access, EndsWithTheCertificateInTheMiddleOfAStream) {
  World& world = World::Shared();
  const ClientFiles lane_files = world.IssueClient("entryexit://lane/SEA-A1");
  const auto lane = v1::LaneService::NewStub(world.ConnectAs(lane_files));
  // The next client's files replace these.
  const TempDir directory;
  const std::filesystem::path lane_certificate = directory.path() / "lane.pem";
  std::filesystem::copy_file(lane_files.certificate, lane_certificate);
  grpc::ClientContext backlog_context;
  SetPatience(backlog_context);
  const auto backlog = lane->RecordCrossings(&backlog_context);
  v1::RecordCrossingsResponse answer;
  ASSERT_TRUE(backlog->Write(v1::RecordCrossingsRequest()) && backlog->Read(&answer));

  const ClientFiles officer_files = world.IssueClient("entryexit://officer/14");
  const auto officer = v1::BackOfficeService::NewStub(world.ConnectAs(officer_files));
  grpc::ClientContext watch_context;
  SetPatience(watch_context);
  const auto watch = officer->WatchCases(&watch_context, v1::WatchCasesRequest());
  v1::WatchCasesResponse opened;
  ASSERT_TRUE(watch->Read(&opened));

  world.Revoke(officer_files.certificate);
  world.Revoke(lane_certificate);
  EXPECT_FALSE(watch->Read(&opened));
  EXPECT_EQ(watch->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(watch_context), "CERTIFICATE_REVOKED");
  EXPECT_FALSE(backlog->Read(&answer));
  EXPECT_EQ(backlog->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(backlog_context), "CERTIFICATE_REVOKED");
}

// Of the daemon's metric of refusals; 0 when there were none for the reason.
int RefusalsFor(World& world, const std::string& reason) {
  const std::string name = "entryexit_refusals_total{reason=\"" + reason + "\"} ";
  const std::string page = world.Metrics();
  const size_t at = page.find(name);
  return at == std::string::npos ? 0 : std::stoi(page.substr(at + name.size()));
}

int LinesWith(const std::string& text, const std::string& log) {
  int lines = 0;
  for (size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++lines;
  return lines;
}

// As a client whose certificate the daemon knows to be revoked.
std::shared_ptr<grpc::Channel> ConnectRevoked(World& world) {
  const ClientFiles files = world.IssueClient("entryexit://officer/15");
  const auto channel = world.ConnectAs(files);
  world.Revoke(files.certificate);
  const auto stub = v1::BackOfficeService::NewStub(channel);
  EXPECT_TRUE(ComesTrue([&] {
    return Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()).status.error_code() ==
           StatusCode::UNAUTHENTICATED;
  }));
  return channel;
}

TEST(Access, ThatIsRefusedIsCountedAndLoggedButDoesNotFillTheLog) {
  World& world = World::Shared();
  const std::string officer = "entryexit://officer/4711";
  const std::vector<std::pair<std::string, std::function<std::shared_ptr<grpc::Channel>()>>>
      refused = {
          {"NO_CERTIFICATE", [&] { return world.ConnectWithoutCertificate(); }},
          {"CERTIFICATE_NOT_ACCEPTED", [&] { return world.ConnectFromOtherAuthority(officer); }},
          {"CERTIFICATE_NOT_ACCEPTED",
           [&] { return world.ConnectWithExpiredCertificate(officer); }},
          {"PRINCIPAL_MISSING", [&] { return world.Connect("entryexit://king/1"); }},
          {"ROLE_NOT_ALLOWED", [&] { return world.Connect("entryexit://lane/SEA-A1"); }},
          {"CERTIFICATE_REVOKED", [&] { return ConnectRevoked(world); }},
      };
  for (const auto& [reason, connect] : refused) {
    const int before = RefusalsFor(world, reason);
    const auto stub = v1::BackOfficeService::NewStub(connect());
    constexpr int kCalls = 30;
    for (int i = 0; i < kCalls; ++i) {
      EXPECT_FALSE(Call(*stub, &v1::BackOfficeService::Stub::GetCase, SomeCase()).status.ok());
    }
    EXPECT_GT(RefusalsFor(world, reason), before) << reason;
    const int lines = LinesWith("refused reason=" + reason, world.Log());
    EXPECT_GE(lines, 1) << reason;
    EXPECT_LT(lines, kCalls) << reason;
  }
}

// The server's certificate, PEM, as a TLS handshake of no version after `newest` shows it; empty
// when none succeeds.
std::string ShakeHands(World& world, int newest) {
  const ClientFiles files = world.IssueClient("entryexit://officer/4711");
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), newest);
  SSL_CTX_use_certificate_file(context.get(), files.certificate.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  BIO* const connection = BIO_new_ssl_connect(context.get());
  BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(world.daemon().port())).c_str());
  SSL* tls = nullptr;
  BIO_get_ssl(connection, &tls);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(tls, kHttp2, sizeof(kHttp2));
  std::string shown;
  if (BIO_do_connect(connection) == 1) {
    const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(tls),
                                                           &X509_free);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> pem(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_X509(pem.get(), peer.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(pem.get(), &text);
    shown.assign(text, static_cast<size_t>(size));
  }
  BIO_free_all(connection);
  return shown;
}

TEST(Access, NeedsTls13) {
  EXPECT_NE(ShakeHands(World::Shared(), TLS1_3_VERSION), "");
  EXPECT_EQ(ShakeHands(World::Shared(), TLS1_2_VERSION), "");
}

TEST(Access, GoesOnWhenTheServersCertificateIsRenewed) {
  World& world = World::Shared();
  const auto shown = [&] { return ShakeHands(world, TLS1_3_VERSION); };
  const auto renewed = [&] { return shown() == ReadAll(world.ServerFiles().certificate); };
  ASSERT_TRUE(renewed()) << "the one that it started with";
  const auto officer = world.Officer();
  ASSERT_THAT(Call(*officer, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
              Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
  world.RenewServerCertificate();
  EXPECT_TRUE(ComesTrue(renewed));
  // Connections from before stay.
  EXPECT_THAT(Call(*officer, &v1::BackOfficeService::Stub::GetCase, SomeCase()),
              Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));

  // Half of a renewal serves nobody: a key without its certificate.
  const std::string before = shown();
  const size_t told = world.Log().size();
  std::ofstream(world.ServerFiles().key) << ReadAll(world.IssueClient("entryexit://officer/1").key);
  EXPECT_TRUE(ComesTrue([&] {
    return world.Log().find("the TLS files stay as they were", told) != std::string::npos;
  }));
  EXPECT_EQ(shown(), before);
  world.RenewServerCertificate();
  EXPECT_TRUE(ComesTrue(renewed));
}

// Says the purpose and calls GetTraveler.
Answer<v1::GetTravelerResponse> GetTravelerFor(const std::shared_ptr<grpc::Channel>& channel,
                                               const std::string& traveler_id,
                                               const Metadata& metadata) {
  const auto stub = v1::BackOfficeService::NewStub(channel);
  grpc::ClientContext context;
  SetPatience(context);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  v1::GetTravelerRequest request;
  request.set_traveler_id(traveler_id);
  Answer<v1::GetTravelerResponse> answer;
  answer.status = stub->GetTraveler(&context, request, &answer.response);
  answer.reason = ReasonOf(context);
  return answer;
}

TEST(Access, NeedsAPurposeForEveryCallThatShowsPersons) {
  for (const rpc::MethodAccess& entry : rpc::AccessTable()) {
    if (std::ranges::find(entry.roles, app::Role::kSupervisor) == entry.roles.end()) continue;
    const RawAnswer answer =
        CallByName(World::Shared().ConnectWithoutPurpose("entryexit://supervisor/1"), entry.method);
    EXPECT_EQ(answer.reason == "PURPOSE_MISSING", entry.says != rpc::SaysWhatFor::kNothing)
        << entry.method << ": " << answer.status.error_message();
  }
}

TEST(Access, TakesOnlyPurposesOfThePolicyAndEachOnce) {
  const auto officer = World::Shared().ConnectWithoutPurpose("entryexit://officer/4711");
  const std::string nobody = crypto::NewUuid();
  EXPECT_THAT(GetTravelerFor(officer, nobody, {{"entryexit-purpose", "INSPECTION"}}),
              Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  for (const char* const purpose :
       {"REPORTING", "CURIOSITY", "inspection", "INSPECTION,CASE_WORK"}) {
    EXPECT_THAT(GetTravelerFor(officer, nobody, {{"entryexit-purpose", purpose}}),
                Fails(StatusCode::PERMISSION_DENIED, "PURPOSE_NOT_ALLOWED"))
        << purpose;
  }
  EXPECT_THAT(
      GetTravelerFor(officer, nobody,
                     {{"entryexit-purpose", "INSPECTION"}, {"entryexit-purpose", "INSPECTION"}}),
      Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(GetTravelerFor(officer, nobody,
                             {{"entryexit-purpose", "CASE_WORK"}, {"entryexit-case", "7"}}),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST(Access, OpensARecordForACaseOnlyToThoseWhoNameACaseOfThatTraveler) {
  World& world = World::Shared();
  // Departures without arrivals: each opens a case.
  const auto lane = world.Lane("SEA-D1");
  std::string travelers[2];
  std::string cases[2];
  for (int i = 0; i < 2; ++i) {
    const auto departure =
        Call(*lane, &v1::LaneService::Stub::RecordDeparture,
             DepartureRequest({"SEA-D1", NewDocumentNumber(), FaceImage(i + 1, "departure_1")}));
    ASSERT_THAT(departure, Succeeds());
    travelers[i] = departure.response.traveler_id();
    ASSERT_GT(departure.response.opened_case_ids_size(), 0);
    cases[i] = departure.response.opened_case_ids(0);
  }

  const auto officer = world.ConnectWithoutPurpose("entryexit://officer/4711");
  const auto get = [&](const std::string& traveler_id, const std::string& case_id) {
    Metadata metadata = {{"entryexit-purpose", "CASE_WORK"}};
    if (!case_id.empty()) metadata.emplace_back("entryexit-case", case_id);
    return GetTravelerFor(officer, traveler_id, metadata);
  };
  EXPECT_THAT(get(travelers[0], cases[0]), Succeeds());
  EXPECT_THAT(get(travelers[0], ""), Fails(StatusCode::INVALID_ARGUMENT, "PURPOSE_NEEDS_CASE"));
  EXPECT_THAT(get(travelers[0], cases[1]),
              Fails(StatusCode::PERMISSION_DENIED, "CASE_OF_ANOTHER_TRAVELER"));
  EXPECT_THAT(get(travelers[0], crypto::NewUuid()), Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
}

TEST(Access, WatchesCasesForNoSingleCase) {
  const auto stub = v1::BackOfficeService::NewStub(
      World::Shared().ConnectWithoutPurpose("entryexit://officer/4711"));
  grpc::ClientContext context;
  SetPatience(context);
  context.AddMetadata("entryexit-purpose", "CASE_WORK");
  context.AddMetadata("entryexit-case", crypto::NewUuid());
  const auto stream = stub->WatchCases(&context, v1::WatchCasesRequest());
  v1::WatchCasesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(context), "INVALID_FIELD");
}

TEST(Access, LetsEveryPrincipalAskForHealthAndNobodyElse) {
  constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
  World& world = World::Shared();
  for (const char* const uri : {"entryexit://lane/SEA-A1", "entryexit://admin/root"}) {
    EXPECT_THAT(CallByName(world.Connect(uri), kCheck).responses, ::testing::SizeIs(1)) << uri;
  }
  EXPECT_EQ(CallByName(world.Connect("entryexit://king/1"), kCheck).status.error_code(),
            StatusCode::UNAUTHENTICATED);
}

TEST(Access, IsDeniedToMethodsThatNobodyListed) {
  const auto admin = World::Shared().Connect("entryexit://admin/root");
  for (const char* const method :
       {"/entryexit.v1.LaneService/Erase", "/grpc.channelz.v1.Channelz/GetServers"}) {
    EXPECT_EQ(CallByName(admin, method).status.error_code(), StatusCode::PERMISSION_DENIED)
        << method;
  }
}

}  // namespace
}  // namespace entryexit::testing
