#include "entryexit/app/replay_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <vector>

#include "app/audited.h"
#include "app/decision.h"
#include "entryexit/core/reason.h"

namespace entryexit::app {
namespace {

using core::DecisionReceipt;
using core::MakeError;
using core::Reason;

std::string Text(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "none";
}

std::vector<std::string> DifferencesOf(const DecisionReceipt& recorded,
                                       const DecisionReceipt& replayed) {
  std::vector<std::string> differences;
  const auto compare = [&](const char* what, const std::string& was, const std::string& is) {
    if (was != is) {
      differences.push_back(fmt::format("{}: recorded {}, replayed {}", what, was, is));
    }
  };
  compare("outcome", core::NameOf(recorded.outcome), core::NameOf(replayed.outcome));
  compare("distance", Text(recorded.distance), Text(replayed.distance));
  compare("estimated FMR", Text(recorded.estimated_fmr), Text(replayed.estimated_fmr));
  if (recorded.fmr_bound && recorded.fmr_bound != replayed.fmr_bound) {
    differences.emplace_back("estimated FMR: recorded and replayed are bounded differently");
  }
  compare("probe template", recorded.probe_digest, replayed.probe_digest);
  compare("rule version", recorded.rule_version, replayed.rule_version);
  if (recorded.references != replayed.references) {
    differences.push_back(fmt::format("references: recorded {}, replayed {}, or their distances",
                                      recorded.references.size(), replayed.references.size()));
  }
  return differences;
}

// The traveler's templates, and those of arrivals that the comparison used and that have been moved
// to another traveler with their document since; in the order of AllTemplates.
absl::StatusOr<std::vector<ports::TemplateRecord>> TemplatesFor(
    ports::Transaction& transaction, const ports::ComparisonRecord& comparison) {
  absl::StatusOr<std::vector<ports::TemplateRecord>> templates =
      transaction.AllTemplates(comparison.traveler_id);
  if (!templates.ok()) return templates;
  for (const core::ReferenceDistance& reference : comparison.receipt.references) {
    const auto is_it = [&](const ports::TemplateRecord& record) {
      return record.crossing_id == reference.crossing_id;
    };
    if (std::ranges::any_of(*templates, is_it)) continue;
    const auto arrival = transaction.GetCrossing(reference.crossing_id);
    if (core::ReasonOf(arrival.status()) == Reason::kCrossingNotFound) continue;  // erased
    if (!arrival.ok()) return arrival.status();
    if (arrival->traveler_id == comparison.traveler_id) continue;  // its template was erased
    const auto others = transaction.AllTemplates(arrival->traveler_id);
    if (!others.ok()) return others.status();
    std::ranges::copy_if(*others, std::back_inserter(*templates), is_it);
  }
  std::ranges::sort(*templates, {}, [](const ports::TemplateRecord& record) {
    return std::tie(record.captured_at, record.crossing_id);
  });
  return templates;
}

// A decision can be replayed only from all of what it was made from.
absl::Status CheckNotErased(const ports::CrossingRecord& departure, const DecisionReceipt& receipt,
                            const std::vector<ports::TemplateRecord>& templates) {
  const auto is_gone = [&](const core::CrossingId& id) {
    return std::ranges::find(templates, id, &ports::TemplateRecord::crossing_id) == templates.end();
  };
  if (departure.capture_status == ports::CaptureStatus::kTemplateStored &&
      is_gone(departure.crossing_id)) {
    return MakeError(Reason::kEvidenceErased,
                     "the departure's template has been erased by the retention policy; what the "
                     "decision was is in its receipt");
  }
  const auto gone =
      std::ranges::count_if(receipt.references, is_gone, &core::ReferenceDistance::crossing_id);
  if (gone == 0) return absl::OkStatus();
  return MakeError(
      Reason::kEvidenceErased,
      fmt::format(
          "the templates of {} of the {} arrivals that the departure was compared with have "
          "been erased by the retention policy; what the decision was is in its receipt",
          gone, receipt.references.size()));
}

}  // namespace

absl::StatusOr<Replay> ReplayDecision::ReplayComparison(const Call& call,
                                                        const core::ComparisonId& id) const {
  AuditNote known;
  known.subject = id.value();
  return ReadAudited<Replay>(
      store_, call, known,
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<Replay> {
        const auto recorded = transaction.GetComparison(id);
        if (!recorded.ok()) return recorded.status();
        note.travelers = {recorded->traveler_id};
        return Recompute(transaction, *recorded);
      });
}

absl::StatusOr<Replay> ReplayDecision::ReplayCrossing(const Call& call,
                                                      const core::CrossingId& id) const {
  AuditNote known;
  known.subject = id.value();
  return ReadAudited<Replay>(
      store_, call, known,
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<Replay> {
        const auto crossing = transaction.GetCrossing(id);
        if (!crossing.ok()) return crossing.status();
        note.travelers = {crossing->traveler_id};
        const auto comparisons = transaction.ComparisonsOf(crossing->traveler_id, {id});
        if (!comparisons.ok()) return comparisons.status();
        if (comparisons->empty()) {
          return MakeError(Reason::kComparisonNotFound,
                           fmt::format("crossing {} was not compared", id.value()));
        }
        return Recompute(transaction, comparisons->back());
      });
}

absl::StatusOr<Replay> ReplayDecision::Recompute(ports::Transaction& transaction,
                                                 const ports::ComparisonRecord& recorded) const {
  const DecisionReceipt& receipt = recorded.receipt;
  if (!receipt.model.Comparable(model_)) {
    return MakeError(Reason::kModelNotLoaded,
                     fmt::format("the decision was made with model {} (digest {}), loaded is {}",
                                 receipt.model.id, receipt.model.digest, model_.id));
  }
  const auto departure = transaction.GetCrossing(receipt.probe_crossing_id);
  if (!departure.ok()) return departure.status();
  const auto templates = TemplatesFor(transaction, recorded);
  if (!templates.ok()) return templates.status();

  if (absl::Status status = CheckNotErased(*departure, receipt, *templates); !status.ok()) {
    return status;
  }
  const auto was_reference = [&](const ports::TemplateRecord& record) {
    return std::ranges::find(receipt.references, record.crossing_id,
                             &core::ReferenceDistance::crossing_id) != receipt.references.end();
  };
  absl::StatusOr<DecisionReceipt> replayed =
      DecideDeparture(*departure, *templates, was_reference, vault_,
                      {receipt.model, calibration_, {receipt.thresholds, receipt.best_k}});
  if (!replayed.ok()) return replayed.status();
  std::vector<std::string> differences = DifferencesOf(receipt, *replayed);
  return Replay{recorded, *std::move(replayed), std::move(differences)};
}

}  // namespace entryexit::app
