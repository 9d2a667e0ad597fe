#include "tests/e2e/world.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "entryexit/crypto/digest.h"
#include "entryexit/crypto/revocations.h"
#include "entryexit/crypto/signing.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/postgres/migrations.h"
#include "tests/support/files.h"

namespace entryexit::testing {
namespace {

constexpr int kValidDays = 2;

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "the test's world cannot be made: " << status.ToString() << std::endl;
  std::abort();
}

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  OrDie(result.status());
  return *std::move(result);
}

PostgresServer& SharedPostgres() {
  static const std::unique_ptr<PostgresServer> kServer = OrDie(PostgresServer::Start());
  return *kServer;
}

crypto::CertificateFiles FilesIn(const std::filesystem::path& directory, const std::string& name) {
  return {directory / (name + ".pem"), directory / (name + ".key")};
}

grpc::SslCredentialsOptions ClientCredentials(const std::filesystem::path& directory,
                                              const std::string& authority,
                                              const std::string& uri) {
  const crypto::CertificateFiles client = FilesIn(directory, authority + "-client");
  OrDie(crypto::IssueClientCertificate(FilesIn(directory, authority), uri, kValidDays, client,
                                       crypto::IfExists::kReplace));
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = ReadAll(directory / "ca.pem");
  credentials.pem_cert_chain = ReadAll(client.certificate);
  credentials.pem_private_key = ReadAll(client.key);
  return credentials;
}

// The same certificate, PEM, but for its validity, signed anew with the authority's key.
std::string EndedYesterday(const std::string& certificate, const std::string& authority_key) {
  constexpr long kDay = 86400;
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
  const auto reading = [](const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  };
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      PEM_read_bio_X509(reading(certificate).get(), nullptr, nullptr, nullptr), &X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(reading(authority_key).get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), -kDay);
  const Bio written(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (X509_sign(x509.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509(written.get(), x509.get()) == 0) {
    OrDie(absl::InternalError("cannot sign a certificate"));
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(written.get(), &data);
  return {data, static_cast<size_t>(size)};
}

// Says with every call a purpose that config/purpose_policy.yaml lets it be made for without a
// case.
class FittingPurpose final : public grpc::MetadataCredentialsPlugin {
 public:
  bool IsBlocking() const override { return false; }

  grpc::Status GetMetadata(grpc::string_ref /*service_url*/, grpc::string_ref method,
                           const grpc::AuthContext& /*channel*/,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    static const std::map<std::string, std::string> kPurposes = {
        {"GetTraveler", "INSPECTION"},
        {"GetStayAllowance", "INSPECTION"},
        {"ListCrossings", "INSPECTION"},
        {"GetCapture", "INSPECTION"},
        {"RecordAdmissionChange", "RECORD_KEEPING"},
        {"CorrectCrossing", "RECORD_KEEPING"},
        {"MoveDocument", "RECORD_KEEPING"},
        {"PlaceLegalHold", "RECORD_KEEPING"},
        {"ReleaseLegalHold", "RECORD_KEEPING"},
        {"ListLegalHolds", "RECORD_KEEPING"},
        {"ListCases", "CASE_WORK"},
        {"GetCase", "CASE_WORK"},
        {"DecideCase", "CASE_WORK"},
        {"WatchCases", "CASE_WORK"},
        {"ReplayDecision", "OVERSIGHT"},
        {"FileCorrectionRequest", "SUBJECT_REQUEST"},
        {"ExportTraveler", "SUBJECT_REQUEST"},
        {"ListOverstays", "REPORTING"},
    };
    const auto purpose = kPurposes.find({method.data(), method.size()});
    if (purpose != kPurposes.end()) metadata->emplace("entryexit-purpose", purpose->second);
    return grpc::Status::OK;
  }
};

std::shared_ptr<grpc::ChannelCredentials> SayingPurposes(
    const grpc::SslCredentialsOptions& credentials) {
  return grpc::CompositeChannelCredentials(
      grpc::SslCredentials(credentials),
      grpc::MetadataCredentialsFromPlugin(std::make_unique<FittingPurpose>()));
}

void Identify(const std::string& document_number, v1::Identification* identification) {
  v1::TravelDocument* const document = identification->mutable_document();
  document->set_issuing_state("UTO");
  document->set_number(document_number);
  document->set_nationality("UTO");
  document->mutable_birth_date()->set_year(1985);
  document->mutable_birth_date()->set_month(3);
  document->mutable_birth_date()->set_day(14);
  document->set_sex(v1::SEX_FEMALE);
}

template <typename Request>
Request RequestOf(Crossing crossing) {
  Request request;
  request.set_request_id(crypto::NewUuid());
  request.set_lane_id(crossing.lane_id);
  const auto captured_at = std::chrono::system_clock::now() - crossing.ago;
  request.mutable_captured_at()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(captured_at).time_since_epoch().count());
  Identify(crossing.document_number, request.mutable_identification());
  request.set_image(std::move(crossing.image));
  return request;
}

}  // namespace

std::string ReasonOf(const grpc::ClientContext& context) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find("entryexit-reason");
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

void SetPatience(grpc::ClientContext& context, std::chrono::milliseconds patience) {
  context.set_deadline(std::chrono::system_clock::now() + patience);
}

World::World(WorldOptions options) : options_(std::move(options)) {
  if (options_.own_postgres) own_postgres_ = OrDie(PostgresServer::Start(options_.postgres));
  postgres_ = own_postgres_ ? own_postgres_.get() : &SharedPostgres();
  database_ = OrDie(postgres_->CreateDatabase());
  OrDie(postgres::Migrate(postgres_->OwnerDsn(database_), [](const std::string&) {}).status());

  const std::filesystem::path& directory = directory_.path();
  for (const char* const authority : {"ca", "other-ca"}) {
    OrDie(crypto::CreateAuthority(FilesIn(directory, authority), crypto::IfExists::kRefuse));
  }
  OrDie(crypto::IssueServerCertificate(FilesIn(directory, "ca"), {{"localhost"}, {"127.0.0.1"}},
                                       kValidDays, FilesIn(directory, "server"),
                                       crypto::IfExists::kRefuse));
  Revoke(IssueClient("entryexit://lane/LOST").certificate);
  OrDie(crypto::WriteNewKeyFile(KeyFile()));
  OrDie(crypto::WriteNewSigningKey({directory / "audit.key", AuditPublicKey()}));
  if (options_.breakable_links) BreakableLinks();
  Configure();
  Restart();
}

World& World::Shared() {
  static World world;
  return world;
}

void World::BreakableLinks() {
  client_link_ = OrDie(SocketProxy::ListenOnPort());
  const std::filesystem::path socket = postgres_->SocketFile();
  database_link_ = OrDie(SocketProxy::ListenOnFile(directory_.path() / socket.filename()));
  database_link_->ForwardToFile(socket);
}

void World::Configure() const {
  const std::filesystem::path& directory = directory_.path();
  std::string dsn = postgres_->DaemonDsn(database_);
  if (database_link_) dsn += fmt::format(" host={}", directory.string());
  std::string more_lanes;
  for (const std::string& lane : options_.more_lanes) {
    more_lanes += fmt::format("      - {{id: {}, direction: both}}\n", lane);
  }
  std::ofstream(ConfigFile()) << fmt::format(
      R"(server:
  listen: "127.0.0.1:0"
  tls_ca: {0}/ca.pem
  tls_certificate: {0}/server.pem
  tls_key: {0}/server.key
  tls_revocations: {0}/revoked.pem
  default_deadline_ms: 30000
# Tests ask for more than any principal does; what the limits do has tests of its own.
limits:
  lane: &unlimited {{calls_per_second: 100000, burst: 100000, calls_in_flight: 10000}}
  officer: *unlimited
  job: *unlimited
metrics:
  listen: "127.0.0.1:0"
database:
  dsn: "{1}"
encryption:
  key_file: {0}/vault.keys
audit:
  signing_key_file: {0}/audit.key
face:
  manifest: {2}/models/manifest.yaml
  installed_models: {0}/models
policy:
  admission_policy: {2}/config/admission_policy.yaml
  retention_policy: {2}/config/retention_policy.yaml
  purpose_policy: {2}/config/purpose_policy.yaml
ports:
  - id: SEA
    name: Seattle
    time_zone: America/Los_Angeles
    lanes:
      - {{id: SEA-A1, direction: arrival}}
      - {{id: SEA-D1, direction: departure}}
      - {{id: SEA-X1, direction: both}}
{3}  - id: EPP
    name: El Paso
    time_zone: America/Denver
    lanes:
      - {{id: EPP-X1, direction: both}}
)",
      directory.string(), dsn, ENTRYEXIT_SOURCE_DIR, more_lanes);
}

std::filesystem::path World::AuditPublicKey() const { return directory_.path() / "audit.pub"; }

std::string World::Log() const { return ReadAll(directory_.path() / "log"); }

std::string World::Metrics() const {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(daemon_->metrics_port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string page;
  constexpr std::string_view kRequest = "GET /metrics HTTP/1.0\r\n\r\n";
  if (connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      write(handle, kRequest.data(), kRequest.size()) == static_cast<ssize_t>(kRequest.size())) {
    char buffer[4096];
    for (ssize_t got = 0; (got = read(handle, buffer, sizeof(buffer))) > 0;) {
      page.append(buffer, static_cast<size_t>(got));
    }
  }
  close(handle);
  return page;
}

void World::Restart() {
  daemon_.reset();
  daemon_ =
      OrDie(DaemonProcess::Start(ConfigFile(), directory_.path() / "log", options_.environment));
  if (client_link_) client_link_->ForwardToPort(daemon_->port());
}

std::shared_ptr<grpc::Channel> World::Connect(const std::string& uri) {
  return ConnectWith(SayingPurposes(ClientCredentials(directory_.path(), "ca", uri)));
}

std::shared_ptr<grpc::Channel> World::ConnectWithoutPurpose(const std::string& uri) {
  return ConnectWith(grpc::SslCredentials(ClientCredentials(directory_.path(), "ca", uri)));
}

ClientFiles World::IssueClient(const std::string& uri) const {
  const crypto::CertificateFiles client = FilesIn(directory_.path(), "ca-client");
  OrDie(crypto::IssueClientCertificate(FilesIn(directory_.path(), "ca"), uri, kValidDays, client,
                                       crypto::IfExists::kReplace));
  return {directory_.path() / "ca.pem", client.certificate, client.key};
}

std::shared_ptr<grpc::Channel> World::ConnectAs(const ClientFiles& files) const {
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = ReadAll(files.authority);
  credentials.pem_cert_chain = ReadAll(files.certificate);
  credentials.pem_private_key = ReadAll(files.key);
  return ConnectWith(SayingPurposes(credentials));
}

crypto::CertificateFiles World::ServerFiles() const { return FilesIn(directory_.path(), "server"); }

void World::RenewServerCertificate() const {
  OrDie(crypto::IssueServerCertificate(FilesIn(directory_.path(), "ca"),
                                       {{"localhost"}, {"127.0.0.1"}}, kValidDays, ServerFiles(),
                                       crypto::IfExists::kReplace));
}

void World::Revoke(const std::filesystem::path& certificate) const {
  OrDie(crypto::Revoke(FilesIn(directory_.path(), "ca"), certificate,
                       directory_.path() / "revoked.pem"));
}

std::shared_ptr<grpc::Channel> World::ConnectFromOtherAuthority(const std::string& uri) {
  return ConnectWith(SayingPurposes(ClientCredentials(directory_.path(), "other-ca", uri)));
}

std::shared_ptr<grpc::Channel> World::ConnectWithExpiredCertificate(const std::string& uri) {
  grpc::SslCredentialsOptions credentials = ClientCredentials(directory_.path(), "ca", uri);
  credentials.pem_cert_chain =
      EndedYesterday(credentials.pem_cert_chain, ReadAll(directory_.path() / "ca.key"));
  return ConnectWith(SayingPurposes(credentials));
}

std::shared_ptr<grpc::Channel> World::ConnectWithoutCertificate() {
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = ReadAll(directory_.path() / "ca.pem");
  return ConnectWith(SayingPurposes(credentials));
}

std::shared_ptr<grpc::Channel> World::ConnectWith(
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
  grpc::ChannelArguments arguments;
  // Channels of different principals must not share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A daemon that comes back is to be found soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  const int port = client_link_ ? client_link_->port() : daemon_->port();
  return grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", port), credentials, arguments);
}

std::string FaceImage(const std::string& name) {
  return ReadAll(std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "tests/data/faces" / name);
}

std::string FaceImage(int person, const std::string& capture) {
  return FaceImage(fmt::format("id_{:03}/{}.jpg", person, capture));
}

v1::RecordArrivalRequest ArrivalRequest(Crossing crossing) {
  auto request = RequestOf<v1::RecordArrivalRequest>(std::move(crossing));
  request.mutable_admission()->set_class_of_admission("B-2");
  request.mutable_admission()->set_days_from_arrival(90);
  return request;
}

v1::RecordDepartureRequest DepartureRequest(Crossing crossing) {
  return RequestOf<v1::RecordDepartureRequest>(std::move(crossing));
}

std::string NewDocumentNumber() {
  static std::atomic<int> count{0};
  return fmt::format("E2E{:06}", ++count);
}

}  // namespace entryexit::testing
