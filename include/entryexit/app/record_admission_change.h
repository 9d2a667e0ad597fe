#ifndef ENTRYEXIT_APP_RECORD_ADMISSION_CHANGE_H_
#define ENTRYEXIT_APP_RECORD_ADMISSION_CHANGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/admission.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// What an authority reports of one application to stay longer or in another class.
struct AdmissionChangeRequest {
  core::RequestId request_id;
  core::TravelerId traveler_id;
  std::string application_id;  // 1 to 64 of A-Z a-z 0-9 . _ -
  int revision = 1;            // 1 to 1000: of the reports of one application the greatest counts
  core::AdmissionChangeKind kind;
  core::Date filed_on;
  core::AdmissionDecision decision;
  std::optional<core::Date> decided_on;  // required when granted, denied or withdrawn
  std::string class_of_admission;        // required when granted, else empty
  core::Authorization authorization;     // when granted: under the rule of the class
};

struct AdmissionChangeResult {
  core::AdmissionChangeId change_id;
  std::vector<ports::StayRecord> stays;  // of the traveler, as what is known now gives them
};

// Records a filing or a decision, recomputes the traveler's stays and brings the cases up to date,
// all in one transaction. Thread-safe.
class RecordAdmissionChange {
 public:
  // The arguments must outlive the object.
  RecordAdmissionChange(ports::Store& store, const core::Clock& clock,
                        const core::AdmissionPolicy& policy)
      : store_(store), clock_(clock), policy_(policy) {}

  // Does the request at most once. Blocks.
  // Errors: MISSING_FIELD; INVALID_FIELD, also for a day in the future and a decision before the
  // filing; CLASS_UNKNOWN; TRAVELER_NOT_FOUND; REQUEST_ID_REUSED; those of Store::Transact.
  absl::StatusOr<AdmissionChangeResult> Record(const Call& call,
                                               const AdmissionChangeRequest& request) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
  const core::AdmissionPolicy& policy_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_RECORD_ADMISSION_CHANGE_H_
