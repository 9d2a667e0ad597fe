#ifndef ENTRYEXIT_RPC_CONVERT_H_
#define ENTRYEXIT_RPC_CONVERT_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "entryexit/app/correct_crossing.h"
#include "entryexit/app/decide_case.h"
#include "entryexit/app/file_correction_request.h"
#include "entryexit/app/move_document.h"
#include "entryexit/app/queries.h"
#include "entryexit/app/record_admission_change.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/app/replay_decision.h"
#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/import_service.pb.h"
#include "entryexit/v1/lane_service.pb.h"
#include "entryexit/v1/report_service.pb.h"
#include "entryexit/v1/types.pb.h"

// Messages of the API to and from the types of the use cases. What a message cannot say (a missing
// field, the 31st of February, an unknown enum value) is refused here, naming the field; what the
// values mean is the use cases' to judge. All functions are pure.
namespace entryexit::rpc {

// Errors of all functions that return absl::StatusOr: MISSING_FIELD, INVALID_FIELD.

// `image` of the result lies in the message.
absl::StatusOr<app::CrossingRequest> FromProto(const v1::RecordArrivalRequest& request);
absl::StatusOr<app::CrossingRequest> FromProto(const v1::RecordDepartureRequest& request);
absl::StatusOr<app::DecisionRequest> FromProto(const v1::DecideCaseRequest& request);
absl::StatusOr<app::AdmissionChangeRequest> FromProto(
    const v1::RecordAdmissionChangeRequest& request);
absl::StatusOr<app::CorrectionRequest> FromProto(const v1::CorrectCrossingRequest& request);
absl::StatusOr<app::CrossingRequest> FromProto(const v1::ImportRow& row);
absl::StatusOr<app::MoveRequest> FromProto(const v1::MoveDocumentRequest& request);
absl::StatusOr<ports::CaseFilter> FromProto(const v1::ListCasesRequest& request);
absl::StatusOr<app::CorrectionFiling> FromProto(const v1::FileCorrectionRequestRequest& request);

// A day that must be given. `field` names it in errors.
absl::StatusOr<core::Date> DateFrom(const v1::Date& date, bool present, const std::string& field);
// A time that must be given. `field` names it in errors.
absl::StatusOr<core::Timestamp> TimestampFrom(const google::protobuf::Timestamp& time, bool present,
                                              const std::string& field);
// The moment whose knowledge a report is made of, not after `now`; `now` when not given.
absl::StatusOr<core::Timestamp> KnownAtFrom(const google::protobuf::Timestamp& time, bool present,
                                            core::Timestamp now);
// An id that must be given. Upper case is taken for lower case.
absl::StatusOr<std::string> UuidFrom(const std::string& text, const std::string& field);
// The name of a port or lane, at most 64 bytes; may be empty.
absl::StatusOr<std::string> NameFrom(const std::string& text, const std::string& field);
// 50 when not given.
absl::StatusOr<int> PageSizeFrom(int page_size);
absl::StatusOr<std::optional<core::OverstayKind>> OverstayKindFrom(v1::OverstayKind kind);

void ToProto(core::Date date, v1::Date* proto);
void ToProto(core::Timestamp time, google::protobuf::Timestamp* proto);
void ToProto(const core::TravelDocument& document, v1::TravelDocument* proto);
void ToProto(const ports::StayRecord& record, v1::Stay* proto);
void ToProto(const ports::AdmissionChangeRecord& record, v1::AdmissionChange* proto);
void ToProto(const ports::CorrectionRecord& record, v1::CrossingCorrection* proto);
void ToProto(const ports::CaseEvent& event, v1::CaseEvent* proto);
void ToProto(const app::CrossingResult& result, v1::RecordArrivalResponse* response);
void ToProto(const app::CrossingResult& result, v1::RecordDepartureResponse* response);
void ToProto(const core::FaceObservation& observation, v1::AssessCaptureResponse* response);
void ToProto(const app::TravelerView& view, v1::GetTravelerResponse* response);
void ToProto(const app::AllowanceView& view, v1::GetStayAllowanceResponse* response);
void ToProto(const app::AdmissionChangeResult& result, v1::RecordAdmissionChangeResponse* response);
void ToProto(const app::CorrectionResult& result, v1::CorrectCrossingResponse* response);
void ToProto(const app::MoveResult& result, v1::MoveDocumentResponse* response);
void ToProto(const app::CrossingView& view, v1::Crossing* proto);
void ToProto(const ports::CaseRecord& record, v1::Case* proto);
void ToProto(const app::CaseView& view, v1::GetCaseResponse* response);
void ToProto(app::CaptureView view, v1::GetCaptureResponse* response);
void ToProto(const app::Replay& replay, v1::ReplayDecisionResponse* response);
void ToProto(const app::OverstayView& view, v1::ListOverstaysResponse* response);

// Each by its name, which is the same on both sides but for the prefix.
v1::Direction ToProto(core::Direction direction);
v1::QualityIssue ToProto(core::QualityIssue issue);
v1::Outcome ToProto(core::Outcome outcome);
v1::FmrBound ToProto(core::FmrBound bound);
v1::StayState ToProto(core::StayState state);
v1::CaseKind ToProto(core::CaseKind kind);
v1::Severity ToProto(core::Severity severity);
v1::CaseState ToProto(core::CaseState state);
v1::CaseEventKind ToProto(ports::CaseEventKind kind);
v1::CaptureStatus ToProto(ports::CaptureStatus status);
v1::OverstayKind ToProto(core::OverstayKind kind);
v1::OverstayBand ToProto(core::OverstayBand band);
v1::AdmissionChangeKind ToProto(core::AdmissionChangeKind kind);
v1::AdmissionDecision ToProto(core::AdmissionDecision decision);
v1::Sex ToProto(core::Sex sex);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_CONVERT_H_
