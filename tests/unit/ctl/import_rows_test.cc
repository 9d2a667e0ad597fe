#include "ctl/import_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "entryexit/core/reason.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr char kRowsHeader[] =
    "direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,"
    "image\n";

class ImportRowsTest : public ::testing::Test {
 protected:
  ImportRowsTest() : results_(directory_.path()) {}

  static std::string RowLine(int document, int minute, const std::string& image = "") {
    return fmt::format(
        "DEPARTURE,SEA-D1,2024-05-{:02}T{:02}:{:02}:00Z,UTO,N{},UTO,1985-03-14,F,{}\n",
        1 + minute / 1440, minute / 60 % 24, minute % 60, document, image);
  }

  void Read(const std::string& content) {
    const auto file = directory_.path() / "rows.csv";
    std::ofstream(file, std::ios::binary) << content;
    rows_ = std::make_unique<ImportRows>(
        ImportSource{file, ImportFormat::kCsv, directory_.path(), kMaxImage}, results_);
    ASSERT_THAT(rows_->ReadAll(/*check_only=*/false, [](std::int64_t) {}), IsOk());
  }

  std::vector<v1::ImportCrossingsRequest> Requests() {
    std::vector<v1::ImportCrossingsRequest> requests;
    v1::ImportCrossingsRequest request;
    for (;;) {
      const auto there = rows_->Next(request);
      EXPECT_THAT(there, IsOk());
      if (!there.ok() || !*there) return requests;
      EXPECT_EQ(request.import_id(), rows_->import_id());
      requests.push_back(request);
    }
  }

  std::string ResultsText() {
    const auto file = directory_.path() / "results.csv";
    const auto report = ReportFile::Create(file, kForOwner);
    EXPECT_THAT(results_.WriteTo(**report), IsOk());
    EXPECT_THAT((*report)->PutInPlace(), IsOk());
    return testing::ReadAll(file);
  }

  static constexpr std::size_t kMaxImage = 1 << 20;
  const testing::TempDir directory_;
  ImportResults results_;
  std::unique_ptr<ImportRows> rows_;
};

TEST_F(ImportRowsTest, ComeByDocumentAndTimeWithNoDocumentInTwoRequests) {
  std::string content = kRowsHeader;
  constexpr int kRows = 30'000;
  for (int i = 0; i < kRows; ++i) content += RowLine(i * 7919 % 3001, i * 6007 % 40'000);
  Read(content);
  EXPECT_EQ(rows_->rows(), kRows);
  const auto requests = Requests();
  EXPECT_GT(requests.size(), 3U);
  std::map<std::string, size_t> request_of;
  std::set<std::int64_t> lines;
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_LE(requests[i].rows_size(), 10'000);
    const v1::ImportRow* before = nullptr;
    for (const v1::ImportRow& row : requests[i].rows()) {
      const std::string& number = row.document().number();
      EXPECT_EQ(request_of.try_emplace(number, i).first->second, i) << number;
      EXPECT_TRUE(lines.insert(row.line()).second);
      if (before != nullptr && before->document().number() == number) {
        EXPECT_LE(before->captured_at().seconds(), row.captured_at().seconds());
      }
      before = &row;
    }
  }
  EXPECT_EQ(lines.size(), size_t{kRows});
  EXPECT_EQ(*lines.begin(), 2) << "the header is the first line";
}

TEST_F(ImportRowsTest, OfOneDocumentAreCutWhereTheServiceTakesNoMore) {
  std::string content = kRowsHeader;
  for (int i = 0; i < 12'000; ++i) content += RowLine(1, i);
  Read(content);
  const auto requests = Requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].rows_size(), 10'000);
  EXPECT_EQ(requests[1].rows_size(), 2'000);
}

TEST_F(ImportRowsTest, WithPicturesAreFewToARequestAndOneThatIsGoneIsRefused) {
  std::ofstream(directory_.path() / "a.jpg") << std::string(kMaxImage, 'a');
  std::ofstream(directory_.path() / "big.jpg") << std::string(kMaxImage + 1, 'b');
  std::ofstream(directory_.path() / "gone.jpg") << "g";
  std::string content = kRowsHeader;
  for (int i = 0; i < 5; ++i) content += RowLine(i, 0, "a.jpg");
  content += RowLine(7, 0, "big.jpg") + RowLine(8, 0, "gone.jpg");
  Read(content);
  std::filesystem::remove(directory_.path() / "gone.jpg");
  const auto requests = Requests();
  ASSERT_EQ(requests.size(), 5U) << "two would be more than a request should hold";
  for (const v1::ImportCrossingsRequest& request : requests) {
    ASSERT_EQ(request.rows_size(), 1);
    EXPECT_EQ(request.rows(0).image().size(), kMaxImage);
  }
  EXPECT_EQ(results_.counts().refused_in_all(), 2);
  const std::string text = ResultsText();
  EXPECT_THAT(text, HasSubstr("\r\n7,REFUSED,IMAGE_TOO_LARGE,"));
  EXPECT_THAT(text, HasSubstr("\r\n8,REFUSED,INVALID_FIELD,image is no file that can be read"));
}

TEST_F(ImportRowsTest, OfTheSameFileBelongToTheSameImport) {
  Read(kRowsHeader + RowLine(1, 1));
  const std::string first = rows_->import_id();
  Read(kRowsHeader + RowLine(1, 1));
  EXPECT_EQ(rows_->import_id(), first);
  Read(kRowsHeader + RowLine(1, 2));
  EXPECT_NE(rows_->import_id(), first);
}

TEST_F(ImportRowsTest, ResultsAreByLineInWhateverOrderTheyCome) {
  v1::ImportRowResult result;
  for (const std::int64_t line : {300, 2, 70'000, 5}) {
    result.set_line(line);
    result.set_outcome(v1::IMPORT_OUTCOME_RECORDED);
    result.set_crossing_id("id");
    ASSERT_THAT(results_.Add(result), IsOk());
  }
  ASSERT_THAT(
      results_.AddRefusal(4, core::MakeError(core::Reason::kInvalidField, "sex must be F, M or X")),
      IsOk());
  EXPECT_EQ(ResultsText(),
            "line,result,reason,message,crossing_id\r\n2,RECORDED,,,id\r\n"
            "4,REFUSED,INVALID_FIELD,\"sex must be F, M or X\",\r\n5,RECORDED,,,id\r\n"
            "300,RECORDED,,,id\r\n70000,RECORDED,,,id\r\n");
  EXPECT_EQ(results_.counts().all(), 5);
}

}  // namespace
}  // namespace entryexit::ctl
