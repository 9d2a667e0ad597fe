#ifndef ENTRYEXIT_SRC_POSTGRES_VALUES_H_
#define ENTRYEXIT_SRC_POSTGRES_VALUES_H_

#include <libpq-fe.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "entryexit/core/admission.h"
#include "entryexit/core/audit.h"
#include "entryexit/core/cases.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/erasure_receipt.h"
#include "entryexit/core/face.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/stays.h"
#include "entryexit/core/travel_document.h"
#include "entryexit/ports/store.h"

// How C++ values travel to and from PostgreSQL: as text, except bytes on their way in.
namespace entryexit::postgres {

struct Param {
  std::optional<std::string> value;  // absent: NULL
  bool binary = false;
};
using Params = std::vector<Param>;

// Marks a string that holds a bytea.
template <typename String>
struct Bytes {
  String& value;
};
template <typename String>
Bytes(String&) -> Bytes<String>;

Param Encode(std::string text);
Param Encode(Bytes<const std::string> bytes);
Param Encode(int value);
Param Encode(double value);
// Of bool alone, to which pointers would convert.
template <std::same_as<bool> B>
Param Encode(B value) {
  return Encode(std::string(value ? "t" : "f"));
}
Param Encode(core::Timestamp time);
Param Encode(core::Date day);
Param Encode(core::Sex sex);
Param Encode(const std::vector<core::QualityFinding>& findings);
Param Encode(const std::vector<core::ReferenceDistance>& references);
Param Encode(bool value);
Param Encode(std::int64_t value);
Param Encode(const std::vector<core::ErasureCount>& counts);
Param Encode(const std::vector<core::AuditHead>& heads);

template <typename Tag>
Param Encode(const core::StrongId<Tag>& id) {
  return Encode(id.value());
}

template <typename Tag>
Param Encode(const std::vector<core::StrongId<Tag>>& ids) {
  std::string text;
  for (const core::StrongId<Tag>& id : ids) text += (text.empty() ? "" : ",") + id.value();
  return {"{" + text + "}", false};
}

// Enumerations are stored by the name that NameOf gives them.
template <typename E>
requires std::is_enum_v<E> Param Encode(E value) { return Encode(std::string(NameOf(value))); }

template <typename T>
Param Encode(const std::optional<T>& value) {
  return value.has_value() ? Encode(*value) : Param{};
}

template <typename... Values>
Params ParamsOf(const Values&... values) {
  return {Encode(values)...};
}

// The other way round. False when `text` is not such a value.
bool Decode(const char* text, std::string& out);
bool Decode(const char* text, Bytes<std::string> out);
bool Decode(const char* text, int& out);
bool Decode(const char* text, std::int64_t& out);
bool Decode(const char* text, double& out);
bool Decode(const char* text, bool& out);
bool Decode(const char* text, core::Timestamp& out);
bool Decode(const char* text, core::Date& out);
bool Decode(const char* text, core::Sex& out);
bool Decode(const char* text, std::vector<core::QualityFinding>& out);
bool Decode(const char* text, std::vector<core::ReferenceDistance>& out);
bool Decode(const char* text, std::vector<core::ErasureCount>& out);
bool Decode(const char* text, std::vector<core::AuditHead>& out);

template <typename Tag>
bool Decode(const char* text, core::StrongId<Tag>& out) {
  out = core::StrongId<Tag>(text);
  return true;
}

// The elements of an array of UUIDs as PostgreSQL writes it; false when `text` is none.
bool SplitArray(const char* text, std::vector<std::string>& out);

template <typename Tag>
bool Decode(const char* text, std::vector<core::StrongId<Tag>>& out) {
  std::vector<std::string> elements;
  if (!SplitArray(text, elements)) return false;
  for (std::string& element : elements) out.emplace_back(std::move(element));
  return true;
}

// The last value of each enumeration, up to which names are tried.
constexpr core::Direction LastOf(core::Direction) { return core::Direction::kDeparture; }
constexpr core::StayState LastOf(core::StayState) { return core::StayState::kDepartureUnconfirmed; }
constexpr core::Outcome LastOf(core::Outcome) { return core::Outcome::kOptedOut; }
constexpr core::FmrBound LastOf(core::FmrBound) { return core::FmrBound::kAtLeast; }
constexpr core::AdmissionChangeKind LastOf(core::AdmissionChangeKind) {
  return core::AdmissionChangeKind::kAdjustmentOfStatus;
}
constexpr core::AdmissionDecision LastOf(core::AdmissionDecision) {
  return core::AdmissionDecision::kRecordedInError;
}
constexpr core::CaseKind LastOf(core::CaseKind) { return core::CaseKind::kCorrectionRequest; }
constexpr core::CaseState LastOf(core::CaseState) { return core::CaseState::kWithdrawn; }
constexpr core::Severity LastOf(core::Severity) { return core::Severity::kHigh; }
constexpr core::QualityIssue LastOf(core::QualityIssue) { return core::QualityIssue::kNoPicture; }
constexpr ports::CaptureStatus LastOf(ports::CaptureStatus) {
  return ports::CaptureStatus::kNotCaptured;
}
constexpr ports::CaseEventKind LastOf(ports::CaseEventKind) {
  return ports::CaseEventKind::kWithdrawn;
}
constexpr core::DataKind LastOf(core::DataKind) { return core::DataKind::kTraveler; }

template <typename E>
requires std::is_enum_v<E>
bool Decode(const char* text, E& out) {
  for (int i = 0; i <= static_cast<int>(LastOf(E{})); ++i) {
    out = static_cast<E>(i);
    if (std::string_view(text) == NameOf(out)) return true;
  }
  return false;
}

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// Reads the columns of one row from left to right.
class RowReader {
 public:
  RowReader(const PGresult* result, int row) : result_(result), row_(row) {}

  template <typename... Values>
  void Read(Values&&... values) {
    (ReadOne(std::forward<Values>(values)), ...);
  }

  // STORED_DATA_INVALID when a column that was read did not hold what the service once wrote.
  absl::Status status() const;

 private:
  template <typename T>
  void ReadOne(T&& value) {
    const int column = column_++;
    const bool ok = PQgetisnull(result_, row_, column) == 0 &&
                    Decode(PQgetvalue(result_, row_, column), std::forward<T>(value));
    if (!ok && bad_column_ < 0) bad_column_ = column;
  }

  template <typename T>
  void ReadOne(std::optional<T>& value) {
    if (PQgetisnull(result_, row_, column_) != 0) {
      value.reset();
      ++column_;
    } else {
      ReadOne(value.emplace());
    }
  }

  const PGresult* result_;
  const int row_;
  int column_ = 0;
  int bad_column_ = -1;
};

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_VALUES_H_
