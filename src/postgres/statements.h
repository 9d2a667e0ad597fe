#ifndef ENTRYEXIT_SRC_POSTGRES_STATEMENTS_H_
#define ENTRYEXIT_SRC_POSTGRES_STATEMENTS_H_

namespace entryexit::postgres {

// Every statement that the service runs, except those of the migrations.
enum class StatementId {
  kSetUpSession,
  kPing,
  kListen,
  kBegin,
  kSetTimeout,
  kUseCustomPlans,
  kCommit,
  kRollback,
  kFindRequest,
  kAddRequest,
  kEnsureTraveler,
  kLockTravelerOf,
  kLockTraveler,
  kGetTraveler,
  kFindTravelerByDocument,
  kAddCrossing,
  kGetCrossing,
  kAllCrossings,
  kListCrossings,
  kAddCapture,
  kGetCapture,
  kAddTemplate,
  kAllTemplates,
  kAddComparison,
  kGetComparison,
  kComparisonsOf,
  kLatestComparisons,
  kAddAdmissionChange,
  kAllAdmissionChanges,
  kSupersedeStays,
  kAddStay,
  kAllStays,
  kListOverstays,
  kCountStays,
  kCountCrossings,
  kTravelersToReview,
  kAddCase,
  kUpdateCase,
  kAnnounceCase,
  kAddCaseEvent,
  kGetCase,
  kCaseEvents,
  kAllCases,
  kListCases,
  kNationalImagesDue,
  kOtherImagesDue,
  kTemplatesDue,
  kClosedStaysDue,
  kOpenStaysDue,
  kLoneDeparturesDue,
  kCasesDue,
  kRetainedOf,
  kErasureNotices,
  kAddErasureNotice,
  kSettledLeads,
  kAddSettledLead,
  kLockReceiptChain,
  kLastReceipt,
  kAddReceipt,
  kListReceipts,
  kEraseItems,
  kAddLegalHoldEvent,
  kListLegalHolds,
  kCount,  // not a statement
};

struct Statement {
  StatementId id;
  const char* name;  // in logs and on the server
  const char* sql;
};

const Statement& StatementOf(StatementId id);

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_STATEMENTS_H_
