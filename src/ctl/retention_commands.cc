#include <fmt/format.h>
#include <fmt/ostream.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "ctl/commands.h"
#include "ctl/erasure_receipts.h"
#include "ctl/purposes.h"
#include "ctl/report_file.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "entryexit/v1/retention_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using Retainer = v1::RetentionService::Stub;

constexpr std::chrono::seconds kBetweenRunLines{5};

constexpr char kRetentionExamples[] = R"(Examples:
  entryexitctl retention run --dry-run
  entryexitctl retention run
  entryexitctl retention receipts --out receipts.jsonl
  entryexitctl retention verify receipts.jsonl --head 9f86d081...
docs/retention.md says what erased means, and what is left for the operator to do.)";

constexpr char kRunExamples[] =
    R"(Erases what the policy of the service gives no more time, unless a hold, an open case or a notice keeps
it. A kill loses nothing: run it again. Two at once do no harm. Keep the digest that it ends with: 'retention
verify --head' tells by it whether receipts are missing at the end.
With --dry-run each thing is listed by its ids, and nothing is changed.
With --json each message of the service is one line.)";

constexpr char kVerifyExamples[] =
    R"(Needs neither the service nor a certificate. Names the first receipt that is broken.
Without --head, receipts that are missing at the end cannot be seen to be.)";

std::string KindWord(v1::DataKind kind) { return client::NameOf(kind); }

// How many of what, under which rule.
using CountedByRule = std::map<std::pair<std::string, std::string>, std::int64_t>;

class RetentionCommand {
 public:
  RetentionCommand(const Context& context, bool dry_run)
      : context_(context),
        dry_run_(dry_run),
        items_(context.MakeTable({{dry_run ? "WOULD" : "", 8},
                                  {"KIND", 8},
                                  {"TRAVELER", 36},
                                  {"SUBJECT", 36},
                                  {"RULE", 24},
                                  {"DUE", 20}})) {}

  ExitCode Run() {
    const auto channel = context_.Channel();
    if (!channel.ok()) return context_.Fail(channel.status());
    Retainer stub(*channel);
    grpc::ClientContext call;
    v1::RunRetentionRequest request;
    request.set_dry_run(dry_run_);
    const auto stream = stub.RunRetention(&call, request);
    v1::RunRetentionResponse message;
    while (stream->Read(&message)) {
      Take(message);
      if (!context_.out) call.TryCancel();
    }
    absl::Status status = client::ToStatus(stream->Finish(), call);
    if (status.ok() && !done_) status = absl::UnavailableError("the service ended the run early");
    if (!context_.json) WriteResult();
    if (status.ok()) return failed_ > 0 ? ExitCode::kFailed : ExitCode::kOk;
    const ExitCode code = context_.Fail(status);
    if (code == ExitCode::kUnavailable) {
      context_.err << "Run it again: what is erased stays erased.\n";
    }
    return code;
  }

 private:
  void Take(const v1::RunRetentionResponse& message) {
    for (const v1::RetentionItem& item : message.erased()) {
      ++erased_[{KindWord(item.kind()), item.rule_id()}];
      List("erase", item);
    }
    for (const v1::RetentionItem& item : message.announced()) {
      ++announced_[{KindWord(item.kind()), item.rule_id()}];
      List("announce", item);
    }
    if (message.receipts_size() > 0) {
      const v1::ErasureReceipt& last = message.receipts(message.receipts_size() - 1);
      head_ = fmt::format("receipt {}, digest {}", last.number(), last.digest());
    }
    failed_ = message.failed();
    done_ = message.done();
    if (context_.json) context_.WriteJson(message);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_line_ && !done_) return;
    next_line_ = now + kBetweenRunLines;
    fmt::print(context_.err, "{}: {}, announced: {}{}\n", dry_run_ ? "To erase" : "Erased",
               message.erased_count(), message.announced_count(), done_ ? "" : " so far");
  }

  void List(const char* what, const v1::RetentionItem& item) {
    if (!dry_run_ || context_.json) return;
    items_.Add({what, KindWord(item.kind()), item.traveler_id(), item.subject_id(), item.rule_id(),
                client::FormatTimestamp(item.due())});
    items_.Flush();
  }

  void WriteCounts(const char* title, const CountedByRule& counted) const {
    if (counted.empty()) return;
    context_.out << '\n';
    Table table = context_.MakeTable({{title}, {"KIND"}, {"RULE"}});
    for (const auto& [key, count] : counted) {
      table.Add({std::to_string(count), key.first, key.second});
    }
    table.Flush();
  }

  void WriteResult() const {
    WriteCounts(dry_run_ ? "TO ERASE" : "ERASED", erased_);
    WriteCounts(dry_run_ ? "TO ANNOUNCE" : "ANNOUNCED", announced_);
    if (!head_.empty()) fmt::print(context_.out, "\nKeep this: {}\n", head_);
    if (failed_ > 0) {
      fmt::print(context_.out, "{} travelers could not be done; the service's log names them.\n",
                 failed_);
    }
    if (done_ && erased_.empty() && announced_.empty() && failed_ == 0) {
      context_.out << "There was nothing to erase.\n";
    }
  }

  const Context& context_;
  const bool dry_run_;
  Table items_;
  CountedByRule erased_;
  CountedByRule announced_;
  std::string head_;
  std::int64_t failed_ = 0;
  bool done_ = false;
  std::chrono::steady_clock::time_point next_line_ = std::chrono::steady_clock::now();
};

// Hands each receipt to `take` until that returns false.
template <typename Take>
absl::Status ReadReceipts(Retainer& stub, const Take& take) {
  grpc::ClientContext call;
  const auto stream = stub.ListErasureReceipts(&call, v1::ListErasureReceiptsRequest());
  v1::ListErasureReceiptsResponse response;
  while (stream->Read(&response)) {
    if (!take(response.receipt())) call.TryCancel();
  }
  return client::ToStatus(stream->Finish(), call);
}

// As lines of JSON, which is also what --json means here.
ExitCode WriteReceipts(const Context& context, const std::string& file) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  Retainer stub(*channel);
  if (file.empty()) {
    const absl::Status status = ReadReceipts(stub, [&](const v1::ErasureReceipt& receipt) {
      context.WriteJson(receipt);
      return static_cast<bool>(context.out);
    });
    return status.ok() ? ExitCode::kOk : context.Fail(status);
  }
  const auto writer = ReportFile::Create(file, kForEverybody);
  if (!writer.ok()) return context.Fail(writer.status());
  std::int64_t count = 0;
  const absl::Status status = ReadReceipts(stub, [&](const v1::ErasureReceipt& receipt) {
    (*writer)->Write(client::ToJson(receipt) + '\n');
    ++count;
    return true;
  });
  if (!status.ok()) return context.Fail(status);
  const auto state = (*writer)->PutInPlace();
  if (!state.ok()) return context.Fail(state.status());
  fmt::print(context.err, "{}: {}, {} receipts\n", file, WordFor(*state), count);
  return ExitCode::kOk;
}

ExitCode VerifyFile(const Context& context, const std::string& file, const std::string& head) {
  std::ifstream lines(file, std::ios::binary);
  if (!lines) {
    return context.Fail(
        core::MakeError(core::Reason::kConfigInvalid, fmt::format("cannot read {}", file)));
  }
  const auto chain = VerifyReceipts(lines, head);
  if (!chain.ok()) {
    return context.Fail(
        core::MakeError(core::Reason::kStoredDataInvalid,
                        fmt::format("{}: {}", file, std::string(chain.status().message()))));
  }
  if (context.json) {
    context.WriteObject({{"receipts", chain->receipts},
                         {"erased", chain->erased},
                         {"head", chain->head},
                         {"head_was_given", !head.empty()}});
    return ExitCode::kOk;
  }
  fmt::print(context.out, "The chain is whole: {} receipts of {} things erased.\n", chain->receipts,
             chain->erased);
  context.WriteFields({{"head", chain->head}});
  if (head.empty()) {
    context.out << "Whether receipts are missing at the end is not known: give --head.\n";
  }
  return ExitCode::kOk;
}

void WriteHold(const Context& context, const char* title, const v1::LegalHold& hold) {
  context.out << title << '\n';
  context.WriteFields(
      {{"traveler", hold.traveler_id()},
       {"hold", hold.hold_id()},
       {"placed",
        fmt::format("{} by {}", client::FormatTimestamp(hold.placed_at()), hold.placed_by())},
       {"reference", hold.reference()},
       {"released", hold.has_released_at()
                        ? fmt::format("{} by {}", client::FormatTimestamp(hold.released_at()),
                                      hold.released_by())
                        : ""},
       {"release reference", hold.release_reference()}});
}

// One change of a hold, by whichever call.
template <typename Request, typename Response>
ExitCode ChangeHold(const Context& context, const char* title,
                    grpc::Status (Retainer::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                    const Request& request) {
  const auto response = context.Call(method, request);
  if (!response.ok()) return context.FailRequest(response.status(), request.request_id());
  if (context.json) {
    context.WriteJson(response->hold());
  } else {
    WriteHold(context, title, response->hold());
  }
  return ExitCode::kOk;
}

ExitCode ListHolds(const Context& context, const v1::ListLegalHoldsRequest& request) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  Retainer stub(*channel);
  grpc::ClientContext call;
  client::SayPurpose(context.CallPurpose(), call);
  const auto stream = stub.ListLegalHolds(&call, request);
  Table table = context.MakeTable({{"TRAVELER", 36},
                                   {"HOLD", 36},
                                   {"PLACED", 20},
                                   {"BY", 16},
                                   {"RELEASED", 20},
                                   {"REFERENCE"}});
  std::size_t count = 0;
  for (v1::ListLegalHoldsResponse response; stream->Read(&response); ++count) {
    const v1::LegalHold& hold = response.hold();
    if (context.json) {
      context.WriteJson(hold);
      continue;
    }
    table.Add({hold.traveler_id(), hold.hold_id(), client::FormatTimestamp(hold.placed_at()),
               hold.placed_by(),
               hold.has_released_at() ? client::FormatTimestamp(hold.released_at()) : "",
               hold.reference()});
    table.Flush();
  }
  const absl::Status status = client::ToStatus(stream->Finish(), call);
  if (!status.ok()) return context.Fail(status);
  if (count == 0 && !context.json) context.out << "No holds.\n";
  return ExitCode::kOk;
}

void AddRun(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("run", "Erase what has been kept long enough");
  auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run, "List what would be erased; change nothing");
  command->footer(kRunExamples);
  command->callback([&context, dry_run] {
    context.command = [&context, dry_run] { return RetentionCommand(context, *dry_run).Run(); };
  });
}

void AddReceipts(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("receipts", "Write the receipts of all erasures, one line of JSON each");
  auto file = std::make_shared<std::string>();
  command->add_option("--out", *file, "Write there, not to the output")->type_name("FILE");
  command->callback([&context, file] {
    context.command = [&context, file] { return WriteReceipts(context, *file); };
  });
}

void AddVerify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("verify", "Check that receipts are whole, offline");
  auto file = std::make_shared<std::string>();
  auto head = std::make_shared<std::string>();
  command->add_option("file", *file, "As written by 'retention receipts'")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--head", *head,
                   "The digest that a run ended with: its receipt must be in the file")
      ->check([](const std::string& text) {
        const bool good =
            text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        return good ? std::string() : std::string("must be 64 lower-case hex digits");
      })
      ->type_name("DIGEST");
  command->footer(kVerifyExamples);
  command->callback([&context, file, head] {
    context.command = [&context, file, head] { return VerifyFile(context, *file, *head); };
  });
}

struct HoldOptions {
  std::string traveler;
  std::string hold;
  std::string reference;
  std::string request_id;

  std::string RequestId() const { return request_id.empty() ? crypto::NewUuid() : request_id; }
};

// What placing and releasing have in common.
std::shared_ptr<HoldOptions> AddHoldOptions(CLI::App& command) {
  auto options = std::make_shared<HoldOptions>();
  command.add_option("traveler", options->traveler, "The traveler's id")
      ->required()
      ->type_name("TRAVELER");
  command
      .add_option("--reference", options->reference,
                  "The order's own number or words; no personal data")
      ->required()
      ->type_name("TEXT");
  command
      .add_option("--request-id", options->request_id,
                  "The UUID of a request that may have been sent before; default a new one")
      ->type_name("UUID");
  return options;
}

void AddHold(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("hold", "Keep everything of a traveler until it is released");
  auto options = AddHoldOptions(*command);
  command->callback([&context, options] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, options] {
      v1::PlaceLegalHoldRequest request;
      request.set_request_id(options->RequestId());
      request.set_traveler_id(options->traveler);
      request.set_reference(options->reference);
      return ChangeHold(context, "Legal hold placed", &Retainer::PlaceLegalHold, request);
    };
  });
}

void AddRelease(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("release", "Release a legal hold");
  auto options = AddHoldOptions(*command);
  command->add_option("hold", options->hold, "The hold's id")->required()->type_name("HOLD");
  command->callback([&context, options] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, options] {
      v1::ReleaseLegalHoldRequest request;
      request.set_request_id(options->RequestId());
      request.set_traveler_id(options->traveler);
      request.set_hold_id(options->hold);
      request.set_reference(options->reference);
      return ChangeHold(context, "Legal hold released", &Retainer::ReleaseLegalHold, request);
    };
  });
}

void AddHolds(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("holds", "List the legal holds in force");
  auto request = std::make_shared<v1::ListLegalHoldsRequest>();
  command
      ->add_option_function<std::string>(
          "--traveler", [request](const std::string& id) { request->set_traveler_id(id); },
          "Only those of this traveler")
      ->type_name("TRAVELER");
  command->add_flag_callback(
      "--released", [request] { request->set_with_released(true); }, "Those released too");
  command->callback([&context, request] {
    context.default_purpose = kRecordKeeping;
    context.command = [&context, request] { return ListHolds(context, *request); };
  });
}

}  // namespace

void AddRetentionCommands(CLI::App& app, Context& context) {
  auto* retention = app.add_subcommand(
      "retention", "Erase what has been kept long enough, prove it, and hold what must be kept");
  retention->require_subcommand(1);
  retention->footer(kRetentionExamples);
  AddRun(*retention, context);
  AddReceipts(*retention, context);
  AddVerify(*retention, context);
  AddHold(*retention, context);
  AddRelease(*retention, context);
  AddHolds(*retention, context);
}

}  // namespace entryexit::ctl
