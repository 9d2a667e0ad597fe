#include "app/retention_facts.h"

#include <algorithm>
#include <map>
#include <utility>

namespace entryexit::app {
namespace {

std::vector<core::CrossingId> ReferencesOf(
    const ports::CaseRecord& record, const std::vector<ports::ComparisonRecord>& comparisons) {
  std::vector<core::CrossingId> references;
  for (const ports::ComparisonRecord& comparison : comparisons) {
    if (record.comparison_id != comparison.comparison_id) continue;
    for (const core::ReferenceDistance& reference : comparison.receipt.references) {
      references.push_back(reference.crossing_id);
    }
  }
  return references;
}

core::TravelerCategory CategoryOf(const core::Holder& holder, const std::string& operating_state) {
  return holder.nationality == operating_state ? core::TravelerCategory::kNational
                                               : core::TravelerCategory::kOther;
}

// Of one who has also been seen as a national, the data of a national.
core::TravelerCategory CategoryOf(const TravelerState& state, const std::string& operating_state) {
  const auto names_national = [&](const core::Holder& holder) {
    return CategoryOf(holder, operating_state) == core::TravelerCategory::kNational;
  };
  const bool is_national =
      std::ranges::any_of(state.documents,
                          [&](const auto& document) { return names_national(document.second); }) ||
      std::ranges::any_of(state.crossings, [&](const ports::CrossingRecord& crossing) {
        return names_national(HolderOf(state, crossing));
      });
  return is_national ? core::TravelerCategory::kNational : core::TravelerCategory::kOther;
}

}  // namespace

core::RetentionFacts RetentionFactsOf(const TravelerState& state,
                                      const ports::RetainedItems& retained,
                                      const std::vector<ports::ComparisonRecord>& comparisons,
                                      const std::string& operating_state) {
  const std::set<core::CrossingId> images(retained.images.begin(), retained.images.end());
  const std::set<core::CrossingId> templates(retained.templates.begin(), retained.templates.end());
  core::RetentionFacts facts;
  facts.category = CategoryOf(state, operating_state);
  facts.held = retained.held;
  facts.stays = StaysOf(state).stays;
  const ValidCrossings valid = ValidCrossingsOf(state);
  for (const ports::CrossingRecord& crossing : state.crossings) {
    const auto counted = valid.find(crossing.crossing_id);
    const bool voided = counted == valid.end();
    facts.crossings.push_back(
        {voided ? core::CrossingEvent{crossing.crossing_id, crossing.direction,
                                      crossing.captured_at, crossing.local_date, crossing.admission}
                : counted->second,
         images.contains(crossing.crossing_id), templates.contains(crossing.crossing_id),
         CategoryOf(HolderOf(state, crossing), operating_state), voided, crossing.document_id});
  }
  for (const ports::AdmissionChangeRecord& record : state.admission_changes) {
    facts.changes.push_back(record.change);
  }
  for (const ports::CaseRecord& record : state.cases) {
    facts.cases.push_back({record.case_id, record.kind, record.state, record.crossing_id,
                           record.updated_at, ReferencesOf(record, comparisons)});
  }
  return facts;
}

std::set<core::CrossingId> ExpiredTemplatesOf(const TravelerState& state,
                                              const ValidCrossings& valid,
                                              const core::RetentionPolicy& policy,
                                              const std::string& operating_state,
                                              core::Timestamp now) {
  const core::TravelerCategory category = CategoryOf(state, operating_state);
  const bool some_may_be =
      std::ranges::any_of(state.templates, [&](const ports::TemplateRecord& record) {
        const auto counted = valid.find(record.crossing_id);
        const core::Timestamp captured_at =
            counted == valid.end() ? record.captured_at : counted->second.captured_at;
        return core::MayBeExpired(policy, category, captured_at, now);
      });
  // Nearly always: the stays need not be computed for it.
  if (!some_may_be) return {};
  ports::RetainedItems retained;
  for (const ports::TemplateRecord& record : state.templates) {
    retained.templates.push_back(record.crossing_id);
  }
  return core::ExpiredTemplates(RetentionFactsOf(state, retained, {}, operating_state), policy,
                                now);
}

}  // namespace entryexit::app
