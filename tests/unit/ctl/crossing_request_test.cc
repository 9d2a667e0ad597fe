#include "ctl/crossing_request.h"

#include <gtest/gtest.h>

#include "entryexit/base/files.h"
#include "entryexit/client/text.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::ctl {
namespace {

using entryexit::testing::FailsWith;

using core::Reason;

constexpr char kImage[] = ENTRYEXIT_SOURCE_DIR "/tests/data/faces/id_001/arrival_1.jpg";

CrossingOptions ByDocument() {
  CrossingOptions options;
  options.document = "UTO:X1234567";
  options.nationality = "UTO";
  options.birth_date = *client::ParseDate("1984-02-29");
  options.sex = "F";
  options.image = kImage;
  options.lane = "SEA-A1";
  return options;
}

AdmissionOptions ForDays(int days) {
  return {.class_of_admission = "B-2", .until = {}, .days = days, .duration_of_status = false};
}

TEST(CrossingRequest, CarriesWhatWasGiven) {
  CrossingOptions options = ByDocument();
  options.captured_at = *client::ParseTimestamp("2026-05-01T09:30:00Z");
  options.carrier = "XX";
  options.flight = "XX123";
  options.record_poor = true;
  const auto arrival = MakeArrival(options, ForDays(90));
  ASSERT_TRUE(arrival.ok()) << arrival.status();
  EXPECT_EQ(arrival->identification().document().issuing_state(), "UTO");
  EXPECT_EQ(arrival->identification().document().number(), "X1234567");
  EXPECT_EQ(arrival->identification().document().sex(), v1::SEX_FEMALE);
  EXPECT_EQ(client::FormatDate(arrival->identification().document().birth_date()), "1984-02-29");
  EXPECT_EQ(arrival->image(), *base::ReadFile(kImage));
  EXPECT_EQ(arrival->lane_id(), "SEA-A1");
  EXPECT_EQ(client::FormatTimestamp(arrival->captured_at()), "2026-05-01T09:30:00Z");
  EXPECT_EQ(arrival->carrier(), "XX");
  EXPECT_EQ(arrival->flight(), "XX123");
  EXPECT_EQ(arrival->poor_capture(), v1::POOR_CAPTURE_RECORD);
  EXPECT_EQ(arrival->admission().class_of_admission(), "B-2");
  EXPECT_EQ(arrival->admission().days_from_arrival(), 90);
}

TEST(CrossingRequest, MakesItsOwnIdAndTimeWhenNoneWasGiven) {
  const auto first = MakeDeparture(ByDocument());
  const auto second = MakeDeparture(ByDocument());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(core::IsUuid(first->request_id()));
  EXPECT_NE(first->request_id(), second->request_id());
  EXPECT_GT(first->captured_at().seconds(), 0);
}

TEST(CrossingRequest, KeepsTheIdOfAnEarlierAttempt) {
  CrossingOptions options = ByDocument();
  options.request_id = "4f2c1c1e-6f0e-4f0e-9d5e-0a1b2c3d4e5f";
  EXPECT_EQ(MakeDeparture(options)->request_id(), options.request_id);
}

TEST(CrossingRequest, TakesTheMrzInsteadOfFields) {
  CrossingOptions options;
  options.mrz = "P<UTO";
  options.image = kImage;
  const auto departure = MakeDeparture(options);
  ASSERT_TRUE(departure.ok());
  EXPECT_EQ(departure->identification().mrz(), "P<UTO");
}

TEST(CrossingRequest, AWaiverStandsInForTheImage) {
  CrossingOptions options = ByDocument();
  options.image.clear();
  options.waiver = v1::BIOMETRIC_WAIVER_EXEMPT;
  const auto departure = MakeDeparture(options);
  ASSERT_TRUE(departure.ok());
  EXPECT_EQ(departure->waiver(), v1::BIOMETRIC_WAIVER_EXEMPT);
  EXPECT_TRUE(departure->image().empty());
}

TEST(CrossingRequest, RefusesOptionsThatDoNotGoTogether) {
  const auto refused = [](void (*change)(CrossingOptions&)) {
    CrossingOptions options = ByDocument();
    change(options);
    return core::ReasonOf(MakeDeparture(options).status());
  };
  EXPECT_EQ(refused([](auto& o) { o.document.clear(); }), Reason::kMissingField);
  EXPECT_EQ(refused([](auto& o) { o.mrz = "P<UTO"; }), Reason::kMissingField);
  EXPECT_EQ(refused([](auto& o) { o.birth_date.reset(); }), Reason::kMissingField);
  EXPECT_EQ(refused([](auto& o) { o.image.clear(); }), Reason::kMissingField);
  EXPECT_EQ(refused([](auto& o) { o.waiver = v1::BIOMETRIC_WAIVER_EXEMPT; }),
            Reason::kMissingField);
  EXPECT_EQ(refused([](auto& o) { o.document = "X1234567"; }), Reason::kInvalidField);
  EXPECT_EQ(refused([](auto& o) { o.image = "/nowhere.jpg"; }), Reason::kConfigInvalid);
}

TEST(CrossingRequest, WantsAtMostOneLengthOfStay) {
  AdmissionOptions admission = ForDays(90);
  admission.duration_of_status = true;
  EXPECT_THAT(MakeArrival(ByDocument(), admission), FailsWith(core::Reason::kInvalidField));
  admission.days.reset();
  const auto arrival = MakeArrival(ByDocument(), admission);
  ASSERT_TRUE(arrival.ok());
  EXPECT_TRUE(arrival->admission().duration_of_status());
  admission.duration_of_status = false;
  const auto by_rule = MakeArrival(ByDocument(), admission);
  ASSERT_TRUE(by_rule.ok());
  EXPECT_EQ(by_rule->admission().class_of_admission(), "B-2");
  EXPECT_EQ(by_rule->admission().authorization_case(), v1::Admission::AUTHORIZATION_NOT_SET);
}

TEST(Document, IsAStateAndANumber) {
  const auto key = ParseDocument("D:C01X0006H");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->issuing_state(), "D");
  EXPECT_EQ(key->number(), "C01X0006H");
  for (const char* text : {"", ":", "D:", ":X1", "X1"}) {
    EXPECT_THAT(ParseDocument(text), FailsWith(core::Reason::kInvalidField)) << text;
  }
}

}  // namespace
}  // namespace entryexit::ctl
