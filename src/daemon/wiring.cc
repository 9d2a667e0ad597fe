#include "daemon/wiring.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/revocations.h"

namespace entryexit::daemon {
namespace {

constexpr int kMebibyte = 1 << 20;
constexpr uint64_t kMegapixel = 1'000'000;
constexpr std::chrono::seconds kLookForRevocationsEvery{5};

rpc::CallerLimit CallerLimitFrom(const config::CallerLimitConfig& limit) {
  return {limit.calls_per_second, limit.burst, limit.calls_in_flight};
}

rpc::CallerLimitTable CallerLimitsFrom(const config::LimitsConfig& limits) {
  const rpc::CallerLimit officer = CallerLimitFrom(limits.officer);
  const rpc::CallerLimit job = CallerLimitFrom(limits.job);
  return {{app::Role::kLane, CallerLimitFrom(limits.lane)},
          {app::Role::kOfficer, officer},
          {app::Role::kSupervisor, officer},
          {app::Role::kAuditor, officer},
          {app::Role::kReport, job},
          {app::Role::kAdmin, job}};
}

}  // namespace

absl::StatusOr<postgres::DatabaseOptions> DatabaseOptionsFrom(
    const config::DatabaseConfig& config) {
  if (config.dsn.empty()) {
    return core::MakeError(core::Reason::kConfigInvalid,
                           "database.dsn is not set: name the database there or in "
                           "ENTRYEXIT_DATABASE_DSN");
  }
  return postgres::DatabaseOptions{config.dsn, config.pool_size, config.connect_timeout,
                                   config.statement_timeout};
}

postgres::DatabaseOptions ReportOptionsFrom(const config::DatabaseConfig& config,
                                            postgres::DatabaseOptions options) {
  constexpr int kConnections = 3;  // as many as threads work on reports
  options.pool_size = kConnections;
  options.statement_timeout = config.report_timeout;
  return options;
}

postgres::DatabaseOptions ImportOptionsFrom(const config::DatabaseConfig& config,
                                            postgres::DatabaseOptions options) {
  constexpr int kConnections = 2;  // as many as threads work on imports
  options.pool_size = kConnections;
  options.statement_timeout = config.report_timeout;
  return options;
}

postgres::DatabaseOptions KeyOptionsFrom(postgres::DatabaseOptions options) {
  options.pool_size = 1;  // one looks at a time
  return options;
}

crypto::KeySource KeySourceFrom(const config::EncryptionConfig& config) {
  return config.key_command.empty()
             ? crypto::KeysFromFile(config.key_file)
             : crypto::KeysFromCommand(config.key_command, config.key_command_timeout);
}

face::EngineConfig EngineConfigFrom(const config::Config& config) {
  const config::FaceConfig& face = config.face;
  face::EngineConfig engine;
  engine.manifest = face.manifest;
  engine.installed_models = face.installed_models;
  engine.model = face.model;
  engine.runtime = face.runtime;
  engine.calibration_pairs = config.matching.calibration;
  engine.landmarks = face.landmarks;
  engine.workers = face.workers;
  engine.image.max_image_bytes = static_cast<size_t>(face.max_image_mib) * kMebibyte;
  engine.image.max_pixels = static_cast<uint64_t>(face.max_megapixels) * kMegapixel;
  engine.min_face_share = face.min_face_share;
  engine.quality = {.min_face_px = face.quality.min_face_px,
                    .min_share_inside = face.quality.min_share_inside,
                    .min_luma = face.quality.min_luma,
                    .max_luma = face.quality.max_luma,
                    .min_sharpness = face.quality.min_sharpness,
                    .max_roll_degrees = face.quality.max_roll_degrees,
                    .max_yaw_degrees = face.quality.max_yaw_degrees,
                    .max_pitch_degrees = face.quality.max_pitch_degrees,
                    .min_eye_contrast = face.quality.min_eye_contrast,
                    .min_dominance = face.quality.min_dominance};
  return engine;
}

std::vector<app::LaneEntry> LanesFrom(const std::vector<config::PortConfig>& ports) {
  std::vector<app::LaneEntry> lanes;
  for (const config::PortConfig& port : ports) {
    for (const config::LaneConfig& lane : port.lanes) {
      lanes.push_back(
          {core::LaneId(lane.id), core::PortId(port.id), port.time_zone, lane.direction});
    }
  }
  return lanes;
}

absl::StatusOr<app::CrossingPolicy> PolicyFrom(const config::Config& config,
                                               const Policies& policies,
                                               const core::Calibration& calibration) {
  absl::StatusOr<core::Thresholds> thresholds =
      core::ThresholdsFor(calibration, config.matching.fmr_match, config.matching.fmr_no_match);
  if (!thresholds.ok()) return thresholds.status();
  return app::CrossingPolicy{{*std::move(thresholds), config.matching.best_k},
                             config.policy.max_clock_skew,
                             config.policy.operating_state,
                             config.policy.exempt_classes,
                             policies.admissions,
                             policies.retention};
}

absl::StatusOr<rpc::CertificateCheck> CertificateCheckFrom(const config::ServerConfig& config) {
  if (config.tls_revocations.empty()) return rpc::CertificateCheck();
  auto watched = crypto::Revocations::Watch(
      config.tls_revocations, config.tls_ca, kLookForRevocationsEvery,
      [](const absl::Status& read) {
        if (read.ok()) {
          spdlog::info("the list of revoked certificates is read again");
          return;
        }
        spdlog::error("the list of revoked certificates stays as it was: {}",
                      std::string(read.message()));
      });
  if (!watched.ok()) return watched.status();
  const std::shared_ptr<crypto::Revocations> revocations = *std::move(watched);
  return [revocations](const std::string& certificate) { return revocations->Check(certificate); };
}

rpc::ServerOptions ServerOptionsFrom(const config::Config& config, const Policies& policies,
                                     const crypto::TlsFiles& tls,
                                     rpc::CertificateCheck check_certificate) {
  const config::ServerConfig& server = config.server;
  return {
      .listen = server.listen,
      .client_ca = tls.authorities_path(),
      .identity = tls.identity_path(),
      .max_message_bytes = server.max_message_mib * kMebibyte,
      .threads = config::RequestThreadsOf(config),
      // Half of the face engine at most, so that lanes with travelers before them find the rest.
      .backlog_threads = std::max(1, config.face.workers / 2),
      .queue_capacity = static_cast<size_t>(server.queue_capacity),
      .default_deadline = server.default_deadline,
      .check_certificate = std::move(check_certificate),
      .limits = CallerLimitsFrom(config.limits),
      .purposes = policies.purposes};
}

}  // namespace entryexit::daemon
