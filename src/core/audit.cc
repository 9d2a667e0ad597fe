#include "entryexit/core/audit.h"

namespace entryexit::core {
namespace {

// With its length, so that no two lists of values give one text.
std::string Sized(const std::string& value) {
  return '\n' + std::to_string(value.size()) + ':' + value;
}

std::string SizedIfAny(const std::string& value) { return value.empty() ? "\n-" : Sized(value); }

template <typename Id>
std::string SizedIfAny(const std::optional<Id>& id) {
  return id ? Sized(id->value()) : "\n-";
}

std::string Micros(Timestamp time) { return std::to_string(time.time_since_epoch().count()); }

}  // namespace

// Also made by the function append_audit_record of the database.
std::string CanonicalText(const AuditRecord& record, const std::string& previous_digest) {
  const AuditEntry& entry = record.entry;
  return "24:entryexit audit record 1" + Sized(std::to_string(record.chain)) +
         Sized(std::to_string(record.sequence)) + Sized(Micros(record.at)) +
         Sized(entry.principal) + Sized(entry.method) + SizedIfAny(entry.purpose) +
         SizedIfAny(entry.case_id) + SizedIfAny(entry.traveler_id) + SizedIfAny(entry.subject) +
         Sized(entry.outcome) + SizedIfAny(entry.request_id) + Sized(previous_digest);
}

std::string CanonicalText(const AuditCheckpoint& checkpoint) {
  std::string text = "entryexit audit checkpoint 1\n";
  text += "number " + std::to_string(checkpoint.number) + '\n';
  text += "at " + Micros(checkpoint.at) + '\n';
  for (const AuditHead& head : checkpoint.heads) {
    text += "head " + std::to_string(head.chain) + ' ' + std::to_string(head.sequence) + ' ' +
            head.digest + '\n';
  }
  text += "previous " + checkpoint.previous_digest + '\n';
  return text;
}

}  // namespace entryexit::core
