#include <fmt/format.h>
#include <fmt/ostream.h>

#include <memory>
#include <optional>
#include <thread>

#include "ctl/backlog.h"
#include "ctl/commands.h"
#include "ctl/describe.h"
#include "entryexit/client/text.h"
#include "entryexit/v1/lane_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr char kBacklogExamples[] =
    R"(FILE has one crossing a line, in the JSON of RecordCrossingsRequest with a path for the picture:
  {"sequence": 1, "arrival": {"request_id": "0b7e...", "lane_id": "SEA-A1",
   "captured_at": "2026-05-01T09:30:00Z", "image_file": "faces/1.jpg",
   "identification": {"mrz": "P<UTO..."},
   "admission": {"class_of_admission": "B-2", "days_from_arrival": 90}}}
(on one line). An item sent twice is recorded once, by its request_id.

Examples:
  entryexitctl backlog saturday.jsonl
  entryexitctl backlog saturday.jsonl --after 1204)";

using Stream = grpc::ClientReaderWriter<v1::RecordCrossingsRequest, v1::RecordCrossingsResponse>;

struct Progress {
  std::size_t results = 0;
  std::size_t refused = 0;
  bool needs_human = false;
  std::uint64_t last_sequence = 0;
};

// Sends all items, or as many as the stream takes. The stream's own status tells of its failures;
// what this returns tells of ours.
absl::Status Send(const std::vector<BacklogItem>& items, Stream& stream) {
  absl::Status status;
  for (const BacklogItem& item : items) {
    const auto request = LoadItem(item);
    status = request.status();
    if (!status.ok() || !stream.Write(*request)) break;
  }
  stream.WritesDone();
  return status;
}

std::string JoinIds(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  return fmt::format("{}", fmt::join(ids, " "));
}

std::vector<Cell> RowOf(const v1::RecordCrossingsResponse& response) {
  const std::string sequence = std::to_string(response.sequence());
  switch (response.result_case()) {
    case v1::RecordCrossingsResponse::kArrival:
      return {sequence, "arrival", Describe(response.arrival().capture_status()),
              response.arrival().crossing_id(), JoinIds(response.arrival().opened_case_ids())};
    case v1::RecordCrossingsResponse::kDeparture:
      return {sequence, "departure", Describe(response.departure().outcome()),
              response.departure().crossing_id(), JoinIds(response.departure().opened_case_ids())};
    default:
      return {sequence, "refused", Cell(client::NameOf(response.error().reason()), Colour::kRed),
              response.error().message(), ""};
  }
}

void Count(const v1::RecordCrossingsResponse& response, Progress& progress) {
  ++progress.results;
  progress.last_sequence = response.sequence();
  if (response.has_error()) ++progress.refused;
  if (!response.arrival().opened_case_ids().empty() ||
      !response.departure().opened_case_ids().empty()) {
    progress.needs_human = true;
  }
}

Progress Receive(const Context& context, Stream& stream) {
  Progress progress;
  Table table =
      context.MakeTable({{"SEQUENCE", 8}, {"CROSSING", 9}, {"RESULT", 20}, {"ID", 36}, {"CASES"}});
  v1::RecordCrossingsResponse response;
  while (stream.Read(&response)) {
    Count(response, progress);
    if (context.json) {
      context.WriteJson(response);
    } else {
      table.Add(RowOf(response));
      table.Flush();
    }
  }
  return progress;
}

// The first item without an answer is the one that ended the stream, unless the service went away.
ExitCode ConcludeEarly(const Context& context, const Progress& progress,
                       const std::vector<BacklogItem>& items, const absl::Status& status) {
  const ExitCode code = context.Fail(status);
  if (code != ExitCode::kUnavailable) {
    fmt::print(context.err, "It ended at the item with sequence {}, which must be mended first.\n",
               items[progress.results].request.sequence());
  }
  if (progress.results > 0) {
    fmt::print(context.err, "To go on: the same command with --after {}\n", progress.last_sequence);
  }
  return code;
}

ExitCode Conclude(const Context& context, const Progress& progress,
                  const std::vector<BacklogItem>& items, const absl::Status& sent,
                  const absl::Status& ended) {
  fmt::print(context.err, "{} of {} crossings answered, {} of them refused\n", progress.results,
             items.size(), progress.refused);
  if (progress.results < items.size()) {
    const absl::Status unread = absl::UnavailableError("the service ended the stream early");
    return ConcludeEarly(context, progress, items,
                         !ended.ok()  ? ended
                         : !sent.ok() ? sent
                                      : unread);
  }
  if (progress.refused > 0) return ExitCode::kFailed;
  return progress.needs_human ? ExitCode::kNeedsHuman : ExitCode::kOk;
}

ExitCode SendBacklog(const Context& context, const std::string& file,
                     std::optional<std::uint64_t> after) {
  auto items = ReadBacklog(file);
  if (!items.ok()) return context.Fail(items.status());
  if (after) {
    std::erase_if(*items,
                  [&](const BacklogItem& item) { return item.request.sequence() <= *after; });
  }
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());

  v1::LaneService::Stub stub(*channel);
  grpc::ClientContext call;
  const auto stream = stub.RecordCrossings(&call);
  absl::Status sent;
  std::thread sender([&] { sent = Send(*items, *stream); });
  const Progress progress = Receive(context, *stream);
  sender.join();
  const absl::Status ended = client::ToStatus(stream->Finish(), call);
  return Conclude(context, progress, *items, sent, ended);
}

}  // namespace

void AddBacklogCommand(CLI::App& app, Context& context) {
  struct Options {
    std::string file;
    std::optional<std::uint64_t> after;
  };
  auto* command =
      app.add_subcommand("backlog", "Send the crossings that a lane recorded while it was offline");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "The crossings, one a line")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--after", options->after,
                   "Leave out the items up to this sequence, which were answered before")
      ->type_name("SEQUENCE");
  command->footer(kBacklogExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      return SendBacklog(context, options->file, options->after);
    };
  });
}

}  // namespace entryexit::ctl
