#ifndef ENTRYEXIT_DEMO_REPORT_H_
#define ENTRYEXIT_DEMO_REPORT_H_

#include <map>
#include <string>

#include "src/demo/journal.h"
#include "src/demo/scenario.h"
#include "src/demo/verdict.h"

namespace entryexit::demo {

// The run as one self-contained HTML page: the result, then every case with the two faces side by
// side. `poor_captures` holds the pictures that no lane recorded, by their path in the scenario.
std::string ReportHtml(const Scenario& scenario, const Journal& journal, const Review& review,
                       const Verdict& verdict, const std::map<std::string, Picture>& poor_captures);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_REPORT_H_
