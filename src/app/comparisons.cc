#include "app/comparisons.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "app/decision.h"
#include "app/retention_facts.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

// Whether the crossing is an arrival that counts and happened before `moment`.
bool IsArrivalBefore(const ValidCrossings& valid, const core::CrossingId& id,
                     core::Timestamp moment) {
  const auto found = valid.find(id);
  return found != valid.end() && found->second.direction == core::Direction::kArrival &&
         found->second.captured_at < moment;
}

}  // namespace

absl::Status Comparisons::Compare(const ports::CrossingRecord& departure, core::Timestamp now) {
  const ValidCrossings valid = ValidCrossingsOf(state_);
  FindExpired(valid, now);
  return CompareAmong(valid, departure, now);
}

absl::Status Comparisons::CompareThoseAfter(const ports::CrossingRecord& arrival,
                                            core::Timestamp now) {
  const ValidCrossings valid = ValidCrossingsOf(state_);
  FindExpired(valid, now);
  for (const ports::CrossingRecord* departure : ComparableDepartures(valid)) {
    const core::Timestamp moment = valid.at(departure->crossing_id).captured_at;
    if (!IsArrivalBefore(valid, arrival.crossing_id, moment)) continue;
    if (absl::Status status = CompareAmong(valid, *departure, now); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Comparisons::CompareThoseWithOtherReferences(ports::Transaction& transaction,
                                                          core::Timestamp now) {
  const ValidCrossings valid = ValidCrossingsOf(state_);
  FindExpired(valid, now);
  const std::vector<const ports::CrossingRecord*> departures = ComparableDepartures(valid);
  std::vector<core::CrossingId> ids;
  for (const ports::CrossingRecord* departure : departures) ids.push_back(departure->crossing_id);
  const auto compared = transaction.ComparisonsOf(state_.traveler_id, ids);
  if (!compared.ok()) return compared.status();
  std::map<core::CrossingId, const core::DecisionReceipt*> latest;
  for (const ports::ComparisonRecord& record : *compared) {
    latest[record.receipt.probe_crossing_id] = &record.receipt;
  }
  for (const ports::CrossingRecord* departure : departures) {
    if (const auto receipt = latest.find(departure->crossing_id); receipt != latest.end()) {
      const auto has_others = HasOtherReferences(transaction, valid, *receipt->second);
      if (!has_others.ok()) return has_others.status();
      if (!*has_others) continue;
    }
    if (absl::Status status = CompareAmong(valid, *departure, now); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Comparisons::Write(ports::Transaction& transaction) const {
  for (const ports::ComparisonRecord& record : records_) {
    if (absl::Status status = transaction.AddComparison(record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Comparisons::FindExpired(const ValidCrossings& valid, core::Timestamp now) {
  expired_ = ExpiredTemplatesOf(state_, valid, policy_.retention, policy_.operating_state, now);
}

absl::Status Comparisons::CompareAmong(const ValidCrossings& valid,
                                       const ports::CrossingRecord& departure,
                                       core::Timestamp now) {
  const core::Timestamp moment = valid.at(departure.crossing_id).captured_at;
  const auto is_reference = [&](const ports::TemplateRecord& record) {
    return record.model.Comparable(engine_.model()) && !expired_.contains(record.crossing_id) &&
           IsArrivalBefore(valid, record.crossing_id, moment);
  };
  absl::StatusOr<core::DecisionReceipt> receipt =
      DecideDeparture(departure, state_.templates, is_reference, vault_,
                      {engine_.model(), engine_.calibration(), policy_.match});
  if (!receipt.ok()) return receipt.status();
  const ports::ComparisonSummary* latest = LatestComparison(state_, departure.crossing_id);
  const int attempt = latest == nullptr ? 1 : latest->attempt + 1;
  const core::ComparisonId comparison_id(crypto::NewUuid());
  std::erase_if(state_.comparisons, [&](const ports::ComparisonSummary& comparison) {
    return comparison.crossing_id == departure.crossing_id;
  });
  state_.comparisons.push_back(
      {departure.crossing_id, comparison_id, attempt, receipt->outcome, receipt->model});
  records_.push_back({state_.traveler_id, comparison_id, attempt, now, *std::move(receipt)});
  return absl::OkStatus();
}

std::vector<const ports::CrossingRecord*> Comparisons::ComparableDepartures(
    const ValidCrossings& valid) const {
  std::set<core::CrossingId> comparable;
  for (const ports::TemplateRecord& record : state_.templates) {
    if (!record.model.Comparable(engine_.model())) continue;
    if (!expired_.contains(record.crossing_id)) comparable.insert(record.crossing_id);
  }
  std::vector<const ports::CrossingRecord*> departures;
  for (const ports::CrossingRecord& crossing : state_.crossings) {
    if (crossing.direction == core::Direction::kDeparture && valid.contains(crossing.crossing_id) &&
        comparable.contains(crossing.crossing_id)) {
      departures.push_back(&crossing);
    }
  }
  return departures;
}

absl::StatusOr<bool> Comparisons::HasOtherReferences(ports::Transaction& transaction,
                                                     const ValidCrossings& valid,
                                                     const core::DecisionReceipt& receipt) const {
  const core::Timestamp moment = valid.at(receipt.probe_crossing_id).captured_at;
  std::set<core::CrossingId> used;
  for (const core::ReferenceDistance& reference : receipt.references) {
    used.insert(reference.crossing_id);
    if (IsArrivalBefore(valid, reference.crossing_id, moment)) continue;
    // Voided, moved in time or to another traveler; or erased, and then not missed.
    const absl::Status found = transaction.GetCrossing(reference.crossing_id).status();
    if (core::ReasonOf(found) == core::Reason::kCrossingNotFound) continue;
    if (!found.ok()) return found;
    return true;
  }
  return std::ranges::any_of(state_.templates, [&](const ports::TemplateRecord& record) {
    return record.model.Comparable(engine_.model()) && !expired_.contains(record.crossing_id) &&
           IsArrivalBefore(valid, record.crossing_id, moment) && !used.contains(record.crossing_id);
  });
}

}  // namespace entryexit::app
