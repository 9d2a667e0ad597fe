#ifndef ENTRYEXIT_APP_EXPORT_TRAVELER_H_
#define ENTRYEXIT_APP_EXPORT_TRAVELER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/queries.h"
#include "entryexit/core/clock.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// A template, less the embedding.
struct TemplateFacts {
  core::CrossingId crossing_id;
  core::Timestamp captured_at;
  core::ModelRef model;
  std::string digest;
};

struct CaseHistory {
  ports::CaseRecord record;
  std::vector<ports::CaseEvent> events;
};

// All that is held on one traveler but the crossings and the pictures.
struct Dossier {
  core::Timestamp exported_at;
  ports::TravelerRecord traveler;
  std::vector<ports::CorrectionRecord> corrections;
  std::vector<ports::AdmissionChangeRecord> admission_changes;
  std::vector<ports::KnownStay> stays;
  std::vector<CaseHistory> cases;
  std::vector<ports::SettledLead> settled_leads;
  std::vector<TemplateFacts> templates;
  std::vector<ports::ErasureNotice> erasure_notices;
  std::vector<ports::LegalHold> legal_holds;  // released ones too
  std::vector<core::CrossingId> pictures;     // of these crossings
};

// A crossing, with the document that was shown.
struct ExportedCrossing {
  CrossingView view;
  std::optional<core::TravelDocument> document;  // absent: it is another traveler's now
};

// What a person who asks what is held on them is answered. Thread-safe; every method blocks.
class ExportTraveler {
 public:
  // The arguments must outlive the object.
  ExportTraveler(ports::Store& store, const Queries& queries, const core::Clock& clock)
      : store_(store), queries_(queries), clock_(clock) {}

  // Errors: TRAVELER_NOT_FOUND.
  absl::StatusOr<Dossier> Open(const Call& call, const core::TravelerId& id) const;
  // Errors besides: those of a document that cannot be one.
  absl::StatusOr<Dossier> OpenByDocument(const Call& call, const std::string& issuing_state,
                                         const std::string& number) const;

  // By time, those after `after`; a few hundred at once.
  absl::StatusOr<Page<ExportedCrossing, ports::CrossingCursor>> Crossings(
      const Call& call, const Dossier& dossier,
      const std::optional<ports::CrossingCursor>& after) const;

  // None when it was erased meanwhile, or is another traveler's now.
  // Errors: STORED_DATA_INVALID and KEY_UNAVAILABLE when it does not open.
  absl::StatusOr<std::optional<CaptureView>> Picture(const Call& call, const Dossier& dossier,
                                                     const core::CrossingId& id) const;

 private:
  ports::Store& store_;
  const Queries& queries_;
  const core::Clock& clock_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_EXPORT_TRAVELER_H_
