#include "entryexit/app/queries.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "app/audited.h"
#include "app/crossing_request.h"
#include "app/templates.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"

namespace entryexit::app {
namespace {

// Of each crossing of the traveler that was corrected, the correction that counts.
absl::StatusOr<std::map<core::CrossingId, ports::CorrectionRecord>> LatestCorrections(
    ports::Transaction& transaction, const core::TravelerId& traveler_id) {
  auto corrections = transaction.AllCorrections(traveler_id);
  if (!corrections.ok()) return corrections.status();
  std::map<core::CrossingId, ports::CorrectionRecord> latest;
  for (ports::CorrectionRecord& record : *corrections) {
    const auto [known, is_new] = latest.try_emplace(record.correction.crossing_id, record);
    if (!is_new && known->second.correction.revision < record.correction.revision) {
      known->second = std::move(record);
    }
  }
  return latest;
}

// Crossings with their comparisons and corrections.
absl::StatusOr<std::vector<CrossingView>> ViewsOf(ports::Transaction& transaction,
                                                  const core::TravelerId& traveler_id,
                                                  std::vector<ports::CrossingRecord> crossings) {
  std::vector<core::CrossingId> ids;
  for (const ports::CrossingRecord& crossing : crossings) ids.push_back(crossing.crossing_id);
  auto comparisons = transaction.ComparisonsOf(traveler_id, ids);
  if (!comparisons.ok()) return comparisons.status();
  std::map<core::CrossingId, std::vector<ports::ComparisonRecord>> by_crossing;
  for (ports::ComparisonRecord& comparison : *comparisons) {
    by_crossing[comparison.receipt.probe_crossing_id].push_back(std::move(comparison));
  }
  auto corrections = LatestCorrections(transaction, traveler_id);
  if (!corrections.ok()) return corrections.status();
  const auto disputed = transaction.DisputedAmong({traveler_id}, std::nullopt);
  if (!disputed.ok()) return disputed.status();
  std::vector<CrossingView> views;
  for (ports::CrossingRecord& crossing : crossings) {
    CrossingView view{.crossing = std::move(crossing), .comparisons = {}};
    view.disputed = !disputed->empty();
    view.comparisons = std::move(by_crossing[view.crossing.crossing_id]);
    const auto correction = corrections->find(view.crossing.crossing_id);
    if (correction != corrections->end()) view.correction = std::move(correction->second);
    views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<TravelerView> ViewOf(ports::Transaction& transaction, const core::TravelerId& id) {
  auto traveler = transaction.GetTraveler(id);
  if (!traveler.ok()) return traveler.status();
  if (traveler->documents.empty()) {
    const auto corrections = transaction.AllCorrections(id);
    return corrections.ok() ? MovedAway(*corrections) : corrections.status();
  }
  auto stays = transaction.AllStays(id);
  if (!stays.ok()) return stays.status();
  auto changes = transaction.AllAdmissionChanges(id);
  if (!changes.ok()) return changes.status();
  const auto disputed = transaction.DisputedAmong({id}, std::nullopt);
  if (!disputed.ok()) return disputed.status();
  return TravelerView{*std::move(traveler), *std::move(stays), *std::move(changes),
                      !disputed->empty()};
}

// The limit on days in a moving window that a class of admission has.
absl::StatusOr<core::WindowRule> WindowOf(const core::AdmissionPolicy& policy,
                                          const std::string& code, core::Date day) {
  if (code.empty()) return core::WindowRule{};
  const absl::StatusOr<core::AuthorizationRule> rule = core::RuleFor(policy, code, day);
  if (!rule.ok()) return rule.status();
  if (rule->kind == core::RuleKind::kDaysInWindow) {
    return core::WindowRule{rule->days, rule->window_days};
  }
  return core::MakeError(
      core::Reason::kInvalidField,
      fmt::format("class_of_admission '{}' has no limit on days in a window; its "
                  "rule is {}",
                  code, core::NameOf(rule->kind)));
}

// One row more than the page holds is read, to know whether there is a next page.
template <typename Row, typename Cursor, typename CursorOf>
Page<Row, Cursor> PageOf(std::vector<Row> rows, int page_size, const CursorOf& cursor_of) {
  Page<Row, Cursor> page{std::move(rows), std::nullopt};
  if (page.rows.size() > static_cast<size_t>(page_size)) {
    page.rows.resize(static_cast<size_t>(page_size));
    page.next = cursor_of(page.rows.back());
  }
  return page;
}

AuditNote NoteOf(const core::TravelerId& traveler) {
  AuditNote note;
  note.travelers = {traveler};
  return note;
}

AuditNote NoteOf(const std::string& subject) {
  AuditNote note;
  note.subject = subject;
  return note;
}

absl::StatusOr<CaptureView> OpenCapture(const ports::CaptureRecord& record,
                                        const ports::Vault& vault) {
  absl::StatusOr<std::string> image = vault.Open(
      record.image, AssociatedData(record.traveler_id, record.crossing_id, kCaptureKind));
  if (!image.ok()) return image.status();
  return CaptureView{*std::move(image), record.media_type, record.digest};
}

}  // namespace

absl::StatusOr<TravelerView> Queries::GetTraveler(const Call& call,
                                                  const core::TravelerId& id) const {
  return ReadAudited<TravelerView>(store_, call, NoteOf(id),
                                   [&](ports::Transaction& transaction, AuditNote& /*note*/) {
                                     return ViewOf(transaction, id);
                                   });
}

absl::StatusOr<TravelerView> Queries::GetTravelerByDocument(const Call& call,
                                                            const std::string& issuing_state,
                                                            const std::string& number) const {
  const absl::StatusOr<core::DocumentId> document_id = DocumentIdFrom(issuing_state, number);
  if (!document_id.ok()) return document_id.status();
  return ReadAudited<TravelerView>(
      store_, call, AuditNote{},
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<TravelerView> {
        const auto id = transaction.FindTravelerByDocument(*document_id);
        if (!id.ok()) return id.status();
        note = NoteOf(*id);
        return ViewOf(transaction, *id);
      });
}

absl::StatusOr<AllowanceView> Queries::GetStayAllowance(const Call& call,
                                                        const core::TravelerId& id, core::Date day,
                                                        const std::string& code) const {
  // Far enough for any plan, and no sum of days leaves the calendar.
  constexpr core::Date kLatest{std::chrono::year(9900) / 1 / 1};
  if (day > kLatest) {
    return core::MakeError(core::Reason::kInvalidField, "date lies after the year 9899");
  }
  const absl::StatusOr<core::WindowRule> rule = WindowOf(policy_, code, day);
  if (!rule.ok()) return rule.status();
  const auto state = ReadAudited<TravelerState>(
      store_, call, NoteOf(id),
      [&](ports::Transaction& transaction, AuditNote& /*note*/) -> absl::StatusOr<TravelerState> {
        absl::StatusOr<TravelerState> loaded = LoadMovements(transaction, id);
        if (loaded.ok() && loaded->documents.empty()) return MovedAway(loaded->corrections);
        return loaded;
      });
  if (!state.ok()) return state.status();
  return AllowanceView{*rule, core::AllowanceOn(day, StaysOf(*state).window_stays, *rule)};
}

absl::StatusOr<Page<CrossingView, ports::CrossingCursor>> Queries::ListCrossings(
    const Call& call, const core::TravelerId& id, const std::optional<ports::CrossingCursor>& after,
    int page_size) const {
  using Result = Page<CrossingView, ports::CrossingCursor>;
  const auto read = [&](ports::Transaction& transaction,
                        AuditNote& /*note*/) -> absl::StatusOr<Result> {
    const auto traveler = transaction.GetTraveler(id);
    if (!traveler.ok()) return traveler.status();
    auto crossings = transaction.ListCrossings(id, after, page_size + 1);
    if (!crossings.ok()) return crossings.status();
    auto views = ViewsOf(transaction, id, *std::move(crossings));
    if (!views.ok()) return views.status();
    return PageOf<CrossingView, ports::CrossingCursor>(
        *std::move(views), page_size, [](const CrossingView& view) {
          return ports::CrossingCursor{view.crossing.captured_at, view.crossing.crossing_id};
        });
  };
  return ReadAudited<Result>(store_, call, NoteOf(id), read);
}

absl::StatusOr<CaptureView> Queries::GetCapture(const Call& call,
                                                const core::CrossingId& id) const {
  return ReadAudited<CaptureView>(
      store_, call, NoteOf(id.value()),
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<CaptureView> {
        const auto record = transaction.GetCapture(id);
        if (!record.ok()) return record.status();
        note.travelers = {record->traveler_id};
        return OpenCapture(*record, vault_);
      });
}

absl::StatusOr<std::optional<CaptureView>> Queries::FindCaptureOf(
    const Call& call, const core::TravelerId& traveler_id, const core::CrossingId& id) const {
  using Found = std::optional<CaptureView>;
  return ReadAudited<Found>(
      store_, call, NoteOf(id.value()),
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<Found> {
        const auto record = transaction.GetCapture(id);
        const bool erased = core::ReasonOf(record.status()) == core::Reason::kCaptureNotFound;
        if (!record.ok() && !erased) return record.status();
        note.leaves_record = record.ok() && record->traveler_id == traveler_id;
        if (!note.leaves_record) return Found();
        note.travelers = {traveler_id};
        absl::StatusOr<CaptureView> view = OpenCapture(*record, vault_);
        if (!view.ok()) return view.status();
        return Found(*std::move(view));
      });
}

absl::StatusOr<Page<ports::CaseRecord, ports::CaseCursor>> Queries::ListCases(
    const Call& call, const ports::CaseFilter& filter,
    const std::optional<ports::CaseCursor>& after, int page_size) const {
  auto rows = ReadAudited<std::vector<ports::CaseRecord>>(
      store_, call, filter.traveler_id ? NoteOf(*filter.traveler_id) : AuditNote{},
      [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.ListCases(filter, after, page_size + 1);
      });
  if (!rows.ok()) return rows.status();
  return PageOf<ports::CaseRecord, ports::CaseCursor>(
      *std::move(rows), page_size, [&](const ports::CaseRecord& record) {
        return ports::CaseCursor{
            filter.by_due_day ? core::Timestamp(record.terms->due_on) : record.opened_at,
            record.case_id};
      });
}

absl::StatusOr<CaseView> Queries::GetCase(const Call& call, const core::CaseId& id) const {
  return ReadAudited<CaseView>(
      store_, call, NoteOf(id.value()),
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<CaseView> {
        auto record = transaction.GetCase(id);
        if (!record.ok()) return record.status();
        note.travelers = {record->traveler_id};
        auto crossing = transaction.GetCrossingOf(record->traveler_id, record->crossing_id);
        if (!crossing.ok()) return crossing.status();
        auto views = ViewsOf(transaction, record->traveler_id, {*std::move(crossing)});
        if (!views.ok()) return views.status();
        auto events = transaction.CaseEvents(record->traveler_id, record->case_id);
        if (!events.ok()) return events.status();

        CaseView view;
        view.crossing = std::move(views->front());
        for (const ports::ComparisonRecord& comparison : view.crossing.comparisons) {
          if (record->comparison_id == comparison.comparison_id) view.comparison = comparison;
        }
        view.record = *std::move(record);
        view.events = *std::move(events);
        return view;
      });
}

absl::StatusOr<std::optional<ports::CaseRecord>> Queries::FindCaseAt(
    const Call& call, const core::CaseId& id, const std::optional<core::PortId>& port_id) const {
  using Found = std::optional<ports::CaseRecord>;
  return ReadAudited<Found>(
      store_, call, NoteOf(id.value()),
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<Found> {
        absl::StatusOr<ports::CaseRecord> record = transaction.GetCase(id);
        const bool erased = core::ReasonOf(record.status()) == core::Reason::kCaseNotFound;
        if (!record.ok() && !erased) return record.status();
        note.leaves_record = record.ok() && (!port_id || record->port_id == *port_id);
        if (!note.leaves_record) return Found();
        note.travelers = {record->traveler_id};
        return Found(*std::move(record));
      });
}

absl::StatusOr<Page<OverstayView, ports::OverstayCursor>> Queries::ListOverstays(
    const Call& call, core::Date as_of, core::Timestamp known_at,
    std::optional<core::OverstayKind> kind, const std::optional<ports::OverstayCursor>& after,
    int page_size) const {
  std::vector<core::TravelerId> disputed;
  auto stays = ReadAudited<std::vector<ports::StayRecord>>(
      store_, call, AuditNote{},
      [&](ports::Transaction& transaction,
          AuditNote& /*note*/) -> absl::StatusOr<std::vector<ports::StayRecord>> {
        auto listed = transaction.ListOverstays(as_of, known_at, kind, after, page_size + 1);
        if (!listed.ok()) return listed.status();
        std::vector<core::TravelerId> travelers;
        for (const ports::StayRecord& record : *listed) travelers.push_back(record.traveler_id);
        auto among = transaction.DisputedAmong(travelers, known_at);
        if (!among.ok()) return among.status();
        disputed = *std::move(among);
        return listed;
      });
  if (!stays.ok()) return stays.status();
  const std::set<core::TravelerId> disputing(disputed.begin(), disputed.end());
  std::vector<OverstayView> views;
  for (ports::StayRecord& record : *stays) {
    const auto overstay = core::OverstayOf(record.stay, as_of);
    if (!overstay) {
      return core::MakeError(core::Reason::kInternal,
                             "the store listed a stay that is no overstay");
    }
    const bool is_disputed = disputing.contains(record.traveler_id);
    views.push_back({std::move(record), *overstay, is_disputed});
  }
  return PageOf<OverstayView, ports::OverstayCursor>(
      std::move(views), page_size, [](const OverstayView& view) {
        return ports::OverstayCursor{*view.stay.stay.authorized_until, view.stay.traveler_id,
                                     view.stay.stay.arrival_id};
      });
}

absl::StatusOr<core::Summary> Queries::Summarize(const Call& call, const core::ReportScope& scope,
                                                 std::optional<int> least_cell) const {
  absl::StatusOr<core::Summary> summary = ReadAudited<core::Summary>(
      store_, call, AuditNote{},
      [&](ports::Transaction& transaction, AuditNote& /*note*/) -> absl::StatusOr<core::Summary> {
        const auto stays = transaction.CountStays(scope);
        if (!stays.ok()) return stays.status();
        const auto crossings = transaction.CountCrossings(scope);
        if (!crossings.ok()) return crossings.status();
        return core::Summarize(*stays, *crossings);
      });
  if (!summary.ok() || !least_cell) return summary;
  return core::Suppressed(*std::move(summary), *least_cell);
}

}  // namespace entryexit::app
