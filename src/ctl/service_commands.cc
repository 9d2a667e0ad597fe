#include <fmt/format.h>
#include <fmt/ostream.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "ctl/commands.h"
#include "entryexit/client/health.h"
#include "entryexit/config/config.h"
#include "entryexit/core/reason.h"
#include "entryexit/postgres/migrations.h"

namespace entryexit::ctl {
namespace {

ExitCode CheckHealth(const Context& context) {
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  const auto serving = client::IsServing(*channel, context.timeout());
  if (!serving.ok()) return context.Fail(serving.status());
  if (context.json) {
    context.WriteObject({{"server", context.server}, {"serving", *serving}});
  } else {
    fmt::print(context.out, "The service at {} is {}.\n", context.server,
               *serving ? "serving" : "up, but not serving");
  }
  return *serving ? ExitCode::kOk : ExitCode::kUnavailable;
}

struct MigrateOptions {
  std::string dsn;
  std::string config;
};

// The owner's connection string: the option, else what the configuration (environment before file)
// says.
absl::StatusOr<std::string> OwnerDsn(const MigrateOptions& options) {
  if (!options.dsn.empty()) return options.dsn;
  const config::Environment environment = config::ProcessEnvironment();
  std::string dsn;
  if (!options.config.empty()) {
    const auto loaded = config::LoadConfig(options.config, environment);
    if (!loaded.ok()) return loaded.status();
    dsn = loaded->database.dsn;
  } else if (const auto found = environment.find("ENTRYEXIT_DATABASE_DSN");
             found != environment.end()) {
    dsn = found->second;
  }
  if (dsn.empty()) {
    return core::MakeError(core::Reason::kConfigInvalid,
                           "no database: give --dsn, or --config with database.dsn, or set "
                           "ENTRYEXIT_DATABASE_DSN");
  }
  return dsn;
}

ExitCode MigrateDatabase(const Context& context, const MigrateOptions& options) {
  const auto dsn = OwnerDsn(options);
  if (!dsn.ok()) return context.Fail(dsn.status());
  const auto report = postgres::Migrate(
      *dsn, [&context](const std::string& step) { fmt::print(context.err, "{}\n", step); });
  if (!report.ok()) return context.Fail(report.status());
  if (context.json) {
    context.WriteObject({{"applied", report->applied}, {"version", report->version}});
  } else if (report->applied.empty()) {
    context.out << "Nothing to do.\n";
  } else {
    fmt::print(context.out, "Applied {}.\n", fmt::join(report->applied, ", "));
  }
  return ExitCode::kOk;
}

}  // namespace

void AddServiceCommands(CLI::App& app, Context& context) {
  auto* health = app.add_subcommand("health", "Ask whether the service is up and serving");
  health->footer("Example:\n  entryexitctl health --certs certs/admin/health");
  health->callback([&context] { context.command = [&context] { return CheckHealth(context); }; });

  auto* migrate = app.add_subcommand("migrate", "Bring the database's schema up to date");
  auto options = std::make_shared<MigrateOptions>();
  migrate
      ->add_option("--dsn", options->dsn,
                   "libpq connection string of the schema's owner; default: the configuration's")
      ->type_name("DSN");
  migrate->add_option("--config", options->config, "The daemon's configuration file")
      ->type_name("FILE");
  migrate->footer("Example:\n  entryexitctl migrate --dsn 'host=db dbname=entryexit user=owner'");
  migrate->callback([&context, options] {
    context.command = [&context, options] { return MigrateDatabase(context, *options); };
  });
}

}  // namespace entryexit::ctl
