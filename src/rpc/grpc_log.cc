#include "rpc/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "entryexit/core/mutex.h"

namespace entryexit::rpc {
namespace {

constexpr std::string_view kHandshakeFailed = "Handshake failed with fatal error";

struct GrpcLog {
  core::Mutex mutex;
  std::shared_ptr<Gate> gate GUARDED_BY(mutex);
};

// Never destroyed: gRPC's threads may log until the process ends.
GrpcLog& Taken() {
  static auto* const kLog = new GrpcLog();
  return *kLog;
}

spdlog::level::level_enum LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_ERROR:
      return spdlog::level::err;
    case GPR_LOG_SEVERITY_INFO:
      return spdlog::level::info;
    case GPR_LOG_SEVERITY_DEBUG:
      break;
  }
  return spdlog::level::debug;
}

void Log(gpr_log_func_args* line) {
  const std::optional<std::string> refusal = TlsRefusal(line->message);
  if (!refusal) {
    spdlog::log(LevelOf(line->severity), "grpc: {}", line->message);
    return;
  }
  // Held meanwhile: whoever takes the gate away ends what it tells, the metrics, right after.
  GrpcLog& taken = Taken();
  const core::MutexLock lock(taken.mutex);
  if (taken.gate) {
    taken.gate->refusals.Tell(*refusal, "principal=-", std::chrono::steady_clock::now());
  }
}

}  // namespace

std::optional<std::string> TlsRefusal(std::string_view line) {
  if (line.find(kHandshakeFailed) == std::string_view::npos) return std::nullopt;
  if (line.find("peer did not return a certificate") != std::string_view::npos) {
    return "NO_CERTIFICATE";
  }
  if (line.find("certificate verify failed") != std::string_view::npos) {
    return "CERTIFICATE_NOT_ACCEPTED";
  }
  return "HANDSHAKE_FAILED";
}

void TakeGrpcLog(std::shared_ptr<Gate> gate) {
  {
    const core::MutexLock lock(Taken().mutex);
    Taken().gate = std::move(gate);
  }
  gpr_set_log_function(&Log);
}

}  // namespace entryexit::rpc
