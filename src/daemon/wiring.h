#ifndef ENTRYEXIT_DAEMON_WIRING_H_
#define ENTRYEXIT_DAEMON_WIRING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/policies.h"
#include "entryexit/app/lane_directory.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/config/config.h"
#include "entryexit/crypto/tls_files.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/face/engine_config.h"
#include "entryexit/postgres/store.h"
#include "entryexit/rpc/server.h"

// The configuration in the terms of each module.
namespace entryexit::daemon {

// Errors: CONFIG_INVALID when no database is configured.
absl::StatusOr<postgres::DatabaseOptions> DatabaseOptionsFrom(const config::DatabaseConfig& config);

// As `options`, which are of the same database, for what works on reports.
postgres::DatabaseOptions ReportOptionsFrom(const config::DatabaseConfig& config,
                                            postgres::DatabaseOptions options);

// The same for imports.
postgres::DatabaseOptions ImportOptionsFrom(const config::DatabaseConfig& config,
                                            postgres::DatabaseOptions options);

// The same for the table of data keys.
postgres::DatabaseOptions KeyOptionsFrom(postgres::DatabaseOptions options);

// The command if there is one, else the file.
crypto::KeySource KeySourceFrom(const config::EncryptionConfig& config);

face::EngineConfig EngineConfigFrom(const config::Config& config);

std::vector<app::LaneEntry> LanesFrom(const std::vector<config::PortConfig>& ports);

// Errors: CONFIG_INVALID when `calibration` does not reach a target.
absl::StatusOr<app::CrossingPolicy> PolicyFrom(const config::Config& config,
                                               const Policies& policies,
                                               const core::Calibration& calibration);

// None when no list is configured. Errors: CONFIG_INVALID.
absl::StatusOr<rpc::CertificateCheck> CertificateCheckFrom(const config::ServerConfig& config);

// `policies` and the files of `tls` must exist as long as the server does.
rpc::ServerOptions ServerOptionsFrom(const config::Config& config, const Policies& policies,
                                     const crypto::TlsFiles& tls,
                                     rpc::CertificateCheck check_certificate);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_WIRING_H_
