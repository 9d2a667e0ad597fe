#ifndef ENTRYEXIT_TESTS_E2E_DURABILITY_CHECKS_H_
#define ENTRYEXIT_TESTS_E2E_DURABILITY_CHECKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/durability/journal.h"
#include "tests/e2e/world.h"

// What must hold of the database after everything. Each check returns one line for each difference.
namespace entryexit::testing {

using Differences = std::vector<std::string>;
// Of all clients.
using Entries = std::vector<const Entry*>;

struct Found {
  int requests = 0;        // that are in the database
  int unacknowledged = 0;  // of these
};
// Every acknowledged request is there exactly once, with what its answer said; those refused are
// not; of the others each is there or not; and nothing is there that nobody sent.
Differences CompareWithStored(World& world, const Entries& entries, Found& found);

// Nothing is there in part: no request without its effect, no crossing without its request,
// template, picture, comparison or case, no case without its history, and so on.
Differences FindHalves(World& world);

// Of every traveler, the stays and the cases that are stored are those that follow from the events
// that are stored. `travelers`: how many there are.
Differences Recompute(World& world, int& travelers);

// The chain that proves what was erased is whole. `told`: digests of the receipts of erasures that
// a client was told of, by number.
Differences VerifyReceipts(World& world, const std::map<std::int64_t, std::string>& told);

// The audit log, exported and verified as an auditor does, is whole; it has a record of every
// request that is stored, and of no other as carried out. The test program must depend on the
// target entryexitctl.
Differences VerifyAuditLog(World& world);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_DURABILITY_CHECKS_H_
