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

constexpr char kCorrectionExamples[] =
    R"(A correction says all that is corrected: what it leaves out is as recorded, whatever an earlier one
said. With neither --void, --captured-at nor --class it takes the earlier ones back. Nothing is
deleted: 'crossings' shows the crossing as recorded and its correction.

Examples:
  entryexitctl correct-crossing da96915c-f1a6-42c9-9115-f36635ba8bcd --revision 1 --void \
      --reason "the lane was tested with a training passport"
  entryexitctl correct-crossing da96915c-f1a6-42c9-9115-f36635ba8bcd --revision 2 \
      --captured-at 2026-05-01T09:30:00Z --class B-2 --authorized-until 2026-10-31 \
      --reason "the lane's clock was a day ahead")";

struct CorrectionOptions {
  std::string crossing;
  int revision = 0;
  std::string reason;
  bool voided = false;
  std::optional<google::protobuf::Timestamp> captured_at;
  AdmissionOptions admission;
  std::string request_id;
};

// Errors: MISSING_FIELD or INVALID_FIELD for options that do not go together.
absl::StatusOr<v1::CorrectCrossingRequest> MakeCorrection(const CorrectionOptions& options) {
  v1::CorrectCrossingRequest request;
  request.set_request_id(options.request_id.empty() ? crypto::NewUuid() : options.request_id);
  request.set_crossing_id(options.crossing);
  request.set_revision(options.revision);
  request.set_reason(options.reason);
  request.set_voided(options.voided);
  if (options.captured_at) *request.mutable_captured_at() = *options.captured_at;
  auto admission = MakeAdmission(options.admission);
  if (!admission.ok()) return admission.status();
  if (admission->ByteSizeLong() == 0) return request;
  if (admission->class_of_admission().empty()) {
    return core::MakeError(core::Reason::kMissingField,
                           "--authorized-until, --days and --duration-of-status need --class");
  }
  *request.mutable_admission() = *std::move(admission);
  return request;
}

ExitCode CorrectCrossing(const Context& context,
                         const absl::StatusOr<v1::CorrectCrossingRequest>& request) {
  if (!request.ok()) return context.Fail(request.status());
  const auto response = context.Call(&BackOffice::CorrectCrossing, *request);
  if (!response.ok()) return context.FailRequest(response.status(), request->request_id());
  if (context.json) {
    context.WriteJson(*response);
    return ExitCode::kOk;
  }
  context.out << "Correction recorded\n";
  context.WriteFields({{"crossing", request->crossing_id()},
                       {"revision", std::to_string(response->correction().revision())},
                       {"corrected", DescribeCorrection(response->correction())},
                       {"traveler", response->traveler_id()},
                       {"correction", response->correction().correction_id()},
                       {"request id", request->request_id()}});
  WriteStays(context, response->stays());
  return ExitCode::kOk;
}

void AddCorrectCrossing(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "correct-crossing",
      "Record what a crossing should have said, or that it did not happen (supervisors)");
  auto options = std::make_shared<CorrectionOptions>();
  command->add_option("crossing", options->crossing, "The crossing's id")
      ->required()
      ->type_name("CROSSING");
  command
      ->add_option("--revision", options->revision,
                   "One more than that of the crossing's latest correction; 1 when it has none")
      ->required()
      ->check(CLI::Range(1, 1000));
  command->add_option("--reason", options->reason, "Why; kept for good")
      ->required()
      ->type_name("TEXT");
  auto* voids = command->add_flag("--void", options->voided,
                                  "The crossing did not happen, or was another person's");
  AddTimeOption(*command, "--captured-at", options->captured_at, "When it really happened")
      ->excludes(voids);
  auto* granted = command->add_option_group(
      "admission", "What was really granted on arrival; default as recorded");
  granted
      ->add_option("--class", options->admission.class_of_admission, "Class of admission, like B-2")
      ->type_name("CLASS")
      ->excludes(voids);
  AddDateOption(*granted, "--authorized-until", options->admission.until, "The last lawful day");
  granted
      ->add_option("--days", options->admission.days,
                   "Or: a number of days, the day of arrival the first")
      ->check(CLI::Range(1, 3660));
  granted->add_flag("--duration-of-status", options->admission.duration_of_status,
                    "Or: no last day");
  command
      ->add_option("--request-id", options->request_id,
                   "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  command->footer(kCorrectionExamples);
  command->callback([&context, options] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, options] {
      return CorrectCrossing(context, MakeCorrection(*options));
    };
  });
}

constexpr char kMoveExamples[] =
    R"(Everything that was recorded with the document moves along: crossings, pictures, comparisons. What
the travelers' stays and cases were is kept in their history. To undo it, move the document back.

Examples:
  entryexitctl move-document --document XXA:P123456 --to 704fb99f-921d-4fa0-8292-b7e2656a5b65 \
      --reason "her second passport"
  entryexitctl move-document --document XXA:P123456 --reason "they are two people")";

struct MoveOptions {
  std::string document;
  std::string to;
  std::string reason;
  std::string request_id;
};

ExitCode MoveDocument(const Context& context, const MoveOptions& options) {
  const auto key = ParseDocument(options.document);
  if (!key.ok()) return context.Fail(key.status());
  v1::MoveDocumentRequest request;
  request.set_request_id(options.request_id.empty() ? crypto::NewUuid() : options.request_id);
  *request.mutable_document() = *key;
  request.set_to_traveler_id(options.to);
  request.set_reason(options.reason);
  const auto response = context.Call(&BackOffice::MoveDocument, request);
  if (!response.ok()) return context.FailRequest(response.status(), request.request_id());
  if (context.json) {
    context.WriteJson(*response);
    return ExitCode::kOk;
  }
  context.out << "Document moved\n";
  context.WriteFields({{"from traveler", response->from_traveler_id()},
                       {"to traveler", response->to_traveler_id()},
                       {"request id", request.request_id()}});
  WriteStays(context, response->stays());
  return ExitCode::kOk;
}

void AddMoveDocument(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "move-document", "Move a document with its crossings to another traveler (supervisors)");
  auto options = std::make_shared<MoveOptions>();
  command->add_option("--document", options->document, "The document")
      ->required()
      ->type_name("STATE:NUMBER");
  command->add_option("--to", options->to, "To this traveler; default a new one of its own")
      ->type_name("TRAVELER");
  command->add_option("--reason", options->reason, "Why; kept for good")
      ->required()
      ->type_name("TEXT");
  command
      ->add_option("--request-id", options->request_id,
                   "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  command->footer(kMoveExamples);
  command->callback([&context, options] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, options] { return MoveDocument(context, *options); };
  });
}

}  // namespace

void AddCorrectionCommands(CLI::App& app, Context& context) {
  AddCorrectCrossing(app, context);
  AddMoveDocument(app, context);
}

}  // namespace entryexit::ctl
