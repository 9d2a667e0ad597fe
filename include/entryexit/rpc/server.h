#ifndef ENTRYEXIT_RPC_SERVER_H_
#define ENTRYEXIT_RPC_SERVER_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/app/audit_log.h"
#include "entryexit/app/correct_crossing.h"
#include "entryexit/app/decide_case.h"
#include "entryexit/app/export_traveler.h"
#include "entryexit/app/file_correction_request.h"
#include "entryexit/app/import_crossings.h"
#include "entryexit/app/legal_holds.h"
#include "entryexit/app/move_document.h"
#include "entryexit/app/queries.h"
#include "entryexit/app/record_admission_change.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/app/replay_decision.h"
#include "entryexit/app/review_overstays.h"
#include "entryexit/app/rotate_keys.h"
#include "entryexit/app/run_retention.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/purpose.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/ports/store.h"
#include "entryexit/rpc/access.h"
#include "entryexit/rpc/caller_limits.h"
#include "entryexit/rpc/metrics.h"

namespace entryexit::rpc {

struct ServerOptions {
  std::string listen;  // "host:port"; port 0: one that is free
  // PEM files, read again within seconds when they change, for the connections made from then on.
  // They must fit together at any time.
  std::filesystem::path client_ca;  // who signs the certificates of clients
  std::filesystem::path identity;   // the server's own certificate with its chain, and its key
  int max_message_bytes;            // a larger request is refused with RESOURCE_EXHAUSTED
  int threads;                      // that serve unary calls
  int backlog_threads;              // that serve backlogs, which no live call waits behind
  size_t queue_capacity;            // calls that may wait for one of them
  std::chrono::milliseconds default_deadline;  // of calls that come without
  CertificateCheck check_certificate;          // asked at every call, and on during a stream
  CallerLimitTable limits;                     // of each principal, by its role
  const core::PurposePolicy& purposes;         // must outlive the server
};

// What the server serves. All of it must outlive the server.
struct UseCases {
  const app::RecordCrossing& record;
  const app::DecideCase& decide;
  const app::RecordAdmissionChange& record_admission_change;
  const app::CorrectCrossing& correct_crossing;
  const app::MoveDocument& move_document;
  const app::ReplayDecision& replay;
  const app::Queries& queries;
  const app::Queries& reports;  // for the ReportService
  const app::ReviewOverstays& review_overstays;
  const app::ImportCrossings& import_crossings;
  const core::Clock& clock;
  const ports::FaceEngine& engine;
  ports::Store& store;
  ports::CaseFeed& feed;
  const app::RunRetention& run_retention;
  const app::LegalHolds& legal_holds;
  const app::AuditLog& audit_log;
  const app::FileCorrectionRequest& file_request;
  const app::RotateKeys& rotate_keys;
  const app::ExportTraveler& export_traveler;
};

// The gRPC server: the services of the API, health checking and reflection, over mutual TLS only.
// Its health is SERVING while the database answers and the server is not draining. Thread-safe.
class Server {
 public:
  virtual ~Server() = default;

  // Where it listens, with the port that it got: "0.0.0.0:7443".
  virtual const std::string& address() const = 0;

  // Takes no more calls, ends the streams that would go on, gives the calls under way `patience` to
  // end, cancels the others, and returns when there are none. Blocks. Call it once.
  virtual void Drain(std::chrono::milliseconds patience) = 0;
};

// Starts to serve. `metrics` must outlive the server.
// Errors: CONFIG_INVALID for an address that cannot be listened on.
absl::StatusOr<std::unique_ptr<Server>> StartServer(const ServerOptions& options,
                                                    const UseCases& use_cases, Metrics& metrics);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_SERVER_H_
