#ifndef ENTRYEXIT_APP_QUERIES_H_
#define ENTRYEXIT_APP_QUERIES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

struct TravelerView {
  ports::TravelerRecord traveler;
  std::vector<ports::StayRecord> stays;
  std::vector<ports::AdmissionChangeRecord> admission_changes;
  bool disputed = false;
};

struct AllowanceView {
  core::WindowRule rule;
  core::StayAllowance allowance;
};

struct CrossingView {
  ports::CrossingRecord crossing;
  std::vector<ports::ComparisonRecord> comparisons;                  // oldest first
  std::optional<ports::CorrectionRecord> correction = std::nullopt;  // the one that counts
  bool disputed = false;                                             // by its traveler
};

template <typename Row, typename Cursor>
struct Page {
  std::vector<Row> rows;
  std::optional<Cursor> next;  // absent on the last page
};

struct CaseView {
  ports::CaseRecord record;
  CrossingView crossing;
  std::optional<ports::ComparisonRecord> comparison;  // the one that raised it
  std::vector<ports::CaseEvent> events;
};

struct OverstayView {
  ports::StayRecord stay;
  core::Overstay overstay;
  bool disputed = false;  // by the traveler, as known then
};

struct CaptureView {
  std::string image;  // as received
  std::string media_type;
  std::string digest;
};

// What the back office reads. Thread-safe; every method blocks. Errors besides those named: those
// of Store::Transact.
class Queries {
 public:
  // The arguments must outlive the object.
  Queries(ports::Store& store, const ports::Vault& vault, const core::AdmissionPolicy& policy)
      : store_(store), vault_(vault), policy_(policy) {}

  // Errors: TRAVELER_NOT_FOUND.
  absl::StatusOr<TravelerView> GetTraveler(const Call& call, const core::TravelerId& id) const;
  // Errors: TRAVELER_NOT_FOUND; INVALID_FIELD.
  absl::StatusOr<TravelerView> GetTravelerByDocument(const Call& call,
                                                     const std::string& issuing_state,
                                                     const std::string& number) const;
  // What the traveler may still stay when in the country from `day` on. `code` names the class of
  // admission whose rule counts; empty: 90 days in any 180. A stay that is open is taken to last
  // until `day`.
  // Errors: TRAVELER_NOT_FOUND; INVALID_FIELD for a day after the year 9899 and for a class that
  // has no rule of days in a window; CLASS_UNKNOWN.
  absl::StatusOr<AllowanceView> GetStayAllowance(const Call& call, const core::TravelerId& id,
                                                 core::Date day, const std::string& code) const;
  // Oldest first. Errors: TRAVELER_NOT_FOUND.
  absl::StatusOr<Page<CrossingView, ports::CrossingCursor>> ListCrossings(
      const Call& call, const core::TravelerId& id,
      const std::optional<ports::CrossingCursor>& after, int page_size) const;
  // Errors: CROSSING_NOT_FOUND, CAPTURE_NOT_FOUND, KEY_UNAVAILABLE, STORED_DATA_INVALID.
  absl::StatusOr<CaptureView> GetCapture(const Call& call, const core::CrossingId& id) const;
  // None, and nothing is recorded, when there is none or it is another traveler's.
  absl::StatusOr<std::optional<CaptureView>> FindCaptureOf(const Call& call,
                                                           const core::TravelerId& traveler_id,
                                                           const core::CrossingId& id) const;

  absl::StatusOr<Page<ports::CaseRecord, ports::CaseCursor>> ListCases(
      const Call& call, const ports::CaseFilter& filter,
      const std::optional<ports::CaseCursor>& after, int page_size) const;
  // Errors: CASE_NOT_FOUND.
  absl::StatusOr<CaseView> GetCase(const Call& call, const core::CaseId& id) const;
  // Only the case itself, for watchers; none when it was erased since, or is of another port than
  // the one asked for.
  absl::StatusOr<std::optional<ports::CaseRecord>> FindCaseAt(
      const Call& call, const core::CaseId& id, const std::optional<core::PortId>& port_id) const;

  // The overstays on day `as_of` by what was known at `known_at`, by last lawful day.
  absl::StatusOr<Page<OverstayView, ports::OverstayCursor>> ListOverstays(
      const Call& call, core::Date as_of, core::Timestamp known_at,
      std::optional<core::OverstayKind> kind, const std::optional<ports::OverstayCursor>& after,
      int page_size) const;

  // The figures of a report; with `least_cell`, those that may be published (core::Suppressed).
  absl::StatusOr<core::Summary> Summarize(const Call& call, const core::ReportScope& scope,
                                          std::optional<int> least_cell) const;

 private:
  ports::Store& store_;
  const ports::Vault& vault_;
  const core::AdmissionPolicy& policy_;
};

// Why the machine raised the case, in one or two English sentences for the officer.
std::string Explain(const CaseView& view);

// What the person at the kiosk can do about a finding, in one English sentence.
std::string Advice(const core::QualityFinding& finding);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_QUERIES_H_
