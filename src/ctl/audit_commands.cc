#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/audit_export.h"
#include "ctl/commands.h"
#include "ctl/line_reader.h"
#include "ctl/options.h"
#include "ctl/report_file.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/signing.h"
#include "entryexit/v1/audit_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using Auditor = v1::AuditService::Stub;

constexpr int kMaxAuditPage = 500;

constexpr char kAuditExamples[] = R"(Examples:
  entryexitctl audit search --traveler db0fdad4-769d-464a-bff6-a8630afa673a
  entryexitctl audit search --principal officer/4711 --from 2026-11-01T00:00:00Z --json
  entryexitctl audit export audit.jsonl
  entryexitctl audit verify audit.jsonl --public-key audit.pub
docs/audit.md says what is recorded, and what verifying proves.)";

constexpr char kAuditExportExamples[] =
    R"(The log is signed first, so that the export is covered to its end. Keep the digest that it ends with, and
not beside the export: 'audit verify --checkpoint' tells by it whether anything was taken off the end.
With --after, the export goes on where the one that ended with that checkpoint stopped.)";

constexpr char kVerifyAuditExamples[] =
    R"(Needs neither the service nor a certificate. Names the first record or checkpoint that is broken, and ends
with exit code 1 then. Give --public-key once for each key that has signed.
Without --checkpoint, records that were taken off the end together with the checkpoints over them cannot be
seen to be missing.)";

// "/entryexit.v1.BackOfficeService/GetCase" without what is the same for all.
std::string ShortMethod(const std::string& method) {
  const size_t dot = method.rfind('.');
  return dot == std::string::npos ? method : method.substr(dot + 1);
}

// `limit` 0: all.
ExitCode SearchAudit(const Context& context, v1::SearchAuditRecordsRequest request, int limit) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  Auditor stub(*channel);
  Table table = context.MakeTable({{"AT", 27},
                                   {"PRINCIPAL", 16},
                                   {"METHOD", 38},
                                   {"OUTCOME", 20},
                                   {"TRAVELER", 36},
                                   {"SUBJECT", 36},
                                   {"PURPOSE"}});
  int listed = 0;
  do {
    request.set_page_size(limit == 0 ? kMaxAuditPage : std::min(limit - listed, kMaxAuditPage));
    const auto page = client::Call(stub, &Auditor::SearchAuditRecords, request, context.timeout());
    if (!page.ok()) return context.Fail(page.status());
    for (const v1::AuditRecord& record : page->records()) {
      if (context.json) {
        context.WriteJson(record);
        continue;
      }
      table.Add({client::FormatTimestamp(record.at()), record.principal(),
                 ShortMethod(record.method()), record.outcome(), record.traveler_id(),
                 record.subject(), record.purpose()});
    }
    if (!context.json) table.Flush();
    listed += page->records_size();
    request.set_page_token(page->next_page_token());
  } while (context.out && !request.page_token().empty() && (limit == 0 || listed < limit));
  if (listed == 0 && !context.json) context.out << "No records.\n";
  if (!request.page_token().empty()) {
    fmt::print(context.err, "There are more: --limit 0 lists all.\n");
  }
  return ExitCode::kOk;
}

ExitCode ExportAudit(const Context& context, const std::string& file, std::int64_t after) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  const auto writer = ReportFile::Create(file, kForOwner);
  if (!writer.ok()) return context.Fail(writer.status());
  Auditor stub(*channel);
  grpc::ClientContext call;
  v1::ExportAuditRecordsRequest request;
  request.set_after_checkpoint(after);
  const auto stream = stub.ExportAuditRecords(&call, request);
  v1::AuditExportHeader header;
  std::int64_t records = 0;
  std::int64_t last = after;
  for (v1::ExportAuditRecordsResponse line; stream->Read(&line);) {
    (*writer)->Write(client::ToJson(line) + '\n');
    if (line.has_header()) header = line.header();
    if (line.has_record()) ++records;
    if (line.has_checkpoint()) last = line.checkpoint().number();
  }
  absl::Status status = client::ToStatus(stream->Finish(), call);
  if (status.ok() && last != header.last_checkpoint()) {
    status = absl::UnavailableError("the service ended the export early");
  }
  if (!status.ok()) return context.Fail(status);
  const auto state = (*writer)->PutInPlace();
  if (!state.ok()) return context.Fail(state.status());
  if (context.json) {
    context.WriteObject({{"file", file},
                         {"records", records},
                         {"checkpoint", header.last_checkpoint()},
                         {"digest", header.last_digest()}});
    return ExitCode::kOk;
  }
  fmt::print(context.out, "{}: {}, {} records\nKeep this: checkpoint {}, digest {}\n", file,
             WordFor(*state), records, header.last_checkpoint(), header.last_digest());
  return ExitCode::kOk;
}

struct VerifyAuditOptions {
  std::string file;
  std::vector<std::string> public_keys;
  std::string checkpoint;
};

absl::StatusOr<VerifiedAudit> VerifyAudit(const VerifyAuditOptions& options) {
  std::vector<crypto::PublicKey> keys;
  for (const std::string& file : options.public_keys) {
    auto key = crypto::PublicKey::Read(file);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  const auto reader = LineReader::Open(options.file);
  if (!reader.ok()) return reader.status();
  AuditVerifier verifier(std::move(keys), options.checkpoint);
  for (Line line;;) {
    const auto more = (*reader)->Next(line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    const absl::Status status = verifier.Take(line.text);
    if (status.ok()) continue;
    return core::MakeError(
        core::Reason::kStoredDataInvalid,
        fmt::format("{}: line {}: {}", options.file, line.number, std::string(status.message())));
  }
  auto verified = verifier.Finish();
  if (verified.ok()) return verified;
  return core::MakeError(
      core::Reason::kStoredDataInvalid,
      fmt::format("{}: {}", options.file, std::string(verified.status().message())));
}

ExitCode VerifyAuditFile(const Context& context, const VerifyAuditOptions& options) {
  const auto verified = VerifyAudit(options);
  if (!verified.ok()) return context.Fail(verified.status());
  if (context.json) {
    context.WriteObject({{"records", verified->records},
                         {"checkpoints", verified->checkpoints},
                         {"after_checkpoint", verified->after_checkpoint},
                         {"last_checkpoint", verified->last_checkpoint},
                         {"last_digest", verified->last_digest},
                         {"checkpoint_was_given", !options.checkpoint.empty()}});
    return ExitCode::kOk;
  }
  fmt::print(context.out, "The log is whole: {} records under {} checkpoints.\n", verified->records,
             verified->checkpoints);
  context.WriteFields({{"last checkpoint", std::to_string(verified->last_checkpoint)},
                       {"digest", verified->last_digest}});
  if (verified->after_checkpoint > 0) {
    fmt::print(context.out, "It goes on from checkpoint {}: verify the part before it too.\n",
               verified->after_checkpoint);
  }
  if (options.checkpoint.empty()) {
    context.out << "Whether records are missing at the end is not known: give --checkpoint.\n";
  }
  return ExitCode::kOk;
}

ExitCode MakeSigningKey(const Context& context, const std::string& file) {
  std::filesystem::path public_key = file;
  public_key.replace_extension(".pub");
  const absl::Status status = crypto::WriteNewSigningKey({file, public_key});
  if (!status.ok()) return context.Fail(status);
  if (context.json) {
    context.WriteObject({{"private_key", file}, {"public_key", public_key.string()}});
    return ExitCode::kOk;
  }
  context.out << "Made a key that signs the audit log\n";
  context.WriteFields({{"for the daemon", file + " (audit.signing_key_file)"},
                       {"for who verifies",
                        public_key.string() + " (keep it also where the service cannot write)"}});
  return ExitCode::kOk;
}

void AddAuditSearch(CLI::App& app, Context& context) {
  struct Options {
    v1::SearchAuditRecordsRequest request;
    std::optional<google::protobuf::Timestamp> from;
    std::optional<google::protobuf::Timestamp> to;
    int limit = 100;
  };
  auto* command = app.add_subcommand("search", "List who read or changed what, oldest first");
  auto options = std::make_shared<Options>();
  v1::SearchAuditRecordsRequest& request = options->request;
  command->add_option("--principal", *request.mutable_principal(), "Only of this one: officer/4711")
      ->type_name("ROLE/NAME");
  command->add_option("--traveler", *request.mutable_traveler_id(), "Only about this traveler")
      ->type_name("TRAVELER");
  command->add_option("--method", *request.mutable_method(), "Only such calls: GetCase")
      ->type_name("METHOD");
  command->add_option("--purpose", *request.mutable_purpose(), "Only for this purpose")
      ->type_name("CODE");
  AddTimeOption(*command, "--from", options->from, "From this moment on");
  AddTimeOption(*command, "--to", options->to, "Before this moment");
  command->add_option("--limit", options->limit, "List at most so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  command->callback([&context, options] {
    if (options->from) *options->request.mutable_from() = *options->from;
    if (options->to) *options->request.mutable_to() = *options->to;
    context.command = [&context, options] {
      return SearchAudit(context, options->request, options->limit);
    };
  });
}

void AddAuditExport(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("export", "Write the log, one line of JSON each, to verify it");
  auto file = std::make_shared<std::string>();
  auto after = std::make_shared<std::int64_t>(0);
  command->add_option("file", *file, "Where to")->required()->type_name("FILE");
  command->add_option("--after", *after, "Only what came after this checkpoint")
      ->check(CLI::NonNegativeNumber)
      ->type_name("NUMBER");
  command->footer(kAuditExportExamples);
  command->callback([&context, file, after] {
    context.command = [&context, file, after] { return ExportAudit(context, *file, *after); };
  });
}

void AddAuditVerify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("verify", "Check that an export is whole, offline");
  auto options = std::make_shared<VerifyAuditOptions>();
  command->add_option("file", options->file, "As written by 'audit export'")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--public-key", options->public_keys,
                   "Public half of the key that signed, as 'audit keygen' wrote it")
      ->required()
      ->allow_extra_args(false)
      ->type_name("FILE");
  command
      ->add_option("--checkpoint", options->checkpoint,
                   "A digest that was noted before: its checkpoint must be in the file")
      ->check([](const std::string& text) {
        const bool good =
            text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        return good ? std::string() : std::string("must be 64 lower-case hex digits");
      })
      ->type_name("DIGEST");
  command->footer(kVerifyAuditExamples);
  command->callback([&context, options] {
    context.command = [&context, options] { return VerifyAuditFile(context, *options); };
  });
}

void AddAuditKeygen(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("keygen", "Make the key that signs the log");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "Where to; the public half goes beside it, as .pub")
      ->required()
      ->type_name("FILE");
  command->footer("Example:\n  entryexitctl audit keygen /etc/entryexit/audit.key");
  command->callback([&context, file] {
    context.command = [&context, file] { return MakeSigningKey(context, *file); };
  });
}

}  // namespace

void AddAuditCommands(CLI::App& app, Context& context) {
  auto* audit = app.add_subcommand(
      "audit", "Who read or changed what: search it, export it, verify an export offline");
  audit->require_subcommand(1);
  audit->footer(kAuditExamples);
  AddAuditSearch(*audit, context);
  AddAuditExport(*audit, context);
  AddAuditVerify(*audit, context);
  AddAuditKeygen(*audit, context);
}

}  // namespace entryexit::ctl
