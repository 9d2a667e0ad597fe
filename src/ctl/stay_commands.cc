#include <fmt/format.h>
#include <fmt/ostream.h>

#include <memory>

#include "ctl/commands.h"
#include "ctl/crossing_request.h"
#include "ctl/describe.h"
#include "ctl/options.h"
#include "ctl/purposes.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using BackOffice = v1::BackOfficeService::Stub;

constexpr char kAllowanceExamples[] = R"(Examples:
  entryexitctl allowance 704fb99f-921d-4fa0-8292-b7e2656a5b65 --on 2026-05-01 \
      --purpose INSPECTION
  entryexitctl allowance 704fb99f-921d-4fa0-8292-b7e2656a5b65 --on 2026-05-01 --class SCH-C \
      --purpose INSPECTION
It counts the crossings that the service knows of; others may come in late.)";

constexpr char kAdmissionChangeExamples[] =
    R"(Report it when it was filed, and again, with the same --application, when it was decided. To
correct a report or to take it back, send it again with the next --revision.

Examples:
  entryexitctl admission-change 704fb99f-921d-4fa0-8292-b7e2656a5b65 --application IOE0912345678 \
      --kind extension --filed 2026-04-20
  entryexitctl admission-change 704fb99f-921d-4fa0-8292-b7e2656a5b65 --application IOE0912345678 \
      --kind extension --filed 2026-04-20 --granted 2026-06-02 --class B-2 --until 2026-10-31)";

ExitCode ShowAllowance(const Context& context, const v1::GetStayAllowanceRequest& request) {
  const auto allowance = context.Call(&BackOffice::GetStayAllowance, request);
  if (!allowance.ok()) return context.Fail(allowance.status());
  if (context.json) {
    context.WriteJson(*allowance);
    return ExitCode::kOk;
  }
  const std::string day = client::FormatDate(request.date());
  const int remaining = allowance->remaining_days();
  fmt::print(context.out, "Traveler {}, in the country from {} on\n", request.traveler_id(), day);
  context.WriteFields(
      {{"limit", DescribeWindow(allowance->window())},
       {"days used", fmt::format("{} of the {} days that end on {}", allowance->days_used(),
                                 allowance->window().window_days(), day)},
       {"may stay", remaining > 0 ? Cell(fmt::format("{} {}, the first included", remaining,
                                                     remaining == 1 ? "day" : "days"))
                                  : Cell("not even that day", Colour::kYellow)},
       {"last lawful day",
        allowance->has_last_lawful_day() ? client::FormatDate(allowance->last_lawful_day()) : ""}});
  return ExitCode::kOk;
}

struct AdmissionChangeOptions {
  std::string traveler;
  std::string application;
  int revision = 1;
  v1::AdmissionChangeKind kind = v1::ADMISSION_CHANGE_KIND_UNSPECIFIED;
  std::optional<v1::Date> filed;
  // At most one of these; none while the application is pending.
  std::optional<v1::Date> granted;
  std::optional<v1::Date> denied;
  std::optional<v1::Date> withdrawn;
  bool in_error = false;
  AdmissionOptions admission;
  std::string request_id;
};

void Decide(v1::AdmissionDecision decision, const std::optional<v1::Date>& decided_on,
            v1::RecordAdmissionChangeRequest& request) {
  if (!decided_on) return;
  request.set_decision(decision);
  *request.mutable_decided_on() = *decided_on;
}

// Errors: MISSING_FIELD or INVALID_FIELD for options that do not go together.
absl::StatusOr<v1::RecordAdmissionChangeRequest> MakeAdmissionChange(
    const AdmissionChangeOptions& options) {
  v1::RecordAdmissionChangeRequest request;
  request.set_request_id(options.request_id.empty() ? crypto::NewUuid() : options.request_id);
  request.set_traveler_id(options.traveler);
  request.set_application_id(options.application);
  request.set_revision(options.revision);
  request.set_kind(options.kind);
  *request.mutable_filed_on() = *options.filed;
  request.set_decision(v1::ADMISSION_DECISION_PENDING);
  if (options.in_error) request.set_decision(v1::ADMISSION_DECISION_RECORDED_IN_ERROR);
  Decide(v1::ADMISSION_DECISION_GRANTED, options.granted, request);
  Decide(v1::ADMISSION_DECISION_DENIED, options.denied, request);
  Decide(v1::ADMISSION_DECISION_WITHDRAWN, options.withdrawn, request);

  auto granted = MakeAdmission(options.admission);
  if (!granted.ok()) return granted.status();
  if (!options.granted) {
    if (granted->ByteSizeLong() == 0) return request;
    return core::MakeError(core::Reason::kInvalidField,
                           "--class, --until and --duration-of-status say what was granted: give "
                           "--granted with them");
  }
  if (granted->class_of_admission().empty()) {
    return core::MakeError(core::Reason::kMissingField, "--granted needs --class");
  }
  *request.mutable_granted() = *std::move(granted);
  return request;
}

ExitCode RecordAdmissionChange(const Context& context,
                               const absl::StatusOr<v1::RecordAdmissionChangeRequest>& request) {
  if (!request.ok()) return context.Fail(request.status());
  const auto response = context.Call(&BackOffice::RecordAdmissionChange, *request);
  if (!response.ok()) return context.FailRequest(response.status(), request->request_id());
  if (context.json) {
    context.WriteJson(*response);
    return ExitCode::kOk;
  }
  context.out << "Admission change recorded\n";
  context.WriteFields({{"application", fmt::format("{} ({})", request->application_id(),
                                                   client::NameOf(request->kind()))},
                       {"decision", client::NameOf(request->decision())},
                       {"traveler", request->traveler_id()},
                       {"change", response->change_id()},
                       {"request id", request->request_id()}});
  WriteStays(context, response->stays());
  return ExitCode::kOk;
}

void AddAllowance(CLI::App& app, Context& context) {
  struct Options {
    std::string traveler;
    std::optional<v1::Date> on;
    std::string class_of_admission;
  };
  auto* command = app.add_subcommand(
      "allowance", "Show how long a traveler may still stay under a limit on days in any 180");
  auto options = std::make_shared<Options>();
  command->add_option("traveler", options->traveler, "The traveler's id")
      ->required()
      ->type_name("TRAVELER");
  AddDateOption(*command, "--on", options->on,
                "The day from which on the traveler is, or would be, in the country")
      ->required();
  command
      ->add_option("--class", options->class_of_admission,
                   "Class of admission whose limit counts; default 90 days in any 180")
      ->type_name("CLASS");
  command->footer(kAllowanceExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::GetStayAllowanceRequest request;
      request.set_traveler_id(options->traveler);
      *request.mutable_date() = *options->on;
      request.set_class_of_admission(options->class_of_admission);
      return ShowAllowance(context, request);
    };
  });
}

void AddAdmissionChange(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "admission-change",
      "Record that a traveler's application to stay longer or in another class was filed or "
      "decided");
  auto options = std::make_shared<AdmissionChangeOptions>();
  command->add_option("traveler", options->traveler, "The traveler's id")
      ->required()
      ->type_name("TRAVELER");
  command->add_option("--application", options->application, "The authority's receipt number")
      ->required()
      ->type_name("NUMBER");
  command
      ->add_option("--revision", options->revision,
                   "The next number corrects an earlier report; the greatest counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  AddEnumOption(*command, "--kind", options->kind, "What is applied for")->required();
  AddDateOption(*command, "--filed", options->filed, "When it was filed")->required();
  auto* decision =
      command->add_option_group("decision", "What became of it; none while it is undecided");
  AddDateOption(*decision, "--granted", options->granted, "When it was granted");
  AddDateOption(*decision, "--denied", options->denied, "When it was denied");
  AddDateOption(*decision, "--withdrawn", options->withdrawn, "When the traveler withdrew it");
  decision->add_flag("--in-error", options->in_error,
                     "Takes an earlier report back: there is no such application of this traveler");
  decision->require_option(0, 1);
  auto* granted = command->add_option_group(
      "granted", "What was granted; a date is needed unless stays in the class have no last day");
  granted
      ->add_option("--class", options->admission.class_of_admission,
                   "Class of admission, like B-2; needed with --granted")
      ->type_name("CLASS");
  auto* until = AddDateOption(*granted, "--until", options->admission.until, "The last lawful day");
  granted
      ->add_flag("--duration-of-status", options->admission.duration_of_status, "Or: no last day")
      ->excludes(until);
  command
      ->add_option("--request-id", options->request_id,
                   "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  command->footer(kAdmissionChangeExamples);
  command->callback([&context, options] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, options] {
      return RecordAdmissionChange(context, MakeAdmissionChange(*options));
    };
  });
}

}  // namespace

void AddStayCommands(CLI::App& app, Context& context) {
  AddAllowance(app, context);
  AddAdmissionChange(app, context);
}

}  // namespace entryexit::ctl
