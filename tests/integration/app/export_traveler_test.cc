#include "entryexit/app/export_traveler.h"

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExportTravelerTest : public AppTest {
 protected:
  ExportTravelerTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("berta", 9.0);
  }

  Dossier Open(const std::string& number = "X1") {
    auto dossier = export_.OpenByDocument(SupervisorCall(), "UTO", number);
    EXPECT_THAT(dossier, IsOk());
    return dossier.ok() ? *std::move(dossier) : Dossier{};
  }

  std::vector<ExportedCrossing> AllCrossings(const Dossier& dossier) {
    std::vector<ExportedCrossing> all;
    std::optional<ports::CrossingCursor> after;
    do {
      auto page = export_.Crossings(SupervisorCall(), dossier, after);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (ExportedCrossing& crossing : page->rows) all.push_back(std::move(crossing));
      after = page->next;
    } while (after);
    return all;
  }

  ExportTraveler export_{*store_, *queries_, clock_};
};

TEST_F(ExportTravelerTest, FindsTheTravelerByIdAndByAnyDocument) {
  Record(Arrival(0, "anna", 30));
  const core::TravelerId id = Traveler().traveler.traveler_id;
  EXPECT_EQ(Open().traveler.traveler_id, id);
  EXPECT_EQ(export_.Open(SupervisorCall(), id)->traveler.traveler_id, id);
  EXPECT_THAT(export_.OpenByDocument(SupervisorCall(), "UTO", "NOBODY"),
              FailsWith(Reason::kTravelerNotFound));
  EXPECT_THAT(export_.OpenByDocument(SupervisorCall(), "UTO", ""), ::testing::Not(IsOk()));
  EXPECT_THAT(export_.Open(SupervisorCall(), core::TravelerId(crypto::NewUuid())),
              FailsWith(Reason::kTravelerNotFound));
}

TEST_F(ExportTravelerTest, HoldsWhatWasKnownBeforeAndEveryAttempt) {
  Record(Departure(10, "berta"));  // no arrival yet: a case
  Record(Arrival(0, "anna", 5));   // late: compared again, an overstay
  Record(Arrival(20, "anna again", 40, "OTHER"));
  const Dossier dossier = Open();
  EXPECT_EQ(dossier.exported_at, clock_.Now());
  EXPECT_THAT(dossier.traveler.documents, SizeIs(1));
  EXPECT_THAT(dossier.templates, SizeIs(2));
  EXPECT_THAT(dossier.pictures, SizeIs(2));
  EXPECT_THAT(dossier.legal_holds, IsEmpty());
  // The case of the missing arrival was withdrawn, and stays in the history.
  ASSERT_THAT(dossier.cases, SizeIs(static_cast<size_t>(Cases().size())));
  bool withdrawn = false;
  for (const CaseHistory& history : dossier.cases) {
    EXPECT_FALSE(history.events.empty());
    withdrawn = withdrawn || history.record.state == core::CaseState::kWithdrawn;
  }
  EXPECT_TRUE(withdrawn);

  const std::vector<ExportedCrossing> crossings = AllCrossings(dossier);
  ASSERT_THAT(crossings, SizeIs(2));
  EXPECT_EQ(crossings[0].view.crossing.direction, core::Direction::kArrival);
  EXPECT_THAT(crossings[1].view.comparisons, SizeIs(2));
  ASSERT_TRUE(crossings[1].document.has_value());
  EXPECT_EQ(crossings[1].document->number, "X1");
  const auto picture =
      export_.Picture(SupervisorCall(), dossier, crossings[1].view.crossing.crossing_id);
  ASSERT_THAT(picture, IsOk());
  ASSERT_TRUE(picture->has_value());
  EXPECT_EQ((*picture)->image, "berta");
}

TEST_F(ExportTravelerTest, TellsOfStaysThatAreNoLongerSo) {
  Record(Arrival(0, "anna", 5));
  const auto open = Open().stays;
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].record.stay.state, core::StayState::kOpen);
  EXPECT_EQ(open[0].known_until, std::nullopt);
  clock_.Set(clock_.Now() + std::chrono::minutes(1));
  Record(Departure(3, "anna again"));
  const auto closed = Open().stays;
  ASSERT_THAT(closed, SizeIs(2));
  EXPECT_EQ(closed[0].known_from, open[0].known_from);
  EXPECT_EQ(closed[0].known_until, closed[1].known_from);
  EXPECT_EQ(closed[1].record.stay.state, core::StayState::kClosed);
  EXPECT_EQ(closed[1].known_until, std::nullopt);
}

TEST_F(ExportTravelerTest, TellsThatACrossingWasMovedToAnother) {
  Record(Arrival(0, "anna", 30));
  Record(Arrival(40, "anna", 60, "X2"));
  MoveRequest move;
  move.request_id = core::RequestId(crypto::NewUuid());
  move.issuing_state = "UTO";
  move.number = "X2";
  move.to = Traveler().traveler.traveler_id;
  move.reason = "one person";
  const core::TravelerId former = Traveler("X2").traveler.traveler_id;
  ASSERT_THAT(move_->Move(SupervisorCall(), move), IsOk());

  const Dossier moved = Open("X2");
  EXPECT_EQ(moved.traveler.traveler_id, *move.to);
  EXPECT_THAT(moved.traveler.documents, SizeIs(2));
  EXPECT_THAT(AllCrossings(moved), SizeIs(2));
  EXPECT_THAT(moved.pictures, SizeIs(2));

  const auto left = export_.Open(SupervisorCall(), former);
  ASSERT_THAT(left, IsOk());
  EXPECT_THAT(left->pictures, IsEmpty());
  ASSERT_THAT(left->corrections, SizeIs(1));
  EXPECT_EQ(left->corrections[0].moved_to, move.to);
  const auto crossings = AllCrossings(*left);
  ASSERT_THAT(crossings, SizeIs(1));
  EXPECT_EQ(crossings[0].document, std::nullopt);
}

TEST_F(ExportTravelerTest, TellsOfHoldsAndAnnouncedErasures) {
  Record(Arrival(0, "anna", 30));
  const core::TravelerId id = Traveler().traveler.traveler_id;
  ASSERT_THAT(holds_->Place(SupervisorCall(), {core::RequestId(crypto::NewUuid()), id, "Order 1"}),
              IsOk());
  Sql("INSERT INTO erasure_notice VALUES ('" + id.value() +
      "', 'IMAGE', gen_random_uuid(), now(), 'rule', now(), gen_random_uuid())");
  const Dossier dossier = Open();
  ASSERT_THAT(dossier.legal_holds, SizeIs(1));
  EXPECT_EQ(dossier.legal_holds[0].reference, "Order 1");
  ASSERT_THAT(dossier.erasure_notices, SizeIs(1));
  EXPECT_EQ(dossier.erasure_notices[0].rule_id, "rule");
}

TEST_F(ExportTravelerTest, APictureThatWasErasedMeanwhileIsPassedOver) {
  Record(Arrival(0, "anna", 30));
  const Dossier dossier = Open();
  Sql("DELETE FROM capture");
  const auto picture = export_.Picture(SupervisorCall(), dossier, dossier.pictures.front());
  ASSERT_THAT(picture, IsOk());
  EXPECT_EQ(*picture, std::nullopt);
}

TEST_F(ExportTravelerTest, APictureThatIsAnothersByNowIsPassedOver) {
  Record(Arrival(0, "anna", 30));
  Record(Arrival(40, "anna", 60, "X2"));
  const Dossier dossier = Open("X2");
  MoveRequest move;
  move.request_id = core::RequestId(crypto::NewUuid());
  move.issuing_state = "UTO";
  move.number = "X2";
  move.to = Traveler().traveler.traveler_id;
  move.reason = "one person";
  ASSERT_THAT(move_->Move(SupervisorCall(), move), IsOk());
  const auto picture = export_.Picture(SupervisorCall(), dossier, dossier.pictures.front());
  ASSERT_THAT(picture, IsOk());
  EXPECT_EQ(*picture, std::nullopt);
}

}  // namespace
}  // namespace entryexit::app
