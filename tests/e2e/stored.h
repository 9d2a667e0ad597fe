#ifndef ENTRYEXIT_TESTS_E2E_STORED_H_
#define ENTRYEXIT_TESTS_E2E_STORED_H_

#include <string>
#include <vector>

#include "tests/e2e/world.h"

// What a world's database holds, read behind the service's back. Everything here ends the test
// program when the database cannot be asked.
namespace entryexit::testing {

// The rows that `sql` gives; null is an empty text.
std::vector<std::vector<std::string>> RowsOf(World& world, const std::string& sql);

// The one number that `sql` gives.
int NumberOf(World& world, const std::string& sql);

// Blocks until that number is at least `least`.
void AwaitAtLeast(World& world, int least, const std::string& sql);

// Rows of crossings that this request made.
int CrossingsOf(World& world, const std::string& request_id);

// Rows in all tables that a crossing writes to: the same before and after means nothing was stored.
int RowsIn(World& world);

// Crossings that are there in part: without their request, capture, template, stay or comparison,
// and requests without their crossing. For worlds where every capture was good and no case was
// decided.
int BrokenCrossings(World& world);

// Keeps whoever would record a crossing of a traveler who is known now waiting, while it lives.
class LockedTravelers {
 public:
  explicit LockedTravelers(World& world);
  ~LockedTravelers();
  // Blocks until `count` calls wait.
  void AwaitWaiters(int count);

 private:
  World& world_;
  void* const connection_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_STORED_H_
