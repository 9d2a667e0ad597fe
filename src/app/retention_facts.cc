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

}  // namespace

core::TravelerCategory CategoryOf(const core::TravelDocument& document,
                                  const std::string& operating_state) {
  return document.nationality == operating_state ? core::TravelerCategory::kNational
                                                 : core::TravelerCategory::kOther;
}

core::RetentionFacts RetentionFactsOf(const TravelerState& state,
                                      const ports::RetainedItems& retained,
                                      const std::vector<ports::ComparisonRecord>& comparisons,
                                      const std::string& operating_state) {
  const std::set<core::CrossingId> images(retained.images.begin(), retained.images.end());
  const std::set<core::CrossingId> templates(retained.templates.begin(), retained.templates.end());
  core::RetentionFacts facts;
  facts.category = CategoryOf(state.document, operating_state);
  facts.held = retained.held;
  facts.stays = StaysOf(state).stays;
  for (const ports::CrossingRecord& crossing : state.crossings) {
    facts.crossings.push_back({{crossing.crossing_id, crossing.direction, crossing.captured_at,
                                crossing.local_date, crossing.admission},
                               images.contains(crossing.crossing_id),
                               templates.contains(crossing.crossing_id)});
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
                                              const core::RetentionPolicy& policy,
                                              const std::string& operating_state,
                                              core::Timestamp now) {
  const core::TravelerCategory category = CategoryOf(state.document, operating_state);
  const bool some_may_be =
      std::ranges::any_of(state.templates, [&](const ports::TemplateRecord& record) {
        return core::MayBeExpired(policy, category, record.captured_at, now);
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
