#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <memory>

#include "ctl/commands.h"
#include "ctl/describe.h"
#include "ctl/interrupt.h"
#include "ctl/options.h"
#include "ctl/purposes.h"
#include "entryexit/client/text.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using BackOffice = v1::BackOfficeService::Stub;

constexpr int kMaxPageSize = 500;

constexpr char kListExamples[] = R"(Examples:
  entryexitctl cases list
  entryexitctl cases list --state open --kind identity-no-match --port SEA)";

constexpr char kDecideExamples[] =
    R"(Read the case first; 'cases show' prints this command with the etag that it had.

Example:
  entryexitctl cases decide 3f0c... --etag 2 --dismiss --reason 'Seen in person: the same woman'
A decision is refused when the case has changed since. It never alters what the machine found.
To uphold a case of identity or overstay takes two people: the second one, whoever but the first,
upholds it too, or dismisses it, upon which it is open again. Supervisors can take back what was
decided, with --reopen; the case is then decided anew, and its history keeps both decisions.)";

Table CaseTable(const Context& context) {
  return context.MakeTable({{"OPENED", 20},
                            {"SEVERITY", 8},
                            {"KIND", 25},
                            {"STATE", 21},
                            {"PORT", 4},
                            {"DAYS OVER", 9},
                            {"DISPUTED", 8},
                            {"CASE", 36},
                            {"TRAVELER"}});
}

std::vector<Cell> RowOf(const v1::Case& item) {
  return {Describe(item.opened_at()),
          Describe(item.severity()),
          client::NameOf(item.kind()),
          Describe(item.state()),
          item.port_id(),
          item.days_overstayed() > 0 ? std::to_string(item.days_overstayed()) : "-",
          DisputedCell(item.disputed()),
          item.case_id(),
          item.traveler_id()};
}

// `limit` 0: all.
ExitCode ListCases(const Context& context, v1::ListCasesRequest request, int limit) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  BackOffice stub(*channel);
  Table table = CaseTable(context);
  int listed = 0;
  do {
    request.set_page_size(limit == 0 ? kMaxPageSize : std::min(limit - listed, kMaxPageSize));
    const auto page = client::Call(stub, &BackOffice::ListCases, request, context.timeout(),
                                   context.CallPurpose());
    if (!page.ok()) return context.Fail(page.status());
    for (const auto& item : page->cases()) {
      if (context.json) {
        context.WriteJson(item);
      } else {
        table.Add(RowOf(item));
      }
    }
    listed += page->cases_size();
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && (limit == 0 || listed < limit));

  if (!context.json) table.Flush();
  if (!request.page_token().empty()) {
    fmt::print(context.err, "There are more: --limit 0 lists all.\n");
  }
  return ExitCode::kOk;
}

void WriteCase(const Context& context, const v1::GetCaseResponse& response) {
  const v1::Case& item = response.case_();
  const v1::Crossing& crossing = response.crossing();
  fmt::print(context.out, "Case {}: a lead for an officer, not a determination\n", item.case_id());
  std::vector<Field> fields = {
      {"kind", {client::NameOf(item.kind()), Colour::kBold}},
      {"severity", Describe(item.severity())},
      {"state", Describe(item.state())},
      {"first officer", item.first_officer()},
      {"why", response.explanation()},
      {"days over", item.days_overstayed() > 0 ? std::to_string(item.days_overstayed()) : ""},
      {"traveler", item.traveler_id()},
      {"crossing", fmt::format("{} ({} at lane {}, {})", crossing.crossing_id(),
                               client::NameOf(crossing.direction()), crossing.lane_id(),
                               Describe(crossing.captured_at()))},
      {"opened", Describe(item.opened_at())},
      {"disputed", DisputedWords(item.disputed())},
      {"etag", item.etag()}};
  if (item.has_due_on()) {
    fields.emplace_back("received", client::FormatDate(item.received_on()));
    fields.emplace_back("due", client::FormatDate(item.due_on()));
    fields.emplace_back("about case", item.disputed_case_id());
  }
  if (response.has_comparison()) {
    fields.emplace_back("outcome", Describe(response.comparison().outcome()));
    for (Field& field : ComparisonFields(response.comparison())) {
      fields.push_back(std::move(field));
    }
  }
  context.WriteFields(fields);
  WriteReferences(context, response.comparison());
}

void WriteHistory(const Context& context, const v1::GetCaseResponse& response) {
  context.out << "\nHistory\n";
  Table table = context.MakeTable({{"AT"}, {"WHAT"}, {"BY"}, {"REASON"}});
  for (const auto& event : response.history()) {
    std::string reason = event.reason();
    for (const auto& id : event.done_by_request_ids()) reason += " [request " + id + "]";
    table.Add({Describe(event.at()), client::NameOf(event.kind()), event.principal(), reason});
  }
  table.Flush();
}

void WriteNextSteps(const Context& context, const v1::GetCaseResponse& response) {
  const v1::Case& item = response.case_();
  const bool awaits_second = item.state() == v1::CASE_STATE_AWAITS_SECOND_OFFICER;
  if (item.state() != v1::CASE_STATE_OPEN && !awaits_second) return;
  fmt::print(context.out, "\nNext{}\n",
             awaits_second ? fmt::format(", by anybody but {}", item.first_officer()) : "");
  const bool arrived = response.crossing().direction() == v1::DIRECTION_ARRIVAL;
  const auto suggest_capture = [&](const std::string& crossing_id, const char* name) {
    fmt::print(context.out, "  entryexitctl capture {} --out {}.jpg --purpose {} --case {}\n",
               crossing_id, name, kCaseWork, response.case_().case_id());
  };
  suggest_capture(response.case_().crossing_id(), arrived ? "arrival" : "departure");
  for (const auto& reference : response.comparison().references()) {
    suggest_capture(reference.crossing_id(), "arrival");
  }
  const bool is_request = item.kind() == v1::CASE_KIND_CORRECTION_REQUEST;
  fmt::print(context.out,
             "  entryexitctl cases decide {} --etag {} --uphold{}|--dismiss --reason TEXT\n",
             item.case_id(), item.etag(), is_request ? " --done-by REQUEST" : "");
}

ExitCode ShowCase(const Context& context, const std::string& case_id) {
  v1::GetCaseRequest request;
  request.set_case_id(case_id);
  const auto response = context.Call(&BackOffice::GetCase, request);
  if (!response.ok()) return context.Fail(response.status());
  if (context.json) {
    context.WriteJson(*response);
    return ExitCode::kOk;
  }
  WriteCase(context, *response);
  WriteHistory(context, *response);
  WriteNextSteps(context, *response);
  return ExitCode::kOk;
}

ExitCode DecideCase(const Context& context, const v1::DecideCaseRequest& request) {
  const auto response = context.Call(&BackOffice::DecideCase, request);
  if (!response.ok()) return context.FailRequest(response.status(), request.request_id());
  if (context.json) {
    context.WriteJson(*response);
  } else {
    const v1::Case& item = response->case_();
    fmt::print(context.out, "Decided: case {} is {}\n", item.case_id(),
               client::NameOf(item.state()));
    context.WriteFields({{"etag", item.etag()}, {"request id", request.request_id()}});
    if (item.state() == v1::CASE_STATE_AWAITS_SECOND_OFFICER) {
      fmt::print(context.out,
                 "\nThat takes two people: somebody else must look at it, too\n"
                 "  entryexitctl cases show {}\n",
                 item.case_id());
    }
  }
  return ExitCode::kOk;
}

ExitCode WatchCases(const Context& context, const v1::WatchCasesRequest& request) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  BackOffice stub(*channel);
  grpc::ClientContext call;
  client::SayPurpose(context.CallPurpose(), call);
  const auto stream = stub.WatchCases(&call, request);
  const InterruptGuard guard([&call] { call.TryCancel(); });
  Table table = CaseTable(context);
  v1::WatchCasesResponse response;
  while (context.out && stream->Read(&response)) {
    if (!response.has_case_()) {
      context.err << "Watching; Ctrl-C ends it.\n";
    } else if (context.json) {
      context.WriteJson(response.case_());
    } else {
      table.Add(RowOf(response.case_()));
      table.Flush();
    }
  }
  if (!context.out) call.TryCancel();
  const absl::Status status = client::ToStatus(stream->Finish(), call);
  if (status.ok() || InterruptGuard::interrupted() || !context.out) return ExitCode::kOk;
  const ExitCode code = context.Fail(status);
  if (code == ExitCode::kUnavailable) {
    context.err << "Cases may have been missed: watch again with --include-open\n";
  }
  return code;
}

void AddList(CLI::App& cases, Context& context) {
  struct Options {
    v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
    v1::CaseKind kind = v1::CASE_KIND_UNSPECIFIED;
    std::string port;
    std::string traveler;
    int limit = 100;
  };
  auto* command = cases.add_subcommand("list", "List cases, oldest first");
  auto options = std::make_shared<Options>();
  AddEnumOption(*command, "--state", options->state, "Only cases in this state");
  AddEnumOption(*command, "--kind", options->kind, "Only cases of this kind");
  command->add_option("--port", options->port, "Only cases of this port")->type_name("PORT");
  command->add_option("--traveler", options->traveler, "Only cases of this traveler")
      ->type_name("TRAVELER");
  command->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  command->footer(kListExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::ListCasesRequest request;
      request.set_state(options->state);
      request.set_kind(options->kind);
      request.set_port_id(options->port);
      request.set_traveler_id(options->traveler);
      return ListCases(context, request, options->limit);
    };
  });
}

void AddShow(CLI::App& cases, Context& context) {
  auto* command = cases.add_subcommand("show", "Show a case with its evidence and history");
  auto id = std::make_shared<std::string>();
  command->add_option("case", *id, "The case's id")->required()->type_name("CASE");
  command->footer("Example:\n  entryexitctl cases show 42c4d071-ee2d-4f95-97f6-dbcb9eb0e52f");
  command->callback(
      [&context, id] { context.command = [&context, id] { return ShowCase(context, *id); }; });
}

void AddDecide(CLI::App& cases, Context& context) {
  struct Options {
    std::string case_id;
    std::string etag;
    bool uphold = false;
    bool dismiss = false;
    bool reopen = false;
    std::string reason;
    std::vector<std::string> done_by;
    std::string request_id;
  };
  auto* command = cases.add_subcommand("decide", "Record an officer's decision on a case");
  auto options = std::make_shared<Options>();
  command->add_option("case", options->case_id, "The case's id")->required()->type_name("CASE");
  command->add_option("--etag", options->etag, "The case's etag when the officer read it")
      ->required()
      ->type_name("ETAG");
  auto* decision = command->add_option_group("decision", "What the officer decides");
  decision->add_flag("--uphold", options->uphold,
                     "The officer agrees with the lead, or grants the request");
  decision->add_flag("--dismiss", options->dismiss,
                     "The officer finds the lead unfounded, or refuses the request");
  decision->add_flag("--reopen", options->reopen,
                     "A supervisor takes the decision back, whichever it was");
  decision->require_option(1);
  command
      ->add_option(
          "--done-by", options->done_by,
          "To grant a request: the request id of what made the correction; may be repeated")
      ->type_name("REQUEST");
  command->add_option("--reason", options->reason, "Why, 1 to 2000 characters; kept for good")
      ->required()
      ->type_name("TEXT");
  command
      ->add_option("--request-id", options->request_id,
                   "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  command->footer(kDecideExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::DecideCaseRequest request;
      request.set_request_id(options->request_id.empty() ? crypto::NewUuid() : options->request_id);
      request.set_case_id(options->case_id);
      request.set_etag(options->etag);
      request.set_decision(options->uphold    ? v1::CASE_DECISION_UPHOLD
                           : options->dismiss ? v1::CASE_DECISION_DISMISS
                                              : v1::CASE_DECISION_REOPEN);
      request.set_reason(options->reason);
      for (const std::string& id : options->done_by) request.add_done_by_request_ids(id);
      return DecideCase(context, request);
    };
  });
}

void AddWatch(CLI::App& cases, Context& context) {
  auto* command =
      cases.add_subcommand("watch", "Show cases as they come to wait for an officer, until Ctrl-C");
  struct Options {
    bool include_open = false;
    std::string port;
  };
  auto options = std::make_shared<Options>();
  command->add_flag("--include-open", options->include_open,
                    "First those that wait for an officer now");
  command->add_option("--port", options->port, "Only cases of this port")->type_name("PORT");
  command->footer("Example:\n  entryexitctl cases watch --include-open --port SEA");
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::WatchCasesRequest request;
      request.set_include_open(options->include_open);
      request.set_port_id(options->port);
      return WatchCases(context, request);
    };
  });
}

}  // namespace

void AddCaseCommands(CLI::App& app, Context& context) {
  auto* cases = app.add_subcommand("cases", "What officers must decide: list, show, decide, watch");
  cases->require_subcommand(1);
  cases->callback([&context] { context.default_purpose = kCaseWork; });
  cases->footer("Example:\n  entryexitctl cases list --state open");
  AddList(*cases, context);
  AddShow(*cases, context);
  AddDecide(*cases, context);
  AddWatch(*cases, context);
}

}  // namespace entryexit::ctl
