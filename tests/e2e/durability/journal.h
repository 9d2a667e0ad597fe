#ifndef ENTRYEXIT_TESTS_E2E_DURABILITY_JOURNAL_H_
#define ENTRYEXIT_TESTS_E2E_DURABILITY_JOURNAL_H_

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/lane_service.pb.h"

// What clients asked of the service and were told, to be held against what it stored.
namespace entryexit::testing {

using Request =
    std::variant<v1::RecordArrivalRequest, v1::RecordDepartureRequest, v1::DecideCaseRequest,
                 v1::CorrectCrossingRequest, v1::RecordAdmissionChangeRequest>;

inline const std::string& RequestIdOf(const Request& request) {
  return std::visit([](const auto& any) -> const std::string& { return any.request_id(); },
                    request);
}

// What an answer says was done, less what later events may change.
struct Effect {
  bool recorded = true;  // false: the capture was poor, and nothing was stored
  std::string traveler_id = {};
  std::string subject_id = {};     // the crossing, case, correction or admission change
  std::string status = {};         // of an arrival its capture's, of a departure its outcome
  std::string comparison_id = {};  // of a departure
  std::vector<std::string> case_ids = {};  // that the crossing opened

  friend bool operator==(const Effect&, const Effect&) = default;
};

struct Entry {
  Request request;       // without its picture
  std::string picture;   // a file under tests/data/faces; empty: none
  bool backlog = false;  // a crossing that is sent in a stream, when the traveler has gone
  int attempts = 0;
  std::optional<Effect> effect = {};  // the request was acknowledged
  std::string refusal = {};           // the reason for which it can never be carried out
  std::string surprise = {};          // an answer that should not be

  bool settled() const { return effect || !refusal.empty() || !surprise.empty(); }
};

// Entries stay where they are as more are added.
using Journal = std::deque<Entry>;

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_DURABILITY_JOURNAL_H_
