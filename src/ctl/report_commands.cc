#include <fmt/format.h>
#include <fmt/ostream.h>

#include <memory>

#include "ctl/commands.h"
#include "ctl/describe.h"
#include "ctl/options.h"
#include "entryexit/client/text.h"
#include "entryexit/v1/report_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr char kOverstaysExamples[] = R"(Examples:
  entryexitctl overstays --as-of 2026-05-01
  entryexitctl overstays --as-of 2026-05-01 --kind suspected-in-country --json > overstays.jsonl
Days before the 18th birthday do not count for the band, of 180 days and of a year.
Each line is a lead for an officer, not a determination.)";

Cell BandCell(v1::OverstayBand band) {
  switch (band) {
    case v1::OVERSTAY_BAND_UNSPECIFIED:
      return {"-"};
    case v1::OVERSTAY_BAND_OVER_180_DAYS:
      return {client::NameOf(band), Colour::kYellow};
    case v1::OVERSTAY_BAND_YEAR_OR_MORE:
      return {client::NameOf(band), Colour::kRed};
    default:
      return {client::NameOf(band)};
  }
}

std::vector<Cell> RowOf(const v1::ListOverstaysResponse& response) {
  const v1::Stay& stay = response.stay();
  return {client::NameOf(response.kind()),
          std::to_string(response.days_overstayed()),
          response.days_before_18() > 0 ? std::to_string(response.days_before_18()) : "-",
          BandCell(response.band()),
          client::FormatDate(stay.arrived_on()),
          stay.class_of_admission(),
          client::FormatDate(stay.authorized_until()),
          stay.has_departed_on() ? client::FormatDate(stay.departed_on()) : "-",
          stay.port_id(),
          stay.traveler_id()};
}

// Streams: the report of a large country does not fit into memory.
ExitCode ListOverstays(const Context& context, const v1::ListOverstaysRequest& request) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  v1::ReportService::Stub stub(*channel);
  grpc::ClientContext call;
  const auto stream = stub.ListOverstays(&call, request);
  Table table = context.MakeTable({{"KIND", 20},
                                   {"DAYS", 5},
                                   {"BEFORE 18", 9},
                                   {"BAND", 14},
                                   {"ARRIVED", 10},
                                   {"CLASS", 8},
                                   {"AUTHORIZED UNTIL", 16},
                                   {"DEPARTED", 10},
                                   {"PORT", 4},
                                   {"TRAVELER"}});
  std::size_t count = 0;
  v1::ListOverstaysResponse response;
  while (context.out && stream->Read(&response)) {
    ++count;
    if (context.json) {
      context.WriteJson(response);
    } else {
      table.Add(RowOf(response));
      table.Flush();
    }
  }
  if (!context.out) call.TryCancel();
  const absl::Status status = client::ToStatus(stream->Finish(), call);
  if (!context.out) return ExitCode::kFailed;
  if (!status.ok()) return context.Fail(status);
  fmt::print(context.err, "{} {} as of {}\n", count, count == 1 ? "overstay" : "overstays",
             client::FormatDate(request.as_of()));
  return ExitCode::kOk;
}

}  // namespace

void AddReportCommands(CLI::App& app, Context& context) {
  struct Options {
    std::optional<v1::Date> as_of;
    v1::OverstayKind kind = v1::OVERSTAY_KIND_UNSPECIFIED;
  };
  auto* command = app.add_subcommand("overstays", "List the stays that are overstays on a day");
  auto options = std::make_shared<Options>();
  AddDateOption(*command, "--as-of", options->as_of, "The day to look from")->required();
  AddEnumOption(*command, "--kind", options->kind, "Only overstays of this kind");
  command->footer(kOverstaysExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::ListOverstaysRequest request;
      *request.mutable_as_of() = *options->as_of;
      request.set_kind(options->kind);
      return ListOverstays(context, request);
    };
  });
}

}  // namespace entryexit::ctl
