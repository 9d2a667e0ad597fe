#include "entryexit/rpc/metrics.h"

namespace entryexit::rpc {
namespace {

template <typename Builder>
auto& Register(Builder builder, const char* name, const char* help,
               prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

// Seconds; the bound of half a second is what lanes are promised.
prometheus::Histogram::BucketBoundaries Seconds() {
  return {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30};
}

}  // namespace

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      calls_(Register(prometheus::BuildCounter(), "entryexit_calls_total",
                      "Calls that ended, by method, status code and reason.", *registry_)),
      call_seconds_(Register(prometheus::BuildHistogram(), "entryexit_call_seconds",
                             "Time from a call's arrival to its end.", *registry_)),
      refusals_(Register(prometheus::BuildCounter(), "entryexit_refusals_total",
                         "Callers who were turned away before their call was worked on.",
                         *registry_)),
      outcomes_(Register(prometheus::BuildCounter(), "entryexit_outcomes_total",
                         "Recorded departures by outcome, each once however often it is sent.",
                         *registry_)),
      backlog_items_(Register(prometheus::BuildCounter(), "entryexit_backlog_items_total",
                              "Items of backlogs that were worked on, by reason of refusal.",
                              *registry_)),
      import_rows_(Register(prometheus::BuildCounter(), "entryexit_import_rows_total",
                            "Rows of imports that were answered, by result.", *registry_)),
      captures_(Register(prometheus::BuildCounter(), "entryexit_captures_total",
                         "Captures that the face engine looked at.", *registry_)),
      quality_issues_(Register(prometheus::BuildCounter(), "entryexit_quality_issues_total",
                               "Limits that captures missed.", *registry_)),
      face_seconds_(Register(prometheus::BuildHistogram(), "entryexit_face_seconds",
                             "Time that the face engine took for a capture, waiting included.",
                             *registry_)
                        .Add({}, Seconds())),
      recording_seconds_(
          Register(prometheus::BuildHistogram(), "entryexit_recording_seconds",
                   "Time from a judged capture to the durable record of its crossing.", *registry_)
              .Add({}, Seconds())),
      faces_embedded_(Register(prometheus::BuildCounter(), "entryexit_faces_embedded_total",
                               "Faces that were embedded, by how many at once.", *registry_)),
      queue_depth_(Register(prometheus::BuildGauge(), "entryexit_queue_depth",
                            "Calls that wait for a thread.", *registry_)
                       .Add({})),
      watchers_(Register(prometheus::BuildGauge(), "entryexit_watchers",
                         "Open streams of WatchCases.", *registry_)
                    .Add({})) {}

void Metrics::CallEnded(const std::string& method, const std::string& code,
                        const std::string& reason, std::chrono::duration<double> duration) {
  calls_.Add({{"method", method}, {"code", code}, {"reason", reason}}).Increment();
  call_seconds_.Add({{"method", method}}, Seconds()).Observe(duration.count());
}

void Metrics::CallerRefused(const std::string& reason) {
  refusals_.Add({{"reason", reason}}).Increment();
}

void Metrics::CrossingRecorded(std::chrono::duration<double> duration) {
  recording_seconds_.Observe(duration.count());
}

void Metrics::DepartureRecorded(core::Outcome outcome) {
  outcomes_.Add({{"outcome", core::NameOf(outcome)}}).Increment();
}

void Metrics::BacklogItemEnded(const std::string& reason) {
  backlog_items_.Add({{"reason", reason}}).Increment();
}

void Metrics::ImportRowsEnded(const std::string& result, size_t rows) {
  import_rows_.Add({{"result", result}}).Increment(static_cast<double>(rows));
}

void Metrics::CaptureObserved(const core::FaceObservation& observation,
                              std::chrono::duration<double> duration) {
  captures_.Add({{"usable", observation.usable() ? "true" : "false"}}).Increment();
  for (const core::QualityFinding& finding : observation.findings) {
    quality_issues_.Add({{"issue", core::NameOf(finding.issue)}}).Increment();
  }
  face_seconds_.Observe(duration.count());
}

void Metrics::FaceEmbedded(size_t together) {
  faces_embedded_.Add({{"together", std::to_string(together)}}).Increment();
}

}  // namespace entryexit::rpc
