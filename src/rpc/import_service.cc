#include "rpc/import_service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using Kind = app::ImportResult::Kind;

constexpr char kImportMethod[] = "/entryexit.v1.ImportService/ImportCrossings";
constexpr int kMaxImportRows = 10'000;

v1::ImportOutcome OutcomeFor(Kind kind) {
  switch (kind) {
    case Kind::kRecorded:
      return v1::IMPORT_OUTCOME_RECORDED;
    case Kind::kAlreadyRecorded:
      return v1::IMPORT_OUTCOME_ALREADY_RECORDED;
    case Kind::kRefused:
      break;
  }
  return v1::IMPORT_OUTCOME_REFUSED;
}

void RefuseRow(const absl::Status& why, v1::ImportRowResult& result) {
  const PublicError described = PublicErrorOf(why);
  LogWithheld(kImportMethod, why);
  result.set_outcome(v1::IMPORT_OUTCOME_REFUSED);
  result.set_reason(described.reason);
  result.set_message(described.message);
}

class ImportCrossingsStream final : public ItemStream {
 public:
  ImportCrossingsStream(const Environment& environment, grpc::CallbackServerContext* context,
                        const app::ImportCrossings& import)
      : ItemStream(environment, context, kImportMethod), import_(import) {}

 private:
  absl::Status Answer(const absl::Status& admission, core::Deadline deadline,
                      grpc::ByteBuffer& item, grpc::ByteBuffer& answer) override {
    if (!admission.ok()) return admission;
    return WithoutExceptions([&]() -> absl::Status {
      v1::ImportCrossingsRequest request;
      absl::Status status = ReadMessage(item, request);
      v1::ImportCrossingsResponse response;
      if (status.ok()) status = ImportRows(deadline, request, response);
      if (status.ok()) answer = BytesOf(response);
      return status;
    });
  }

  static absl::Status ReadMessage(grpc::ByteBuffer& item, v1::ImportCrossingsRequest& request) {
    if (!ParseBytes(item, request)) {
      return core::MakeError(core::Reason::kInvalidField,
                             "the message is no ImportCrossingsRequest, or a text in it is not "
                             "UTF-8");
    }
    if (request.rows_size() >= 1 && request.rows_size() <= kMaxImportRows) return absl::OkStatus();
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("rows must be 1 to {}, not {}", kMaxImportRows, request.rows_size()));
  }

  absl::Status ImportRows(core::Deadline deadline, const v1::ImportCrossingsRequest& request,
                          v1::ImportCrossingsResponse& response) {
    absl::StatusOr<std::string> import_id = UuidFrom(request.import_id(), "import_id");
    if (!import_id.ok()) return import_id.status();
    std::vector<app::CrossingRequest> crossings;
    std::vector<v1::ImportRowResult*> results;  // of `crossings`
    crossings.reserve(static_cast<size_t>(request.rows_size()));
    response.mutable_results()->Reserve(request.rows_size());
    for (const v1::ImportRow& row : request.rows()) {
      v1::ImportRowResult& result = *response.add_results();
      result.set_line(row.line());
      absl::StatusOr<app::CrossingRequest> crossing = FromProto(row);
      if (crossing.ok()) {
        crossings.push_back(*std::move(crossing));
        results.push_back(&result);
      } else {
        RefuseRow(crossing.status(), result);
      }
    }
    const auto imported =
        import_.Import(call().Until(deadline), core::RequestId(*std::move(import_id)), crossings);
    if (!imported.ok()) return imported.status();
    for (size_t i = 0; i < imported->size(); ++i) {
      const app::ImportResult& from = (*imported)[i];
      if (from.kind == Kind::kRefused) {
        RefuseRow(from.refusal, *results[i]);
      } else {
        results[i]->set_outcome(OutcomeFor(from.kind));
        results[i]->set_crossing_id(from.crossing_id.value());
      }
    }
    TellOfRows(response, request.import_id());
    return absl::OkStatus();
  }

  void TellOfRows(const v1::ImportCrossingsResponse& response, const std::string& import_id) const {
    std::array<size_t, v1::ImportOutcome_ARRAYSIZE> counts{};
    for (const v1::ImportRowResult& result : response.results()) {
      ++counts[static_cast<size_t>(result.outcome())];
    }
    const size_t recorded = counts[v1::IMPORT_OUTCOME_RECORDED];
    const size_t already = counts[v1::IMPORT_OUTCOME_ALREADY_RECORDED];
    const size_t refused = counts[v1::IMPORT_OUTCOME_REFUSED];
    metrics().ImportRowsEnded("RECORDED", recorded);
    metrics().ImportRowsEnded("ALREADY_RECORDED", already);
    metrics().ImportRowsEnded("REFUSED", refused);
    spdlog::info("import principal={} import_id={} recorded={} already_recorded={} refused={}",
                 call().principal().name, import_id, recorded, already, refused);
  }

  const app::ImportCrossings& import_;
};

}  // namespace

BytesReactor* ImportService::ImportCrossings(grpc::CallbackServerContext* context) {
  const auto stream = std::make_shared<ImportCrossingsStream>(environment_, context, import_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
