#include "app/traveler_state.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

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

std::vector<core::Lead> LeadsOf(const TravelerState& state, core::Timestamp now) {
  std::map<core::CrossingId, core::Outcome> outcomes;
  for (const ports::ComparisonSummary& comparison : state.comparisons) {
    outcomes[comparison.crossing_id] = comparison.outcome;
  }
  return core::LeadsOf(StaysOf(state), outcomes, core::LastDayOver(now));
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

// What `lead` asks of the case that it opened earlier.
std::optional<CaseChange> Refreshed(const ports::CaseRecord& record, const core::Lead& lead,
                                    core::Timestamp now) {
  const bool withdrawn = record.state == core::CaseState::kWithdrawn;
  const bool dismissed = record.state == core::CaseState::kDismissed;
  // The officer dismissed the lead as it was; only a graver one is another.
  if (dismissed && lead.severity <= record.severity) return std::nullopt;
  if (!withdrawn && record.days_overstayed == lead.days_overstayed &&
      record.severity == lead.severity) {
    return std::nullopt;
  }
  ports::CaseRecord changed = record;
  changed.days_overstayed = lead.days_overstayed;
  changed.severity = lead.severity;
  if (!withdrawn && !dismissed) {
    return ChangeOf(std::move(changed), ports::CaseEventKind::kUpdated, now,
                    lead.kind == core::CaseKind::kSuspectedOverstay
                        ? "more days have passed without a departure"
                        : "what became known later changed the evidence");
  }
  changed.state = core::CaseState::kOpen;
  return ChangeOf(std::move(changed), ports::CaseEventKind::kReopened, now,
                  withdrawn ? "what became known later raised this again"
                            : "what became known later made this graver than it was "
                              "when it was dismissed");
}

std::optional<CaseChange> Withdrawn(const ports::CaseRecord& record, core::Timestamp now) {
  // A dismissed suspicion was about the stay as it was: should it return, that is another one.
  const bool stands = record.state == core::CaseState::kOpen ||
                      record.state == core::CaseState::kUpheld ||
                      (record.state == core::CaseState::kDismissed &&
                       record.kind == core::CaseKind::kSuspectedOverstay);
  if (!stands || record.kind == core::CaseKind::kDocumentDataConflict) return std::nullopt;
  ports::CaseRecord changed = record;
  changed.state = core::CaseState::kWithdrawn;
  return ChangeOf(std::move(changed), ports::CaseEventKind::kWithdrawn, now,
                  "what became known later disproved this");
}

// Only a graver lead than the one that was decided is another.
bool IsSettled(const TravelerState& state, const core::Lead& lead) {
  return std::ranges::any_of(state.settled, [&](const ports::SettledLead& settled) {
    return settled.kind == lead.kind && settled.crossing_id == lead.crossing_id &&
           lead.severity <= settled.severity;
  });
}

}  // namespace

absl::StatusOr<TravelerState> LoadMovements(ports::Transaction& transaction,
                                            const core::TravelerId& id) {
  auto traveler = transaction.GetTraveler(id);
  if (!traveler.ok()) return traveler.status();
  auto crossings = transaction.AllCrossings(id);
  if (!crossings.ok()) return crossings.status();
  auto changes = transaction.AllAdmissionChanges(id);
  if (!changes.ok()) return changes.status();
  TravelerState state;
  state.traveler_id = id;
  state.document = traveler->documents.front();
  state.crossings = *std::move(crossings);
  state.admission_changes = *std::move(changes);
  return state;
}

absl::StatusOr<TravelerState> LoadTraveler(ports::Transaction& transaction,
                                           const core::TravelerId& id) {
  absl::StatusOr<TravelerState> state = LoadMovements(transaction, id);
  if (!state.ok()) return state.status();
  auto templates = transaction.AllTemplates(id);
  if (!templates.ok()) return templates.status();
  auto comparisons = transaction.LatestComparisons(id);
  if (!comparisons.ok()) return comparisons.status();
  auto cases = transaction.AllCases(id);
  if (!cases.ok()) return cases.status();
  auto settled = transaction.SettledLeads(id);
  if (!settled.ok()) return settled.status();
  state->settled = *std::move(settled);
  state->templates = *std::move(templates);
  state->comparisons = *std::move(comparisons);
  state->cases = *std::move(cases);
  return state;
}

core::StayHistory StaysOf(const TravelerState& state) {
  core::TravelerEvents events;
  events.birth_date = state.document.birth_date;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    events.crossings.push_back({crossing.crossing_id, crossing.direction, crossing.captured_at,
                                crossing.local_date, crossing.admission});
  }
  for (const ports::AdmissionChangeRecord& record : state.admission_changes) {
    events.changes.push_back(record.change);
  }
  return core::ComputeStays(std::move(events));
}

std::vector<ports::StayRecord> StayRecordsOf(const TravelerState& state) {
  std::vector<ports::StayRecord> records;
  for (core::Stay& stay : StaysOf(state).stays) {
    const core::PortId port_id = CrossingOf(state, stay.arrival_id).port_id;
    records.push_back({state.traveler_id, state.document.nationality, port_id, std::move(stay)});
  }
  return records;
}

const ports::ComparisonSummary* LatestComparison(const TravelerState& state,
                                                 const core::CrossingId& departure) {
  const auto found =
      std::ranges::find(state.comparisons, departure, &ports::ComparisonSummary::crossing_id);
  return found == state.comparisons.end() ? nullptr : &*found;
}

CaseChange OpenCase(const TravelerState& state, const core::Lead& lead, core::Timestamp now,
                    const std::string& why) {
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
  if (IsIdentityLead(lead.kind)) {
    record.comparison_id = LatestComparison(state, lead.crossing_id)->comparison_id;
  }
  ports::CaseEvent event = EventFor(record, ports::CaseEventKind::kOpened, now, why);
  return {std::move(record), std::move(event), /*is_new=*/true};
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
    const auto lead = leads.extract(Key{record.kind, record.crossing_id});
    std::optional<CaseChange> change =
        lead.empty() ? Withdrawn(record, now) : Refreshed(record, lead.mapped(), now);
    if (change) changes.push_back(*std::move(change));
  }
  for (const auto& [key, lead] : leads) {
    if (IsSettled(state, lead)) continue;
    changes.push_back(OpenCase(state, lead, now,
                               lead.kind == core::CaseKind::kSuspectedOverstay
                                   ? "the authorization is over and no departure is recorded"
                                   : "raised by what was recorded"));
  }
  return changes;
}

core::Timestamp RecordingTime(const TravelerState& state, core::Timestamp now) {
  constexpr std::chrono::microseconds kNext(1);
  core::Timestamp time = now;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    time = std::max(time, crossing.recorded_at + kNext);
  }
  for (const ports::AdmissionChangeRecord& change : state.admission_changes) {
    time = std::max(time, change.recorded_at + kNext);
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
