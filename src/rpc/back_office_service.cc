#include "rpc/back_office_service.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/page_token.h"
#include "rpc/watch_cases.h"

namespace entryexit::rpc {
namespace {

absl::StatusOr<app::TravelerView> FindTraveler(const app::Queries& queries, const app::Call& call,
                                               const v1::GetTravelerRequest& request) {
  switch (request.key_case()) {
    case v1::GetTravelerRequest::kTravelerId: {
      const absl::StatusOr<std::string> id = UuidFrom(request.traveler_id(), "traveler_id");
      if (!id.ok()) return id.status();
      return queries.GetTraveler(call, core::TravelerId(*id));
    }
    case v1::GetTravelerRequest::kDocument:
      return queries.GetTravelerByDocument(call, request.document().issuing_state(),
                                           request.document().number());
    case v1::GetTravelerRequest::KEY_NOT_SET:
      break;
  }
  return core::MakeError(core::Reason::kMissingField, "traveler_id or document is missing");
}

absl::StatusOr<app::AllowanceView> FindAllowance(const app::Queries& queries, const app::Call& call,
                                                 const v1::GetStayAllowanceRequest& request) {
  const absl::StatusOr<std::string> id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!id.ok()) return id.status();
  const absl::StatusOr<core::Date> day = DateFrom(request.date(), request.has_date(), "date");
  if (!day.ok()) return day.status();
  return queries.GetStayAllowance(call, core::TravelerId(*id), *day, request.class_of_admission());
}

absl::Status ListCrossingsPage(const app::Queries& queries, const app::Call& call,
                               const v1::ListCrossingsRequest& request,
                               v1::ListCrossingsResponse* response) {
  const absl::StatusOr<std::string> traveler_id = UuidFrom(request.traveler_id(), "traveler_id");
  if (!traveler_id.ok()) return traveler_id.status();
  const absl::StatusOr<int> page_size = PageSizeFrom(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = fmt::format("crossings {}", *traveler_id);
  const auto position = ReadPageToken(list, request.page_token());
  if (!position.ok()) return position.status();
  std::optional<ports::CrossingCursor> after;
  if (*position) {
    after = ports::CrossingCursor{(*position)->time, core::CrossingId((*position)->id)};
  }

  const auto page = queries.ListCrossings(call, core::TravelerId(*traveler_id), after, *page_size);
  if (!page.ok()) return page.status();
  for (const app::CrossingView& view : page->rows) ToProto(view, response->add_crossings());
  if (page->next) {
    response->set_next_page_token(
        MakePageToken(list, {page->next->captured_at, page->next->crossing_id.value()}));
  }
  return absl::OkStatus();
}

// Names the list of cases and all of its filters, for page tokens.
std::string NameOfList(const ports::CaseFilter& filter) {
  const std::string due_before =
      filter.due_before ? fmt::to_string(filter.due_before->time_since_epoch().count()) : "*";
  return fmt::format("cases {} {} {} {} {} {}", filter.state ? core::NameOf(*filter.state) : "*",
                     filter.kind ? core::NameOf(*filter.kind) : "*",
                     filter.traveler_id ? filter.traveler_id->value() : "*",
                     filter.port_id ? "=" + filter.port_id->value() : "*", due_before,
                     filter.by_due_day ? "by due day" : "by age");
}

absl::Status ListCasesPage(const app::Queries& queries, const app::Call& call,
                           const v1::ListCasesRequest& request, v1::ListCasesResponse* response) {
  const absl::StatusOr<ports::CaseFilter> filter = FromProto(request);
  if (!filter.ok()) return filter.status();
  const absl::StatusOr<int> page_size = PageSizeFrom(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = NameOfList(*filter);
  const auto position = ReadPageToken(list, request.page_token());
  if (!position.ok()) return position.status();
  std::optional<ports::CaseCursor> after;
  if (*position) after = ports::CaseCursor{(*position)->time, core::CaseId((*position)->id)};

  const auto page = queries.ListCases(call, *filter, after, *page_size);
  if (!page.ok()) return page.status();
  for (const ports::CaseRecord& record : page->rows) ToProto(record, response->add_cases());
  if (page->next) {
    response->set_next_page_token(
        MakePageToken(list, {page->next->at, page->next->case_id.value()}));
  }
  return absl::OkStatus();
}

absl::StatusOr<app::Replay> Replay(const app::ReplayDecision& replay, const app::Call& call,
                                   const v1::ReplayDecisionRequest& request) {
  switch (request.key_case()) {
    case v1::ReplayDecisionRequest::kComparisonId: {
      const absl::StatusOr<std::string> id = UuidFrom(request.comparison_id(), "comparison_id");
      if (!id.ok()) return id.status();
      return replay.ReplayComparison(call, core::ComparisonId(*id));
    }
    case v1::ReplayDecisionRequest::kCrossingId: {
      const absl::StatusOr<std::string> id = UuidFrom(request.crossing_id(), "crossing_id");
      if (!id.ok()) return id.status();
      return replay.ReplayCrossing(call, core::CrossingId(*id));
    }
    case v1::ReplayDecisionRequest::KEY_NOT_SET:
      break;
  }
  return core::MakeError(core::Reason::kMissingField, "comparison_id or crossing_id is missing");
}

}  // namespace

grpc::ServerUnaryReactor* BackOfficeService::GetTraveler(grpc::CallbackServerContext* context,
                                                         const v1::GetTravelerRequest* request,
                                                         v1::GetTravelerResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/GetTraveler", *request,
                    [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::TravelerView> view =
                          FindTraveler(queries_, call, *request);
                      if (view.ok()) ToProto(*view, response);
                      return view.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::GetStayAllowance(
    grpc::CallbackServerContext* context, const v1::GetStayAllowanceRequest* request,
    v1::GetStayAllowanceResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/GetStayAllowance",
                    *request, [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::AllowanceView> view =
                          FindAllowance(queries_, call, *request);
                      if (view.ok()) ToProto(*view, response);
                      return view.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::RecordAdmissionChange(
    grpc::CallbackServerContext* context, const v1::RecordAdmissionChangeRequest* request,
    v1::RecordAdmissionChangeResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/RecordAdmissionChange",
                    *request, [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::AdmissionChangeRequest> change =
                          FromProto(*request);
                      if (!change.ok()) return change.status();
                      const absl::StatusOr<app::AdmissionChangeResult> result =
                          record_admission_change_.Record(call, *change);
                      if (result.ok()) ToProto(*result, response);
                      return result.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::CorrectCrossing(
    grpc::CallbackServerContext* context, const v1::CorrectCrossingRequest* request,
    v1::CorrectCrossingResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/CorrectCrossing",
                    *request, [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::CorrectionRequest> correction = FromProto(*request);
                      if (!correction.ok()) return correction.status();
                      const absl::StatusOr<app::CorrectionResult> result =
                          correct_crossing_.Correct(call, *correction);
                      if (result.ok()) ToProto(*result, response);
                      return result.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::MoveDocument(grpc::CallbackServerContext* context,
                                                          const v1::MoveDocumentRequest* request,
                                                          v1::MoveDocumentResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/MoveDocument", *request,
                    [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::MoveRequest> move = FromProto(*request);
                      if (!move.ok()) return move.status();
                      const absl::StatusOr<app::MoveResult> result =
                          move_document_.Move(call, *move);
                      if (result.ok()) ToProto(*result, response);
                      return result.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::ListCrossings(grpc::CallbackServerContext* context,
                                                           const v1::ListCrossingsRequest* request,
                                                           v1::ListCrossingsResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/ListCrossings",
                    *request, [this, request, response](const app::Call& call) {
                      return ListCrossingsPage(queries_, call, *request, response);
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::FileCorrectionRequest(
    grpc::CallbackServerContext* context, const v1::FileCorrectionRequestRequest* request,
    v1::FileCorrectionRequestResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/FileCorrectionRequest",
                    *request, [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::CorrectionFiling> filing = FromProto(*request);
                      if (!filing.ok()) return filing.status();
                      const absl::StatusOr<ports::CaseRecord> record =
                          file_request_.File(call, *filing);
                      if (record.ok()) ToProto(*record, response->mutable_case_());
                      return record.status();
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::ListCases(grpc::CallbackServerContext* context,
                                                       const v1::ListCasesRequest* request,
                                                       v1::ListCasesResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/ListCases", *request,
                    [this, request, response](const app::Call& call) {
                      return ListCasesPage(queries_, call, *request, response);
                    });
}

grpc::ServerUnaryReactor* BackOfficeService::GetCase(grpc::CallbackServerContext* context,
                                                     const v1::GetCaseRequest* request,
                                                     v1::GetCaseResponse* response) {
  return ServeUnary(
      environment_, context, "/entryexit.v1.BackOfficeService/GetCase", *request,
      [this, request, response](const app::Call& call) {
        const absl::StatusOr<std::string> id = UuidFrom(request->case_id(), "case_id");
        if (!id.ok()) return id.status();
        const absl::StatusOr<app::CaseView> view = queries_.GetCase(call, core::CaseId(*id));
        if (view.ok()) ToProto(*view, response);
        return view.status();
      });
}

grpc::ServerUnaryReactor* BackOfficeService::DecideCase(grpc::CallbackServerContext* context,
                                                        const v1::DecideCaseRequest* request,
                                                        v1::DecideCaseResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/DecideCase", *request,
                    [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::DecisionRequest> decision = FromProto(*request);
                      if (!decision.ok()) return decision.status();
                      const absl::StatusOr<ports::CaseRecord> record =
                          decide_.Decide(call, *decision);
                      if (record.ok()) ToProto(*record, response->mutable_case_());
                      return record.status();
                    });
}

grpc::ServerWriteReactor<v1::WatchCasesResponse>* BackOfficeService::WatchCases(
    grpc::CallbackServerContext* context, const v1::WatchCasesRequest* request) {
  return StartWatchCases(watching_, context, *request, queries_, feed_, streams_);
}

grpc::ServerUnaryReactor* BackOfficeService::GetCapture(grpc::CallbackServerContext* context,
                                                        const v1::GetCaptureRequest* request,
                                                        v1::GetCaptureResponse* response) {
  return ServeUnary(
      environment_, context, "/entryexit.v1.BackOfficeService/GetCapture", *request,
      [this, request, response](const app::Call& call) -> absl::Status {
        const absl::StatusOr<std::string> id = UuidFrom(request->crossing_id(), "crossing_id");
        if (!id.ok()) return id.status();
        absl::StatusOr<app::CaptureView> view = queries_.GetCapture(call, core::CrossingId(*id));
        if (!view.ok()) return view.status();
        ToProto(*std::move(view), response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* BackOfficeService::ReplayDecision(
    grpc::CallbackServerContext* context, const v1::ReplayDecisionRequest* request,
    v1::ReplayDecisionResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.BackOfficeService/ReplayDecision",
                    *request, [this, request, response](const app::Call& call) {
                      const absl::StatusOr<app::Replay> replay = Replay(replay_, call, *request);
                      if (replay.ok()) ToProto(*replay, response);
                      return replay.status();
                    });
}

}  // namespace entryexit::rpc
