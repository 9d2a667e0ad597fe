#include "rpc/audit_service.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/convert_audit.h"
#include "rpc/fed_stream.h"
#include "rpc/page_token.h"

namespace entryexit::rpc {
namespace {

constexpr size_t kLinesWaiting = 2000;

// Names the list and all of its filters, for page tokens.
std::string NameOfList(const v1::SearchAuditRecordsRequest& request) {
  v1::SearchAuditRecordsRequest filters = request;
  filters.clear_page_size();
  filters.clear_page_token();
  return "audit " + filters.SerializeAsString();
}

absl::Status SearchPage(const app::AuditLog& log, const app::Call& call,
                        const v1::SearchAuditRecordsRequest& request,
                        v1::SearchAuditRecordsResponse* response) {
  const absl::StatusOr<ports::AuditFilter> filter = FromProto(request);
  if (!filter.ok()) return filter.status();
  const absl::StatusOr<int> page_size = PageSizeFrom(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = NameOfList(request);
  const auto after = ReadAuditPageToken(list, request.page_token());
  if (!after.ok()) return after.status();

  const auto page = log.Search(call, *filter, *after, *page_size);
  if (!page.ok()) return page.status();
  for (const core::AuditRecord& record : page->rows) ToProto(record, response->add_records());
  if (page->next) response->set_next_page_token(MakePageToken(list, *page->next));
  return absl::OkStatus();
}

class AuditExportStream final : public FedStream<v1::ExportAuditRecordsResponse> {
 public:
  AuditExportStream(const Environment& environment, grpc::CallbackServerContext* context,
                    std::int64_t after_checkpoint, const app::AuditLog& log)
      : FedStream(
            environment, context, "/entryexit.v1.AuditService/ExportAuditRecords", kLinesWaiting,
            DeadlineOf(*context, {environment.deadlines.longest, environment.deadlines.longest})),
        after_checkpoint_(after_checkpoint),
        log_(log) {}

 private:
  absl::Status CheckRequest() override {
    if (after_checkpoint_ >= 0) return absl::OkStatus();
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("after_checkpoint must not be negative: {}", after_checkpoint_));
  }

  void FeedMore() override REQUIRES(mutex_) {
    if (!begun_) {
      Feed([this](const app::Call& call) { return Begin(call); });
    } else if (remain_) {
      Feed([this](const app::Call& call) { return Fetch(call); });
    } else {
      End(absl::OkStatus());
    }
  }

  absl::Status Begin(const app::Call& call) EXCLUDES(mutex_) {
    auto what = log_.BeginExport(call, after_checkpoint_);
    if (!what.ok()) return what.status();
    what_ = *std::move(what);
    const core::MutexLock lock(mutex_);
    v1::AuditExportHeader* const header = AddMessage().mutable_header();
    header->set_after_checkpoint(after_checkpoint_);
    header->set_last_checkpoint(what_.last.number);
    header->set_last_digest(what_.last.digest);
    begun_ = true;
    return absl::OkStatus();
  }

  absl::Status Fetch(const app::Call& call) EXCLUDES(mutex_) {
    auto part = log_.ExportPart(call, what_, cursor_);
    if (!part.ok()) return part.status();
    cursor_ = std::move(part->next);
    const core::MutexLock lock(mutex_);
    for (const auto& line : part->lines) {
      v1::ExportAuditRecordsResponse& message = AddMessage();
      if (const auto* record = std::get_if<core::AuditRecord>(&line)) {
        ToProto(*record, message.mutable_record());
      } else {
        ToProto(std::get<core::AuditCheckpoint>(line), message.mutable_checkpoint());
      }
    }
    remain_ = cursor_.has_value();
    return absl::OkStatus();
  }

  const std::int64_t after_checkpoint_;
  const app::AuditLog& log_;
  app::AuditExport what_;                         // of the jobs
  std::optional<app::AuditExportCursor> cursor_;  // of the jobs
  bool begun_ GUARDED_BY(mutex_) = false;
  bool remain_ GUARDED_BY(mutex_) = true;
};

}  // namespace

grpc::ServerUnaryReactor* AuditService::SearchAuditRecords(
    grpc::CallbackServerContext* context, const v1::SearchAuditRecordsRequest* request,
    v1::SearchAuditRecordsResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.AuditService/SearchAuditRecords",
                    *request, [this, request, response](const app::Call& call) {
                      return SearchPage(log_, call, *request, response);
                    });
}

grpc::ServerWriteReactor<v1::ExportAuditRecordsResponse>* AuditService::ExportAuditRecords(
    grpc::CallbackServerContext* context, const v1::ExportAuditRecordsRequest* request) {
  const auto stream =
      std::make_shared<AuditExportStream>(streaming_, context, request->after_checkpoint(), log_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
