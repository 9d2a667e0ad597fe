#include "entryexit/postgres/migrations.h"

#include <fmt/format.h>

#include <memory>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/postgres/embedded_migrations.h"
#include "src/postgres/errors.h"
#include "src/postgres/values.h"

namespace entryexit::postgres {
namespace {

using core::Reason;

constexpr char kRemedy[] = "run: entryexitctl migrate";
constexpr char kConnectTimeoutSeconds[] = "10";
constexpr char kUndefinedTable[] = "42P01";
// Any number, as long as every migrator takes the same.
constexpr char kLockSql[] = "SELECT pg_advisory_lock(7298645108)";
constexpr char kTryLockSql[] = "SELECT pg_try_advisory_lock(7298645108)";
constexpr char kCreateLedgerSql[] = R"sql(
  CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now());
  COMMENT ON TABLE schema_migration IS 'The migrations that were applied to this database.';
  COMMENT ON COLUMN schema_migration.sha256 IS 'Of the migration''s text as it was applied.')sql";
constexpr char kReadLedgerSql[] =
    "SELECT version, name, sha256 FROM schema_migration ORDER BY version";
constexpr char kAddToLedgerSql[] =
    "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)";

struct AppliedMigration {
  int version = 0;
  std::string name;
  std::string sha256;
};

using Link = std::unique_ptr<PGconn, decltype(&PQfinish)>;

absl::StatusOr<Link> Connect(const std::string& dsn) {
  const char* keywords[] = {"dbname", "connect_timeout", "fallback_application_name", nullptr};
  const char* values[] = {dsn.c_str(), kConnectTimeoutSeconds, "entryexit migrations", nullptr};
  Link link(PQconnectdbParams(keywords, values, /*expand_dbname=*/1), &PQfinish);
  if (PQstatus(link.get()) != CONNECTION_OK) return LinkError(link.get());
  // What is already there is no news to the operator.
  PQsetNoticeProcessor(
      link.get(), [](void*, const char*) {}, nullptr);
  return link;
}

// Migrations hold no personal data, so what the server says may be shown.
absl::Status ErrorOf(const Link& link, const Result& result, const std::string& what) {
  if (PQstatus(link.get()) != CONNECTION_OK) return LinkError(link.get());
  const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  return core::MakeError(Reason::kSchemaMismatch,
                         fmt::format("{}: {}", what, message == nullptr ? "failed" : message));
}

absl::StatusOr<Result> Execute(const Link& link, const std::string& sql, const std::string& what) {
  Result result(PQexec(link.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  return ErrorOf(link, result, what);
}

absl::Status Record(const Link& link, int version, const EmbeddedMigration& migration) {
  const std::string number = fmt::to_string(version);
  const std::string sha256 = crypto::Sha256Hex(migration.sql);
  const char* values[] = {number.c_str(), migration.name, sha256.c_str()};
  const Result result(PQexecParams(link.get(), kAddToLedgerSql, 3, nullptr, values, nullptr,
                                   nullptr, /*resultFormat=*/0));
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return absl::OkStatus();
  return ErrorOf(link, result, migration.name);
}

absl::StatusOr<std::vector<AppliedMigration>> ReadLedger(const Link& link) {
  const Result result(PQexec(link.get(), kReadLedgerSql));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (sqlstate != nullptr && std::string(sqlstate) == kUndefinedTable) {
      return core::MakeError(Reason::kSchemaMismatch,
                             fmt::format("the database has no schema yet; {}", kRemedy));
    }
    return ErrorOf(link, result, "cannot read schema_migration");
  }
  std::vector<AppliedMigration> applied;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    AppliedMigration& migration = applied.emplace_back();
    RowReader row(result.get(), i);
    row.Read(migration.version, migration.name, migration.sha256);
    if (!row.status().ok()) return row.status();
  }
  return applied;
}

// OK when `applied` is how the compiled-in history begins.
absl::Status CheckHistory(const std::vector<AppliedMigration>& applied) {
  const auto& known = EmbeddedMigrations();
  for (size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size()) {
      return core::MakeError(
          Reason::kSchemaMismatch,
          fmt::format("the database's schema is at version {}, newer than this program, which "
                      "knows {}; install the newer program",
                      applied.back().version, known.size()));
    }
    const bool same = applied[i].version == static_cast<int>(i) + 1 &&
                      applied[i].name == known[i].name &&
                      applied[i].sha256 == crypto::Sha256Hex(known[i].sql);
    if (!same) {
      return core::MakeError(Reason::kSchemaMismatch,
                             fmt::format("the migration {} was applied to the database with other "
                                         "content than {} has in this program",
                                         applied[i].name, known[i].name));
    }
  }
  return absl::OkStatus();
}

absl::Status Apply(const Link& link, int version, const EmbeddedMigration& migration) {
  absl::Status status = Execute(link, "BEGIN", migration.name).status();
  if (status.ok()) status = Execute(link, migration.sql, migration.name).status();
  if (status.ok()) status = Record(link, version, migration);
  if (status.ok()) status = Execute(link, "COMMIT", migration.name).status();
  return status;
}

absl::Status TakeLock(const Link& link, const std::function<void(const std::string&)>& progress) {
  const absl::StatusOr<Result> taken = Execute(link, kTryLockSql, "cannot lock the schema");
  if (!taken.ok()) return taken.status();
  if (PQgetvalue(taken->get(), 0, 0)[0] == 't') return absl::OkStatus();
  progress("waiting for another migration of this database to end");
  return Execute(link, kLockSql, "cannot lock the schema").status();
}

}  // namespace

absl::StatusOr<MigrationReport> Migrate(const std::string& owner_dsn,
                                        const std::function<void(const std::string&)>& progress) {
  const absl::StatusOr<Link> link = Connect(owner_dsn);
  if (!link.ok()) return link.status();
  // The lock is the session's and ends with it.
  if (absl::Status status = TakeLock(*link, progress); !status.ok()) return status;
  const absl::StatusOr<Result> ledger =
      Execute(*link, kCreateLedgerSql, "cannot create schema_migration");
  if (!ledger.ok()) return ledger.status();
  const absl::StatusOr<std::vector<AppliedMigration>> applied = ReadLedger(*link);
  if (!applied.ok()) return applied.status();
  if (absl::Status status = CheckHistory(*applied); !status.ok()) return status;

  MigrationReport report;
  report.version = static_cast<int>(applied->size());
  const auto& known = EmbeddedMigrations();
  for (size_t i = applied->size(); i < known.size(); ++i) {
    progress(fmt::format("applying {}", known[i].name));
    const int version = static_cast<int>(i) + 1;
    if (absl::Status status = Apply(*link, version, known[i]); !status.ok()) return status;
    report.applied.emplace_back(known[i].name);
    report.version = version;
  }
  progress(fmt::format("the schema is at version {}", report.version));
  return report;
}

absl::Status CheckSchema(const std::string& dsn) {
  const absl::StatusOr<Link> link = Connect(dsn);
  if (!link.ok()) return link.status();
  const absl::StatusOr<std::vector<AppliedMigration>> applied = ReadLedger(*link);
  if (!applied.ok()) return applied.status();
  if (absl::Status status = CheckHistory(*applied); !status.ok()) return status;
  if (applied->size() == EmbeddedMigrations().size()) return absl::OkStatus();
  return core::MakeError(
      Reason::kSchemaMismatch,
      fmt::format("the database's schema is at version {}, this program needs {}; {}",
                  applied->size(), EmbeddedMigrations().size(), kRemedy));
}

}  // namespace entryexit::postgres
