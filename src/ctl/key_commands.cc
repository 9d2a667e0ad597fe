#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "ctl/commands.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/v1/key_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr std::chrono::seconds kBetweenRotationLines{5};

constexpr char kKeysExamples[] = R"(Examples:
  entryexitctl keys init /etc/entryexit/vault.keys
  entryexitctl keys add /etc/entryexit/vault.keys
  entryexitctl keys rotate
docs/keys.md says how keys hang together, how they are exchanged, and what that means for backups.)";

constexpr char kRotateExamples[] =
    R"(First the service reads its key file (or command) anew and wraps its data keys by the first key of it.
Then it makes a new data key, seals every picture and template anew with it, and destroys the former data
keys. All goes on meanwhile. A kill of the command or of the service loses nothing: run it again.
Every daemon on the database must have a new key of the key file before this is run.
With --json each message of the service is one line.

Examples:
  entryexitctl keys rotate
  entryexitctl keys add /etc/entryexit/vault.keys && entryexitctl keys rotate --only-rewrap)";

class RotateCommand {
 public:
  RotateCommand(const Context& context, bool only_rewrap)
      : context_(context), only_rewrap_(only_rewrap) {}

  ExitCode Run() {
    const auto channel = context_.Channel();
    if (!channel.ok()) return context_.Fail(channel.status());
    v1::KeyService::Stub stub(*channel);
    grpc::ClientContext call;
    v1::RotateKeysRequest request;
    request.set_only_rewrap(only_rewrap_);
    const auto stream = stub.RotateKeys(&call, request);
    while (stream->Read(&last_)) {
      Tell();
      if (!context_.out) call.TryCancel();
    }
    absl::Status status = client::ToStatus(stream->Finish(), call);
    if (status.ok() && !last_.done()) {
      status = absl::UnavailableError("the service ended the rotation early");
    }
    if (!status.ok()) {
      const ExitCode code = context_.Fail(status);
      if (code == ExitCode::kUnavailable) context_.err << "Run it again: it goes on from there.\n";
      return code;
    }
    if (!context_.json) WriteResult();
    return last_.failed() > 0 ? ExitCode::kFailed : ExitCode::kOk;
  }

 private:
  void Tell() {
    if (context_.json) context_.WriteJson(last_);
    const auto now = std::chrono::steady_clock::now();
    if (last_.rotation_id().empty() || (now < next_line_ && !last_.done())) return;
    if (!told_) {
      fmt::print(context_.err, "{} rotation {}: {} records to seal anew\n",
                 last_.resumed() ? "Going on with" : "Began", last_.rotation_id(), last_.total());
    }
    told_ = true;
    next_line_ = now + kBetweenRotationLines;
    const std::chrono::duration<double> elapsed = now - began_;
    fmt::print(context_.err, "Sealed anew: {} of {}, {:.0f} a second\n", last_.resealed(),
               std::max(last_.total(), last_.resealed()),
               static_cast<double>(last_.resealed()) / std::max(elapsed.count(), 0.001));
  }

  void WriteResult() const {
    context_.WriteFields({{"data keys wrapped anew", std::to_string(last_.rewrapped())}});
    if (!only_rewrap_) {
      context_.WriteFields({{"records sealed anew", std::to_string(last_.resealed())},
                            {"former data keys destroyed", std::to_string(last_.destroyed())}});
    }
    if (last_.failed() > 0) {
      fmt::print(context_.out,
                 "{} records do not open; the service's log names them. They and their key stay, "
                 "and so must the keys of the key file.\n",
                 last_.failed());
    } else if (only_rewrap_) {
      context_.out
          << "All data keys are wrapped by the first key of the key file. The others can go "
             "if 'keys rotate' has come to its end without --only-rewrap since this "
             "database was upgraded; before, they may have sealed records themselves.\n";
    } else {
      context_.out << "Only the first key of the key file is needed for the database as it is now; "
                      "backups from before need those that they were made with.\n";
    }
  }

  const Context& context_;
  const bool only_rewrap_;
  v1::RotateKeysResponse last_;
  bool told_ = false;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_line_ = began_;
};

// A change of a key file on this machine.
void AddFileCommand(CLI::App& keys, Context& context, const char* name, const char* help,
                    absl::Status (*change)(const std::filesystem::path&), const char* told) {
  auto* command = keys.add_subcommand(name, help);
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "The key file")->required()->type_name("FILE");
  command->footer(fmt::format("Example:\n  entryexitctl keys {} /etc/entryexit/vault.keys", name));
  command->callback([&context, file, change, told] {
    context.command = [&context, file, change, told] {
      const absl::Status status = change(*file);
      if (!status.ok()) return context.Fail(status);
      if (context.json) {
        context.WriteObject({{"file", *file}});
      } else {
        fmt::print(context.out, fmt::runtime(told), *file);
      }
      return ExitCode::kOk;
    };
  });
}

void AddRotate(CLI::App& keys, Context& context) {
  auto* command = keys.add_subcommand("rotate", "Exchange the keys of what is stored");
  auto only_rewrap = std::make_shared<bool>(false);
  command->add_flag("--only-rewrap", *only_rewrap,
                    "Wrap the data keys by the first key of the key file, and no more");
  command->footer(kRotateExamples);
  command->callback([&context, only_rewrap] {
    context.command = [&context, only_rewrap] {
      return RotateCommand(context, *only_rewrap).Run();
    };
  });
}

}  // namespace

void AddKeyCommands(CLI::App& app, Context& context) {
  auto* keys = app.add_subcommand("keys", "Keys that seal templates and pictures at rest");
  keys->require_subcommand(1);
  keys->footer(kKeysExamples);
  AddFileCommand(*keys, context, "init", "Write a new key file; never overwrites one",
                 &crypto::WriteNewKeyFile,
                 "Wrote a new key to {}. Keep a copy in a safe place: without it, what the service "
                 "has stored cannot be read.\n");
  AddFileCommand(*keys, context, "add", "Put another key on top of a key file",
                 &crypto::AddKeyToFile,
                 "Put a new key on top of {}. Bring the file to every daemon, run 'keys rotate', "
                 "and keep a copy in a safe place.\n");
  AddRotate(*keys, context);
}

}  // namespace entryexit::ctl
