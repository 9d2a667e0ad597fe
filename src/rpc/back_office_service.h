#ifndef ENTRYEXIT_RPC_BACK_OFFICE_SERVICE_H_
#define ENTRYEXIT_RPC_BACK_OFFICE_SERVICE_H_

#include "entryexit/app/correct_crossing.h"
#include "entryexit/app/decide_case.h"
#include "entryexit/app/file_correction_request.h"
#include "entryexit/app/move_document.h"
#include "entryexit/app/queries.h"
#include "entryexit/app/record_admission_change.h"
#include "entryexit/app/replay_decision.h"
#include "entryexit/ports/store.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class BackOfficeService final : public v1::BackOfficeService::CallbackService {
 public:
  // The arguments must outlive the object. Watchers fetch their cases on the pool of `watching`.
  BackOfficeService(const Environment& environment, const Environment& watching,
                    const app::Queries& queries, const app::DecideCase& decide,
                    const app::RecordAdmissionChange& record_admission_change,
                    const app::CorrectCrossing& correct_crossing,
                    const app::MoveDocument& move_document,
                    const app::FileCorrectionRequest& file_request,
                    const app::ReplayDecision& replay, ports::CaseFeed& feed, OpenStreams& streams)
      : environment_(environment),
        watching_(watching),
        queries_(queries),
        decide_(decide),
        record_admission_change_(record_admission_change),
        correct_crossing_(correct_crossing),
        move_document_(move_document),
        file_request_(file_request),
        replay_(replay),
        feed_(feed),
        streams_(streams) {}

  grpc::ServerUnaryReactor* GetTraveler(grpc::CallbackServerContext* context,
                                        const v1::GetTravelerRequest* request,
                                        v1::GetTravelerResponse* response) override;
  grpc::ServerUnaryReactor* GetStayAllowance(grpc::CallbackServerContext* context,
                                             const v1::GetStayAllowanceRequest* request,
                                             v1::GetStayAllowanceResponse* response) override;
  grpc::ServerUnaryReactor* RecordAdmissionChange(
      grpc::CallbackServerContext* context, const v1::RecordAdmissionChangeRequest* request,
      v1::RecordAdmissionChangeResponse* response) override;
  grpc::ServerUnaryReactor* CorrectCrossing(grpc::CallbackServerContext* context,
                                            const v1::CorrectCrossingRequest* request,
                                            v1::CorrectCrossingResponse* response) override;
  grpc::ServerUnaryReactor* MoveDocument(grpc::CallbackServerContext* context,
                                         const v1::MoveDocumentRequest* request,
                                         v1::MoveDocumentResponse* response) override;
  grpc::ServerUnaryReactor* ListCrossings(grpc::CallbackServerContext* context,
                                          const v1::ListCrossingsRequest* request,
                                          v1::ListCrossingsResponse* response) override;
  grpc::ServerUnaryReactor* FileCorrectionRequest(
      grpc::CallbackServerContext* context, const v1::FileCorrectionRequestRequest* request,
      v1::FileCorrectionRequestResponse* response) override;
  grpc::ServerUnaryReactor* ListCases(grpc::CallbackServerContext* context,
                                      const v1::ListCasesRequest* request,
                                      v1::ListCasesResponse* response) override;
  grpc::ServerUnaryReactor* GetCase(grpc::CallbackServerContext* context,
                                    const v1::GetCaseRequest* request,
                                    v1::GetCaseResponse* response) override;
  grpc::ServerUnaryReactor* DecideCase(grpc::CallbackServerContext* context,
                                       const v1::DecideCaseRequest* request,
                                       v1::DecideCaseResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchCasesResponse>* WatchCases(
      grpc::CallbackServerContext* context, const v1::WatchCasesRequest* request) override;
  grpc::ServerUnaryReactor* GetCapture(grpc::CallbackServerContext* context,
                                       const v1::GetCaptureRequest* request,
                                       v1::GetCaptureResponse* response) override;
  grpc::ServerUnaryReactor* ReplayDecision(grpc::CallbackServerContext* context,
                                           const v1::ReplayDecisionRequest* request,
                                           v1::ReplayDecisionResponse* response) override;

 private:
  const Environment& environment_;
  const Environment& watching_;
  const app::Queries& queries_;
  const app::DecideCase& decide_;
  const app::RecordAdmissionChange& record_admission_change_;
  const app::CorrectCrossing& correct_crossing_;
  const app::MoveDocument& move_document_;
  const app::FileCorrectionRequest& file_request_;
  const app::ReplayDecision& replay_;
  ports::CaseFeed& feed_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_BACK_OFFICE_SERVICE_H_
