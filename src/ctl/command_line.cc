#include "ctl/command_line.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "ctl/commands.h"

namespace entryexit::ctl {
namespace {

constexpr char kDescription[] =
    "entryexitctl: the command line of the Entryexit service.\n"
    "Whatever the service says of a person is a lead for an officer, never a determination.";

constexpr char kFooter[] =
    R"(Options above may also follow the command. 'entryexitctl COMMAND --help' has examples.

Output: tables for people; with --json, one object a line, for what the service answers with the
fields of the API (proto/entryexit/v1), pictures emptied. Colours only on a terminal, and not when NO_COLOR is set.

Exit codes:
  0  done
  1  the service refused, or the work failed; the reason is on the error output
  2  wrong use: options, or a local file that cannot be read
  3  done, and a person must look: a case was opened, a replay differs
  4  nothing was recorded: the capture is poor, capture again
  5  the service was not reached or cannot answer now: try again (the same --request-id is safe))";

void AddGlobalOptions(CLI::App& app, Context& context) {
  app.add_option("--server", context.server, "Where the service listens, HOST:PORT")
      ->envname("ENTRYEXITCTL_SERVER")
      ->capture_default_str();
  app.add_option("--certs", context.certs,
                 "Folder with ca.pem, client.pem and client.key ('certs issue' makes it)")
      ->envname("ENTRYEXITCTL_CERTS")
      ->type_name("DIR");
  app.add_option("--ca", context.ca, "Instead of ca.pem in --certs")->type_name("FILE");
  app.add_option("--cert", context.certificate, "Instead of client.pem in --certs")
      ->type_name("FILE");
  app.add_option("--key", context.key, "Instead of client.key in --certs")->type_name("FILE");
  app.add_option(
         "--purpose", context.purpose.code,
         "What you look at personal data for, a code of the service's purpose policy such as "
         "INSPECTION; 'cases' has CASE_WORK, 'overstays' and 'report' REPORTING unless given")
      ->envname("ENTRYEXITCTL_PURPOSE")
      ->type_name("CODE");
  app.add_option("--case", context.purpose.case_id,
                 "The case that you do it for; CASE_WORK needs it for all but the case itself")
      ->type_name("CASE");
  app.add_flag("--json", context.json, "JSON for programs instead of tables for people");
  app.add_option("--timeout", context.timeout_seconds,
                 "Seconds to wait for an answer; for a summary 600 unless given; streams are not "
                 "limited")
      ->check(CLI::Range(0.001, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
}

ExitCode ReportParseError(const CLI::App& app, const CLI::ParseError& error,
                          const Context& context) {
  app.exit(error, context.out, context.err);
  return error.get_exit_code() == 0 ? ExitCode::kOk : ExitCode::kUsage;
}

ExitCode ParseAndRun(std::vector<std::string> arguments, Context& context) {
  CLI::App app(kDescription, "entryexitctl");
  app.footer(kFooter);
  app.fallthrough();
  app.require_subcommand(1);
  AddGlobalOptions(app, context);
  AddLaneCommands(app, context);
  AddBacklogCommand(app, context);
  AddImportCommand(app, context);
  AddTravelerCommands(app, context);
  AddStayCommands(app, context);
  AddCorrectionCommands(app, context);
  AddCaseCommands(app, context);
  AddReportCommands(app, context);
  AddRetentionCommands(app, context);
  AddAuditCommands(app, context);
  AddSubjectCommands(app, context);
  AddServiceCommands(app, context);
  AddSecretCommands(app, context);
  AddKeyCommands(app, context);
  AddModelCommands(app, context);
  AddEvaluateCommand(app, context);

  std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 takes
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(app, error, context);
  }
  context.timeout_given = app.count("--timeout") > 0;
  const ExitCode code = context.command();
  if (!context.out.flush()) {
    fmt::print(context.err, "entryexitctl: the output could not be written\n");
    return ExitCode::kFailed;
  }
  return code;
}

}  // namespace

ExitCode RunCommandLine(std::vector<std::string> arguments, Context& context) {
  try {
    return ParseAndRun(std::move(arguments), context);
  } catch (const std::exception& error) {
    // A library's, such as that there is no memory: to a script a failure like any other.
    fmt::print(context.err, "entryexitctl: {}\n", error.what());
    return ExitCode::kFailed;
  }
}

}  // namespace entryexit::ctl
