#ifndef ENTRYEXIT_DEMO_SUMMARY_H_
#define ENTRYEXIT_DEMO_SUMMARY_H_

#include <string>

#include "src/demo/journal.h"
#include "src/demo/scenario.h"
#include "src/demo/verdict.h"

namespace entryexit::demo {

// The result as a table for a terminal.
std::string SummaryTable(const Verdict& verdict);

// The same for machines, with every staged and observed count: one JSON object.
std::string SummaryJson(const Scenario& scenario, const Journal& journal, const Review& review,
                        const Verdict& verdict);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_SUMMARY_H_
