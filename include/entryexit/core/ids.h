#ifndef ENTRYEXIT_CORE_IDS_H_
#define ENTRYEXIT_CORE_IDS_H_

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace entryexit::core {

// A string that names one kind of thing, so that a lane cannot be passed where a case is meant.
// The empty id names nothing.
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  std::string value_;
};

// UUIDs in their canonical lower-case text form, made by the service.
using TravelerId = StrongId<struct TravelerIdTag>;
using CrossingId = StrongId<struct CrossingIdTag>;
using ComparisonId = StrongId<struct ComparisonIdTag>;
using CaseId = StrongId<struct CaseIdTag>;
using CorrectionId = StrongId<struct CorrectionIdTag>;
using AdmissionChangeId = StrongId<struct AdmissionChangeIdTag>;
// The deterministic id of (issuing state, document number); see crypto/digest.h.
using DocumentId = StrongId<struct DocumentIdTag>;

// A UUID chosen by the client, once per thing it wants done; see proto `request_id`.
using RequestId = StrongId<struct RequestIdTag>;

// Names from the operator's configuration, such as "SEA-A12" and "SEA".
using LaneId = StrongId<struct LaneIdTag>;
using PortId = StrongId<struct PortIdTag>;

// Whether `text` is 1 to 64 of the characters A-Z a-z 0-9 . _ - as the ids of principals and keys
// are.
bool IsPlainId(std::string_view text);

// The canonical lower-case form of a UUID of any version, in either case; none when `text` is none.
std::optional<std::string> CanonicalUuid(std::string_view text);
// Whether `text` is a UUID in that form.
bool IsUuid(std::string_view text);

}  // namespace entryexit::core

template <typename Tag>
struct std::hash<entryexit::core::StrongId<Tag>> {
  std::size_t operator()(const entryexit::core::StrongId<Tag>& id) const {
    return std::hash<std::string>{}(id.value());
  }
};

#endif  // ENTRYEXIT_CORE_IDS_H_
