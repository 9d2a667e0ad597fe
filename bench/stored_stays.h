#ifndef ENTRYEXIT_BENCH_STORED_STAYS_H_
#define ENTRYEXIT_BENCH_STORED_STAYS_H_

#include <cstdint>
#include <string>

#include "tests/support/postgres_fixture.h"

namespace entryexit::bench {

// Makes travelers number `from` to `to`, with a stay each, in a migrated database that has those
// before, so that its tables are of some size. Says on standard error how far it is. Throws.
void StoreStays(testing::PostgresServer& server, const std::string& database, std::int64_t from,
                std::int64_t to);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_STORED_STAYS_H_
