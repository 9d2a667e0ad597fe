#include "entryexit/core/case_decisions.h"

#include "entryexit/core/reason.h"

namespace entryexit::core {
namespace {

constexpr CaseState FinalState(CaseDecision decision) {
  return decision == CaseDecision::kUphold ? CaseState::kUpheld : CaseState::kDismissed;
}

absl::StatusOr<CaseState> Reopened(CaseState state, Decider decider) {
  switch (state) {
    case CaseState::kOpen:
    case CaseState::kAwaitsSecondOfficer:
      return MakeError(Reason::kCaseNotClosed,
                       "there is no decision to take back: uphold or dismiss the case");
    case CaseState::kWithdrawn:
      return MakeError(Reason::kCaseClosed, "what became known later disproved the lead");
    case CaseState::kUpheld:
    case CaseState::kDismissed:
      break;
  }
  if (!decider.is_supervisor) {
    return MakeError(Reason::kRoleNotAllowed, "only a supervisor may take a decision back");
  }
  return CaseState::kOpen;
}

}  // namespace

std::optional<CaseDecision> AdverseDecision(CaseKind kind) {
  switch (kind) {
    case CaseKind::kIdentityNoMatch:
    case CaseKind::kIdentityInconclusive:
    case CaseKind::kOverstay:
    case CaseKind::kSuspectedOverstay:
      return CaseDecision::kUphold;
    case CaseKind::kCorrectionRequest:
      return CaseDecision::kDismiss;
    case CaseKind::kNoReference:
    case CaseKind::kDepartureWithoutArrival:
    case CaseKind::kArrivalOnOpenStay:
    case CaseKind::kDocumentDataConflict:
      break;
  }
  return std::nullopt;
}

absl::StatusOr<CaseState> StateAfter(CaseKind kind, CaseState state, CaseDecision decision,
                                     Decider decider) {
  if (decision == CaseDecision::kReopen) return Reopened(state, decider);
  const bool is_adverse = AdverseDecision(kind) == decision;
  switch (state) {
    case CaseState::kOpen:
      return is_adverse ? CaseState::kAwaitsSecondOfficer : FinalState(decision);
    case CaseState::kAwaitsSecondOfficer:
      if (!is_adverse) return CaseState::kOpen;
      if (!decider.decided_first) return FinalState(decision);
      return MakeError(Reason::kSecondOfficerRequired,
                       "the first decision was yours: the second one takes somebody else");
    case CaseState::kUpheld:
    case CaseState::kDismissed:
      return MakeError(Reason::kCaseClosed,
                       "the case is decided: a supervisor may take the decision back");
    case CaseState::kWithdrawn:
      break;
  }
  return MakeError(Reason::kCaseClosed, "what became known later disproved the lead");
}

std::optional<CaseState> StateAfter(CaseKind kind, CaseState state, LeadNews news) {
  switch (state) {
    case CaseState::kOpen:
    case CaseState::kAwaitsSecondOfficer:
      if (news == LeadNews::kSame) return std::nullopt;
      return news == LeadNews::kGone ? CaseState::kWithdrawn : CaseState::kOpen;
    case CaseState::kUpheld:
      if (news == LeadNews::kSame) return std::nullopt;
      if (news == LeadNews::kGone) return CaseState::kWithdrawn;
      return news == LeadNews::kGraver ? CaseState::kOpen : CaseState::kUpheld;
    case CaseState::kDismissed:
      if (news == LeadNews::kGraver) return CaseState::kOpen;
      // A suspicion that was dismissed was about the stay as it was: should it return, that is
      // another one.
      if (news == LeadNews::kGone && kind == CaseKind::kSuspectedOverstay) {
        return CaseState::kWithdrawn;
      }
      return std::nullopt;
    case CaseState::kWithdrawn:
      break;
  }
  if (news == LeadNews::kGone) return std::nullopt;
  return CaseState::kOpen;
}

}  // namespace entryexit::core
