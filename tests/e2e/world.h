#ifndef ENTRYEXIT_TESTS_E2E_WORLD_H_
#define ENTRYEXIT_TESTS_E2E_WORLD_H_

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "entryexit/crypto/certificates.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "tests/e2e/daemon_process.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/socket_proxy.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {

// What came back from a unary call, as seen on the wire.
template <typename Response>
struct Answer {
  grpc::Status status;
  std::string reason;  // the trailing metadata `entryexit-reason`; empty when there is none
  Response response;
};

// The reason in the trailing metadata of a call that has ended.
std::string ReasonOf(const grpc::ClientContext& context);

// Sets a deadline that only a hung service exceeds.
void SetPatience(grpc::ClientContext& context,
                 std::chrono::milliseconds patience = std::chrono::seconds(60));

// Makes one unary call: Call(*lane, &v1::LaneService::Stub::RecordArrival, request).
template <typename Stub, typename Request, typename Response>
Answer<Response> Call(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request,
                      std::chrono::milliseconds patience = std::chrono::seconds(60)) {
  grpc::ClientContext context;
  SetPatience(context, patience);
  Answer<Response> answer;
  answer.status = (stub.*method)(&context, request, &answer.response);
  answer.reason = ReasonOf(context);
  return answer;
}

// Matches an Answer that is OK.
MATCHER(Succeeds, "") {
  *result_listener << arg.status.error_code() << " " << arg.reason << " "
                   << arg.status.error_message();
  return arg.status.ok();
}

// Matches an Answer with this code and reason: Fails(grpc::StatusCode::NOT_FOUND,
// "CASE_NOT_FOUND").
MATCHER_P2(Fails, code, reason, "") {
  *result_listener << arg.status.error_code() << " " << arg.reason << " "
                   << arg.status.error_message();
  return arg.status.error_code() == code && arg.reason == reason;
}

struct WorldOptions {
  // Changes of the configuration, e.g. {"ENTRYEXIT_SERVER_QUEUE_CAPACITY", "1"}.
  std::map<std::string, std::string> environment;
  // A PostgreSQL server of this world's own, which the test may stop, freeze or fill up. Otherwise
  // all worlds of a test program share one, each with its own database.
  bool own_postgres = false;
  PostgresOptions postgres = {};  // of that server
  // Further lanes at SEA, for both directions.
  std::vector<std::string> more_lanes = {};
  // Clients reach the daemon, and the daemon its database, through proxies that the test may cut.
  // Channels and stubs outlive a Restart then.
  bool breakable_links = false;
};

// What mutual TLS needs of a client, PEM.
struct ClientFiles {
  std::filesystem::path authority;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// Everything the service needs, made from nothing and gone at the end: a database with the schema,
// a certificate authority, a vault key, a configuration, and the real daemon on a free port of
// 127.0.0.1. Lanes: SEA-A1 (arrivals), SEA-D1 (departures), SEA-X1 (both), and EPP-X1 (both) at
// another port. Ends the test program when something cannot be made. Not thread-safe, save for
// the stubs and channels that it hands out.
class World {
 public:
  explicit World(WorldOptions options = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The one that all tests of a program may share, started at first use. A test that kills the
  // daemon restarts it; for anything worse, make a World of your own.
  static World& Shared();

  DaemonProcess& daemon() { return *daemon_; }
  PostgresServer& postgres() { return *postgres_; }
  // Of this world, in its PostgreSQL.
  const std::string& database() const { return database_; }
  // What exports of the audit log are verified with.
  std::filesystem::path AuditPublicKey() const;
  // What the daemon is started with, for another one on the same database.
  std::filesystem::path ConfigFile() const { return directory_.path() / "entryexitd.yaml"; }
  std::filesystem::path KeyFile() const { return directory_.path() / "vault.keys"; }
  // Requires: breakable_links.
  SocketProxy& client_link() { return *client_link_; }
  SocketProxy& database_link() { return *database_link_; }
  // The daemon's stderr so far.
  std::string Log() const;
  // The daemon's metrics, in Prometheus' text format.
  std::string Metrics() const;

  // Starts the daemon again, after it was killed or has ended; kills it first if need be. Channels
  // and stubs made before are of no use afterwards: the port is another one (but see
  // breakable_links).
  void Restart();

  // A new connection as the principal `uri`, e.g. "entryexit://lane/SEA-A1".
  std::shared_ptr<grpc::Channel> Connect(const std::string& uri);
  // The same, but its calls say no purpose; those of the others say one that the shipped policy
  // lets them be made for without a case.
  std::shared_ptr<grpc::Channel> ConnectWithoutPurpose(const std::string& uri);
  // The same for a client that is a process of its own. The next connection replaces the files.
  ClientFiles IssueClient(const std::string& uri) const;
  // A new connection with files of IssueClient.
  std::shared_ptr<grpc::Channel> ConnectAs(const ClientFiles& files) const;
  // Where the daemon's own certificate and key are. It takes others within seconds.
  crypto::CertificateFiles ServerFiles() const;
  void RenewServerCertificate() const;
  // Puts a client's certificate on the list of those revoked, which the daemon sees within seconds.
  void Revoke(const std::filesystem::path& certificate) const;
  // As another authority's client of the same name, as one whose certificate was valid until
  // yesterday, and as one without any certificate.
  std::shared_ptr<grpc::Channel> ConnectFromOtherAuthority(const std::string& uri);
  std::shared_ptr<grpc::Channel> ConnectWithExpiredCertificate(const std::string& uri);
  std::shared_ptr<grpc::Channel> ConnectWithoutCertificate();

  std::unique_ptr<v1::LaneService::Stub> Lane(const std::string& lane_id) {
    return v1::LaneService::NewStub(Connect("entryexit://lane/" + lane_id));
  }
  std::unique_ptr<v1::BackOfficeService::Stub> Officer(const std::string& id = "4711") {
    return v1::BackOfficeService::NewStub(Connect("entryexit://officer/" + id));
  }
  std::unique_ptr<v1::ReportService::Stub> Reporter() {
    return v1::ReportService::NewStub(Connect("entryexit://report/nightly"));
  }

 private:
  void BreakableLinks();
  void Configure() const;
  std::shared_ptr<grpc::Channel> ConnectWith(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) const;

  const WorldOptions options_;
  const TempDir directory_;
  std::unique_ptr<PostgresServer> own_postgres_;
  PostgresServer* postgres_;
  std::string database_;
  std::unique_ptr<SocketProxy> client_link_;
  std::unique_ptr<SocketProxy> database_link_;
  std::unique_ptr<DaemonProcess> daemon_;
};

// The bytes of a file under tests/data/faces: FaceImage("id_001/arrival_1.jpg").
std::string FaceImage(const std::string& name);
// The capture of a synthetic person, 1 to 125: FaceImage(7, "arrival_1").
std::string FaceImage(int person, const std::string& capture);

// Complete and valid requests, to be sent as they are or spoiled. Each has a new request_id and
// happened `ago` before now.
struct Crossing {
  std::string lane_id;
  std::string document_number;  // the traveler
  std::string image;
  std::chrono::hours ago{0};
};
v1::RecordArrivalRequest ArrivalRequest(Crossing crossing);  // B-2, admitted for 90 days
v1::RecordDepartureRequest DepartureRequest(Crossing crossing);

// A document number that no other test of this program uses.
std::string NewDocumentNumber();

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_WORLD_H_
