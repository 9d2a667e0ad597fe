#include "app/traveler_state.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "app/crossing_request.h"
#include "entryexit/core/case_decisions.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

constexpr char kServicePrincipal[] = "service";

const ports::CrossingRecord& CrossingOf(const TravelerState& state, const core::CrossingId& id) {
  return *std::ranges::find(state.crossings, id, &ports::CrossingRecord::crossing_id);
}

bool IsIdentityLead(core::CaseKind kind) {
  return kind == core::CaseKind::kIdentityNoMatch ||
         kind == core::CaseKind::kIdentityInconclusive || kind == core::CaseKind::kNoReference;
}

// Departures whose face was compared and not matched, and that no officer found to be the
// traveler's.
std::set<core::CrossingId> DeparturesInDoubt(const TravelerState& state) {
  std::set<core::CrossingId> in_doubt;
  for (const ports::ComparisonSummary& comparison : state.comparisons) {
    if (!core::LeavesDoubt(comparison.outcome)) continue;
    const auto dismisses = [&](const auto& decided) {
      return decided.crossing_id == comparison.crossing_id &&
             decided.kind == core::CaseKindFor(comparison.outcome) &&
             decided.state == core::CaseState::kDismissed;
    };
    // The case may have been erased since.
    if (std::ranges::none_of(state.cases, dismisses) &&
        std::ranges::none_of(state.settled, dismisses)) {
      in_doubt.insert(comparison.crossing_id);
    }
  }
  return in_doubt;
}

// Of the first crossing that counts, by what happened and not by what became known first; none
// without one.
std::optional<core::Date> BirthDateOf(const TravelerState& state, const ValidCrossings& valid) {
  std::optional<std::pair<core::Timestamp, core::Date>> first;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    const auto event = valid.find(crossing.crossing_id);
    if (event == valid.end()) continue;
    const std::pair seen(event->second.captured_at, HolderOf(state, crossing).birth_date);
    first = std::min(first.value_or(seen), seen);
  }
  if (!first) return std::nullopt;
  return first->second;
}

std::vector<core::Lead> DocumentConflictsOf(const TravelerState& state,
                                            const ValidCrossings& valid) {
  std::vector<core::ShownDocument> shown;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    const auto event = valid.find(crossing.crossing_id);
    if (event == valid.end()) continue;
    shown.push_back({crossing.crossing_id, crossing.document_id, event->second.captured_at,
                     HolderOf(state, crossing)});
  }
  constexpr auto kConflict = core::CaseKind::kDocumentDataConflict;
  std::vector<core::Lead> leads;
  for (const core::CrossingId& id : core::ShownWithAnotherHolder(std::move(shown))) {
    leads.push_back({kConflict, id, core::SeverityOf(kConflict, /*days_overstayed=*/0)});
  }
  return leads;
}

std::vector<core::CrossingEvent> EventsOf(const TravelerState& state) {
  const std::set<core::CrossingId> in_doubt = DeparturesInDoubt(state);
  std::vector<core::CrossingEvent> events;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    events.push_back({crossing.crossing_id, crossing.direction, crossing.captured_at,
                      crossing.local_date, crossing.admission,
                      in_doubt.contains(crossing.crossing_id)});
  }
  return events;
}

ValidCrossings ById(std::vector<core::CrossingEvent> events) {
  ValidCrossings valid;
  for (core::CrossingEvent& event : events) {
    const core::CrossingId id = event.id;
    valid.emplace(id, std::move(event));
  }
  return valid;
}

std::vector<core::CrossingCorrection> CorrectionsOf(const TravelerState& state) {
  std::vector<core::CrossingCorrection> corrections;
  for (const ports::CorrectionRecord& record : state.corrections) {
    corrections.push_back(record.correction);
  }
  return corrections;
}

std::vector<core::Lead> LeadsOf(const TravelerState& state, core::Timestamp now) {
  const ValidCrossings valid = ValidCrossingsOf(state);
  std::map<core::CrossingId, core::Outcome> outcomes;
  for (const ports::ComparisonSummary& comparison : state.comparisons) {
    if (valid.contains(comparison.crossing_id)) {
      outcomes[comparison.crossing_id] = comparison.outcome;
    }
  }
  std::vector<core::Lead> leads = core::LeadsOf(StaysOf(state), outcomes, core::LastDayOver(now));
  std::ranges::move(DocumentConflictsOf(state, valid), std::back_inserter(leads));
  return leads;
}

ports::CaseEvent EventFor(const ports::CaseRecord& record, ports::CaseEventKind kind,
                          core::Timestamp now, const std::string& why) {
  return {record.traveler_id, record.case_id, record.version, kind, now, kServicePrincipal, why};
}

CaseChange ChangeOf(ports::CaseRecord record, ports::CaseEventKind kind, core::Timestamp now,
                    const std::string& why) {
  ++record.version;
  record.updated_at = now;
  ports::CaseEvent event = EventFor(record, kind, now, why);
  return {std::move(record), std::move(event), /*is_new=*/false};
}

// The comparison that shows `lead`; none for leads that no comparison shows.
std::optional<core::ComparisonId> EvidenceOf(const TravelerState& state, const core::Lead& lead) {
  if (!IsIdentityLead(lead.kind)) return std::nullopt;
  return LatestComparison(state, lead.crossing_id)->comparison_id;
}

// Only a graver lead than the one that was decided is another.
bool IsSettled(const TravelerState& state, const core::Lead& lead) {
  return std::ranges::any_of(state.settled, [&](const ports::SettledLead& settled) {
    return settled.kind == lead.kind && settled.crossing_id == lead.crossing_id &&
           lead.severity <= settled.severity;
  });
}

core::LeadNews NewsOf(const ports::CaseRecord& record, const core::Lead& lead,
                      const std::optional<core::ComparisonId>& evidence) {
  if (lead.severity > record.severity) return core::LeadNews::kGraver;
  const bool same = record.severity == lead.severity &&
                    record.days_overstayed == lead.days_overstayed &&
                    record.comparison_id == evidence;
  return same ? core::LeadNews::kSame : core::LeadNews::kChanged;
}

const char* WhyReopened(core::CaseState before) {
  switch (before) {
    case core::CaseState::kWithdrawn:
      return "what became known later raised this again";
    case core::CaseState::kAwaitsSecondOfficer:
      return "what became known later changed what the first officer had decided on";
    default:
      return "what became known later made this graver than it was when it was decided";
  }
}

const char* WhyUpdated(core::CaseKind kind) {
  return kind == core::CaseKind::kSuspectedOverstay
             ? "more days have passed without a departure"
             : "what became known later changed the evidence";
}

// What `lead` asks of the case that it opened earlier.
std::optional<CaseChange> Refreshed(const TravelerState& state, const ports::CaseRecord& record,
                                    const core::Lead& lead, core::Timestamp now) {
  // Decided elsewhere, when the crossing was another traveler's.
  if (record.state == core::CaseState::kWithdrawn && IsSettled(state, lead)) return std::nullopt;
  const std::optional<core::ComparisonId> evidence = EvidenceOf(state, lead);
  const auto next = core::StateAfter(record.kind, record.state, NewsOf(record, lead, evidence));
  if (!next) return std::nullopt;
  ports::CaseRecord changed = record;
  changed.comparison_id = evidence;
  changed.days_overstayed = lead.days_overstayed;
  changed.severity = lead.severity;
  changed.state = *next;
  changed.first_officer.reset();
  if (*next == record.state) {
    return ChangeOf(std::move(changed), ports::CaseEventKind::kUpdated, now,
                    WhyUpdated(record.kind));
  }
  return ChangeOf(std::move(changed), ports::CaseEventKind::kReopened, now,
                  WhyReopened(record.state));
}

// Whether the case is of a document conflict whose data was not kept: nothing tells whether it
// still holds.
bool IsConflictOfOld(const TravelerState& state, const ports::CaseRecord& record) {
  return record.kind == core::CaseKind::kDocumentDataConflict &&
         !CrossingOf(state, record.crossing_id).holder &&
         ValidCrossingsOf(state).contains(record.crossing_id);
}

std::optional<CaseChange> Withdrawn(const TravelerState& state, const ports::CaseRecord& record,
                                    core::Timestamp now) {
  const auto next = core::StateAfter(record.kind, record.state, core::LeadNews::kGone);
  if (!next || IsConflictOfOld(state, record)) return std::nullopt;
  ports::CaseRecord changed = record;
  changed.state = *next;
  changed.first_officer.reset();
  const auto moved_to = MovedTo(state, record.crossing_id);
  return ChangeOf(std::move(changed), ports::CaseEventKind::kWithdrawn, now,
                  moved_to
                      ? "the crossing was moved with its document to traveler " + moved_to->value()
                      : "what became known later disproved this");
}

const char* WhyOpened(core::CaseKind kind) {
  switch (kind) {
    case core::CaseKind::kSuspectedOverstay:
      return "the authorization is over and no departure is recorded";
    case core::CaseKind::kDocumentDataConflict:
      return "nationality, birth date or sex differ from those this document was first seen with";
    default:
      return "raised by what was recorded";
  }
}

// The change that opens a new case.
CaseChange OpenCase(const TravelerState& state, const core::Lead& lead, core::Timestamp now) {
  ports::CaseRecord record;
  record.traveler_id = state.traveler_id;
  record.case_id = core::CaseId(crypto::NewUuid());
  record.kind = lead.kind;
  record.severity = lead.severity;
  record.crossing_id = lead.crossing_id;
  record.port_id = CrossingOf(state, lead.crossing_id).port_id;
  record.days_overstayed = lead.days_overstayed;
  record.opened_at = now;
  record.updated_at = now;
  record.comparison_id = EvidenceOf(state, lead);
  ports::CaseEvent event =
      EventFor(record, ports::CaseEventKind::kOpened, now, WhyOpened(lead.kind));
  return {std::move(record), std::move(event), /*is_new=*/true};
}

}  // namespace

TravelerState StateOf(ports::TravelerRecords records) {
  TravelerState state;
  state.traveler_id = std::move(records.traveler.traveler_id);
  for (const core::TravelDocument& document : records.traveler.documents) {
    state.documents.emplace(DocumentIdOf(document.issuing_state, document.number),
                            document.holder());
  }
  state.crossings = std::move(records.crossings);
  state.corrections = std::move(records.corrections);
  state.admission_changes = std::move(records.admission_changes);
  state.templates = std::move(records.templates);
  state.comparisons = std::move(records.comparisons);
  state.cases = std::move(records.cases);
  state.settled = std::move(records.settled);
  return state;
}

absl::StatusOr<TravelerState> LoadMovements(ports::Transaction& transaction,
                                            const core::TravelerId& id) {
  auto records = transaction.GetRecords(id, ports::Transaction::Templates::kLeaveOut);
  if (!records.ok()) return records.status();
  return StateOf(*std::move(records));
}

absl::StatusOr<TravelerState> LoadTraveler(ports::Transaction& transaction,
                                           const core::TravelerId& id) {
  auto records = transaction.GetRecords(id, ports::Transaction::Templates::kInclude);
  if (!records.ok()) return records.status();
  return StateOf(*std::move(records));
}

ValidCrossings ValidCrossingsOf(const TravelerState& state) {
  return ById(core::Corrected(EventsOf(state), CorrectionsOf(state)));
}

const ports::CorrectionRecord* LatestCorrection(const TravelerState& state,
                                                const core::CrossingId& crossing) {
  const ports::CorrectionRecord* latest = nullptr;
  for (const ports::CorrectionRecord& record : state.corrections) {
    if (record.correction.crossing_id == crossing &&
        (latest == nullptr || latest->correction.revision < record.correction.revision)) {
      latest = &record;
    }
  }
  return latest;
}

std::optional<core::TravelerId> MovedTo(const TravelerState& state,
                                        const core::CrossingId& crossing) {
  const ports::CorrectionRecord* const latest = LatestCorrection(state, crossing);
  return latest == nullptr ? std::nullopt : latest->moved_to;
}

core::Holder HolderOf(const TravelerState& state, const ports::CrossingRecord& crossing) {
  if (crossing.holder) return *crossing.holder;
  const auto document = state.documents.find(crossing.document_id);
  return document == state.documents.end() ? core::Holder{} : document->second;
}

absl::Status MovedAway(const std::vector<ports::CorrectionRecord>& corrections) {
  const auto last = std::ranges::max_element(corrections, {}, [](const auto& record) {
    return std::pair(record.moved_to.has_value(), record.recorded_at);
  });
  if (last == corrections.end() || !last->moved_to) {
    return core::MakeError(core::Reason::kTravelerNotFound, "the traveler has no documents");
  }
  return core::MakeError(
      core::Reason::kTravelerNotFound,
      "the traveler's documents were moved, the last to traveler " + last->moved_to->value());
}

core::StayHistory StaysOf(const TravelerState& state) {
  core::TravelerEvents events;
  events.crossings = EventsOf(state);
  events.corrections = CorrectionsOf(state);
  events.birth_date =
      BirthDateOf(state, ById(core::Corrected(events.crossings, events.corrections)));
  for (const ports::AdmissionChangeRecord& record : state.admission_changes) {
    events.changes.push_back(record.change);
  }
  return core::ComputeStays(events);
}

std::vector<ports::StayRecord> StayRecordsOf(const TravelerState& state) {
  std::vector<ports::StayRecord> records;
  for (core::Stay& stay : StaysOf(state).stays) {
    const ports::CrossingRecord& arrival = CrossingOf(state, stay.arrival_id);
    records.push_back({state.traveler_id, HolderOf(state, arrival).nationality, arrival.port_id,
                       std::move(stay)});
  }
  return records;
}

const ports::ComparisonSummary* LatestComparison(const TravelerState& state,
                                                 const core::CrossingId& departure) {
  const auto found =
      std::ranges::find(state.comparisons, departure, &ports::ComparisonSummary::crossing_id);
  return found == state.comparisons.end() ? nullptr : &*found;
}

std::vector<CaseChange> ReconcileCases(const TravelerState& state, core::Timestamp now) {
  std::vector<CaseChange> changes = ReviewCases(state, now);
  std::erase_if(changes, [](const CaseChange& change) {
    return change.is_new && change.record.kind == core::CaseKind::kSuspectedOverstay;
  });
  return changes;
}

std::vector<CaseChange> ReviewCases(const TravelerState& state, core::Timestamp now) {
  using Key = std::pair<core::CaseKind, core::CrossingId>;
  std::map<Key, core::Lead> leads;
  for (const core::Lead& lead : LeadsOf(state, now)) {
    leads.emplace(Key{lead.kind, lead.crossing_id}, lead);
  }

  std::vector<CaseChange> changes;
  for (const ports::CaseRecord& record : state.cases) {
    if (record.kind == core::CaseKind::kCorrectionRequest) continue;  // is no lead
    const auto lead = leads.extract(Key{record.kind, record.crossing_id});
    std::optional<CaseChange> change =
        lead.empty() ? Withdrawn(state, record, now) : Refreshed(state, record, lead.mapped(), now);
    if (change) changes.push_back(*std::move(change));
  }
  for (const auto& [key, lead] : leads) {
    if (IsSettled(state, lead)) continue;
    changes.push_back(OpenCase(state, lead, now));
  }
  return changes;
}

bool IsDisputed(const TravelerState& state) {
  return std::ranges::any_of(state.cases, [](const ports::CaseRecord& record) {
    return core::IsDispute(record.kind, record.state);
  });
}

absl::Status CheckNoRequestWaits(const TravelerState& state, const core::CrossingId& crossing) {
  for (const ports::CaseRecord& record : state.cases) {
    if (record.kind == core::CaseKind::kCorrectionRequest && record.crossing_id == crossing &&
        core::WaitsForOfficer(record.state)) {
      return core::MakeError(
          core::Reason::kCaseNotClosed,
          "a request about this crossing waits for a decision: case " + record.case_id.value());
    }
  }
  return absl::OkStatus();
}

core::Timestamp RecordingTime(const TravelerState& state, core::Timestamp now) {
  constexpr std::chrono::microseconds kNext(1);
  core::Timestamp time = now;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    time = std::max(time, crossing.recorded_at + kNext);
  }
  for (const ports::CorrectionRecord& correction : state.corrections) {
    time = std::max(time, correction.recorded_at + kNext);
  }
  for (const ports::AdmissionChangeRecord& change : state.admission_changes) {
    time = std::max(time, change.recorded_at + kNext);
  }
  for (const ports::CaseRecord& record : state.cases) {
    time = std::max(time, record.updated_at + kNext);
  }
  return time;
}

absl::Status WriteCases(ports::Transaction& transaction, const std::vector<CaseChange>& changes) {
  for (const CaseChange& change : changes) {
    absl::Status status =
        change.is_new ? transaction.AddCase(change.record) : transaction.UpdateCase(change.record);
    if (status.ok()) status = transaction.AddCaseEvent(change.event);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace entryexit::app
