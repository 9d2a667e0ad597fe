#ifndef ENTRYEXIT_POSTGRES_MIGRATIONS_H_
#define ENTRYEXIT_POSTGRES_MIGRATIONS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The schema's history, sql/migrations/NNNN_verb_noun.sql, which is compiled into the program. All
// functions block.
namespace entryexit::postgres {

struct MigrationReport {
  std::vector<std::string> applied;  // by this call, e.g. "0001_create_schema", in order
  int version = 0;                   // of the schema now
};

// Brings the schema of the database at `owner_dsn` up to the last migration, each migration in a
// transaction of its own: after a failure, those before it stay applied. Waits for another
// migrator of the same database to end. `progress` is told each step in a line for the operator.
// Errors: SCHEMA_MISMATCH (the database is newer than this program, an applied migration's content
// is not the one compiled in, or a migration failed), DATABASE_UNAVAILABLE.
absl::StatusOr<MigrationReport> Migrate(const std::string& owner_dsn,
                                        const std::function<void(const std::string&)>& progress);

// OK when the schema is exactly the one that this program was built for.
// Errors: SCHEMA_MISMATCH, with what to run; DATABASE_UNAVAILABLE.
absl::Status CheckSchema(const std::string& dsn);

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_POSTGRES_MIGRATIONS_H_
