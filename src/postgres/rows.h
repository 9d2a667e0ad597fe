#ifndef ENTRYEXIT_SRC_POSTGRES_ROWS_H_
#define ENTRYEXIT_SRC_POSTGRES_ROWS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/ports/store.h"
#include "src/postgres/values.h"

// How records become parameters of the statements that write them, and rows become records. Both
// follow the column lists in statements.cc.
namespace entryexit::postgres {

Params ParamsOf(const ports::RequestRecord& record);
Params ParamsOf(const ports::CrossingRecord& record);
Params ParamsOf(const ports::CaptureRecord& record);
Params ParamsOf(const ports::TemplateRecord& record);
Params ParamsOf(const ports::ComparisonRecord& record);
Params ParamsOf(const ports::AdmissionChangeRecord& record);
Params ParamsOf(const ports::CorrectionRecord& record);
Params ParamsOf(const ports::StayRecord& record);
Params ParamsOf(const ports::CaseRecord& record);
Params ParamsOf(const ports::CaseEvent& event);
Params ParamsOf(const core::ReportScope& scope);
Params ParamsOf(const ports::ErasureNotice& notice);
Params ParamsOf(const ports::SettledLead& lead);
Params ParamsOf(const core::ErasureReceipt& receipt);
Params ParamsOf(const ports::LegalHoldEvent& event);
Params ParamsOf(const core::AuditEntry& entry);
Params ParamsOf(const core::AuditCheckpoint& checkpoint);

void ReadRow(RowReader& row, ports::RequestRecord& record);
void ReadRow(RowReader& row, ports::CrossingRecord& record);
void ReadRow(RowReader& row, ports::CaptureRecord& record);
void ReadRow(RowReader& row, ports::TemplateRecord& record);
void ReadRow(RowReader& row, ports::ComparisonRecord& record);
void ReadRow(RowReader& row, ports::ComparisonSummary& summary);
void ReadRow(RowReader& row, ports::AdmissionChangeRecord& record);
void ReadRow(RowReader& row, ports::CorrectionRecord& record);
void ReadRow(RowReader& row, ports::StayRecord& record);
void ReadRow(RowReader& row, ports::KnownStay& known);
void ReadRow(RowReader& row, ports::CaseRecord& record);
void ReadRow(RowReader& row, ports::CaseEvent& event);
void ReadRow(RowReader& row, core::TravelDocument& document);
void ReadRow(RowReader& row, core::TravelerId& id);
void ReadRow(RowReader& row, ports::Transaction::KnownDocument& known);
void ReadRow(RowReader& row, ports::Transaction::DocumentOf& document);
void ReadRow(RowReader& row, ports::Transaction::ComparisonOf& comparison);
void ReadRow(RowReader& row, ports::Transaction::DocumentCrossings& count);
void ReadRow(RowReader& row, core::StayCount& count);
void ReadRow(RowReader& row, core::CrossingCount& count);
void ReadRow(RowReader& row, ports::ErasureCandidate& candidate);
void ReadRow(RowReader& row, ports::ErasureNotice& notice);
void ReadRow(RowReader& row, ports::SettledLead& lead);
void ReadRow(RowReader& row, core::ErasureReceipt& receipt);
void ReadRow(RowReader& row, ports::LegalHold& hold);
void ReadRow(RowReader& row, core::AuditRecord& record);
void ReadRow(RowReader& row, core::AuditHead& head);
void ReadRow(RowReader& row, core::AuditCheckpoint& checkpoint);

void ReadRow(RowReader& row, ports::WrappedKey& key);
void ReadRow(RowReader& row, ports::KeyRotation& rotation);
void ReadRow(RowReader& row, ports::SealedRow& sealed);

// Errors: STORED_DATA_INVALID.
template <typename Record>
absl::StatusOr<std::vector<Record>> ReadRows(const Result& result) {
  std::vector<Record> records;
  const int count = PQntuples(result.get());
  for (int i = 0; i < count; ++i) {
    RowReader row(result.get(), i);
    ReadRow(row, records.emplace_back());
    if (absl::Status status = row.status(); !status.ok()) return status;
  }
  return records;
}

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_ROWS_H_
