#include "src/postgres/rows.h"

#include <string>

namespace entryexit::postgres {
namespace {

template <typename Figure, size_t kSize>
void ReadFigures(RowReader& row, core::Figures<Figure, kSize>& figures) {
  for (size_t i = 0; i < kSize; ++i) row.Read(figures[static_cast<Figure>(i)]);
}

// An admission, or none, as the columns that hold it.
struct AdmissionColumns {
  std::optional<std::string> class_of_admission;
  std::optional<core::Date> authorized_until;
  std::optional<int> window_stay_days;
  std::optional<int> window_days;
};

AdmissionColumns ColumnsOf(const std::optional<core::Admission>& admission) {
  AdmissionColumns columns;
  if (!admission) return columns;
  columns.class_of_admission = admission->class_of_admission;
  columns.authorized_until = admission->authorized_until;
  if (admission->window) {
    columns.window_stay_days = admission->window->days;
    columns.window_days = admission->window->window_days;
  }
  return columns;
}

std::optional<core::Admission> AdmissionFrom(const AdmissionColumns& columns) {
  if (!columns.class_of_admission) return std::nullopt;
  core::Admission admission{*columns.class_of_admission, columns.authorized_until, std::nullopt};
  if (columns.window_stay_days && columns.window_days) {
    admission.window = {*columns.window_stay_days, *columns.window_days};
  }
  return admission;
}

}  // namespace

Params ParamsOf(const ports::RequestRecord& r) {
  return ParamsOf(r.request_id, r.principal, r.content_digest, r.traveler_id, r.subject_id);
}

void ReadRow(RowReader& row, ports::RequestRecord& r) {
  row.Read(r.request_id, r.principal, r.content_digest, r.traveler_id, r.subject_id);
}

Params ParamsOf(const ports::CrossingRecord& r) {
  const AdmissionColumns a = ColumnsOf(r.admission);
  std::optional<std::string> nationality;
  std::optional<core::Date> birth_date;
  std::optional<core::Sex> sex;
  if (r.holder) {
    nationality = r.holder->nationality;
    birth_date = r.holder->birth_date;
    sex = r.holder->sex;
  }
  return ParamsOf(r.traveler_id, r.crossing_id, r.request_id, r.document_id, r.direction, r.lane_id,
                  r.port_id, r.carrier, r.flight, r.captured_at, r.recorded_at, r.local_date,
                  a.class_of_admission, a.authorized_until, a.window_stay_days, a.window_days,
                  r.capture_status, r.findings, r.opened_cases, nationality, birth_date, sex);
}

void ReadRow(RowReader& row, ports::CrossingRecord& r) {
  std::optional<std::string> nationality;
  std::optional<core::Date> birth_date;
  std::optional<core::Sex> sex;
  AdmissionColumns a;
  row.Read(r.traveler_id, r.crossing_id, r.request_id, r.document_id, r.direction, r.lane_id,
           r.port_id, r.carrier, r.flight, r.captured_at, r.recorded_at, r.local_date,
           a.class_of_admission, a.authorized_until, a.window_stay_days, a.window_days,
           r.capture_status, r.findings, r.opened_cases, nationality, birth_date, sex);
  if (nationality && birth_date && sex) r.holder = {*nationality, *birth_date, *sex};
  r.admission = AdmissionFrom(a);
}

Params ParamsOf(const ports::CaptureRecord& r) {
  return ParamsOf(r.traveler_id, r.crossing_id, r.media_type, r.digest, r.image.key_id,
                  Bytes{r.image.nonce}, Bytes{r.image.ciphertext});
}

void ReadRow(RowReader& row, ports::CaptureRecord& r) {
  row.Read(r.traveler_id, r.crossing_id, r.media_type, r.digest, r.image.key_id,
           Bytes{r.image.nonce}, Bytes{r.image.ciphertext});
}

Params ParamsOf(const ports::TemplateRecord& r) {
  return ParamsOf(r.traveler_id, r.crossing_id, r.direction, r.captured_at, r.model.id,
                  r.model.digest, r.model.engine, r.digest, r.embedding.key_id,
                  Bytes{r.embedding.nonce}, Bytes{r.embedding.ciphertext});
}

void ReadRow(RowReader& row, ports::TemplateRecord& r) {
  row.Read(r.traveler_id, r.crossing_id, r.direction, r.captured_at, r.model.id, r.model.digest,
           r.model.engine, r.digest, r.embedding.key_id, Bytes{r.embedding.nonce},
           Bytes{r.embedding.ciphertext});
}

Params ParamsOf(const ports::ComparisonRecord& record) {
  const core::DecisionReceipt& r = record.receipt;
  const core::Thresholds& t = r.thresholds;
  return ParamsOf(record.traveler_id, record.comparison_id, record.compared_at, r.outcome,
                  r.distance, r.estimated_fmr, r.probe_crossing_id, r.probe_digest, r.references,
                  r.model.id, r.model.digest, r.model.engine, t.fmr_match, t.fmr_no_match,
                  t.match_distance, t.no_match_distance, t.calibration, r.best_k, r.rule_version,
                  record.attempt, r.fmr_bound);
}

void ReadRow(RowReader& row, ports::ComparisonRecord& record) {
  core::DecisionReceipt& r = record.receipt;
  core::Thresholds& t = r.thresholds;
  row.Read(record.traveler_id, record.comparison_id, record.compared_at, r.outcome, r.distance,
           r.estimated_fmr, r.probe_crossing_id, r.probe_digest, r.references, r.model.id,
           r.model.digest, r.model.engine, t.fmr_match, t.fmr_no_match, t.match_distance,
           t.no_match_distance, t.calibration, r.best_k, r.rule_version, record.attempt,
           r.fmr_bound);
}

void ReadRow(RowReader& row, ports::ComparisonSummary& s) {
  row.Read(s.crossing_id, s.comparison_id, s.attempt, s.outcome, s.model.id, s.model.digest);
}

Params ParamsOf(const ports::AdmissionChangeRecord& r) {
  const core::AdmissionChange& c = r.change;
  std::optional<std::string> class_of_admission;
  std::optional<core::Date> authorized_until;
  if (c.granted) {
    class_of_admission = c.granted->class_of_admission;
    authorized_until = c.granted->authorized_until;
  }
  return ParamsOf(r.traveler_id, r.change_id, r.request_id, r.principal, r.recorded_at,
                  c.application_id, c.revision, c.kind, c.filed_on, c.decision, c.decided_on,
                  class_of_admission, authorized_until);
}

void ReadRow(RowReader& row, ports::AdmissionChangeRecord& r) {
  core::AdmissionChange& c = r.change;
  std::optional<std::string> class_of_admission;
  std::optional<core::Date> authorized_until;
  row.Read(r.traveler_id, r.change_id, r.request_id, r.principal, r.recorded_at, c.application_id,
           c.revision, c.kind, c.filed_on, c.decision, c.decided_on, class_of_admission,
           authorized_until);
  if (class_of_admission) c.granted = {*class_of_admission, authorized_until, std::nullopt};
}

Params ParamsOf(const ports::CorrectionRecord& r) {
  const core::CrossingCorrection& c = r.correction;
  const AdmissionColumns a = ColumnsOf(c.admission);
  return ParamsOf(r.traveler_id, r.correction_id, c.crossing_id, r.request_id, r.principal,
                  r.recorded_at, c.revision, c.voided, c.captured_at, c.local_date,
                  a.class_of_admission, a.authorized_until, a.window_stay_days, a.window_days,
                  r.reason, r.moved_to);
}

void ReadRow(RowReader& row, ports::CorrectionRecord& r) {
  core::CrossingCorrection& c = r.correction;
  AdmissionColumns a;
  row.Read(r.traveler_id, r.correction_id, c.crossing_id, r.request_id, r.principal, r.recorded_at,
           c.revision, c.voided, c.captured_at, c.local_date, a.class_of_admission,
           a.authorized_until, a.window_stay_days, a.window_days, r.reason, r.moved_to);
  c.admission = AdmissionFrom(a);
}

Params ParamsOf(const ports::StayRecord& r) {
  const core::Stay& s = r.stay;
  return ParamsOf(r.traveler_id, r.nationality, r.port_id, s.state, s.arrival_id, s.arrived_at,
                  s.arrived_on, s.class_of_admission, s.authorized_until, s.pending_since,
                  s.adult_on, s.departure_id, s.departed_at, s.departed_on);
}

void ReadRow(RowReader& row, ports::StayRecord& r) {
  core::Stay& s = r.stay;
  row.Read(r.traveler_id, r.nationality, r.port_id, s.state, s.arrival_id, s.arrived_at,
           s.arrived_on, s.class_of_admission, s.authorized_until, s.pending_since, s.adult_on,
           s.departure_id, s.departed_at, s.departed_on);
}

void ReadRow(RowReader& row, ports::KnownStay& known) {
  ReadRow(row, known.record);
  row.Read(known.known_from, known.known_until);
}

Params ParamsOf(const ports::CaseRecord& r) {
  std::optional<core::Date> received_on;
  std::optional<core::Date> due_on;
  std::optional<core::CaseId> disputed_case;
  if (r.terms) {
    received_on = r.terms->received_on;
    due_on = r.terms->due_on;
    disputed_case = r.terms->disputed_case;
  }
  return ParamsOf(r.traveler_id, r.case_id, r.kind, r.severity, r.state, r.version, r.crossing_id,
                  r.comparison_id, r.port_id, r.days_overstayed, r.opened_at, r.updated_at,
                  r.first_officer, received_on, due_on, disputed_case);
}

void ReadRow(RowReader& row, ports::CaseRecord& r) {
  std::optional<core::Date> received_on;
  std::optional<core::Date> due_on;
  std::optional<core::CaseId> disputed_case;
  row.Read(r.traveler_id, r.case_id, r.kind, r.severity, r.state, r.version, r.crossing_id,
           r.comparison_id, r.port_id, r.days_overstayed, r.opened_at, r.updated_at,
           r.first_officer, received_on, due_on, disputed_case, r.disputed);
  if (received_on && due_on) r.terms = {*received_on, *due_on, disputed_case};
}

Params ParamsOf(const ports::CaseEvent& e) {
  return ParamsOf(e.traveler_id, e.case_id, e.version, e.kind, e.at, e.principal, e.reason,
                  e.done_by);
}

void ReadRow(RowReader& row, ports::CaseEvent& e) {
  row.Read(e.traveler_id, e.case_id, e.version, e.kind, e.at, e.principal, e.reason, e.done_by);
}

void ReadRow(RowReader& row, core::TravelDocument& d) {
  row.Read(d.issuing_state, d.number, d.nationality, d.birth_date, d.sex);
}

void ReadRow(RowReader& row, core::TravelerId& id) { row.Read(id); }

void ReadRow(RowReader& row, ports::Transaction::KnownDocument& k) {
  row.Read(k.document_id, k.traveler_id);
}

void ReadRow(RowReader& row, ports::Transaction::DocumentOf& d) {
  row.Read(d.traveler_id);
  ReadRow(row, d.document);
}

void ReadRow(RowReader& row, ports::Transaction::ComparisonOf& c) {
  row.Read(c.traveler_id);
  ReadRow(row, c.comparison);
}

void ReadRow(RowReader& row, ports::Transaction::DocumentCrossings& c) {
  row.Read(c.document_id, c.crossings);
}

Params ParamsOf(const core::ReportScope& s) { return ParamsOf(s.as_of, s.known_at, s.from, s.to); }

void ReadRow(RowReader& row, core::StayCount& c) {
  row.Read(c.nationality, c.class_of_admission, c.port_id);
  ReadFigures(row, c.figures);
}

void ReadRow(RowReader& row, core::CrossingCount& c) {
  row.Read(c.port_id, c.lane_id);
  ReadFigures(row, c.figures);
}

void ReadRow(RowReader& row, ports::ErasureCandidate& c) {
  row.Read(c.at, c.traveler_id, c.subject_id);
}

Params ParamsOf(const ports::ErasureNotice& n) {
  return ParamsOf(n.traveler_id, n.kind, n.subject_id, n.due_at, n.rule_id, n.announced_at,
                  n.run_id);
}

void ReadRow(RowReader& row, ports::ErasureNotice& n) {
  row.Read(n.traveler_id, n.kind, n.subject_id, n.due_at, n.rule_id, n.announced_at, n.run_id);
}

Params ParamsOf(const ports::SettledLead& l) {
  return ParamsOf(l.traveler_id, l.kind, l.crossing_id, l.severity, l.state);
}

void ReadRow(RowReader& row, ports::SettledLead& l) {
  row.Read(l.traveler_id, l.kind, l.crossing_id, l.severity, l.state);
}

Params ParamsOf(const core::ErasureReceipt& r) {
  return ParamsOf(r.number, r.run_id, r.at, r.policy_digest, r.principal, r.counts, r.items_digest,
                  r.previous_digest, r.digest);
}

void ReadRow(RowReader& row, core::ErasureReceipt& r) {
  row.Read(r.number, r.run_id, r.at, r.policy_digest, r.principal, r.counts, r.items_digest,
           r.previous_digest, r.digest);
}

Params ParamsOf(const ports::LegalHoldEvent& e) {
  return ParamsOf(e.traveler_id, e.hold_id, e.kind, e.request_id, e.principal, e.at, e.reference);
}

void ReadRow(RowReader& row, ports::LegalHold& h) {
  row.Read(h.traveler_id, h.hold_id, h.placed_by, h.placed_at, h.reference, h.released_by,
           h.released_at, h.release_reference);
}

Params ParamsOf(const core::AuditEntry& e) {
  return ParamsOf(e.principal, e.method, e.purpose, e.case_id, e.traveler_id, e.subject, e.outcome,
                  e.request_id);
}

void ReadRow(RowReader& row, core::AuditRecord& r) {
  core::AuditEntry& e = r.entry;
  row.Read(r.chain, r.sequence, r.at, e.principal, e.method, e.purpose, e.case_id, e.traveler_id,
           e.subject, e.outcome, e.request_id, r.digest);
}

void ReadRow(RowReader& row, core::AuditHead& h) { row.Read(h.chain, h.sequence, h.digest); }

Params ParamsOf(const core::AuditCheckpoint& c) {
  return ParamsOf(c.number, c.at, c.heads, c.previous_digest, c.digest, c.key_id, c.signature);
}

void ReadRow(RowReader& row, core::AuditCheckpoint& c) {
  row.Read(c.number, c.at, c.heads, c.previous_digest, c.digest, c.key_id, c.signature);
}

void ReadRow(RowReader& row, ports::WrappedKey& key) {
  row.Read(key.key_id, key.kek_id, Bytes{key.nonce}, Bytes{key.wrapped}, key.retired_at);
}

void ReadRow(RowReader& row, ports::KeyRotation& rotation) {
  row.Read(rotation.rotation_id, rotation.principal, rotation.key_id);
}

void ReadRow(RowReader& row, ports::SealedRow& sealed) {
  row.Read(sealed.traveler_id, sealed.crossing_id, sealed.blob.key_id, Bytes{sealed.blob.nonce},
           Bytes{sealed.blob.ciphertext});
}

}  // namespace entryexit::postgres
