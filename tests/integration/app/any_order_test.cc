#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

// Whatever comes in, in whatever order: the same stays and the same cases.
namespace entryexit::app {
namespace {

using testing::IsOk;

constexpr int kRandomHistories = 60;
constexpr int kOrders = 4;

// A correction of one of the crossings, by its place in the history.
struct PlannedCorrection {
  size_t crossing;
  CorrectionRequest request;
};
// That the second document is the traveler's too.
struct PlannedMove {};
using Event = std::variant<CrossingRequest, AdmissionChangeRequest, PlannedCorrection, PlannedMove>;

// Marks the crossings on which the traveler shows the second document, until they are recorded.
constexpr char kSecond[] = "2";

class AnyOrderTest : public AppTest {
 protected:
  AnyOrderTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("perhaps anna", 1.4);
    PlanFace("somebody else", 3.0);
    engine_.Plan("dark picture", {core::QualityIssue::kTooDark});
  }

  int Draw(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  // Crossings first; the requests name no traveler yet. The first crossing is on the first
  // document, and when there is a second one, the second crossing is on that.
  std::vector<Event> History() {
    std::vector<Event> events;
    const int crossings = Draw(2, 6);
    const bool has_second = Draw(0, 1) == 0;
    for (int i = 0; i < crossings; ++i) {
      CrossingRequest crossing = Crossing(i);
      if (has_second && (i == 1 || (i > 1 && Draw(0, 1) == 0))) {
        std::get<core::TravelDocument>(crossing.identification).number = kSecond;
      }
      events.emplace_back(std::move(crossing));
    }
    if (has_second) events.emplace_back(PlannedMove());
    const int changes = std::max(0, Draw(-1, 2));
    for (int i = 0; i < changes; ++i) events.emplace_back(Change());
    std::map<size_t, int> revisions;
    const int corrections = Draw(0, 4);
    for (int i = 0; i < corrections; ++i) {
      const auto crossing = static_cast<size_t>(Draw(0, crossings - 1));
      events.emplace_back(
          PlannedCorrection{crossing, Correction(std::get<CrossingRequest>(events[crossing]),
                                                 crossings + i, ++revisions[crossing])});
    }
    return events;
  }

  // Records the events of the traveler with the document, in an order in which they can come: a
  // correction after its crossing and the correction before it, an admission change when the
  // traveler is known, a move when both documents are.
  void RecordInAnyOrder(const std::vector<Event>& events, const std::string& number) {
    std::vector<size_t> left(events.size());
    for (size_t i = 0; i < left.size(); ++i) left[i] = i;
    std::map<size_t, core::CrossingId> recorded;
    std::map<size_t, int> corrected;
    std::set<std::string> known;
    while (!left.empty()) {
      std::ranges::shuffle(left, random_);
      const auto next = std::ranges::find_if(left, [&](size_t i) {
        if (std::holds_alternative<CrossingRequest>(events[i])) return true;
        if (std::holds_alternative<AdmissionChangeRequest>(events[i]))
          return known.contains(number);
        const auto* correction = std::get_if<PlannedCorrection>(&events[i]);
        if (correction == nullptr) return known.size() == 2;
        return recorded.contains(correction->crossing) &&
               correction->request.revision == corrected[correction->crossing] + 1;
      });
      ASSERT_NE(next, left.end());
      const Event& event = events[*next];
      if (const auto* crossing = std::get_if<CrossingRequest>(&event)) {
        const auto& shown = std::get<core::TravelDocument>(crossing->identification);
        const std::string document = number + (shown.number == kSecond ? kSecond : "");
        recorded[*next] = RecordAs(*crossing, document);
        known.insert(document);
      } else if (const auto* change = std::get_if<AdmissionChangeRequest>(&event)) {
        AdmissionChangeRequest request = *change;
        request.request_id = core::RequestId(crypto::NewUuid());
        request.traveler_id = Traveler(number).traveler.traveler_id;
        ASSERT_THAT(record_change_->Record(OfficerCall(), request), IsOk());
      } else if (std::holds_alternative<PlannedMove>(event)) {
        const MoveRequest request{core::RequestId(crypto::NewUuid()), "UTO", number + kSecond,
                                  Traveler(number).traveler.traveler_id, "her second passport"};
        ASSERT_THAT(move_->Move(SupervisorCall(), request), IsOk());
        ++moves_;
      } else {
        const auto& correction = std::get<PlannedCorrection>(event);
        CorrectionRequest request = correction.request;
        request.request_id = core::RequestId(crypto::NewUuid());
        request.crossing_id = recorded[correction.crossing];
        ASSERT_THAT(correct_->Correct(SupervisorCall(), request), IsOk());
        corrected[correction.crossing] = request.revision;
        ++corrections_;
      }
      left.erase(next);
    }
  }

  // The stays and the cases that stand, in words that do not hang on ids or on times of recording.
  std::string Outcome(const std::string& number) {
    std::map<core::CrossingId, std::string> names;
    for (const CrossingView& view : Crossings(number)) {
      names[view.crossing.crossing_id] =
          fmt::format("{}@{}", view.crossing.lane_id.value(),
                      view.crossing.captured_at.time_since_epoch().count());
    }
    const auto day = [](const std::optional<core::Date>& date) {
      return date ? fmt::to_string((*date - Day(0)).count()) : "-";
    };
    std::string text;
    for (const ports::StayRecord& record : Traveler(number).stays) {
      const core::Stay& stay = record.stay;
      text +=
          fmt::format("{} {} {} from {} on {} to {} on {} until {} pending {} adult {}\n",
                      core::NameOf(stay.state), record.nationality, stay.class_of_admission,
                      names[stay.arrival_id], day(stay.arrived_on),
                      stay.departure_id ? names[*stay.departure_id] : "-", day(stay.departed_on),
                      day(stay.authorized_until), day(stay.pending_since), day(stay.adult_on));
    }
    std::vector<std::string> cases;
    for (const ports::CaseRecord& record : Cases(number)) {
      if (record.state == core::CaseState::kWithdrawn) continue;
      cases.push_back(fmt::format("{} {} by {}: {}, {} days\n", core::NameOf(record.state),
                                  core::NameOf(record.kind), names[record.crossing_id],
                                  core::NameOf(record.severity), record.days_overstayed));
    }
    cases_ += cases.size();
    std::ranges::sort(cases);
    for (const std::string& words : cases) text += words;
    return text;
  }

  void ReviewAll() {
    std::optional<core::TravelerId> after;
    do {
      const auto part = review_->Review(OfficerCall(), after);
      ASSERT_THAT(part, IsOk());
      ASSERT_TRUE(part->failures.empty());
      after = part->next;
    } while (after);
  }

  size_t corrections_ = 0;
  size_t moves_ = 0;
  size_t cases_ = 0;

 private:
  core::CrossingId RecordAs(CrossingRequest request, const std::string& number) {
    request.request_id = core::RequestId(crypto::NewUuid());
    std::get<core::TravelDocument>(request.identification).number = number;
    const CrossingResult result = Record(request);
    return result.crossing ? result.crossing->crossing_id : core::CrossingId();
  }

  // No two at one moment: of those nothing but their ids could tell which came first.
  static core::Timestamp Moment(int day, int i) { return At(day, 12) + std::chrono::minutes(i); }

  CrossingRequest Crossing(int i) {
    const char* const faces[] = {"anna", "anna again", "perhaps anna", "somebody else",
                                 "dark picture"};
    const char* const face = faces[Draw(0, 4)];
    const int day = Draw(0, 60);
    CrossingRequest request =
        Draw(0, 1) == 0 ? Departure(day, face) : Arrival(day, face, day + Draw(0, 40));
    request.captured_at = Moment(day, i);
    request.lane_id = core::LaneId(Draw(0, 1) == 0 ? "SEA-1" : "SEA-2");
    request.record_poor_capture = true;
    if (request.admission) request.admission = Admission(day);
    auto& document = std::get<core::TravelDocument>(request.identification);
    // 18 some time around the stays; sometimes shown with other data.
    document.birth_date = std::chrono::sys_days(std::chrono::year(2008) / 9 / 20);
    if (Draw(0, 5) == 0) document.birth_date += std::chrono::days(30);
    if (Draw(0, 5) == 0) document.nationality = "XXA";
    return request;
  }

  AdmissionRequest Admission(int day) {
    switch (Draw(0, 3)) {
      case 0:
        return {"WT", {}};
      case 1:
        return {"SCH-C", {}};
      case 2:
        return {"F-1", {}};
      default:
        return {"B-2", Day(day + Draw(0, 30))};
    }
  }

  AdmissionChangeRequest Change() {
    AdmissionChangeRequest request;
    request.application_id = fmt::format("EAC-{}", Draw(0, 1));
    request.revision = Draw(1, 2);
    request.kind = static_cast<core::AdmissionChangeKind>(Draw(0, 2));
    const int filed = Draw(0, 60);
    request.filed_on = Day(filed);
    request.decision = core::AdmissionDecision::kPending;
    if (Draw(0, 2) == 0) return request;
    request.decision =
        Draw(0, 1) == 0 ? core::AdmissionDecision::kGranted : core::AdmissionDecision::kDenied;
    request.decided_on = Day(filed + Draw(0, 20));
    if (request.decision == core::AdmissionDecision::kGranted) {
      request.class_of_admission = "B-2";
      request.authorization = Day(filed + Draw(0, 60));
    }
    return request;
  }

  CorrectionRequest Correction(const CrossingRequest& crossing, int i, int revision) {
    CorrectionRequest request;
    request.revision = revision;
    request.reason = "it was otherwise";
    const bool arrival = crossing.direction == core::Direction::kArrival;
    switch (Draw(0, revision == 1 ? 2 : 3)) {
      case 0:
        request.voided = true;
        break;
      case 1:
      case 2: {
        const int day = Draw(0, 60);
        request.captured_at = Moment(day, i);
        if (arrival) request.admission = Admission(day);
        break;
      }
      default:
        break;  // takes the earlier ones back
    }
    return request;
  }

  std::mt19937 random_{20261126};
};

TEST_F(AnyOrderTest, OfTheSameEventsGivesTheSameStaysAndCases) {
  const auto number = [](int history, int order) { return fmt::format("H{}N{}", history, order); };
  for (int history = 0; history < kRandomHistories; ++history) {
    const std::vector<Event> events = History();
    for (int order = 0; order < kOrders; ++order) {
      RecordInAnyOrder(events, number(history, order));
      if (HasFatalFailure()) return;
    }
  }
  ReviewAll();
  for (int history = 0; history < kRandomHistories; ++history) {
    const std::string first = Outcome(number(history, 0));
    for (int order = 1; order < kOrders; ++order) {
      EXPECT_EQ(Outcome(number(history, order)), first) << "history " << history;
    }
  }
  EXPECT_GT(corrections_, 300U);
  EXPECT_GT(moves_, 60U);
  EXPECT_GT(cases_, 600U);
  RecordProperty("cases", static_cast<int>(cases_));
}

}  // namespace
}  // namespace entryexit::app
