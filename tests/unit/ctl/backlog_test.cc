#include "ctl/backlog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

using entryexit::testing::FailsWith;

class Backlog : public ::testing::Test {
 protected:
  void SetUp() override { std::ofstream(directory_ / "face.jpg") << "a picture"; }

  absl::StatusOr<std::vector<BacklogItem>> Read(const std::string& lines) {
    std::ofstream(directory_ / "lane.jsonl") << lines;
    return ReadBacklog(directory_ / "lane.jsonl");
  }

  // The complaint about `lines`, which must be refused.
  std::string Complaint(const std::string& lines) {
    const auto items = Read(lines);
    EXPECT_THAT(items, FailsWith(core::Reason::kInvalidField)) << lines;
    return std::string(items.status().message());
  }

  const entryexit::testing::TempDir temp_dir_;
  const std::filesystem::path directory_ = temp_dir_.path();
};

TEST_F(Backlog, ReadsEachLineAndItsPicture) {
  const auto items = Read(
      R"({"sequence": 3, "arrival": {"request_id": "a", "lane_id": "SEA-A1",)"
      R"( "captured_at": "2026-05-01T09:30:00Z", "image_file": "face.jpg",)"
      R"( "admission": {"class_of_admission": "B-2", "days_from_arrival": 90}}})"
      "\n\n"
      R"({"sequence": 7, "departure": {"request_id": "b", "waiver": "BIOMETRIC_WAIVER_EXEMPT"}})");
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 2U);
  EXPECT_EQ((*items)[0].request.sequence(), 3U);
  EXPECT_EQ((*items)[0].request.arrival().admission().days_from_arrival(), 90);
  EXPECT_TRUE((*items)[0].request.arrival().image().empty());
  EXPECT_EQ(LoadItem((*items)[0])->arrival().image(), "a picture");
  EXPECT_TRUE(LoadItem((*items)[1])->departure().image().empty());
}

TEST_F(Backlog, NamesTheLineThatIsWrong) {
  const std::string good = R"({"sequence": 1, "departure": {"request_id": "a"}})";
  EXPECT_NE(Complaint(good + "\nnot json").find("lane.jsonl:2: not a JSON object"),
            std::string::npos);
  EXPECT_NE(Complaint(good + "\n" + good).find(":2: its sequence"), std::string::npos);
  const std::string unnumbered = R"({"departure": {"request_id": "b"}})";
  EXPECT_NE(Complaint(unnumbered).find(":1: no sequence"), std::string::npos);
  EXPECT_NE(Complaint(good + "\n" + unnumbered).find(":2: no sequence"), std::string::npos);
  EXPECT_NE(Complaint(R"({"sequence": 1})").find(":1: neither"), std::string::npos);
  EXPECT_NE(Complaint(R"({"sequence": 1, "arrival": {}})").find("request_id"), std::string::npos);
  EXPECT_NE(
      Complaint(R"({"sequence": 1, "arrival": {"request_id": "a", "lane": "x"}})").find("lane"),
      std::string::npos);
  EXPECT_NE(Complaint(R"({"sequence": 1, "arrival": {"request_id": "a", "image_file": "no.jpg"}})")
                .find("no.jpg"),
            std::string::npos);
  EXPECT_NE(Complaint(R"({"sequence": 1, "arrival": {"request_id": "a", "image_file": 5}})")
                .find("image_file"),
            std::string::npos);
}

TEST_F(Backlog, APathThatCannotBeLookedAtIsNoFile) {
  const std::string too_long(300, 'x');
  EXPECT_NE(Complaint(R"({"sequence": 1, "arrival": {"request_id": "a", "image_file": ")" +
                      too_long + R"("}})")
                .find(":1: there is no file"),
            std::string::npos);
}

TEST_F(Backlog, APictureThatIsGoneWhenItsTurnComesIsAnError) {
  const auto items =
      Read(R"({"sequence": 1, "arrival": {"request_id": "a", "image_file": "face.jpg"}})");
  ASSERT_TRUE(items.ok());
  std::filesystem::remove(directory_ / "face.jpg");
  EXPECT_THAT(LoadItem(items->front()), FailsWith(core::Reason::kConfigInvalid));
}

TEST_F(Backlog, AFileThatIsNotThereIsAnError) {
  EXPECT_THAT(ReadBacklog(directory_ / "none.jsonl"), FailsWith(core::Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::ctl
