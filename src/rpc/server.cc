#include "entryexit/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "entryexit/rpc/request_pool.h"
#include "rpc/access_processor.h"
#include "rpc/arrival_interceptor.h"
#include "rpc/audit_service.h"
#include "rpc/back_office_service.h"
#include "rpc/gate.h"
#include "rpc/grpc_log.h"
#include "rpc/health_monitor.h"
#include "rpc/import_service.h"
#include "rpc/key_service.h"
#include "rpc/lane_service.h"
#include "rpc/report_service.h"
#include "rpc/retention_service.h"
#include "rpc/stream_checker.h"
#include "rpc/streams.h"
#include "rpc/subject_service.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

constexpr std::chrono::seconds kLongestCall{30};
constexpr std::chrono::hours kLongestReport{1};
constexpr std::chrono::minutes kLongestPartOfReport{10};
constexpr std::chrono::minutes kLongestPartOfImport{10};
// Each kind of stream has threads of its own, so that none holds up a lane that has a traveler
// before it, and none another kind. A stream has one job at a time, so its pool's queue needs as
// many places as there may be streams.
constexpr int kReportThreads = 2;
// A summary reads a year at once, on one thread and one connection of the database.
constexpr int kSummaryThreads = 1;
constexpr int kWatchThreads = 1;
// One works while the other waits for the database. An import has two streams.
constexpr int kImportThreads = 2;
constexpr size_t kMaxBacklogs = 64;  // each takes the memory of one item, which has a picture
constexpr size_t kMaxReports = 64;
constexpr size_t kMaxSummaries = 16;
constexpr size_t kMaxWatches = 256;
constexpr size_t kMaxImports = 8;  // each takes the memory of one message
constexpr int kMaxCallsPerConnection = 32;
// What messages may take while they are on their way in and out.
constexpr size_t kTransportMemory = size_t{256} << 20;
constexpr int kKeepaliveMs = 30'000;
constexpr unsigned kLookForFilesEverySeconds = 2;
// Far more than there are lanes and officers; each takes some hundred bytes.
constexpr size_t kMaxCallers = 65'536;

// gRPC takes TLS 1.2 as well and has no setting against it. It does take the ciphers of TLS 1.2
// from its environment, before its first use: those for keys that were agreed on beforehand serve
// nobody here, and TLS 1.3 has ciphers of its own.
void LeaveOnlyTls13() { setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*replace=*/1); }

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
ArrivalInterceptorsOf(const std::shared_ptr<Gate>& gate) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  creators.push_back(std::make_unique<ArrivalInterceptors>(gate));
  return creators;
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const ServerOptions& options,
                                                     const std::shared_ptr<Gate>& gate) {
  const auto files = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      options.identity.string(), options.identity.string(), options.client_ca.string(),
      kLookForFilesEverySeconds);
  grpc::experimental::TlsServerCredentialsOptions tls(files);
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::TlsServerCredentials(tls);
  credentials->SetAuthMetadataProcessor(std::make_shared<AccessProcessor>(gate));
  return credentials;
}

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServerOptions& options, const UseCases& use_cases, Metrics& metrics)
      : store_(use_cases.store),
        gate_(new Gate{options.check_certificate, options.purposes,
                       CallerLimits(options.limits, kMaxCallers), Refusals(metrics)}),
        pool_(options.threads, options.queue_capacity),
        backlog_pool_(options.backlog_threads, kMaxBacklogs),
        watch_pool_(kWatchThreads, kMaxWatches),
        report_pool_(kReportThreads, kMaxReports),
        summary_pool_(kSummaryThreads, kMaxSummaries),
        import_pool_(kImportThreads, kMaxImports),
        calls_{pool_,
               *gate_,
               metrics,
               {options.default_deadline, kLongestCall},
               /*has_live_queue=*/true},
        // Nobody waits at a gate for a backlog, so an item may take as long as any call may.
        backlogs_{backlog_pool_, *gate_, metrics, {kLongestCall, kLongestCall}},
        watches_{watch_pool_, *gate_, metrics, {options.default_deadline, kLongestCall}},
        reports_{report_pool_, *gate_, metrics, {kLongestPartOfReport, kLongestReport}},
        summaries_{summary_pool_, *gate_, metrics, {options.default_deadline, kLongestReport}},
        imports_{import_pool_, *gate_, metrics, {kLongestPartOfImport, kLongestPartOfImport}},
        lanes_(calls_, backlogs_, use_cases.record, use_cases.engine, open_backlogs_),
        back_office_(calls_, watches_, use_cases.queries, use_cases.decide,
                     use_cases.record_admission_change, use_cases.correct_crossing,
                     use_cases.move_document, use_cases.file_request, use_cases.replay,
                     use_cases.feed, open_watches_),
        reporting_(summaries_, reports_, use_cases.reports, use_cases.review_overstays,
                   use_cases.clock, open_reports_),
        importing_(imports_, use_cases.import_crossings, open_imports_),
        retaining_(calls_, reports_, use_cases.run_retention, use_cases.legal_holds, open_reports_),
        auditing_(summaries_, reports_, use_cases.audit_log, open_reports_),
        keeping_keys_(reports_, use_cases.rotate_keys, open_reports_),
        exporting_(reports_, use_cases.export_traveler, open_reports_) {}

  ~ServerImpl() override {
    Drain(std::chrono::milliseconds(0));
    TakeGrpcLog(nullptr);  // The metrics may be gone soon.
  }

  absl::Status Start(const ServerOptions& options) {
    TakeGrpcLog(gate_);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options.listen, Credentials(options, gate_), &port);
    builder.SetMaxReceiveMessageSize(options.max_message_bytes);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCallsPerConnection);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.experimental().SetInterceptorCreators(ArrivalInterceptorsOf(gate_));
    builder.SetResourceQuota(grpc::ResourceQuota("messages").Resize(kTransportMemory));
    builder.RegisterService(&lanes_);
    builder.RegisterService(&back_office_);
    builder.RegisterService(&reporting_);
    builder.RegisterService(&importing_);
    builder.RegisterService(&retaining_);
    builder.RegisterService(&auditing_);
    builder.RegisterService(&keeping_keys_);
    builder.RegisterService(&exporting_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return MakeError(
          Reason::kConfigInvalid,
          fmt::format("cannot serve on {}: the address is in use, or not of this machine",
                      options.listen));
    }
    address_ = fmt::format("{}:{}", options.listen.substr(0, options.listen.rfind(':')), port);
    monitor_ = std::make_unique<HealthMonitor>(store_, [this](bool healthy) {
      server_->GetHealthCheckService()->SetServingStatus(healthy);
    });
    checker_ = std::make_unique<StreamChecker>([this] {
      for (OpenStreams* streams : AllStreams()) streams->CheckCallers();
    });
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  void Drain(std::chrono::milliseconds patience) override {
    if (server_ == nullptr) return;
    monitor_->Stop();
    checker_->Stop();
    server_->GetHealthCheckService()->SetServingStatus(false);
    for (OpenStreams* streams : AllStreams()) streams->DrainAll();
    server_->Shutdown(std::chrono::system_clock::now() + patience);
    server_.reset();
  }

 private:
  std::array<OpenStreams*, 4> AllStreams() {
    return {&open_backlogs_, &open_watches_, &open_reports_, &open_imports_};
  }

  ports::Store& store_;
  const std::shared_ptr<Gate> gate_;
  RequestPool pool_;
  RequestPool backlog_pool_;
  RequestPool watch_pool_;
  RequestPool report_pool_;
  RequestPool summary_pool_;
  RequestPool import_pool_;
  const Environment calls_;
  const Environment backlogs_;
  const Environment watches_;
  const Environment reports_;
  const Environment summaries_;
  const Environment imports_;
  OpenStreams open_backlogs_{kMaxBacklogs};
  OpenStreams open_watches_{kMaxWatches};
  OpenStreams open_reports_{kMaxReports};
  OpenStreams open_imports_{kMaxImports};
  LaneService lanes_;
  BackOfficeService back_office_;
  ReportService reporting_;
  ImportService importing_;
  RetentionService retaining_;
  AuditService auditing_;
  KeyService keeping_keys_;
  SubjectService exporting_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HealthMonitor> monitor_;
  std::unique_ptr<StreamChecker> checker_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> StartServer(const ServerOptions& options,
                                                    const UseCases& use_cases, Metrics& metrics) {
  LeaveOnlyTls13();
  // Both must be on before the server is built.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto server = std::make_unique<ServerImpl>(options, use_cases, metrics);
  absl::Status status = server->Start(options);
  if (!status.ok()) return status;
  return server;
}

}  // namespace entryexit::rpc
