#include "ctl/import_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::ctl {
namespace {

using core::Reason;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr char kHeader[] =
    "direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,"
    "class_of_admission,authorized_until,carrier,flight,image";
constexpr char kArrivalLine[] =
    "ARRIVAL,SEA-A1,2024-05-01T09:30:00.25-07:00,uto,x 12-34,D,1984-02-29,F,B-2,2024-10-31,"
    "\"Air, \"\"U\"\"\",UU1,faces/1.jpg";

std::string_view At(const ImportFields& fields, ImportColumn column) {
  return fields[static_cast<std::size_t>(column)];
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

// The row of a line with these changes, which are made in the text of a good one.
absl::Status RowWith(const std::string& what, const std::string& by, v1::ImportRow& row,
                     std::string line = kArrivalLine) {
  CsvImportParser parser;
  EXPECT_THAT(parser.ReadHeader(kHeader), IsOk());
  line.replace(line.find(what), what.size(), by);
  ImportFields fields;
  absl::Status status = parser.Read(line, fields);
  return status.ok() ? MakeImportRow(fields, row) : status;
}

TEST(CsvImportParser, ReadsFieldsByTheHeaderInAnyOrder) {
  CsvImportParser parser;
  ASSERT_THAT(parser.ReadHeader("sex,\"birth_date\",nationality,document_number,issuing_state,"
                                "captured_at,lane_id,direction"),
              IsOk());
  ImportFields fields;
  ASSERT_THAT(parser.Read("a,b,c,d,e,f,g,h", fields), IsOk());
  EXPECT_EQ(At(fields, ImportColumn::kSex), "a");
  EXPECT_EQ(At(fields, ImportColumn::kDirection), "h");
  EXPECT_EQ(At(fields, ImportColumn::kImage), "");
}

TEST(CsvImportParser, RefusesHeadersThatWouldMislead) {
  const auto message = [](const std::string& header) {
    CsvImportParser parser;
    const absl::Status status = parser.ReadHeader(header);
    EXPECT_THAT(status, FailsWith(Reason::kInvalidField));
    return MessageOf(status);
  };
  EXPECT_THAT(message(std::string(kHeader) + ",name"), HasSubstr("'name', which there is not"));
  EXPECT_THAT(message(std::string(kHeader) + ",sex"), HasSubstr("sex twice"));
  EXPECT_THAT(message("direction,lane_id"), HasSubstr("lacks the column captured_at"));
  EXPECT_THAT(message(kArrivalLine), HasSubstr("'ARRIVAL'"));
  EXPECT_THAT(message(""), HasSubstr("''"));
}

TEST(CsvImportParser, TakesQuotesApartAsRfc4180Does) {
  CsvImportParser parser;
  ASSERT_THAT(parser.ReadHeader("direction,lane_id,captured_at,issuing_state,document_number,"
                                "nationality,birth_date,sex"),
              IsOk());
  ImportFields fields;
  ASSERT_THAT(parser.Read(R"("a,b","","""",c d," e ",,"x""y""z",)", fields), IsOk());
  EXPECT_EQ(fields[0], "a,b");
  EXPECT_EQ(fields[1], "");
  EXPECT_EQ(fields[2], "\"");
  EXPECT_EQ(fields[3], "c d");
  EXPECT_EQ(fields[4], " e ");
  EXPECT_EQ(fields[5], "");
  EXPECT_EQ(fields[6], "x\"y\"z");
  EXPECT_EQ(fields[7], "");
  for (const char* const bad : {R"("a,b,c,d,e,f,g,h)", R"(a"b,,,,,,,)", R"("a"b,,,,,,,)",
                                R"(,,,,,,,")", "a,b", "a,b,c,d,e,f,g,h,i", ""}) {
    EXPECT_THAT(parser.Read(bad, fields), FailsWith(Reason::kInvalidField)) << bad;
  }
}

TEST(JsonImportParser, ReadsTheMembersOfAnObject) {
  JsonImportParser parser;
  ImportFields fields;
  ASSERT_THAT(parser.Read(R"({"sex": "F", "flight": null, "carrier": "A\u00e9\nB"})", fields),
              IsOk());
  EXPECT_EQ(At(fields, ImportColumn::kSex), "F");
  EXPECT_EQ(At(fields, ImportColumn::kFlight), "");
  EXPECT_EQ(At(fields, ImportColumn::kCarrier), "A\u00e9\nB");
  for (const std::string& bad :
       {std::string("[]"), std::string("{\"sex\": \"F\""), std::string(),
        std::string("{\"sex\": 1}"), std::string("{\"Sex\": \"F\"}"), std::string("{\"sex\": {}}"),
        std::string("{} {}"), std::string(60'000, '['), std::string("{\"sex\": \"\xFF\"}")}) {
    EXPECT_THAT(parser.Read(bad, fields), FailsWith(Reason::kInvalidField)) << bad.substr(0, 20);
  }
}

TEST(MakeImportRow, MakesWhatTheServiceTakes) {
  v1::ImportRow row;
  ASSERT_THAT(RowWith("UU1", "UU2", row), IsOk());
  EXPECT_EQ(row.direction(), v1::DIRECTION_ARRIVAL);
  EXPECT_EQ(row.lane_id(), "SEA-A1");
  EXPECT_EQ(row.captured_at().seconds(), 1714581000);
  EXPECT_EQ(row.captured_at().nanos(), 250'000'000);
  EXPECT_EQ(row.document().issuing_state(), "UTO")
      << "normalized, so that rows of one document meet";
  EXPECT_EQ(row.document().number(), "X1234");
  EXPECT_EQ(row.document().nationality(), "D");
  EXPECT_EQ(row.document().birth_date().day(), 29);
  EXPECT_EQ(row.document().sex(), v1::SEX_FEMALE);
  EXPECT_EQ(row.admission().class_of_admission(), "B-2");
  EXPECT_EQ(row.admission().authorized_until().month(), 10);
  EXPECT_EQ(row.carrier(), "Air, \"U\"");
  EXPECT_EQ(row.flight(), "UU2");
}

TEST(MakeImportRow, KnowsThreeWaysToAuthorize) {
  v1::ImportRow row;
  ASSERT_THAT(RowWith("2024-10-31", "D_S", row), IsOk());
  EXPECT_TRUE(row.admission().duration_of_status());
  ASSERT_THAT(RowWith("2024-10-31", "", row), IsOk());
  EXPECT_EQ(row.admission().authorization_case(), v1::Admission::AUTHORIZATION_NOT_SET);
}

TEST(MakeImportRow, NamesTheColumnThatIsWrongAndNotItsValue) {
  v1::ImportRow row;
  const std::pair<const char*, const char*> bad[] = {
      {"ARRIVAL", "arrival"},
      {"2024-05-01T09:30:00.25-07:00", "2024-05-01T09:30:00"},
      {"2024-05-01T", "2024-02-30T"},
      {"uto", "UT0"},
      {"x 12-34", "x/1"},
      {",D,", ",DEUT,"},
      {"1984-02-29", "1983-02-29"},
      {",F,", ",f,"},
      {"2024-10-31", "31.10.2024"},
      {"2024-10-31", "90"}};
  for (const auto& [what, by] : bad) {
    const absl::Status status = RowWith(what, by, row);
    EXPECT_THAT(status, FailsWith(Reason::kInvalidField)) << by;
    EXPECT_THAT(MessageOf(status), ::testing::Not(HasSubstr("1983"))) << by;
  }
  for (const char* const required : {"ARRIVAL", "SEA-A1", "uto", "x 12-34", "1984-02-29", "B-2"}) {
    EXPECT_THAT(RowWith(required, "", row), FailsWith(Reason::kMissingField)) << required;
  }
  EXPECT_THAT(RowWith("ARRIVAL", "DEPARTURE", row), FailsWith(Reason::kInvalidField))
      << "a departure is admitted to nothing";
}

}  // namespace
}  // namespace entryexit::ctl
