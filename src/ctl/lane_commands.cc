#include <fmt/format.h>
#include <fmt/ostream.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "ctl/commands.h"
#include "ctl/crossing_request.h"
#include "ctl/describe.h"
#include "ctl/options.h"
#include "entryexit/base/files.h"
#include "entryexit/client/channel.h"
#include "entryexit/client/text.h"
#include "entryexit/v1/lane_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr char kArriveExamples[] = R"(Examples:
  entryexitctl arrive --lane SEA-A1 --image face.jpg --class B-2 --days 90 \
      --document UTO:X1234567 --nationality UTO --birth-date 1984-02-29 --sex F
  entryexitctl arrive --lane SEA-A1 --image face.jpg --class WT \
      --mrz 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10')";

constexpr char kDepartExamples[] = R"(Examples:
  entryexitctl depart --lane SEA-D1 --image face.jpg --carrier XX --flight XX123 \
      --document UTO:X1234567 --nationality UTO --birth-date 1984-02-29 --sex F
  entryexitctl depart --lane SEA-D1 --waiver exempt --mrz "$MRZ")";

constexpr char kAssessExamples[] = R"(Example:
  entryexitctl assess face.jpg other.png)";

void AddCrossingOptions(CLI::App& command, CrossingOptions& options) {
  command.add_option("--lane", options.lane, "The lane; the client certificate must name it")
      ->required()
      ->type_name("LANE");
  command.add_option("--image", options.image, "The capture: a JPEG, PNG or WebP file")
      ->type_name("FILE");
  command.add_option("--mrz", options.mrz, "The machine readable zone, lines run together")
      ->type_name("TEXT");
  command.add_option("--document", options.document, "Instead of --mrz, with the three below")
      ->type_name("STATE:NUMBER");
  command.add_option("--nationality", options.nationality, "ICAO 9303 code")->type_name("STATE");
  AddDateOption(command, "--birth-date", options.birth_date, "Of the holder");
  command.add_option("--sex", options.sex, "As the document states it: F, M or X")
      ->check(CLI::IsMember({"F", "M", "X"}))
      ->type_name("F|M|X");
  AddTimeOption(command, "--captured-at", options.captured_at,
                "When it happened, like 2026-05-01T09:30:00Z; default now");
  AddEnumOption(command, "--waiver", options.waiver, "Why there is no image");
  command.add_flag("--record-poor", options.record_poor,
                   "Record the crossing also when the capture is poor");
  command.add_option("--carrier", options.carrier, "Code or name")->type_name("TEXT");
  command.add_option("--flight", options.flight, "Flight, voyage, train or vehicle")
      ->type_name("TEXT");
  command
      .add_option("--request-id", options.request_id,
                  "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
}

ExitCode ReportPoorCapture(const Context& context, const Findings& findings,
                           const std::string& request_id) {
  context.out << Styled({"Nothing was recorded: the capture is poor", Colour::kYellow},
                        context.colours)
              << '\n';
  context.out << '\n';
  WriteFindings(context, findings);
  fmt::print(context.out, "\nCapture again, and send it with --request-id {} or a new one.\n",
             request_id);
  return ExitCode::kPoorCapture;
}

ExitCode ExitCodeOf(const v1::RecordArrivalResponse& response) {
  if (!response.recorded()) return ExitCode::kPoorCapture;
  return response.opened_case_ids().empty() ? ExitCode::kOk : ExitCode::kNeedsHuman;
}

ExitCode ExitCodeOf(const v1::RecordDepartureResponse& response) {
  if (!response.recorded()) return ExitCode::kPoorCapture;
  switch (response.outcome()) {
    case v1::OUTCOME_NO_MATCH:
    case v1::OUTCOME_INCONCLUSIVE:
    case v1::OUTCOME_NO_REFERENCE:
      return ExitCode::kNeedsHuman;
    default:
      return response.opened_case_ids().empty() ? ExitCode::kOk : ExitCode::kNeedsHuman;
  }
}

void WriteResponse(const Context& context, const v1::RecordArrivalResponse& response,
                   const v1::RecordArrivalRequest& request) {
  context.out << "Arrival recorded\n";
  context.WriteFields({{"admitted", DescribeAdmission(request.admission().class_of_admission(),
                                                      response.has_authorized_until(),
                                                      response.authorized_until())},
                       {"capture", Describe(response.capture_status())},
                       {"traveler", response.traveler_id()},
                       {"crossing", response.crossing_id()},
                       {"request id", request.request_id()}});
}

void WriteResponse(const Context& context, const v1::RecordDepartureResponse& response,
                   const v1::RecordDepartureRequest& request) {
  context.out << "Departure recorded\n";
  std::vector<Field> fields = {{"outcome", Describe(response.outcome())},
                               {"disputed", DisputedWords(response.disputed())}};
  for (Field& field : ComparisonFields(response.comparison())) fields.push_back(std::move(field));
  fields.emplace_back("traveler", response.traveler_id());
  fields.emplace_back("crossing", response.crossing_id());
  fields.emplace_back("request id", request.request_id());
  context.WriteFields(fields);
  WriteReferences(context, response.comparison());
}

template <typename Request, typename Response>
ExitCode Record(const Context& context, const absl::StatusOr<Request>& request,
                grpc::Status (v1::LaneService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*)) {
  if (!request.ok()) return context.Fail(request.status());
  const absl::StatusOr<Response> response = context.Call(method, *request);
  if (!response.ok()) return context.FailRequest(response.status(), request->request_id());

  if (context.json) {
    context.WriteJson(*response);
  } else if (!response->recorded()) {
    return ReportPoorCapture(context, response->findings(), request->request_id());
  } else {
    WriteResponse(context, *response, *request);
    if (!response->findings().empty()) context.out << '\n';
    WriteFindings(context, response->findings());
    WriteOpenedCases(context, response->opened_case_ids());
  }
  return ExitCodeOf(*response);
}

void WriteAssessment(const Context& context, const std::string& file,
                     const v1::AssessCaptureResponse& response) {
  const Cell verdict =
      response.usable() ? Cell("usable", Colour::kGreen) : Cell("not usable", Colour::kYellow);
  fmt::print(context.out, "{}: {}, {} x {} pixels", Printable(file),
             Styled(verdict, context.colours), response.image_width(), response.image_height());
  if (response.has_face()) {
    const v1::PixelBox& face = response.face();
    fmt::print(context.out, ", face {} x {} at ({}, {})", face.width(), face.height(), face.left(),
               face.top());
  }
  context.out << '\n';
  WriteFindings(context, response.findings());
  if (!response.findings().empty()) context.out << '\n';
}

// One bad picture does not keep the others from being judged.
ExitCode Assess(const Context& context, const std::vector<std::string>& files) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  v1::LaneService::Stub stub(*channel);
  ExitCode worst = ExitCode::kOk;
  for (const std::string& file : files) {
    v1::AssessCaptureRequest request;
    auto image = base::ReadFile(file);
    if (!image.ok()) return context.Fail(image.status());
    request.set_image(*std::move(image));
    const auto response =
        client::Call(stub, &v1::LaneService::Stub::AssessCapture, request, context.timeout());
    if (!response.ok()) {
      fmt::print(context.err, "{}:\n", Printable(file));
      worst = context.Fail(response.status());
      if (worst == ExitCode::kUnavailable) return worst;
      continue;
    }
    if (context.json) {
      // A file that is refused has no line, so each line says whose it is.
      nlohmann::ordered_json line = {{"file", file}};
      line.update(nlohmann::ordered_json::parse(client::ToJson(*response)));
      context.WriteObject(line);
    } else {
      WriteAssessment(context, file, *response);
    }
    if (!response->usable() && worst == ExitCode::kOk) worst = ExitCode::kPoorCapture;
  }
  return worst;
}

void AddArrive(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("arrive", "Record an arrival");
  auto options = std::make_shared<CrossingOptions>();
  auto admission = std::make_shared<AdmissionOptions>();
  AddCrossingOptions(*command, *options);
  command->add_option("--class", admission->class_of_admission, "Class of admission, like B-2")
      ->required()
      ->type_name("CLASS");
  AddDateOption(*command, "--until", admission->until,
                "The last lawful day; without a length of stay the rule of the class decides");
  command->add_option("--days", admission->days, "Or: days of stay, that of arrival included")
      ->type_name("N");
  command->add_flag("--duration-of-status", admission->duration_of_status, "Or: no last day");
  command->footer(kArriveExamples);
  command->callback([&context, options, admission] {
    context.command = [&context, options, admission] {
      return Record(context, MakeArrival(*options, *admission),
                    &v1::LaneService::Stub::RecordArrival);
    };
  });
}

void AddDepart(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "depart", "Record a departure and compare the face with the traveler's arrivals");
  auto options = std::make_shared<CrossingOptions>();
  AddCrossingOptions(*command, *options);
  command->footer(kDepartExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      return Record(context, MakeDeparture(*options), &v1::LaneService::Stub::RecordDeparture);
    };
  });
}

void AddAssess(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("assess", "Judge captures as a lane would; stores nothing");
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("image", *files, "JPEG, PNG or WebP files")->required()->type_name("FILE");
  command->footer(kAssessExamples);
  command->callback([&context, files] {
    context.command = [&context, files] { return Assess(context, *files); };
  });
}

}  // namespace

void AddLaneCommands(CLI::App& app, Context& context) {
  AddArrive(app, context);
  AddDepart(app, context);
  AddAssess(app, context);
}

}  // namespace entryexit::ctl
