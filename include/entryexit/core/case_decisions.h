#ifndef ENTRYEXIT_CORE_CASE_DECISIONS_H_
#define ENTRYEXIT_CORE_CASE_DECISIONS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "entryexit/core/cases.h"

namespace entryexit::core {

// The states of a case, and all that leads from one to another. Pure.

// What an officer does to a case.
enum class CaseDecision {
  kUphold,   // agrees with the lead; grants the request
  kDismiss,  // finds the lead unfounded; refuses the request
  kReopen,   // takes a decision back, so that the case is decided anew
};

// The decision on a case of this kind that harms the person concerned, and so takes two people;
// none when each decision takes one.
std::optional<CaseDecision> AdverseDecision(CaseKind kind);

// Who decides, as far as it matters.
struct Decider {
  bool is_supervisor = false;
  bool decided_first = false;  // made the decision that a second officer is awaited for
};

// The state into which `decision` brings a case of `kind` that is in `state`.
//   An adverse decision on an open case awaits a second officer: the same decision by somebody else
// makes it final, any other opens the case again, since two who disagree have decided nothing.
// Every other decision on an open case is final. Only a supervisor takes a final one back. Errors:
// CASE_CLOSED, CASE_NOT_CLOSED, SECOND_OFFICER_REQUIRED, ROLE_NOT_ALLOWED.
absl::StatusOr<CaseState> StateAfter(CaseKind kind, CaseState state, CaseDecision decision,
                                     Decider decider);

// How a lead compares with its case, once more has become known.
enum class LeadNews {
  kSame,
  kChanged,  // other days or another comparison, no graver
  kGraver,   // of a higher severity than the case
  kGone,     // disproved
};

// The state of the case afterwards; none when the case is left as it is.
//   People decide on what they saw: a decision of one does not survive any change of it, that of a
// case which is decided for good only one for the worse.
std::optional<CaseState> StateAfter(CaseKind kind, CaseState state, LeadNews news);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CASE_DECISIONS_H_
