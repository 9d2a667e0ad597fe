#include "daemon/daemon.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <iostream>

#include "daemon/audit_signer.h"
#include "daemon/metrics_endpoint.h"
#include "daemon/tls_refresher.h"
#include "daemon/wiring.h"
#include "entryexit/crypto/signing.h"
#include "entryexit/crypto/tls_files.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/face/engine.h"
#include "entryexit/postgres/migrations.h"
#include "entryexit/rpc/measured_face_engine.h"

namespace entryexit::daemon {
namespace {

// "host:0" with the port that was got in the place of 0.
std::string WithPort(const std::string& listen, int port) {
  return fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), port);
}

void AnnounceReady(const rpc::Server& server, const config::MetricsConfig& metrics,
                   const prometheus::Exposer* exposer) {
  std::cout << "entryexitd ready on " << server.address();
  if (exposer != nullptr) {
    std::cout << ", metrics on http://"
              << WithPort(metrics.listen, exposer->GetListeningPorts().front()) << "/metrics";
  }
  std::cout << std::endl;
}

int WaitForSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int received = 0;
  sigwait(&signals, &received);
  return received;
}

}  // namespace

absl::Status Run(const config::Config& config, const Policies& policies) {
  // Whatever is wrong with the key-encryption keys shows before the database is asked for anything.
  const crypto::KeySource key_source = KeySourceFrom(config.encryption);
  if (const absl::Status status = crypto::CheckKeys(key_source); !status.ok()) return status;
  const auto signer = crypto::OpenSigner(config.audit.signing_key_file);
  if (!signer.ok()) return signer.status();

  const auto database = DatabaseOptionsFrom(config.database);
  if (!database.ok()) return database.status();
  const absl::Status schema = postgres::CheckSchema(database->dsn);
  if (!schema.ok()) return schema;
  const auto store = postgres::OpenStore(*database);
  if (!store.ok()) return store.status();
  // Reports take long, and must not take the connections of lanes.
  const auto report_store = postgres::OpenStore(ReportOptionsFrom(config.database, *database));
  if (!report_store.ok()) return report_store.status();
  // Nor must imports.
  const auto import_store = postgres::OpenStore(ImportOptionsFrom(config.database, *database));
  if (!import_store.ok()) return import_store.status();
  // Who looks for keys may hold a connection of another store.
  const auto key_store = postgres::OpenStore(KeyOptionsFrom(*database));
  if (!key_store.ok()) return key_store.status();
  app::StoredKeys stored_keys(**key_store);
  const auto vault = crypto::OpenVault(key_source, stored_keys);
  if (!vault.ok()) return vault.status();
  const auto feed = postgres::OpenCaseFeed(*database);
  if (!feed.ok()) return feed.status();

  const auto lanes = app::LaneDirectory::Create(LanesFrom(config.ports));
  if (!lanes.ok()) return lanes.status();

  rpc::Metrics metrics;
  face::EngineConfig engine_config = EngineConfigFrom(config);
  engine_config.on_stages = [&metrics](const face::StageTimes& times) {
    if (times.together > 0) metrics.FaceEmbedded(times.together);
  };
  const auto loaded_engine = face::CreateFaceEngine(engine_config);
  if (!loaded_engine.ok()) return loaded_engine.status();
  const rpc::MeasuredFaceEngine engine(**loaded_engine, metrics);
  const auto policy = PolicyFrom(config, policies, engine.calibration());
  if (!policy.ok()) return policy.status();

  const core::SystemClock clock;
  const app::RecordCrossing record(*lanes, engine, **store, **vault, clock, *policy);
  const app::RecordCrossing record_imported(*lanes, engine, **import_store, **vault, clock,
                                            *policy);
  const app::ImportCrossings import_crossings(*lanes, record_imported, **import_store, clock,
                                              *policy);
  const app::DecideCase decide(**store, clock);
  const app::FileCorrectionRequest file_request(
      **store, clock, std::chrono::days(config.policy.correction_request_days));
  const app::RecordAdmissionChange record_admission_change(**store, clock, policies.admissions);
  const app::CorrectCrossing correct_crossing(*lanes, engine, **store, **vault, clock, *policy);
  const app::MoveDocument move_document(engine, **store, **vault, clock, *policy);
  const app::ReplayDecision replay(**store, **vault, engine.model(), engine.calibration());
  const app::Queries queries(**store, **vault, policies.admissions);
  const app::Queries reports(**report_store, **vault, policies.admissions);
  const app::ReviewOverstays review_overstays(**report_store, clock);
  const app::RetentionRules retention_rules{policies.retention, config.policy.operating_state};
  const app::RunRetention run_retention(**report_store, clock, retention_rules);
  const app::LegalHolds legal_holds(**store, clock);
  const app::AuditLog audit_log(**report_store, clock, **signer);
  const AuditSigner audit_signer(audit_log, config.audit.checkpoint_interval);
  const app::RotateKeys rotate_keys(**report_store, **vault, **vault);
  const app::ExportTraveler export_traveler(**report_store, reports, clock);

  const auto exposer = ExposeMetrics(config.metrics.listen, metrics);
  if (!exposer.ok()) return exposer.status();
  const auto tls = crypto::TlsFiles::Open({config.server.tls_certificate, config.server.tls_key},
                                          config.server.tls_ca);
  if (!tls.ok()) return tls.status();
  const auto check_certificate = CertificateCheckFrom(config.server);
  if (!check_certificate.ok()) return check_certificate.status();
  const auto server =
      rpc::StartServer(ServerOptionsFrom(config, policies, **tls, *check_certificate),
                       {record,           decide,         record_admission_change,
                        correct_crossing, move_document,  replay,
                        queries,          reports,        review_overstays,
                        import_crossings, clock,          engine,
                        **store,          **feed,         run_retention,
                        legal_holds,      audit_log,      file_request,
                        rotate_keys,      export_traveler},
                       metrics);
  if (!server.ok()) return server.status();

  const TlsRefresher refresher(**tls);
  AnnounceReady(**server, config.metrics, exposer->get());
  spdlog::info("ready on {} with model {}", (*server)->address(), engine.model().id);
  const int signal = WaitForSignal();
  spdlog::info("got {}: draining for at most {} ms", strsignal(signal),
               config.server.drain.count());
  (*server)->Drain(config.server.drain);
  spdlog::info("stopped");
  return absl::OkStatus();
}

}  // namespace entryexit::daemon
