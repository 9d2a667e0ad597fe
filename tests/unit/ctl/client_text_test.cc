#include <gtest/gtest.h>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/lane_service.pb.h"
#include "tests/support/status_matchers.h"

namespace entryexit::client {
namespace {

using entryexit::testing::FailsWith;

TEST(Timestamps, SurviveTheWayToTextAndBack) {
  for (const char* text : {"2026-05-01T09:30:00Z", "1969-12-31T23:59:59.5Z",
                           "2026-05-01T09:30:00.000001Z", "0001-01-01T00:00:00Z"}) {
    const auto timestamp = ParseTimestamp(text);
    ASSERT_TRUE(timestamp.ok()) << text;
    EXPECT_EQ(FormatTimestamp(*timestamp), text);
    EXPECT_GE(timestamp->nanos(), 0) << text;
  }
}

TEST(Timestamps, AreShownInUtc) {
  const auto timestamp = ParseTimestamp("2026-05-01T01:30:00+02:00");
  ASSERT_TRUE(timestamp.ok());
  EXPECT_EQ(FormatTimestamp(*timestamp), "2026-04-30T23:30:00Z");
}

TEST(Timestamps, RefuseWhatIsNoMoment) {
  for (const char* text : {"", "now", "2026-05-01", "2026-05-01T09:30:00", "2026-13-01T09:30:00Z",
                           "infinite-future"}) {
    EXPECT_THAT(ParseTimestamp(text), FailsWith(core::Reason::kInvalidField)) << text;
  }
}

TEST(Dates, SurviveTheWayToTextAndBack) {
  for (const char* text : {"2024-02-29", "0001-01-01", "9999-12-31"}) {
    const auto date = ParseDate(text);
    ASSERT_TRUE(date.ok()) << text;
    EXPECT_EQ(FormatDate(*date), text);
  }
}

TEST(Dates, RefuseWhatIsNoDay) {
  for (const char* text : {"", "2026-5-1", "2023-02-29", "2026-00-10", "0000-01-01", "01.05.2026",
                           "2026-05-01 ", "2026-+5-01"}) {
    EXPECT_THAT(ParseDate(text), FailsWith(core::Reason::kInvalidField)) << text;
  }
}

TEST(EnumNames, HaveNoPrefix) {
  EXPECT_EQ(NameOf(v1::CASE_KIND_IDENTITY_NO_MATCH), "IDENTITY_NO_MATCH");
  EXPECT_EQ(NameOf(v1::SEX_X), "X");
  EXPECT_EQ(NameOf(static_cast<v1::Outcome>(99)), "UNKNOWN_99");
}

TEST(EnumNames, AreReadInEitherStyle) {
  EXPECT_EQ(ParseEnum<v1::CaseKind>("identity-no-match"), v1::CASE_KIND_IDENTITY_NO_MATCH);
  EXPECT_EQ(ParseEnum<v1::CaseKind>("IDENTITY_NO_MATCH"), v1::CASE_KIND_IDENTITY_NO_MATCH);
  EXPECT_EQ(ParseEnum<v1::CaseKind>("case-kind-overstay"), std::nullopt);
  EXPECT_EQ(ParseEnum<v1::CaseKind>(""), std::nullopt);
}

TEST(Json, KeepsTheNamesOfTheApiAndEmptiesPictures) {
  v1::GetCaptureResponse capture;
  capture.set_image("picture");
  capture.set_media_type("image/jpeg");
  EXPECT_EQ(ToJson(capture), R"({"image":"","media_type":"image/jpeg","digest":""})");
  EXPECT_EQ(capture.image(), "picture");

  v1::RecordCrossingsRequest nested;
  nested.mutable_arrival()->set_image("picture");
  nested.mutable_arrival()->set_lane_id("SEA-A1");
  const std::string json = ToJson(nested);
  EXPECT_NE(json.find(R"("lane_id":"SEA-A1")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("image":"")"), std::string::npos) << json;
}

TEST(Json, SaysFalseForAnAnswerThatIsFalse) {
  const std::string json = ToJson(v1::AssessCaptureResponse());
  EXPECT_NE(json.find(R"("usable":false)"), std::string::npos) << json;
}

}  // namespace
}  // namespace entryexit::client
