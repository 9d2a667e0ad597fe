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
  kUseMuchMemory,
  kCommit,
  kRollback,
  kFindRequest,
  kAddRequest,
  kEnsureTraveler,
  kLockTravelerOf,
  kLockTraveler,
  kAddTraveler,
  kMoveDocument,
  kRemoveMovedBiometrics,
  kGetTraveler,
  kFindTravelerByDocument,
  kAddCrossing,
  kGetCrossing,
  kGetCrossingOf,
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
  kAddCorrection,
  kAllCorrections,
  kSupersedeStays,
  kAddStay,
  kAllStays,
  kStayHistory,
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
  kListCasesByDueDay,
  kDisputedAmong,
  kLockTravelersOf,
  kCountCrossingsOf,
  kCrossingsOf,
  kDocumentsOf,
  kCorrectionsOf,
  kAdmissionChangesOf,
  kSettledLeadsOf,
  kLatestComparisonsOf,
  kCasesOf,
  kStaysOf,
  kSupersedeStaysOf,
  kAnnounceCases,
  kNationalImagesDue,
  kOtherImagesDue,
  kTemplatesDue,
  kClosedStaysDue,
  kOpenStaysDue,
  kCrossingsWithoutStayDue,
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
  kAppendAuditRecord,
  kFindAuditRecords,
  kAuditRecordsOf,
  kAuditHeads,
  kLockAuditCheckpoints,
  kLastAuditCheckpoint,
  kAddAuditCheckpoint,
  kListAuditCheckpoints,
  kAllDataKeys,
  kAddFirstDataKey,
  kRewrapDataKey,
  kOpenKeyRotation,
  kBeginKeyRotation,
  kCountSealedOtherwise,
  kAnySealedOtherwise,
  kCapturesSealedOtherwise,
  kTemplatesSealedOtherwise,
  kReseal,
  kDestroyDataKey,
  kFinishKeyRotation,
  kCount,  // not a statement
};

// When the server plans a statement, and what a function of PL/pgSQL or a foreign key asks within
// it. Left to itself the server would choose by the costs that it reckons with, and a session whose
// first plans were made for small tables would plan each use from then on.
enum class Planning {
  kOnce,    // for all values, until a table changes or is analyzed: what looks a few rows up by key
  kEachUse  // with the values: filters that may be absent, periods, pages, many keys at once
};

struct Statement {
  StatementId id;
  const char* name;  // in logs and on the server
  const char* sql;
  Planning planning = Planning::kOnce;
};

const Statement& StatementOf(StatementId id);

// What is written by COPY, many rows at once; such a statement cannot be prepared.
enum class CopyId {
  kTravelers,
  kTravelDocuments,
  kCrossings,
  kStays,
  kCases,
  kCaseEvents,
  kCount,  // not a statement
};

struct CopyStatement {
  CopyId id;
  const char* name;  // in logs
  const char* sql;
};

const CopyStatement& StatementOf(CopyId id);

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_STATEMENTS_H_
