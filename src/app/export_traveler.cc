#include "entryexit/app/export_traveler.h"

#include <algorithm>
#include <utility>

#include "app/audited.h"
#include "app/crossing_request.h"
#include "entryexit/core/reason.h"

namespace entryexit::app {
namespace {

constexpr int kCrossingsPerPage = 200;
constexpr int kHoldsOfOneTraveler = 1000;  // more than any court orders

// Puts what `result` holds into `target`.
template <typename Value>
absl::Status Take(absl::StatusOr<Value> result, Value& target) {
  if (!result.ok()) return result.status();
  target = *std::move(result);
  return absl::OkStatus();
}

absl::Status AddCases(ports::Transaction& transaction, const std::vector<ports::CaseRecord>& cases,
                      Dossier& dossier) {
  for (const ports::CaseRecord& record : cases) {
    auto events = transaction.CaseEvents(record.traveler_id, record.case_id);
    if (!events.ok()) return events.status();
    dossier.cases.push_back({record, *std::move(events)});
  }
  return absl::OkStatus();
}

absl::StatusOr<Dossier> DossierOf(ports::Transaction& transaction, const core::TravelerId& id,
                                  core::Timestamp now) {
  auto records = transaction.GetRecords(id, ports::Transaction::Templates::kInclude);
  if (!records.ok()) return records.status();
  Dossier dossier;
  dossier.exported_at = now;
  dossier.traveler = std::move(records->traveler);
  dossier.corrections = std::move(records->corrections);
  dossier.admission_changes = std::move(records->admission_changes);
  dossier.settled_leads = std::move(records->settled);
  for (const ports::TemplateRecord& record : records->templates) {
    dossier.templates.push_back(
        {record.crossing_id, record.captured_at, record.model, record.digest});
  }
  absl::Status status = AddCases(transaction, records->cases, dossier);
  if (status.ok()) status = Take(transaction.StayHistory(id), dossier.stays);
  if (status.ok()) status = Take(transaction.ErasureNotices(id), dossier.erasure_notices);
  if (status.ok()) {
    status = Take(
        transaction.ListLegalHolds(id, /*with_released=*/true, std::nullopt, kHoldsOfOneTraveler),
        dossier.legal_holds);
  }
  if (!status.ok()) return status;
  auto retained = transaction.RetainedOf(id);
  if (!retained.ok()) return retained.status();
  dossier.pictures = std::move(retained->images);
  return dossier;
}

// What the document of a crossing said of its holder on that day.
std::optional<core::TravelDocument> DocumentShown(const Dossier& dossier,
                                                  const ports::CrossingRecord& crossing) {
  const auto shown =
      std::ranges::find_if(dossier.traveler.documents, [&](const core::TravelDocument& document) {
        return DocumentIdOf(document.issuing_state, document.number) == crossing.document_id;
      });
  if (shown == dossier.traveler.documents.end()) return std::nullopt;
  core::TravelDocument document = *shown;
  if (crossing.holder) {
    document.nationality = crossing.holder->nationality;
    document.birth_date = crossing.holder->birth_date;
    document.sex = crossing.holder->sex;
  }
  return document;
}

}  // namespace

absl::StatusOr<Dossier> ExportTraveler::Open(const Call& call, const core::TravelerId& id) const {
  AuditNote known;
  known.travelers = {id};
  return ReadAudited<Dossier>(store_, call, known,
                              [&](ports::Transaction& transaction, AuditNote& /*note*/) {
                                return DossierOf(transaction, id, clock_.Now());
                              });
}

absl::StatusOr<Dossier> ExportTraveler::OpenByDocument(const Call& call,
                                                       const std::string& issuing_state,
                                                       const std::string& number) const {
  const absl::StatusOr<core::DocumentId> document_id = DocumentIdFrom(issuing_state, number);
  if (!document_id.ok()) return document_id.status();
  return ReadAudited<Dossier>(
      store_, call, AuditNote{},
      [&](ports::Transaction& transaction, AuditNote& note) -> absl::StatusOr<Dossier> {
        const auto id = transaction.FindTravelerByDocument(*document_id);
        if (!id.ok()) return id.status();
        note.travelers = {*id};
        return DossierOf(transaction, *id, clock_.Now());
      });
}

absl::StatusOr<Page<ExportedCrossing, ports::CrossingCursor>> ExportTraveler::Crossings(
    const Call& call, const Dossier& dossier,
    const std::optional<ports::CrossingCursor>& after) const {
  auto page = queries_.ListCrossings(call, dossier.traveler.traveler_id, after, kCrossingsPerPage);
  if (!page.ok()) return page.status();
  Page<ExportedCrossing, ports::CrossingCursor> result;
  for (CrossingView& view : page->rows) {
    std::optional<core::TravelDocument> document = DocumentShown(dossier, view.crossing);
    result.rows.push_back({std::move(view), std::move(document)});
  }
  result.next = page->next;
  return result;
}

absl::StatusOr<std::optional<CaptureView>> ExportTraveler::Picture(
    const Call& call, const Dossier& dossier, const core::CrossingId& id) const {
  return queries_.FindCaptureOf(call, dossier.traveler.traveler_id, id);
}

}  // namespace entryexit::app
