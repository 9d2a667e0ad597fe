#ifndef ENTRYEXIT_DEMO_VERDICT_H_
#define ENTRYEXIT_DEMO_VERDICT_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/demo/journal.h"
#include "src/demo/scenario.h"

namespace entryexit::demo {

// One thing that had to be so.
struct Check {
  std::string key;   // "no_impostor_matched"
  std::string text;  // for people: what had to be so
  bool passed = false;
  std::string detail;  // the numbers behind it
};

// How many were staged and how many seen.
struct Count {
  int staged = 0;
  int observed = 0;
};

// What was staged against what came of it.
struct Verdict {
  // Departures by whose face they showed and what the machine said of them in the end.
  std::map<Truth, std::map<v1::Outcome, int>> outcomes;
  // Cases that the history raises: by kind, "withdrawn" apart.
  std::map<std::string, Count> flags;
  std::map<std::string, Count> overstays;  // by kind
  Count poor_captures;
  Count refusals;
  std::vector<Check> checks;

  bool Passed() const;

  // Departures that showed `truth`, and those of them with that outcome. Of Truth::kLookAlike,
  // siblings who used each other's document, no check is made: FMR is measured on strangers and
  // promises nothing about close relatives.
  int StagedOf(Truth truth) const;
  int CountOf(Truth truth, v1::Outcome outcome) const;

  // Every outcome that came about, once.
  std::set<v1::Outcome> Outcomes() const;
};

// The last comparison of a departure counts: one whose arrival became known late was compared
// again. Null when there is none.
const v1::Comparison* FinalComparison(const Review& review, const std::string& crossing_id);

Verdict Judge(const Scenario& scenario, const Journal& journal, const Review& review);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_VERDICT_H_
