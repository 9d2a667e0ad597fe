#ifndef ENTRYEXIT_RPC_METRICS_H_
#define ENTRYEXIT_RPC_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "entryexit/core/face.h"
#include "entryexit/core/matching.h"

namespace entryexit::rpc {

// What the service tells Prometheus. No label holds anything about a traveler. Thread-safe; never
// blocks for long.
class Metrics {
 public:
  Metrics();

  // For an exposer to collect from.
  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

  // entryexit_calls_total{method,code,reason} and entryexit_call_seconds{method}. `reason` is empty
  // for a call that succeeded.
  void CallEnded(const std::string& method, const std::string& code, const std::string& reason,
                 std::chrono::duration<double> duration);
  // entryexit_refusals_total{reason}: callers who were turned away before their call was worked on,
  // by TLS or by us.
  void CallerRefused(const std::string& reason);
  // entryexit_recording_seconds: of a new crossing, from the judged capture to the durable record.
  void CrossingRecorded(std::chrono::duration<double> duration);
  // entryexit_outcomes_total{outcome}: recorded departures, each once however often it is sent.
  void DepartureRecorded(core::Outcome outcome);
  // entryexit_backlog_items_total{reason}: items of backlogs that were worked on. `reason` is empty
  // for one that was recorded, now or before.
  void BacklogItemEnded(const std::string& reason);
  // entryexit_import_rows_total{result}: rows of imports that were answered.
  void ImportRowsEnded(const std::string& result, size_t rows);
  // entryexit_captures_total{usable}, entryexit_quality_issues_total{issue} and
  // entryexit_face_seconds.
  void CaptureObserved(const core::FaceObservation& observation,
                       std::chrono::duration<double> duration);
  // entryexit_faces_embedded_total{together}: faces, by how many were embedded at once with them,
  // themselves included.
  void FaceEmbedded(size_t together);
  // entryexit_queue_depth: calls that wait for a thread.
  void SetQueueDepth(size_t depth) { queue_depth_.Set(static_cast<double>(depth)); }
  // entryexit_watchers: streams of WatchCases that are open.
  void WatcherCame() { watchers_.Increment(); }
  void WatcherLeft() { watchers_.Decrement(); }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& call_seconds_;
  prometheus::Family<prometheus::Counter>& refusals_;
  prometheus::Family<prometheus::Counter>& outcomes_;
  prometheus::Family<prometheus::Counter>& backlog_items_;
  prometheus::Family<prometheus::Counter>& import_rows_;
  prometheus::Family<prometheus::Counter>& captures_;
  prometheus::Family<prometheus::Counter>& quality_issues_;
  prometheus::Histogram& face_seconds_;
  prometheus::Histogram& recording_seconds_;
  prometheus::Family<prometheus::Counter>& faces_embedded_;
  prometheus::Gauge& queue_depth_;
  prometheus::Gauge& watchers_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_METRICS_H_
