#ifndef ENTRYEXIT_CORE_RETENTION_H_
#define ENTRYEXIT_CORE_RETENTION_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "entryexit/core/cases.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/stays.h"

// How long what is recorded about a traveler may be kept, and what of it is to be erased now.
// Everything here is a pure function of what is known and of the policy.
namespace entryexit::core {

// ------------------------------------------------------------------------------------ the policy

enum class TravelerCategory {
  kNational,  // of the state that runs the service, as one of the traveler's documents says
  kOther,
};
const char* NameOf(TravelerCategory category);  // "NATIONAL", "OTHER"

enum class DataKind {
  kImage,     // the picture of a crossing
  kTemplate,  // the embedding that was extracted from it
  kCrossing,  // with its comparisons, stays, cases and all else that tells of it
  kCase,      // with its history
  kTraveler,  // the person's record, documents and admission changes: no rule of its own, it goes
              // with the last crossing
};
const char* NameOf(DataKind kind);  // "IMAGE", ...
std::optional<DataKind> DataKindFromName(const std::string& name);

// What a period of retention counts from.
enum class RetentionEvent {
  kCapture,
  kLastExit,            // of a crossing: the departure that ended its stay
  kAuthorizationEnded,  // no exit recorded: the last lawful day is over at every port
  kCaseClosed,
};
const char* NameOf(RetentionEvent event);  // "CAPTURE", ...

// A length of time on the calendar of UTC.
struct RetentionPeriod {
  enum class Unit { kHours, kDays, kMonths, kYears };
  Unit unit = Unit::kDays;
  int count = 0;  // 1..kMaxPeriod

  friend auto operator<=>(const RetentionPeriod&, const RetentionPeriod&) = default;
};
inline constexpr int kMaxPeriod = 100'000;
const char* NameOf(RetentionPeriod::Unit unit);  // "HOURS", ...

// The end of a period that begins at `event`. Months and years end on the same day of the month;
// where there is none, with the last day of the month (Regulation (EEC, Euratom) No 1182/71,
// article 3(2)(c)).
Timestamp EndOf(const RetentionPeriod& period, Timestamp event);

// The moment that no event lies after whose period is over at `now`.
Timestamp LatestEventBy(const RetentionPeriod& period, Timestamp now);

struct RetentionRule {
  std::string id;  // as IsPlainId
  TravelerCategory category = TravelerCategory::kOther;
  DataKind kind = DataKind::kImage;
  RetentionEvent event = RetentionEvent::kCapture;
  RetentionPeriod period;
  int notice_days = 0;          // announced so many days before it is erased; 0: not announced
  bool waits_for_cases = true;  // kept while a case is open that it is evidence in
  Date from;                    // in force for erasures from this day on, UTC
  std::optional<Date> until;    // the last such day; absent: until changed

  friend auto operator<=>(const RetentionRule&, const RetentionRule&) = default;
};

using RetentionPolicy = std::vector<RetentionRule>;

// What a rule can be for. Each category needs a rule for each of its subjects on every day from the
// first of the policy on.
struct RetentionSubject {
  TravelerCategory category;
  DataKind kind;
  RetentionEvent event;

  friend auto operator<=>(const RetentionSubject&, const RetentionSubject&) = default;
};
// A national without a recorded exit is at home: no authorization ends, and the period counts from
// the capture.
const std::vector<RetentionSubject>& RetentionSubjects();

// Null when none is in force on `day`.
const RetentionRule* RuleFor(const RetentionPolicy& policy, const RetentionSubject& subject,
                             Date day);

// The policy in one form, whatever the order and the comments of its file: what its digest is of.
std::string CanonicalText(const RetentionPolicy& policy);

// ------------------------------------------------------------------------------------- the facts

struct RetainedCrossing {
  CrossingEvent event;
  bool has_image = false;
  bool has_template = false;
  // Of whoever the document shown names, for the image; absent: as the traveler.
  std::optional<TravelerCategory> document_category = {};
  bool voided = false;          // counts nowhere, and goes by itself: the period after the capture
  DocumentId document_id = {};  // shown
};

struct RetainedCase {
  CaseId id;
  CaseKind kind;
  CaseState state;
  CrossingId crossing_id;
  Timestamp changed_at;                // of a closed case: when it was closed, or touched later
  std::vector<CrossingId> references;  // of the comparison that raised it
};

// All of one traveler that erasing depends on. No order matters.
struct RetentionFacts {
  TravelerCategory category = TravelerCategory::kOther;
  std::vector<RetainedCrossing> crossings;
  std::vector<Stay> stays;  // what ComputeStays makes of the crossings and changes
  std::vector<AdmissionChange> changes;
  std::vector<RetainedCase> cases;
  bool held = false;  // by a legal hold
};

// ----------------------------------------------------------------------------------- what is due

// One thing that the policy gives an end.
struct RetentionItem {
  DataKind kind;
  std::string subject_id;  // the crossing's id; the case's, of a case
  Timestamp due;
  std::string rule_id;
  int notice_days = 0;

  friend auto operator<=>(const RetentionItem&, const RetentionItem&) = default;
};

// What to erase. What goes along with a crossing, though its own time has not come, stands under
// the crossing's rule.
struct PlannedErasure {
  RetentionItem item;
  // What makes a run look: the same thing; of a crossing and all that goes along with it, the
  // arrival of its stay, or the departure that ended none.
  DataKind found_by = DataKind::kImage;
  std::string found_by_id;

  friend auto operator<=>(const PlannedErasure&, const PlannedErasure&) = default;
};

// An announcement, by the thing and by the time that it was announced to be due at: a thing whose
// time has moved is announced anew.
using NoticeKey = std::tuple<DataKind, std::string, Timestamp>;
using AnnouncedAt = std::map<NoticeKey, Timestamp>;
NoticeKey KeyOf(const RetentionItem& item);

struct ErasurePlan {
  std::vector<PlannedErasure> erase;
  std::vector<PlannedErasure> announce;
};

// All that the rules in force on `day` give an end, whether it is over or not, in no particular
// order. Neither holds nor open cases matter here.
//
// * Image: the period after the capture.
// * Template: the period after the next exit, unless another crossing comes before it is over; then
//   that of the exit after it counts, and so on. Where the traveler is not known to have left, the
//   other period after the authorization ended (of a national: after the arrival); never, when no
//   day ends the stay or an application is pending. What has once become due so stays due, whatever
//   crossing comes later.
// * A voided crossing counts nowhere, and goes with its template the period of an exit after it.
// * Crossing: the period after the departure of its stay, or the other one as above; a departure
//   without arrival is its own exit. Of a stay with a limit on days in a moving window not before
//   its days have left the window. The last of the traveler's stays waits for the period after
//   every application reported, and while one is pending.
// * Case: the period after it was closed.
std::vector<RetentionItem> RetentionItemsOf(const RetentionFacts& facts,
                                            const RetentionPolicy& policy, Date day);

// What is to be erased and to be announced at `now`.
//
// Nothing of a held traveler. Nothing before it is due, nor before its notice is over, nor, where
// the rule says so, while a case is open that it is evidence in: a case about the crossing, or one
// that was raised by a comparison with it. (A suspected overstay keeps nothing: the period after
// the authorization ended is that suspicion's own.)
//
// Crossings go from the oldest on, whole stays at once, and only as far as the stays that remain
// are computed from what remains as they were before. With a crossing goes all that tells of it;
// with an arrival whose departure was not recorded also the case about that on the next arrival.
ErasurePlan PlanErasure(const RetentionFacts& facts, const RetentionPolicy& policy,
                        const AnnouncedAt& announced, Timestamp now);

// The crossings whose templates the policy no longer allows to be used at `now`, though a hold, an
// open case or a notice keeps them, or no run has come by yet.
std::set<CrossingId> ExpiredTemplates(const RetentionFacts& facts, const RetentionPolicy& policy,
                                      Timestamp now);

// False when no template captured at `captured_at` or later can be expired at `now`.
bool MayBeExpired(const RetentionPolicy& policy, TravelerCategory category, Timestamp captured_at,
                  Timestamp now);

// Moments and days that no event lies after whose period, less the notice, is over: where to look
// for what may be erased or announced.
struct ErasureHorizon {
  Timestamp national_images;     // captures
  Timestamp other_images;        // captures
  Timestamp templates;           // captures
  Timestamp national_templates;  // captures, without an exit
  Date template_authorizations;  // last lawful days, without an exit
  Timestamp exits;               // departures of crossings
  Timestamp arrivals;            // of stays without an exit
  Timestamp national_arrivals;   // of nationals' stays without an exit
  Date crossing_authorizations;  // last lawful days, without an exit
  Timestamp cases;               // closed
};
ErasureHorizon HorizonOf(const RetentionPolicy& policy, Timestamp now);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_RETENTION_H_
