#include "entryexit/app/queries.h"
#include "entryexit/app/replay_decision.h"
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

class ReplayTest : public AppTest {
 protected:
  ReplayTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    engine_.Plan("dark picture", {core::QualityIssue::kTooDark});
    Record(Arrival(0, "anna", 30));
    departure_ = Record(Departure(10, "anna again"));
  }

  absl::StatusOr<Replay> ReplayIt() {
    return replay_->ReplayCrossing(OfficerCall(), departure_.crossing->crossing_id);
  }

  CrossingResult departure_;
};

TEST_F(ReplayTest, GivesTheSameOutcomeAndDistances) {
  const auto replay = ReplayIt();
  ASSERT_THAT(replay, IsOk());
  EXPECT_THAT(replay->differences, IsEmpty());
  EXPECT_EQ(replay->replayed.outcome, core::Outcome::kMatch);
  EXPECT_EQ(replay->replayed.distance, departure_.comparison->receipt.distance);
  EXPECT_THAT(replay_->ReplayComparison(OfficerCall(), departure_.comparison->comparison_id),
              IsOk());
}

TEST_F(ReplayTest, IsNotDisturbedByLaterArrivals) {
  Record(Arrival(5, "anna again", 30));
  EXPECT_THAT(ReplayIt()->differences, IsEmpty());
}

TEST_F(ReplayTest, WorksForDeparturesWithoutATemplate) {
  CrossingRequest request = Departure(12, "dark picture");
  request.record_poor_capture = true;
  departure_ = Record(request);
  EXPECT_THAT(ReplayIt()->differences, IsEmpty());
  EXPECT_EQ(ReplayIt()->replayed.outcome, core::Outcome::kLowQuality);
}

TEST_F(ReplayTest, ShowsAReceiptThatWasTamperedWith) {
  Sql("ALTER TABLE comparison DISABLE TRIGGER USER");
  Sql("UPDATE comparison SET outcome = 'NO_MATCH'");
  EXPECT_THAT(ReplayIt()->differences, ElementsAre("outcome: recorded NO_MATCH, replayed MATCH"));
}

TEST_F(ReplayTest, ATemplateMovedToAnotherRowDoesNotOpen) {
  Sql("UPDATE template SET (key_id, nonce, ciphertext, digest) = (SELECT key_id, nonce, "
      "ciphertext, digest FROM template t WHERE t.crossing_id <> template.crossing_id)");
  EXPECT_THAT(ReplayIt(), FailsWith(Reason::kStoredDataInvalid));
}

TEST_F(ReplayTest, RefusesADecisionOfAnotherModel) {
  const core::ModelRef other{"other", "ff00", "test"};
  const ReplayDecision replay(*store_, *vault_, other, engine_.calibration());
  EXPECT_THAT(replay.ReplayCrossing(OfficerCall(), departure_.crossing->crossing_id),
              FailsWith(Reason::kModelNotLoaded));
}

TEST_F(ReplayTest, SaysWhatIsNotThere) {
  EXPECT_THAT(replay_->ReplayCrossing(OfficerCall(), core::CrossingId(crypto::NewUuid())),
              FailsWith(Reason::kCrossingNotFound));
  EXPECT_THAT(replay_->ReplayComparison(OfficerCall(), core::ComparisonId(crypto::NewUuid())),
              FailsWith(Reason::kComparisonNotFound));
  EXPECT_THAT(replay_->ReplayCrossing(OfficerCall(), Crossings()[0].crossing.crossing_id),
              FailsWith(Reason::kComparisonNotFound))
      << "arrivals are not compared";
}

TEST_F(ReplayTest, TheCaptureComesBackAsReceivedAndIsNotReadableInTheDatabase) {
  const auto capture = queries_->GetCapture(OfficerCall(), departure_.crossing->crossing_id);
  ASSERT_THAT(capture, IsOk());
  EXPECT_EQ(capture->image, "anna again");
  EXPECT_EQ(capture->digest, crypto::Sha256Hex("anna again"));
  // Fails when any stored ciphertext holds the picture's bytes.
  Sql("DO $$ BEGIN IF EXISTS (SELECT FROM capture WHERE position('anna'::bytea IN ciphertext) > 0) "
      "THEN RAISE EXCEPTION 'readable'; END IF; END $$");
}

TEST_F(ReplayTest, CrossingsArePagedWithoutGapsOrDoubles) {
  for (int day = 20; day < 29; ++day) Record(Arrival(day, "anna", day + 1));
  const core::TravelerId traveler = Traveler().traveler.traveler_id;
  std::vector<core::CrossingId> seen;
  std::optional<ports::CrossingCursor> after;
  do {
    const auto page = queries_->ListCrossings(OfficerCall(), traveler, after, 4);
    ASSERT_THAT(page, IsOk());
    for (const CrossingView& view : page->rows) seen.push_back(view.crossing.crossing_id);
    after = page->next;
  } while (after);
  std::vector<core::CrossingId> all;
  for (const CrossingView& view : Crossings()) all.push_back(view.crossing.crossing_id);
  EXPECT_THAT(seen, SizeIs(11));
  EXPECT_EQ(seen, all);
}

TEST_F(ReplayTest, OverstaysAreListedAsOfADay) {
  Record(Arrival(0, "anna", 20, "IN"));
  Record(Arrival(0, "anna", 5, "OUT"));
  Record(Departure(8, "anna again", "OUT"));
  const auto list = [&](int as_of, std::optional<core::OverstayKind> kind) {
    std::vector<std::string> rows;
    std::optional<ports::OverstayCursor> after;
    do {
      const auto page = queries_->ListOverstays(OfficerCall(), Day(as_of), At(101), kind, after, 1);
      EXPECT_THAT(page, IsOk());
      for (const OverstayView& view : page->rows) {
        rows.push_back(std::string(core::NameOf(view.overstay.kind)) + ' ' +
                       std::to_string(view.overstay.days));
      }
      after = page->next;
    } while (after);
    return rows;
  };
  EXPECT_THAT(list(5, std::nullopt), IsEmpty());
  EXPECT_THAT(list(7, std::nullopt), ElementsAre("SUSPECTED_IN_COUNTRY 2"));
  EXPECT_THAT(list(20, std::nullopt), ElementsAre("OUT_OF_COUNTRY 3"));
  EXPECT_THAT(list(25, std::nullopt), ElementsAre("OUT_OF_COUNTRY 3", "SUSPECTED_IN_COUNTRY 5"));
  EXPECT_THAT(list(25, core::OverstayKind::kOutOfCountry), ElementsAre("OUT_OF_COUNTRY 3"));
  EXPECT_THAT(list(25, core::OverstayKind::kSuspectedInCountry),
              ElementsAre("SUSPECTED_IN_COUNTRY 5"));
}

}  // namespace
}  // namespace entryexit::app
