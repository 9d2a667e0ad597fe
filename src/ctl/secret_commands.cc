#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "ctl/commands.h"
#include "entryexit/base/files.h"
#include "entryexit/client/channel.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/certificates.h"
#include "entryexit/crypto/revocations.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;

constexpr int kDefaultValidityDays = 365;

constexpr char kCertsHelp[] = R"(A folder of certificates:
  ca.pem ca.key            the authority; whoever has ca.key can be anybody
  server.pem server.key    for the daemon
  ROLE/NAME/               for one client: ca.pem, client.pem, client.key, to use with --certs
  revoked.pem              those that were taken back, for the daemon: server.tls_revocations

Roles: lane, officer, supervisor, report, auditor, admin.

Example:
  entryexitctl certs init certs --server-name localhost --ip 127.0.0.1
  entryexitctl certs issue certs lane/SEA-A1
  entryexitctl --certs certs/lane/SEA-A1 health)";

crypto::CertificateFiles AuthorityIn(const fs::path& directory) {
  return {directory / "ca.pem", directory / "ca.key"};
}

struct InitOptions {
  std::string directory;
  crypto::ServerNames names;
  int days = kDefaultValidityDays;
};

ExitCode InitCertificates(const Context& context, const InitOptions& options) {
  crypto::ServerNames names = options.names;
  if (names.dns_names.empty() && names.ip_addresses.empty()) {
    names = {{"localhost"}, {"127.0.0.1"}};
  }
  const fs::path directory = options.directory;
  const auto authority = AuthorityIn(directory);
  const crypto::CertificateFiles server = {directory / "server.pem", directory / "server.key"};
  absl::Status status = crypto::CreateAuthority(authority, crypto::IfExists::kRefuse);
  if (status.ok()) {
    status = crypto::IssueServerCertificate(authority, names, options.days, server,
                                            crypto::IfExists::kRefuse);
  }
  if (!status.ok()) return context.Fail(status);
  if (context.json) {
    context.WriteObject(
        {{"authority", authority.certificate.string()}, {"server", server.certificate.string()}});
    return ExitCode::kOk;
  }
  context.out << "Made a throw-away certificate authority and a server certificate\n";
  context.WriteFields(
      {{"authority", authority.certificate.string()},
       {"server", server.certificate.string()},
       {"next", fmt::format("entryexitctl certs issue {} lane/LANE-ID", directory.string())}});
  return ExitCode::kOk;
}

struct IssueOptions {
  std::string directory;
  std::string principal;  // "lane/SEA-A1"
  std::string out;
  int days = kDefaultValidityDays;
  bool replace = false;
};

absl::Status IssueClient(const IssueOptions& options, const client::Credentials& files) {
  const auto authority = AuthorityIn(options.directory);
  const auto if_exists = options.replace ? crypto::IfExists::kReplace : crypto::IfExists::kRefuse;
  const absl::Status status =
      crypto::IssueClientCertificate(authority, "entryexit://" + options.principal, options.days,
                                     {files.certificate, files.key}, if_exists);
  if (!status.ok()) return status;
  std::error_code error;
  fs::copy_file(authority.certificate, files.authority, fs::copy_options::overwrite_existing,
                error);
  if (!error) return absl::OkStatus();
  return core::MakeError(
      core::Reason::kConfigInvalid,
      fmt::format("cannot write {}: {}", files.authority.string(), error.message()));
}

ExitCode IssueCertificate(const Context& context, const IssueOptions& options) {
  const fs::path directory =
      options.out.empty() ? fs::path(options.directory) / options.principal : fs::path(options.out);
  const absl::Status status = IssueClient(options, client::CredentialsIn(directory));
  if (!status.ok()) return context.Fail(status);
  if (context.json) {
    context.WriteObject({{"principal", options.principal},
                         {"directory", directory.string()},
                         {"days", options.days}});
    return ExitCode::kOk;
  }
  fmt::print(context.out, "Issued a certificate to {}, valid for {} days\n", options.principal,
             options.days);
  context.WriteFields({{"use it with", "--certs " + directory.string()}});
  return ExitCode::kOk;
}

fs::path RevocationsIn(const fs::path& directory) { return directory / "revoked.pem"; }

struct RevokeOptions {
  std::string directory;
  std::string client;  // "lane/SEA-A1", or a file
};

ExitCode RevokeCertificate(const Context& context, const RevokeOptions& options) {
  const fs::path directory = options.directory;
  const bool is_file = fs::path(options.client).extension() == ".pem";
  const fs::path certificate = is_file
                                   ? fs::path(options.client)
                                   : client::CredentialsIn(directory / options.client).certificate;
  const fs::path list = RevocationsIn(directory);
  const absl::Status status = crypto::Revoke(AuthorityIn(directory), certificate, list);
  if (!status.ok()) return context.Fail(status);
  if (context.json) {
    context.WriteObject({{"certificate", certificate.string()}, {"list", list.string()}});
    return ExitCode::kOk;
  }
  fmt::print(context.out, "Revoked {}\n", certificate.string());
  context.WriteFields({{"list", list.string()},
                       {"next",
                        "give the list to the daemon as server.tls_revocations; it reads "
                        "one that changes within seconds"}});
  return ExitCode::kOk;
}

std::string DayOf(core::Timestamp time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

// Every certificate below `directory`, by path. The copies of the authority's that clients have are
// left out.
absl::StatusOr<std::vector<fs::path>> CertificatesBelow(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const bool copy = it->path().filename() == "ca.pem" && it.depth() > 0;
    const bool list = it->path() == RevocationsIn(directory);
    if (it->path().extension() == ".pem" && !copy && !list) files.push_back(it->path());
  }
  if (error) {
    return core::MakeError(core::Reason::kConfigInvalid,
                           fmt::format("cannot read {}: {}", directory.string(), error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The authority's revocation list; null when it has revoked none.
absl::StatusOr<std::shared_ptr<const crypto::RevocationList>> RevokedIn(const fs::path& directory) {
  const fs::path list = RevocationsIn(directory);
  std::error_code ignored;
  if (!fs::exists(list, ignored)) return nullptr;
  return crypto::RevocationList::Read(list, AuthorityIn(directory).certificate);
}

absl::StatusOr<bool> IsRevoked(const crypto::RevocationList* revoked, const fs::path& file) {
  if (revoked == nullptr) return false;
  const absl::StatusOr<std::string> certificate = base::ReadFile(file);
  if (!certificate.ok()) return certificate.status();
  return revoked->Contains(*certificate);
}

// How it stands with a certificate, as an addition to the day that it ends.
std::string StandingOf(bool revoked, bool expired) {
  if (revoked) return " (revoked)";
  return expired ? " (expired)" : "";
}

ExitCode ListCertificates(const Context& context, const std::string& directory) {
  const auto files = CertificatesBelow(directory);
  if (!files.ok()) return context.Fail(files.status());
  const auto revocations = RevokedIn(directory);
  if (!revocations.ok()) return context.Fail(revocations.status());
  const core::Timestamp now = core::SystemClock().Now();
  Table table =
      context.MakeTable({{"FILE"}, {"SUBJECT"}, {"PRINCIPAL"}, {"VALID UNTIL"}, {"SERIAL"}});
  for (const fs::path& file : *files) {
    const auto info = crypto::ReadCertificate(file);
    if (!info.ok()) return context.Fail(info.status());
    const auto revoked = IsRevoked(revocations->get(), file);
    if (!revoked.ok()) return context.Fail(revoked.status());
    const bool expired = info->not_after < now;
    const std::string name = file.lexically_relative(directory).string();
    if (context.json) {
      context.WriteObject({{"file", name},
                           {"subject", info->subject},
                           {"principal", info->uri.value_or("")},
                           {"valid_until", DayOf(info->not_after)},
                           {"expired", expired},
                           {"revoked", *revoked},
                           {"serial", info->serial}});
      continue;
    }
    table.Add({name,
               info->subject,
               info->uri.value_or("-"),
               {DayOf(info->not_after) + StandingOf(*revoked, expired),
                expired || *revoked ? Colour::kRed : Colour::kNone},
               info->serial});
  }
  if (!context.json) table.Flush();
  return ExitCode::kOk;
}

CLI::Option* AddDays(CLI::App& command, int& days) {
  return command.add_option("--days", days, "How long it is valid")
      ->check(CLI::Range(1, crypto::kMaxValidityDays))
      ->type_name("N")
      ->capture_default_str();
}

void AddCerts(CLI::App& app, Context& context) {
  auto* certs =
      app.add_subcommand("certs", "Certificates for mutual TLS: init, issue, revoke, list");
  certs->require_subcommand(1);
  certs->footer(kCertsHelp);

  auto* init = certs->add_subcommand("init", "Make an authority and a server certificate");
  auto init_options = std::make_shared<InitOptions>();
  init->add_option("dir", init_options->directory, "Where to")->required()->type_name("DIR");
  init->add_option("--server-name", init_options->names.dns_names,
                   "Host names of the service; default localhost (and 127.0.0.1)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  init->add_option("--ip", init_options->names.ip_addresses, "IP addresses of the service")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  AddDays(*init, init_options->days);
  init->footer("Example:\n  entryexitctl certs init certs --server-name localhost --ip 127.0.0.1");
  init->callback([&context, init_options] {
    context.command = [&context, init_options] { return InitCertificates(context, *init_options); };
  });

  auto* issue = certs->add_subcommand("issue", "Make a certificate for a client");
  auto issue_options = std::make_shared<IssueOptions>();
  issue->add_option("dir", issue_options->directory, "Where the authority is")
      ->required()
      ->type_name("DIR");
  issue->add_option("principal", issue_options->principal, "Such as lane/SEA-A1 or officer/4711")
      ->required()
      ->type_name("ROLE/NAME");
  issue->add_option("--out", issue_options->out, "Where to; default DIR/ROLE/NAME")
      ->type_name("DIR");
  issue->add_flag("--replace", issue_options->replace, "Replace one that is there");
  AddDays(*issue, issue_options->days);
  issue->footer(
      "Examples:\n"
      "  entryexitctl certs issue certs lane/SEA-A1\n"
      "  entryexitctl certs issue certs officer/4711 --days 30 --out officer-4711");
  issue->callback([&context, issue_options] {
    context.command = [&context, issue_options] {
      return IssueCertificate(context, *issue_options);
    };
  });

  auto* revoke = certs->add_subcommand("revoke", "Take a client's certificate back");
  auto revoke_options = std::make_shared<RevokeOptions>();
  revoke->add_option("dir", revoke_options->directory, "Where the authority is")
      ->required()
      ->type_name("DIR");
  revoke->add_option("client", revoke_options->client, "Such as lane/SEA-A1, or its certificate")
      ->required()
      ->type_name("ROLE/NAME|FILE.pem");
  revoke->footer("Example:\n  entryexitctl certs revoke certs lane/SEA-A1");
  revoke->callback([&context, revoke_options] {
    context.command = [&context, revoke_options] {
      return RevokeCertificate(context, *revoke_options);
    };
  });

  auto* list = certs->add_subcommand("list", "List certificates with their principals and expiry");
  auto directory = std::make_shared<std::string>();
  list->footer("Example:\n  entryexitctl certs list certs");
  list->add_option("dir", *directory, "Where they are")->required()->type_name("DIR");
  list->callback([&context, directory] {
    context.command = [&context, directory] { return ListCertificates(context, *directory); };
  });
}

}  // namespace

void AddSecretCommands(CLI::App& app, Context& context) { AddCerts(app, context); }

}  // namespace entryexit::ctl
