#include <fmt/format.h>
#include <fmt/ostream.h>

#include <chrono>
#include <memory>

#include "ctl/commands.h"
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

constexpr int kMaxRequestsPerPage = 500;

constexpr char kRequestExamples[] =
    R"(Files what a traveler says is wrong. Until it is granted, everything that the service says of the
traveler is marked as disputed. Granting it takes the correction first, then the decision:
  entryexitctl correct-crossing CROSSING ...             prints its request id
  entryexitctl cases decide CASE --etag 1 --uphold --done-by REQUEST --reason TEXT
To refuse it takes two people: cases decide CASE --dismiss, by each of them.

Examples:
  entryexitctl subject request 704fb99f-921d-4fa0-8292-b7e2656a5b65 --received-on 2026-11-20 \
      --crossing da96915c-f1a6-42c9-9115-f36635ba8bcd --words 'I left on the 14th, by ferry'
  entryexitctl subject request 704fb99f-921d-4fa0-8292-b7e2656a5b65 --received-on 2026-11-20 \
      --disputed-case 3f0cbe1c-1d2f-4a39-8a6e-5b7f1a0c9d11 --words 'That is me, with a beard')";

constexpr char kRequestsExamples[] =
    R"(Those that wait for an answer, the first one due first. With --all also those that are answered.

Examples:
  entryexitctl subject requests
  entryexitctl subject requests --overdue)";

// In UTC: the day is that of the calendar wherever the traveler is, and nobody counts hours.
std::chrono::sys_days Today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

v1::Date ToDate(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  v1::Date proto;
  proto.set_year(static_cast<int>(date.year()));
  proto.set_month(static_cast<int>(static_cast<unsigned>(date.month())));
  proto.set_day(static_cast<int>(static_cast<unsigned>(date.day())));
  return proto;
}

struct FilingOptions {
  std::string traveler;
  std::string crossing;
  std::string case_id;
  std::string words;
  std::optional<v1::Date> received_on;
  std::string request_id;
};

ExitCode FileRequest(const Context& context, const FilingOptions& options) {
  if (options.crossing.empty() == options.case_id.empty()) {
    return context.Fail(core::MakeError(core::Reason::kMissingField,
                                        "say what is in dispute: either --crossing or --case"));
  }
  v1::FileCorrectionRequestRequest request;
  request.set_request_id(options.request_id.empty() ? crypto::NewUuid() : options.request_id);
  request.set_traveler_id(options.traveler);
  if (options.crossing.empty()) {
    request.set_case_id(options.case_id);
  } else {
    request.set_crossing_id(options.crossing);
  }
  request.set_words(options.words);
  *request.mutable_received_on() = *options.received_on;
  const auto response = context.Call(&BackOffice::FileCorrectionRequest, request);
  if (!response.ok()) return context.FailRequest(response.status(), request.request_id());
  if (context.json) {
    context.WriteJson(*response);
    return ExitCode::kOk;
  }
  const v1::Case& filed = response->case_();
  context.out << "Request filed; the traveler's record is disputed until it is granted\n";
  context.WriteFields({{"case", filed.case_id()},
                       {"state", Describe(filed.state())},
                       {"due", DescribeDueDay(filed.due_on(), Today())},
                       {"etag", filed.etag()},
                       {"request id", request.request_id()}});
  return ExitCode::kOk;
}

struct RequestsOptions {
  std::string traveler;
  bool all = false;
  bool overdue = false;
};

bool Waits(const v1::Case& item) {
  return item.state() == v1::CASE_STATE_OPEN ||
         item.state() == v1::CASE_STATE_AWAITS_SECOND_OFFICER;
}

ExitCode ListRequests(const Context& context, const RequestsOptions& options) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  BackOffice stub(*channel);
  v1::ListCasesRequest request;
  request.set_kind(v1::CASE_KIND_CORRECTION_REQUEST);
  request.set_traveler_id(options.traveler);
  request.set_by_due_day(true);
  request.set_page_size(kMaxRequestsPerPage);
  const std::chrono::sys_days today = Today();
  if (options.overdue) *request.mutable_due_before() = ToDate(today);
  Table table = context.MakeTable(
      {{"DUE", 28}, {"RECEIVED", 10}, {"STATE", 21}, {"PORT", 4}, {"CASE", 36}, {"TRAVELER"}});
  do {
    const auto page = client::Call(stub, &BackOffice::ListCases, request, context.timeout(),
                                   context.CallPurpose());
    if (!page.ok()) return context.Fail(page.status());
    for (const auto& item : page->cases()) {
      if (!options.all && !Waits(item)) continue;
      if (context.json) {
        context.WriteJson(item);
      } else {
        // Of an answered one it does not matter how late it is.
        const Cell due = Waits(item) ? DescribeDueDay(item.due_on(), today)
                                     : Cell(client::FormatDate(item.due_on()));
        table.Add({due, client::FormatDate(item.received_on()), Describe(item.state()),
                   item.port_id(), item.case_id(), item.traveler_id()});
      }
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (!context.json) table.Flush();
  return ExitCode::kOk;
}

void AddRequest(CLI::App& subject, Context& context) {
  auto* command = subject.add_subcommand("request", "File a traveler's request for a correction");
  auto options = std::make_shared<FilingOptions>();
  command->add_option("traveler", options->traveler, "The traveler's id")
      ->required()
      ->type_name("TRAVELER");
  auto* crossing = command->add_option("--crossing", options->crossing, "The crossing in dispute")
                       ->type_name("CROSSING");
  command->add_option("--disputed-case", options->case_id, "Or: the case in dispute")
      ->excludes(crossing)
      ->type_name("CASE");
  command
      ->add_option("--words", options->words,
                   "What is wrong, in the traveler's words, 1 to 2000 characters")
      ->required()
      ->type_name("TEXT");
  AddDateOption(*command, "--received-on", options->received_on,
                "The day on which the traveler gave it in")
      ->required();
  command
      ->add_option("--request-id", options->request_id,
                   "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  command->footer(kRequestExamples);
  command->callback([&context, options] {
    context.default_purpose = kSubjectRequest;
    context.command = [&context, options] { return FileRequest(context, *options); };
  });
}

void AddRequests(CLI::App& subject, Context& context) {
  auto* command = subject.add_subcommand("requests", "List travelers' requests for corrections");
  auto options = std::make_shared<RequestsOptions>();
  command->add_option("--traveler", options->traveler, "Only those of this traveler")
      ->type_name("TRAVELER");
  command->add_flag("--overdue", options->overdue, "Only those whose day is over");
  command->add_flag("--all", options->all, "Also those that are answered");
  command->footer(kRequestsExamples);
  command->callback([&context, options] {
    context.default_purpose = kSubjectRequest;
    context.command = [&context, options] { return ListRequests(context, *options); };
  });
}

}  // namespace

void AddCorrectionRequestCommands(CLI::App& subject, Context& context) {
  AddRequest(subject, context);
  AddRequests(subject, context);
}

}  // namespace entryexit::ctl
