#ifndef ENTRYEXIT_SRC_CTL_COMMANDS_H_
#define ENTRYEXIT_SRC_CTL_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "ctl/context.h"

// One function a group of commands: adds them to `app`; a command that is then parsed sets
// `context.command`. `context` must outlive `app`.
namespace entryexit::ctl {

void AddLaneCommands(CLI::App& app, Context& context);      // arrive, depart, assess
void AddBacklogCommand(CLI::App& app, Context& context);    // backlog
void AddImportCommand(CLI::App& app, Context& context);     // import
void AddTravelerCommands(CLI::App& app, Context& context);  // traveler, crossings, capture, replay
void AddStayCommands(CLI::App& app, Context& context);      // allowance, admission-change
void AddCorrectionCommands(CLI::App& app, Context& context);  // correct-crossing, move-document
void AddCaseCommands(CLI::App& app, Context& context);        // cases
void AddReportCommands(CLI::App& app, Context& context);      // overstays, report
void AddRetentionCommands(CLI::App& app, Context& context);   // retention
void AddAuditCommands(CLI::App& app, Context& context);       // audit
void AddSubjectCommands(CLI::App& app, Context& context);     // subject
void AddServiceCommands(CLI::App& app, Context& context);     // health, migrate
void AddSecretCommands(CLI::App& app, Context& context);      // certs
void AddKeyCommands(CLI::App& app, Context& context);         // keys
void AddModelCommands(CLI::App& app, Context& context);       // models
void AddEvaluateCommand(CLI::App& app, Context& context);     // evaluate

// Those of the group `subject` that are in a file of their own: request, requests.
void AddCorrectionRequestCommands(CLI::App& subject, Context& context);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_COMMANDS_H_
