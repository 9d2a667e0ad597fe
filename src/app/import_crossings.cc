#include "entryexit/app/import_crossings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "app/audited.h"
#include "app/crossing_request.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;
using Results = std::vector<ImportResult>;

// That are loaded in one transaction, some kilobyte each.
constexpr std::int64_t kMaxKnownCrossings = 20'000;

// A crossing that may be imported.
struct ImportedRow {
  size_t index;  // in the call
  const CrossingRequest* request;
  CheckedRequest checked;
  std::optional<core::Admission> admission;
  // Chosen once for all attempts at its transaction: it tells what an attempt whose commit was in
  // doubt recorded from what was recorded before.
  core::CrossingId crossing_id;
};

// Rows of one document, by time.
using DocumentRows = std::span<const ImportedRow>;

// Whether the import as a whole must be run again. Everything else is about the crossing itself, or
// about its traveler's records: the others' need not wait until it is mended.
bool EndsImport(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

absl::Status RecordedOtherwise() {
  return MakeError(Reason::kCrossingAlreadyRecorded,
                   "a crossing of this traveler at this lane, direction and captured_at is "
                   "recorded with another admission, carrier or flight; it stays as it is");
}

void Refuse(DocumentRows rows, const absl::Status& why, Results& results) {
  for (const ImportedRow& row : rows) results[row.index] = {ImportResult::Kind::kRefused, {}, why};
}

// The key that names one crossing of a traveler.
auto KeyOf(const CrossingRequest& request) {
  return std::tie(request.captured_at, request.direction, request.lane_id);
}
auto KeyOf(const ports::CrossingRecord& crossing) {
  return std::tie(crossing.captured_at, crossing.direction, crossing.lane_id);
}

// The rows that may be imported, by document and time; the others are refused.
std::vector<ImportedRow> CheckRows(const std::vector<CrossingRequest>& crossings,
                                   const LaneDirectory& lanes, const CrossingPolicy& policy,
                                   core::Timestamp now, Results& results) {
  std::vector<ImportedRow> rows;
  rows.reserve(crossings.size());
  for (size_t i = 0; i < crossings.size(); ++i) {
    const CrossingRequest& request = crossings[i];
    auto checked = CheckWithoutDigests(request, lanes, policy, now);
    absl::Status status = checked.status();
    std::optional<core::Admission> granted;
    if (status.ok()) {
      auto admission = AdmissionOf(request.admission, checked->local_date, policy.admissions);
      status = admission.status();
      if (status.ok()) granted = *std::move(admission);
    }
    if (status.ok()) {
      rows.push_back({i, &request, *std::move(checked), std::move(granted),
                      core::CrossingId(crypto::NewTimeOrderedUuid(now))});
    } else {
      results[i].refusal = std::move(status);
    }
  }
  std::ranges::sort(rows, [](const ImportedRow& a, const ImportedRow& b) {
    const int order = a.checked.document_id.value().compare(b.checked.document_id.value());
    if (order != 0) return order < 0;
    return std::tuple_cat(KeyOf(*a.request), std::tie(a.index)) <
           std::tuple_cat(KeyOf(*b.request), std::tie(b.index));
  });
  return rows;
}

std::vector<DocumentRows> ByDocument(const std::vector<ImportedRow>& rows) {
  std::vector<DocumentRows> documents;
  for (auto first = rows.begin(); first != rows.end();) {
    const auto last = std::find_if(first, rows.end(), [&](const ImportedRow& row) {
      return row.checked.document_id != first->checked.document_id;
    });
    documents.emplace_back(first, last);
    first = last;
  }
  return documents;
}

ports::CrossingRecord CrossingFrom(const ImportedRow& row, const core::TravelerId& traveler_id,
                                   const core::RequestId& import_id, core::Timestamp now) {
  ports::CrossingRecord crossing = RecordOf(*row.request, row.checked, row.admission);
  crossing.traveler_id = traveler_id;
  crossing.crossing_id = row.crossing_id;
  crossing.request_id = import_id;
  crossing.recorded_at = now;
  return crossing;
}

// What is to be written about one traveler.
struct TravelerPlan {
  bool is_new = false;
  TravelerState state;  // `crossings` as they will be
  core::Timestamp now;  // of recording
  size_t known_crossings = 0;
  std::vector<CaseChange> changes;
};

// One transaction: crossings without images, of documents in the order of their ids, which is the
// order in which every import adds and locks, so that none waits for another that waits for it.
class ImportTransaction {
 public:
  ImportTransaction(ports::Transaction& transaction, const core::RequestId& import_id,
                    core::Timestamp now, Results& results)
      : transaction_(transaction), import_id_(import_id), now_(now), results_(results) {}

  absl::Status Run(std::span<const DocumentRows> documents) {
    absl::Status status = LoadKnown(documents);
    if (!status.ok()) return status;
    for (const DocumentRows rows : documents) {
      const auto known = known_.find(rows.front().checked.document_id);
      if (known == known_.end()) {
        AddCrossings(rows, AddTraveler(rows.front()));
      } else {
        FindNewRows(rows, known->second);
      }
    }
    status = LoadPlans();
    if (!status.ok()) return status;
    for (const auto& [traveler, rows] : of_known_) {
      AddCrossings(rows, plans_.at(traveler));
    }
    for (auto& [id, plan] : plans_) PlanCases(plan);
    return Write();
  }

 private:
  using KnownCrossings = std::unordered_map<core::TravelerId, std::vector<ports::CrossingRecord>>;

  absl::Status LoadKnown(std::span<const DocumentRows> documents) {
    std::vector<core::DocumentId> ids;
    ids.reserve(documents.size());
    for (const DocumentRows rows : documents) ids.push_back(rows.front().checked.document_id);
    auto known = transaction_.LockTravelersOf(ids);
    if (!known.ok()) return known.status();
    std::vector<core::TravelerId> travelers;
    for (const auto& [document_id, traveler_id] : *known) {
      travelers.push_back(traveler_id);
      known_.emplace(document_id, traveler_id);
    }
    if (travelers.empty()) return absl::OkStatus();
    auto crossings = transaction_.CrossingsOf(travelers);
    if (!crossings.ok()) return crossings.status();
    for (ports::CrossingRecord& crossing : *crossings) {
      crossings_[crossing.traveler_id].push_back(std::move(crossing));
    }
    return absl::OkStatus();
  }

  // Answers the rows that are recorded already, and keeps the others.
  void FindNewRows(DocumentRows rows, const core::TravelerId& traveler) {
    const std::vector<ports::CrossingRecord>& crossings = crossings_[traveler];
    std::vector<ImportedRow> added;
    for (const ImportedRow& row : rows) {
      const ports::CrossingRecord* recorded = Find(crossings, row);
      if (recorded == nullptr) {
        added.push_back(row);
      } else {
        AnswerWith(*recorded, row);
      }
    }
    if (!added.empty()) of_known_.emplace_back(traveler, std::move(added));
  }

  TravelerPlan& AddTraveler(const ImportedRow& first) {
    const core::TravelerId id(crypto::NewTimeOrderedUuid(now_));
    TravelerPlan& plan = plans_[id];
    plan.is_new = true;
    plan.state.traveler_id = id;
    plan.state.documents.emplace(first.checked.document_id, first.checked.document.holder());
    plan.now = now_;
    new_travelers_.push_back({id, first.checked.document_id, first.checked.document});
    return plan;
  }

  // Of the known travelers who get new crossings, what LoadTraveler would load but for the
  // templates, which nothing is compared with. Of one with two documents there is one plan.
  absl::Status LoadPlans() {
    std::vector<core::TravelerId> ids;
    for (const auto& [traveler, rows] : of_known_) {
      TravelerPlan& plan = plans_[traveler];
      if (!plan.state.traveler_id.empty()) continue;
      ids.push_back(traveler);
      plan.state.traveler_id = traveler;
      plan.state.crossings = std::move(crossings_[traveler]);
      plan.known_crossings = plan.state.crossings.size();
    }
    if (ids.empty()) return absl::OkStatus();
    const auto documents = transaction_.DocumentsOf(ids);
    if (!documents.ok()) return documents.status();
    for (const auto& [id, document] : *documents) {
      plans_.at(id).state.documents.emplace(DocumentIdOf(document.issuing_state, document.number),
                                            document.holder());
    }
    auto corrections = transaction_.CorrectionsOf(ids);
    if (!corrections.ok()) return corrections.status();
    for (ports::CorrectionRecord& correction : *corrections) {
      plans_.at(correction.traveler_id).state.corrections.push_back(std::move(correction));
    }
    auto changes = transaction_.AdmissionChangesOf(ids);
    if (!changes.ok()) return changes.status();
    for (ports::AdmissionChangeRecord& change : *changes) {
      plans_.at(change.traveler_id).state.admission_changes.push_back(std::move(change));
    }
    auto settled = transaction_.SettledLeadsOf(ids);
    if (!settled.ok()) return settled.status();
    for (ports::SettledLead& lead : *settled) {
      plans_.at(lead.traveler_id).state.settled.push_back(std::move(lead));
    }
    auto cases = transaction_.CasesOf(ids);
    if (!cases.ok()) return cases.status();
    for (ports::CaseRecord& record : *cases) {
      plans_.at(record.traveler_id).state.cases.push_back(std::move(record));
    }
    auto comparisons = transaction_.LatestComparisonsOf(ids);
    if (!comparisons.ok()) return comparisons.status();
    for (auto& [id, comparison] : *comparisons) {
      plans_.at(id).state.comparisons.push_back(std::move(comparison));
    }
    for (const core::TravelerId& id : ids) {
      TravelerPlan& plan = plans_.at(id);
      plan.now = RecordingTime(plan.state, now_);
    }
    return absl::OkStatus();
  }

  // `rows` are not recorded yet.
  void AddCrossings(DocumentRows rows, TravelerPlan& plan) {
    std::vector<ports::CrossingRecord>& crossings = plan.state.crossings;
    // Those of another document of the traveler, if there is one among the rows.
    const size_t before = crossings.size();
    for (const ImportedRow& row : rows) {
      const ports::CrossingRecord* earlier =
          Find(std::span(crossings).subspan(0, before).subspan(plan.known_crossings), row);
      // The same crossing of the same document stands right before it.
      const bool repeated =
          crossings.size() > before && KeyOf(crossings.back()) == KeyOf(*row.request);
      if (repeated) earlier = &crossings.back();
      if (earlier != nullptr) {
        AnswerWith(*earlier, row);
        continue;
      }
      crossings.push_back(CrossingFrom(row, plan.state.traveler_id, import_id_, plan.now));
      results_[row.index] = {ImportResult::Kind::kRecorded, row.crossing_id, absl::OkStatus()};
    }
    if (before > plan.known_crossings) {
      std::ranges::sort(std::span(crossings).subspan(plan.known_crossings), {},
                        &ports::CrossingRecord::captured_at);
    }
  }

  // `crossings` stand by time.
  static const ports::CrossingRecord* Find(std::span<const ports::CrossingRecord> crossings,
                                           const ImportedRow& row) {
    const core::Timestamp time = row.request->captured_at;
    auto at = std::ranges::lower_bound(crossings, time, {}, &ports::CrossingRecord::captured_at);
    for (; at != crossings.end() && at->captured_at == time; ++at) {
      if (KeyOf(*at) == KeyOf(*row.request)) return &*at;
    }
    return nullptr;
  }

  void AnswerWith(const ports::CrossingRecord& recorded, const ImportedRow& row) {
    if (recorded.document_id != row.checked.document_id || recorded.admission != row.admission ||
        recorded.carrier != row.request->carrier || recorded.flight != row.request->flight) {
      results_[row.index] = {ImportResult::Kind::kRefused, {}, RecordedOtherwise()};
      return;
    }
    const auto kind = recorded.crossing_id == row.crossing_id
                          ? ImportResult::Kind::kRecorded  // by an attempt before this one
                          : ImportResult::Kind::kAlreadyRecorded;
    results_[row.index] = {kind, recorded.crossing_id, absl::OkStatus()};
  }

  static void PlanCases(TravelerPlan& plan) {
    plan.changes = ReconcileCases(plan.state, plan.now);
    const auto added = std::span(plan.state.crossings).subspan(plan.known_crossings);
    for (const CaseChange& change : plan.changes) {
      if (!change.is_new) continue;
      const auto shows_it =
          std::ranges::find(added, change.record.crossing_id, &ports::CrossingRecord::crossing_id);
      if (shows_it != added.end()) shows_it->opened_cases.push_back(change.record.case_id);
    }
  }

  absl::Status Write() {
    std::vector<ports::CrossingRecord> crossings;
    std::vector<ports::StayRecord> stays;
    std::vector<ports::CaseRecord> cases;
    std::vector<ports::CaseEvent> events;
    for (auto& [id, plan] : plans_) {
      if (plan.is_new) std::ranges::move(StayRecordsOf(plan.state), std::back_inserter(stays));
      for (const CaseChange& change : plan.changes) {
        if (!change.is_new) continue;
        cases.push_back(change.record);
        events.push_back(change.event);
      }
      const auto added = std::span(plan.state.crossings).subspan(plan.known_crossings);
      crossings.insert(crossings.end(), added.begin(), added.end());
    }
    absl::Status status = transaction_.AddTravelers(new_travelers_);
    if (status.ok()) status = transaction_.AddCrossings(crossings);
    if (status.ok()) status = transaction_.AddStays(stays, now_);
    if (status.ok()) status = transaction_.AddCases(cases);
    if (status.ok()) status = transaction_.AddCaseEvents(events);
    return status.ok() ? WriteOfKnown() : status;
  }

  // What changes for travelers who were known, less crossings and new cases.
  absl::Status WriteOfKnown() {
    std::vector<ports::Transaction::TravelerStays> stays;
    std::vector<CaseChange> changed;
    for (const auto& [id, plan] : plans_) {
      if (plan.is_new) continue;
      stays.push_back({id, StayRecordsOf(plan.state), plan.now});
      std::ranges::copy_if(plan.changes, std::back_inserter(changed),
                           [](const CaseChange& change) { return !change.is_new; });
    }
    absl::Status status = transaction_.ReplaceStaysOf(stays);
    return status.ok() ? WriteCases(transaction_, changed) : status;
  }

  ports::Transaction& transaction_;
  const core::RequestId& import_id_;
  const core::Timestamp now_;
  Results& results_;
  std::unordered_map<core::DocumentId, core::TravelerId> known_;
  KnownCrossings crossings_;
  // New rows of documents that are known, with their travelers.
  std::vector<std::pair<core::TravelerId, std::vector<ImportedRow>>> of_known_;
  // By id, which is by time of making: so the rows of one traveler are written side by side.
  std::map<core::TravelerId, TravelerPlan> plans_;
  std::vector<ports::NewTraveler> new_travelers_;
};

// What one call of Import works with.
class ImportRun {
 public:
  ImportRun(const RecordCrossing& record, ports::Store& store, core::Mutex& one_face_at_a_time,
            const Call& call, const core::RequestId& import_id, const core::Clock& clock,
            Results& results)
      : record_(record),
        store_(store),
        one_face_at_a_time_(one_face_at_a_time),
        call_(call),
        import_id_(import_id),
        clock_(clock),
        results_(results) {}

  absl::Status Run(const std::vector<DocumentRows>& documents) {
    std::vector<DocumentRows> plain;
    std::vector<DocumentRows> with_images;
    for (const DocumentRows rows : documents) {
      const bool has_image = std::ranges::any_of(
          rows, [](const ImportedRow& row) { return !row.request->image.empty(); });
      (has_image ? with_images : plain).push_back(rows);
    }
    absl::Status status = RecordInPieces(plain);
    for (const DocumentRows rows : with_images) {
      if (status.ok()) status = RecordInTurn(rows);
    }
    return status;
  }

 private:
  // Rows are few, but what is known of their travelers need not be: a commuter has thousands of
  // crossings. So many transactions that none takes much memory.
  absl::Status RecordInPieces(std::span<const DocumentRows> documents) {
    auto known = CountKnown(documents);
    if (!known.ok()) return known.status();
    size_t begin = 0;
    std::int64_t crossings = 0;
    for (size_t i = 0; i < documents.size(); ++i) {
      const std::int64_t more = (*known)[documents[i].front().checked.document_id];
      if (i > begin && crossings + more > kMaxKnownCrossings) {
        absl::Status status = RecordPlain(documents.subspan(begin, i - begin));
        if (!status.ok()) return status;
        begin = i;
        crossings = 0;
      }
      crossings += more;
    }
    return RecordPlain(documents.subspan(begin));
  }

  using KnownCounts = std::unordered_map<core::DocumentId, std::int64_t>;
  absl::StatusOr<KnownCounts> CountKnown(std::span<const DocumentRows> documents) {
    KnownCounts counts;
    if (documents.empty()) return counts;
    std::vector<core::DocumentId> ids;
    ids.reserve(documents.size());
    for (const DocumentRows rows : documents) ids.push_back(rows.front().checked.document_id);
    const auto count = [&](ports::Transaction& transaction) -> absl::Status {
      const auto known = transaction.CountCrossingsOf(ids);
      if (!known.ok()) return known.status();
      for (const auto& [id, crossings] : *known) counts[id] = crossings;
      return absl::OkStatus();
    };
    if (absl::Status status = store_.Transact(call_.deadline, count); !status.ok()) return status;
    return counts;
  }

  // Travelers whose records are damaged, or who meet a defect of ours, must not keep the others
  // out: what fails is tried again in halves, down to the one document that is to blame.
  absl::Status RecordPlain(std::span<const DocumentRows> documents) {
    if (documents.empty()) return absl::OkStatus();
    AuditNote known;  // one record for all of them
    known.subject = import_id_.value();
    known.request_id = import_id_;
    const absl::Status status = TransactAudited(
        store_, call_, known, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
          // By the clock of the transaction: reports rely on its being recorded soon after.
          return ImportTransaction(transaction, import_id_, clock_.Now(), results_).Run(documents);
        });
    if (status.ok() || EndsImport(status)) return status;
    if (documents.size() == 1) {
      Refuse(documents.front(), status, results_);
      return absl::OkStatus();
    }
    const size_t half = documents.size() / 2;
    absl::Status first = RecordPlain(documents.first(half));
    return first.ok() ? RecordPlain(documents.subspan(half)) : first;
  }

  // Rows of one document, some of which have images, in the order of time.
  absl::Status RecordInTurn(DocumentRows rows) {
    absl::Status status;
    for (auto first = rows.begin(); status.ok() && first != rows.end();) {
      const auto image = std::find_if(
          first, rows.end(), [](const ImportedRow& row) { return !row.request->image.empty(); });
      const DocumentRows before(first, image);
      if (!before.empty()) status = RecordPlain(std::span(&before, 1));
      first = image;
      if (status.ok() && image != rows.end()) status = RecordOne(*first++);
    }
    return status;
  }

  absl::Status RecordOne(const ImportedRow& row) {
    CrossingRequest request = *row.request;
    request.request_id = RequestIdOf(row);
    request.traveler_is_gone = true;
    // On behalf of the lane, and in the importer's own name.
    Call call = call_;
    call.principal.id = request.lane_id.value();
    const core::MutexLock lock(one_face_at_a_time_);
    const absl::StatusOr<CrossingResult> result = record_.Record(call, request);
    if (!result.ok()) {
      if (EndsImport(result.status())) return result.status();
      Refuse(DocumentRows(&row, 1), result.status(), results_);
      return absl::OkStatus();
    }
    results_[row.index] = {
        result->is_new ? ImportResult::Kind::kRecorded : ImportResult::Kind::kAlreadyRecorded,
        result->crossing->crossing_id, absl::OkStatus()};
    return absl::OkStatus();
  }

  // The same for the same row whenever the same administrator runs the import.
  core::RequestId RequestIdOf(const ImportedRow& row) const {
    return core::RequestId(crypto::DeterministicUuid(fmt::format(
        "{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", import_id_.value(),
        call_.principal.name, row.request->carrier, row.request->flight,
        row.checked.document_id.value(), row.request->lane_id.value(),
        core::NameOf(row.request->direction), row.request->captured_at.time_since_epoch().count(),
        crypto::Sha256Hex(row.request->image))));
  }

  const RecordCrossing& record_;
  ports::Store& store_;
  core::Mutex& one_face_at_a_time_;
  const Call& call_;
  const core::RequestId& import_id_;
  const core::Clock& clock_;
  Results& results_;
};

}  // namespace

absl::StatusOr<Results> ImportCrossings::Import(
    const Call& call, const core::RequestId& import_id,
    const std::vector<CrossingRequest>& crossings) const {
  const core::Timestamp now = clock_.Now();
  Results results(crossings.size());
  const std::vector<ImportedRow> rows = CheckRows(crossings, lanes_, policy_, now, results);
  ImportRun run(record_, store_, one_face_at_a_time_, call, import_id, clock_, results);
  if (absl::Status status = run.Run(ByDocument(rows)); !status.ok()) return status;
  return results;
}

}  // namespace entryexit::app
