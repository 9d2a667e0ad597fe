#ifndef ENTRYEXIT_CONFIG_CONFIG_H_
#define ENTRYEXIT_CONFIG_CONFIG_H_

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/stays.h"

// What an operator can set. The meaning, unit and range of every key stand in
// config/entryexitd.yaml; the values here are the defaults. Fields are named as their keys, save
// that the unit at the end of a duration's key is in the type here.
namespace entryexit::config {

struct ServerConfig {
  std::string listen = "0.0.0.0:7443";
  std::filesystem::path tls_ca = "/etc/entryexit/tls/ca.pem";
  std::filesystem::path tls_certificate = "/etc/entryexit/tls/server.pem";
  std::filesystem::path tls_key = "/etc/entryexit/tls/server.key";
  std::filesystem::path tls_revocations;  // empty: none are revoked
  int max_message_mib = 12;
  int request_threads = 0;  // 0: as RequestThreadsOf counts them
  int queue_capacity = 64;
  std::chrono::milliseconds default_deadline{5000};
  std::chrono::milliseconds drain{10000};

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

// What one principal may ask of the service.
struct CallerLimitConfig {
  double calls_per_second;
  int burst;
  int calls_in_flight;

  friend bool operator==(const CallerLimitConfig&, const CallerLimitConfig&) = default;
};

struct LimitsConfig {
  CallerLimitConfig lane{20, 100, 16};
  CallerLimitConfig officer{50, 200, 32};  // supervisors and auditors, too
  CallerLimitConfig job{50, 200, 16};      // principals of the roles report and admin

  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

struct MetricsConfig {
  std::string listen = "127.0.0.1:9464";  // empty: off

  friend bool operator==(const MetricsConfig&, const MetricsConfig&) = default;
};

struct LogConfig {
  std::string level = "info";   // trace, debug, info, warn, error, critical or off
  std::string format = "text";  // text or json

  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct DatabaseConfig {
  std::string dsn;  // empty: none configured. May hold a password: not for logs
  int pool_size = 8;
  std::chrono::milliseconds connect_timeout{3000};
  std::chrono::milliseconds statement_timeout{5000};
  std::chrono::milliseconds report_timeout{600'000};

  friend bool operator==(const DatabaseConfig&, const DatabaseConfig&) = default;
};

struct EncryptionConfig {
  std::filesystem::path key_file = "/etc/entryexit/vault.keys";
  std::vector<std::string> key_command;  // goes before the file; empty: none
  std::chrono::milliseconds key_command_timeout{10000};

  friend bool operator==(const EncryptionConfig&, const EncryptionConfig&) = default;
};

struct AuditConfig {
  std::filesystem::path signing_key_file = "/etc/entryexit/audit.key";
  std::chrono::seconds checkpoint_interval{60};

  friend bool operator==(const AuditConfig&, const AuditConfig&) = default;
};

// Limits of a usable capture, as in face/engine_config.h.
struct QualityConfig {
  double min_face_px = 90;
  double min_share_inside = 0.9;
  double min_luma = 40;
  double max_luma = 232;
  double min_sharpness = 21;
  double max_roll_degrees = 20;
  double max_yaw_degrees = 25;
  double max_pitch_degrees = 30;
  double min_eye_contrast = 12.5;
  double min_dominance = 1.5;

  friend bool operator==(const QualityConfig&, const QualityConfig&) = default;
};

struct FaceConfig {
  std::filesystem::path manifest = "/usr/share/entryexit/models/manifest.yaml";
  std::filesystem::path installed_models = "/var/lib/entryexit/models";
  std::string model = "entryexit-resnet-v1";
  std::string runtime = "onednn";  // onednn or dlib
  std::filesystem::path landmarks = "/usr/share/dlib/shape_predictor_68_face_landmarks.dat";
  int workers = 2;
  int max_image_mib = 8;
  int max_megapixels = 25;
  double min_face_share = 0.25;
  QualityConfig quality;

  friend bool operator==(const FaceConfig&, const FaceConfig&) = default;
};

struct MatchingConfig {
  double fmr_match = 5e-4;
  double fmr_no_match = 1e-2;
  int best_k = 2;
  std::string calibration = "matched";  // matched or random

  friend bool operator==(const MatchingConfig&, const MatchingConfig&) = default;
};

struct PolicyConfig {
  std::string operating_state = "USA";
  std::vector<std::string> exempt_classes = {"A-1", "A-2", "G-1"};
  std::filesystem::path admission_policy = "/etc/entryexit/admission_policy.yaml";
  std::filesystem::path retention_policy = "/etc/entryexit/retention_policy.yaml";
  std::filesystem::path purpose_policy = "/etc/entryexit/purpose_policy.yaml";
  std::chrono::seconds max_clock_skew{120};
  int correction_request_days = 45;

  friend bool operator==(const PolicyConfig&, const PolicyConfig&) = default;
};

struct LaneConfig {
  std::string id;
  std::optional<core::Direction> direction;  // absent: both ways

  friend bool operator==(const LaneConfig&, const LaneConfig&) = default;
};

struct PortConfig {
  std::string id;
  std::string name;
  std::string time_zone;  // IANA name, known to this machine
  std::vector<LaneConfig> lanes;

  friend bool operator==(const PortConfig&, const PortConfig&) = default;
};

struct Config {
  ServerConfig server;
  LimitsConfig limits;
  MetricsConfig metrics;
  LogConfig log;
  DatabaseConfig database;
  EncryptionConfig encryption;
  AuditConfig audit;
  FaceConfig face;
  MatchingConfig matching;
  PolicyConfig policy;
  std::vector<PortConfig> ports;  // ids of ports and lanes are unique over all of them

  friend bool operator==(const Config&, const Config&) = default;
};

// server.request_threads; where that is 0, twelve for each of face.workers.
int RequestThreadsOf(const Config& config);

using Environment = std::map<std::string, std::string>;

// Those variables of this process whose names start with "ENTRYEXIT_". Not thread-safe against
// changes of the environment.
Environment ProcessEnvironment();

// Reads the YAML file `path`; variables of `environment` go before it, and built-in defaults apply
// to what neither sets. Nothing is looked up but the time zones: files that are named need not
// exist. Relative paths count from the file's directory; those in variables, from the working
// directory. Variables that do not start with "ENTRYEXIT_", ENTRYEXIT_CONFIG and
// ENTRYEXIT_TEST_... are passed over.
// Errors: CONFIG_INVALID, saying where ("file:line" or the variable) and what is allowed, for a
// file that cannot be read, an unknown or repeated key, a value of the wrong type or out of range,
// two values that cannot go together, and an unknown variable.
absl::StatusOr<Config> LoadConfig(const std::filesystem::path& path,
                                  const Environment& environment);

// One key of the file outside `ports`.
struct KeyInfo {
  std::string name;      // "face.quality.min_luma"
  std::string variable;  // "ENTRYEXIT_FACE_QUALITY_MIN_LUMA"; a list's items separated by commas
  std::string allowed;   // "a number from 0 to 255"
};

// All keys but `ports`.
std::vector<KeyInfo> Keys();

}  // namespace entryexit::config

#endif  // ENTRYEXIT_CONFIG_CONFIG_H_
