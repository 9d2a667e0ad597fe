#include "src/config/key_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "src/config/numbers.h"
#include "src/config/text_rules.h"

namespace entryexit::config {
namespace {

using Predicate = bool (*)(std::string_view);

std::string VariableOf(std::string_view name) {
  std::string variable = "ENTRYEXIT_" + std::string(name);
  for (char& c : variable) {
    if (c == '.') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return variable;
}

// A key of one value. `store` has the signature bool(const std::string&, const path& base).
template <typename Store>
Key ScalarKey(const std::string& name, const std::string& allowed, Store store) {
  return Key{{name, VariableOf(name), allowed},
             /*is_list=*/false,
             [store](const std::vector<std::string>& values, const std::filesystem::path& base) {
               return store(values.front(), base);
             }};
}

template <typename T>
Key Number(const std::string& name, T& target, std::type_identity_t<T> min,
           std::type_identity_t<T> max) {
  return ScalarKey(name, RangeText(min, max),
                   [&target, min, max](const std::string& text, const std::filesystem::path&) {
                     const std::optional<T> value = ParseNumber<T>(text, min, max);
                     if (value) target = *value;
                     return value.has_value();
                   });
}

template <typename Duration>
Key Time(const std::string& name, Duration& target, int min, int max) {
  return ScalarKey(name, RangeText(min, max),
                   [&target, min, max](const std::string& text, const std::filesystem::path&) {
                     const std::optional<int> count = ParseNumber(text, min, max);
                     if (count) target = Duration(*count);
                     return count.has_value();
                   });
}

Key Text(const std::string& name, std::string& target, const std::string& allowed,
         Predicate predicate) {
  return ScalarKey(name, allowed,
                   [&target, predicate](const std::string& text, const std::filesystem::path&) {
                     const bool good = predicate(text);
                     if (good) target = text;
                     return good;
                   });
}

Key Choice(const std::string& name, std::string& target, std::vector<std::string> choices) {
  const std::string allowed = fmt::format("one of {}", fmt::join(choices, ", "));
  return ScalarKey(name, allowed,
                   [&target, choices = std::move(choices)](const std::string& text,
                                                           const std::filesystem::path&) {
                     const bool good = std::ranges::find(choices, text) != choices.end();
                     if (good) target = text;
                     return good;
                   });
}

Key OptionalPath(const std::string& name, std::filesystem::path& target) {
  return ScalarKey(name, "a path, or empty",
                   [&target](const std::string& text, const std::filesystem::path& base) {
                     target.clear();
                     if (!text.empty()) target = (base / text).lexically_normal();
                     return true;
                   });
}

Key Path(const std::string& name, std::filesystem::path& target) {
  return ScalarKey(name, "a path",
                   [&target](const std::string& text, const std::filesystem::path& base) {
                     if (text.empty()) return false;
                     target = (base / text).lexically_normal();
                     return true;
                   });
}

Key TextList(const std::string& name, std::vector<std::string>& target, const std::string& allowed,
             Predicate predicate) {
  return Key{
      {name, VariableOf(name), allowed},
      /*is_list=*/true,
      [&target, predicate](const std::vector<std::string>& values, const std::filesystem::path&) {
        const bool good = std::ranges::all_of(values, predicate);
        if (good) target = values;
        return good;
      }};
}

}  // namespace

std::vector<Key> KeysOf(Config& config) {
  auto& [server, limits, metrics, log, database, encryption, audit, face, matching, policy, ports] =
      config;
  QualityConfig& quality = face.quality;
  return {
      Text("server.listen", server.listen, "host:port", IsAddress),
      Path("server.tls_ca", server.tls_ca),
      Path("server.tls_certificate", server.tls_certificate),
      Path("server.tls_key", server.tls_key),
      OptionalPath("server.tls_revocations", server.tls_revocations),
      Number("server.max_message_mib", server.max_message_mib, 1, 64),
      Number("server.request_threads", server.request_threads, 0, 1024),
      Number("server.queue_capacity", server.queue_capacity, 1, 10000),
      Time("server.default_deadline_ms", server.default_deadline, 100, 60000),
      Time("server.drain_ms", server.drain, 0, 600000),

      Number("limits.lane.calls_per_second", limits.lane.calls_per_second, 0.1, 100000),
      Number("limits.lane.burst", limits.lane.burst, 1, 100000),
      Number("limits.lane.calls_in_flight", limits.lane.calls_in_flight, 1, 10000),
      Number("limits.officer.calls_per_second", limits.officer.calls_per_second, 0.1, 100000),
      Number("limits.officer.burst", limits.officer.burst, 1, 100000),
      Number("limits.officer.calls_in_flight", limits.officer.calls_in_flight, 1, 10000),
      Number("limits.job.calls_per_second", limits.job.calls_per_second, 0.1, 100000),
      Number("limits.job.burst", limits.job.burst, 1, 100000),
      Number("limits.job.calls_in_flight", limits.job.calls_in_flight, 1, 10000),

      Text("metrics.listen", metrics.listen, "host:port, or empty", IsAddressOrEmpty),

      Choice("log.level", log.level,
             {"trace", "debug", "info", "warn", "error", "critical", "off"}),
      Choice("log.format", log.format, {"text", "json"}),

      Text("database.dsn", database.dsn, "a libpq connection string, or empty", IsAnyText),
      Number("database.pool_size", database.pool_size, 1, 256),
      Time("database.connect_timeout_ms", database.connect_timeout, 100, 60000),
      Time("database.statement_timeout_ms", database.statement_timeout, 10, 600000),
      Time("database.report_timeout_ms", database.report_timeout, 10, 3600000),

      Path("encryption.key_file", encryption.key_file),
      TextList("encryption.key_command", encryption.key_command, "a list of words", IsAnyText),
      Time("encryption.key_command_timeout_ms", encryption.key_command_timeout, 100, 60000),

      Path("audit.signing_key_file", audit.signing_key_file),
      Time("audit.checkpoint_interval_s", audit.checkpoint_interval, 1, 86400),

      Path("face.manifest", face.manifest),
      Path("face.installed_models", face.installed_models),
      Text("face.model", face.model, "a model id of the manifest", IsModelId),
      Choice("face.runtime", face.runtime, {"onednn", "dlib"}),
      Path("face.landmarks", face.landmarks),
      Number("face.workers", face.workers, 1, 64),
      Number("face.max_image_mib", face.max_image_mib, 1, 64),
      Number("face.max_megapixels", face.max_megapixels, 1, 200),
      Number("face.min_face_share", face.min_face_share, 0.02, 0.9),
      Number("face.quality.min_face_px", quality.min_face_px, 16, 2000),
      Number("face.quality.min_share_inside", quality.min_share_inside, 0, 1),
      Number("face.quality.min_luma", quality.min_luma, 0, 255),
      Number("face.quality.max_luma", quality.max_luma, 0, 255),
      Number("face.quality.min_sharpness", quality.min_sharpness, 0, 10000),
      Number("face.quality.max_roll_degrees", quality.max_roll_degrees, 0, 90),
      Number("face.quality.max_yaw_degrees", quality.max_yaw_degrees, 0, 90),
      Number("face.quality.max_pitch_degrees", quality.max_pitch_degrees, 0, 90),
      Number("face.quality.min_eye_contrast", quality.min_eye_contrast, 0, 128),
      Number("face.quality.min_dominance", quality.min_dominance, 1, 100),

      Number("matching.fmr_match", matching.fmr_match, 1e-6, 1e-3),
      Number("matching.fmr_no_match", matching.fmr_no_match, 1e-6, 0.5),
      Number("matching.best_k", matching.best_k, 1, 10),
      Choice("matching.calibration", matching.calibration, {"matched", "random"}),

      Text("policy.operating_state", policy.operating_state, "1 to 3 capital letters", IsStateCode),
      TextList("policy.exempt_classes", policy.exempt_classes,
               "a list of codes of capital letters, digits and hyphens, each 1 to 8 long",
               IsClassOfAdmission),
      Path("policy.admission_policy", policy.admission_policy),
      Path("policy.retention_policy", policy.retention_policy),
      Path("policy.purpose_policy", policy.purpose_policy),
      Time("policy.max_clock_skew_s", policy.max_clock_skew, 0, 3600),
      Number("policy.correction_request_days", policy.correction_request_days, 1, 365),
  };
}

std::vector<KeyInfo> Keys() {
  Config config;
  std::vector<KeyInfo> infos;
  for (const Key& key : KeysOf(config)) infos.push_back(key.info);
  return infos;
}

}  // namespace entryexit::config
