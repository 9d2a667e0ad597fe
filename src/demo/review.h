#ifndef ENTRYEXIT_DEMO_REVIEW_H_
#define ENTRYEXIT_DEMO_REVIEW_H_

#include "absl/status/statusor.h"
#include "src/demo/clients.h"
#include "src/demo/journal.h"
#include "src/demo/scenario.h"

namespace entryexit::demo {

// What the officer and the nightly job do after the run: decides two cases, replays every departure
// decision, asks for the overstays, and reads everything back.
// Errors: those of the service.
absl::StatusOr<Review> ReviewRun(const Scenario& scenario, const Journal& journal,
                                 Clients& clients);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_REVIEW_H_
