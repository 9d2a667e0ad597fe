// What another system kept is taken over with the command line and the real daemon: whatever the
// file is like, and whatever happens meanwhile, each row is recorded as a whole or refused with its
// reason, and a second run completes the first.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "entryexit/v1/import_service.grpc.pb.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/small_disk.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"

namespace entryexit::testing {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHeader[] =
    "direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,"
    "class_of_admission,authorized_until,carrier,flight,image\n";

std::string ArrivalLine(const std::string& number, const std::string& day, const std::string& until,
                        const std::string& image = "") {
  return fmt::format("ARRIVAL,SEA-A1,{}T12:00:00-07:00,UTO,{},UTO,1985-03-14,F,B-2,{},UA,UA1,{}\n",
                     day, number, until, image);
}

std::string DepartureLine(const std::string& number, const std::string& day,
                          const std::string& image = "") {
  return fmt::format("DEPARTURE,SEA-D1,{}T12:00:00-07:00,UTO,{},UTO,1985-03-14,F,,,UA,UA2,{}\n",
                     day, number, image);
}

// `entryexitctl import crossings` as a process of its own.
class ImportProcess {
 public:
  ImportProcess(World& world, const fs::path& file, std::vector<std::string> options = {},
                const std::string& principal = "admin/bob")
      : log_(file.string() + ".log") {
    std::vector<std::string> arguments = CtlWords(world, principal, {"import", "crossings", file});
    arguments.insert(arguments.end(), options.begin(), options.end());
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      const int stream = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      dup2(stream, STDOUT_FILENO);
      dup2(stream, STDERR_FILENO);
      execv(raw[0], raw.data());
      _exit(127);
    }
  }
  ~ImportProcess() {
    Kill();
    Wait();
  }
  ImportProcess(const ImportProcess&) = delete;
  ImportProcess& operator=(const ImportProcess&) = delete;

  void Kill() const {
    if (pid_ > 0) kill(pid_, SIGKILL);
  }
  // Its exit code; minus the signal that ended it.
  int Wait() {
    if (pid_ > 0) {
      int status = 0;
      waitpid(pid_, &status, 0);
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      pid_ = -1;
    }
    return exit_code_;
  }
  std::string output() const { return ReadAll(log_); }

 private:
  const fs::path log_;
  pid_t pid_ = -1;
  int exit_code_ = 0;
};

class ImportTest : public ::testing::Test {
 protected:
  fs::path Write(const std::string& name, const std::string& content) const {
    const fs::path file = directory_.path() / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  static int Import(World& world, const fs::path& file, std::string* output = nullptr,
                    const std::vector<std::string>& options = {}) {
    ImportProcess process(world, file, options);
    const int code = process.Wait();
    if (output != nullptr) *output = process.output();
    return code;
  }

  // The records of the results file, less the header, each without message and crossing.
  static std::vector<std::string> ResultsOf(const fs::path& file,
                                            const char* suffix = ".results.csv") {
    std::ifstream stream(file.string() + suffix);
    std::vector<std::string> results;
    std::string line;
    std::getline(stream, line);
    EXPECT_EQ(line, "line,result,reason,message,crossing_id\r");
    while (std::getline(stream, line)) {
      const size_t comma = line.find(',', line.find(',', line.find(',') + 1) + 1);
      results.push_back(line.substr(0, comma));
    }
    return results;
  }

  // Two rows for each of so many travelers, of whom each is recorded as a whole or not at all.
  static std::string ManyRows(int travelers) {
    std::string rows = kHeader;
    for (int i = 0; i < travelers; ++i) {
      const std::string number = fmt::format("N{:06}", i);
      rows += ArrivalLine(number, "2024-05-01", "2024-05-31");
      rows += DepartureLine(number, i % 10 == 0 ? "2024-06-10" : "2024-05-20");
    }
    return rows;
  }

  static void ExpectWholeTravelersOnly(World& world) {
    EXPECT_EQ(NumberOf(world, R"(
        SELECT count(*) FROM (
          SELECT t.traveler_id FROM traveler t
            LEFT JOIN crossing c ON c.traveler_id = t.traveler_id
            LEFT JOIN stay s ON s.arrival_id = c.crossing_id AND s.state = 'CLOSED'
          GROUP BY t.traveler_id
          HAVING count(c.crossing_id) <> 2 OR count(s.arrival_id) <> 1) partly)"),
              0);
  }

  static void ExpectAllRecordedOnce(World& world, int travelers) {
    EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM crossing"), 2 * travelers);
    EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM stay"), travelers);
    EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM review_case WHERE kind = 'OVERSTAY'"),
              (travelers + 9) / 10);
    EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM review_case"), (travelers + 9) / 10);
    ExpectWholeTravelersOnly(world);
  }

  const TempDir directory_;
};

TEST_F(ImportTest, OfAFileWithEveryKindOfBadRowRecordsTheGoodOnesAndSaysWhatIsWrongWithTheOthers) {
  World world;
  std::string rows = "\xEF\xBB\xBF";
  rows += kHeader;                                               // 1
  rows += ArrivalLine("A1", "2024-05-01", "2024-05-31");         // 2
  rows += ArrivalLine("A1", "2024-05-01", "2024-05-31");         // 3 the same again
  rows += ArrivalLine("A1", "2024-05-01", "2024-06-30");         // 4 otherwise
  rows += DepartureLine("A1", "2024-06-10");                     // 5 late
  rows += DepartureLine("A2", "2024-04-01");                     // 6 before its arrival
  rows += ArrivalLine("A2", "2024-05-01", "2024-05-31");         // 7
  rows += ArrivalLine("M\xFCller", "2024-05-01", "2024-05-31");  // 8 Latin-1
  rows += std::string(100'000, 'x') + "\n";                      // 9 too long
  rows += ArrivalLine("A3", "2024-05-01", "2024-04-30");         // 10
  rows += ArrivalLine("A3", "1999-05-01", "1999-05-31");         // 11
  rows += ArrivalLine("A3", "2199-05-01", "2199-05-31");         // 12
  rows += ArrivalLine("A3", "2024-02-30", "2024-05-31");         // 13 no such day
  rows += "\n";                                                  // 14 blank
  const auto with = [&](std::string_view what, std::string_view by) {
    std::string line = ArrivalLine("A4", "2024-05-01", "2024-05-31");
    line.replace(line.find(what), what.size(), by);
    return line;
  };
  rows += with("B-2", "Q-9");                               // 15
  rows += with("SEA-A1", "NOWHERE");                        // 16
  rows += with("SEA-A1", "SEA-D1");                         // 17
  rows += with(",UTO,A4", ",UT0,A4");                       // 18
  rows += with("1985", "1885");                             // 19
  rows += with("ARRIVAL", "TRANSIT");                       // 20
  rows += with("UA1", "\"UA1");                             // 21
  rows += with("UA,UA1", "UA");                             // 22
  rows += with("UA1", std::string_view("U\0A", 3));         // 23
  rows += with("UA1", "Zürich 東京");                       // 24
  rows += DepartureLine("A4", "2024-05-20").substr(0, 60);  // 25 cut off
  const fs::path file = Write("bad.csv", rows);

  std::string output;
  EXPECT_EQ(Import(world, file, &output), 1) << output;
  const std::vector<std::string> first = ResultsOf(file);
  EXPECT_THAT(
      first,
      ElementsAre("2,RECORDED,", "3,ALREADY_RECORDED,", "4,REFUSED,CROSSING_ALREADY_RECORDED",
                  "5,RECORDED,", "6,RECORDED,", "7,RECORDED,", "8,REFUSED,INVALID_FIELD",
                  "9,REFUSED,INVALID_FIELD", "10,REFUSED,INVALID_FIELD", "11,REFUSED,INVALID_FIELD",
                  "12,REFUSED,CAPTURED_AT_IN_FUTURE", "13,REFUSED,INVALID_FIELD",
                  "15,REFUSED,CLASS_UNKNOWN", "16,REFUSED,LANE_UNKNOWN",
                  "17,REFUSED,LANE_WRONG_DIRECTION", "18,REFUSED,INVALID_FIELD",
                  "19,REFUSED,INVALID_FIELD", "20,REFUSED,INVALID_FIELD",
                  "21,REFUSED,INVALID_FIELD", "22,REFUSED,INVALID_FIELD",
                  "23,REFUSED,INVALID_FIELD", "24,RECORDED,", "25,REFUSED,INVALID_FIELD"));
  EXPECT_THAT(output, HasSubstr("CLASS_UNKNOWN"));
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM crossing"), 5);
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM crossing WHERE flight = 'Zürich 東京'"), 1);
  EXPECT_EQ(NumberOf(world,
                     "SELECT count(*) FROM review_case WHERE kind = 'OVERSTAY' AND "
                     "days_overstayed = 10"),
            1);
  EXPECT_EQ(
      NumberOf(world, "SELECT count(*) FROM review_case WHERE kind = 'DEPARTURE_WITHOUT_ARRIVAL'"),
      1);

  const int before = RowsIn(world);
  EXPECT_EQ(Import(world, file), 1);
  const std::vector<std::string> second = ResultsOf(file);
  EXPECT_EQ(second.size(), first.size());
  EXPECT_THAT(second, Not(::testing::Contains(HasSubstr(",RECORDED,"))));
  EXPECT_EQ(RowsIn(world), before);
}

TEST_F(ImportTest, TakesJsonLinesToo) {
  World world;
  const fs::path file = Write(
      "rows.jsonl",
      R"({"direction": "ARRIVAL", "lane_id": "SEA-A1", "captured_at": "2024-05-01T12:00:00Z", "issuing_state": "UTO", "document_number": "J1", "nationality": "UTO", "birth_date": "1985-03-14", "sex": "X", "class_of_admission": "F-1", "authorized_until": "D_S"}
{"direction": "DEPARTURE", "lane_id": "SEA-D1", "captured_at": "2024-06-01T12:00:00Z", "issuing_state": "UTO", "document_number": "J1", "nationality": "UTO", "birth_date": "1985-03-14", "sex": "X", "flight": null}
{"direction": "DEPARTURE", "lane_id": "SEA-D1", "capt)");
  std::string output;
  EXPECT_EQ(Import(world, file, &output), 1) << output;
  EXPECT_THAT(ResultsOf(file),
              ElementsAre("1,RECORDED,", "2,RECORDED,", "3,REFUSED,INVALID_FIELD"));
  EXPECT_EQ(NumberOf(world,
                     "SELECT count(*) FROM stay WHERE state = 'CLOSED' AND "
                     "class_of_admission = 'F-1' AND authorized_until IS NULL"),
            1);
}

TEST_F(ImportTest, ImagesAreRecordedAndComparedAndNoPathLeavesTheFolder) {
  World world;
  fs::create_directory(directory_.path() / "faces");
  std::ofstream(directory_.path() / "faces/a.jpg", std::ios::binary) << FaceImage(7, "arrival_1");
  std::ofstream(directory_.path() / "faces/d.jpg", std::ios::binary) << FaceImage(7, "departure_1");
  std::ofstream(directory_.path() / "faces/empty.jpg", std::ios::binary);
  std::ofstream(directory_.path() / "faces/noise.jpg", std::ios::binary) << "no picture";
  fs::create_symlink("/etc/passwd", directory_.path() / "faces/link.jpg");
  const fs::path file =
      Write("faces.csv", kHeader + DepartureLine("F1", "2024-05-20", "faces/d.jpg") +
                             ArrivalLine("F1", "2024-05-01", "2024-05-31", "faces/a.jpg") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "../../etc/passwd") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "/etc/passwd") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "faces/link.jpg") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "faces/none.jpg") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "faces") +
                             ArrivalLine("F2", "2024-05-01", "2024-05-31", "faces/empty.jpg") +
                             ArrivalLine("F3", "2024-05-01", "2024-05-31", "faces/noise.jpg"));
  std::string output;
  EXPECT_EQ(Import(world, file, &output), 1) << output;
  const std::vector<std::string> expected = {"2,RECORDED,",
                                             "3,RECORDED,",
                                             "4,REFUSED,INVALID_FIELD",
                                             "5,REFUSED,INVALID_FIELD",
                                             "6,REFUSED,INVALID_FIELD",
                                             "7,REFUSED,INVALID_FIELD",
                                             "8,REFUSED,INVALID_FIELD",
                                             "9,REFUSED,IMAGE_EMPTY",
                                             "10,RECORDED,"};
  EXPECT_EQ(ResultsOf(file), expected);
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM template"), 2);
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM comparison WHERE outcome = 'MATCH'"), 1);
  const int before = RowsIn(world);
  EXPECT_EQ(Import(world, file), 1);
  EXPECT_EQ(RowsIn(world), before);
}

TEST_F(ImportTest, KilledHalfWayItIsRunAgainAndNothingIsThereTwice) {
  World world;
  constexpr int kTravelers = 30'000;
  const fs::path file = Write("many.csv", ManyRows(kTravelers));
  const fs::path results = file.string() + ".results.csv";
  {
    ImportProcess process(world, file, {"--temp", directory_.path().string()});
    AwaitAtLeast(world, 1, "SELECT count(*) FROM crossing");
    process.Kill();
    EXPECT_EQ(process.Wait(), -SIGKILL);
  }
  // What the daemon was at when its client was killed.
  AwaitAtLeast(world, 1, R"(
      SELECT (count(*) = 0)::int FROM pg_stat_activity
      WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid())");
  const int half = NumberOf(world, "SELECT count(*) FROM crossing");
  EXPECT_LT(half, 2 * kTravelers);
  EXPECT_FALSE(fs::exists(results));
  ExpectWholeTravelersOnly(world);

  // The daemon, too, may be killed.
  {
    ImportProcess process(world, file);
    AwaitAtLeast(world, half + 1, "SELECT count(*) FROM crossing");
    world.daemon().Kill();
    EXPECT_EQ(process.Wait(), 5) << process.output();
    EXPECT_THAT(process.output(), HasSubstr("Run the same command again"));
    EXPECT_FALSE(fs::exists(results));
  }
  ExpectWholeTravelersOnly(world);
  world.Restart();

  std::string output;
  EXPECT_EQ(Import(world, file, &output), 0) << output;
  EXPECT_EQ(ResultsOf(file).size(), size_t{2} * kTravelers);
  ExpectAllRecordedOnce(world, kTravelers);
}

TEST_F(ImportTest, ADiskThatFillsUpEndsItAndWithMoreRoomItIsCompleted) {
  const SmallDisk disk("6m");
  if (!disk.mounted()) GTEST_SKIP() << "this account may not mount a small disk";
  World world({.environment = {}, .own_postgres = true});
  for (const std::string& sql :
       {fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk.path().string()),
        std::string("ALTER TABLE stay SET TABLESPACE small")}) {
    ASSERT_THAT(world.postgres().Execute(world.database(), sql), IsOk());
  }
  constexpr int kTravelers = 60'000;
  const fs::path file = Write("many.csv", ManyRows(kTravelers));
  std::string output;
  EXPECT_EQ(Import(world, file, &output), 5) << output;
  EXPECT_THAT(output, HasSubstr("DATABASE_FULL"));
  EXPECT_GT(NumberOf(world, "SELECT count(*) FROM crossing"), 0);
  EXPECT_FALSE(fs::exists(file.string() + ".results.csv"));
  ExpectWholeTravelersOnly(world);
  ASSERT_TRUE(disk.Grow("256m"));
  EXPECT_EQ(Import(world, file, &output), 0) << output;
  ExpectAllRecordedOnce(world, kTravelers);
}

TEST_F(ImportTest, RefusesAFileAsAWholeBeforeAnythingIsSent) {
  World& world = World::Shared();
  const int before = RowsIn(world);
  const std::string good = ArrivalLine("W1", "2024-05-01", "2024-05-31");
  std::string utf16;
  for (const char c : kHeader + good) utf16 += {c, '\0'};
  const std::pair<std::string, const char*> bad[] = {
      {"", "lacks a header"},
      {good, "which there is not"},
      {"direction,name\n" + good, "'name', which there is not"},
      {"\xFF\xFE" + utf16, "UTF-16"},
      {utf16, "UTF-16"}};
  for (const auto& [content, why] : bad) {
    std::string output;
    EXPECT_EQ(Import(world, Write("bad.csv", content), &output), 2) << output;
    EXPECT_THAT(output, HasSubstr(why));
    EXPECT_FALSE(fs::exists(directory_.path() / "bad.csv.results.csv"));
  }
  std::string output;
  EXPECT_EQ(Import(world, directory_.path() / "none.csv", &output), 2);
  EXPECT_EQ(Import(world, Write("rows.txt", kHeader + good), &output), 2);
  EXPECT_THAT(output, HasSubstr("give --format"));
  EXPECT_EQ(Import(world, Write("rows.csv", kHeader + good), &output,
                   {"--results", "/nowhere/results.csv"}),
            2);
  EXPECT_EQ(RowsIn(world), before);
}

TEST_F(ImportTest, CanCheckAFileWithoutSendingIt) {
  World& world = World::Shared();
  const int before = RowsIn(world);
  const fs::path file = Write("rows.csv", kHeader + ArrivalLine("W1", "2024-05-01", "2024-05-31") +
                                              ArrivalLine("W1", "2024-05-01", "May"));
  std::string output;
  EXPECT_EQ(Import(world, file, &output, {"--dry-run"}), 1) << output;
  EXPECT_THAT(ResultsOf(file, ".check.csv"), ElementsAre("2,CHECKED,", "3,REFUSED,INVALID_FIELD"));
  EXPECT_FALSE(fs::exists(file.string() + ".results.csv")) << "that of an import";
  EXPECT_EQ(Import(world, file, &output, {"--results", file.string()}), 2) << output;
  EXPECT_TRUE(fs::exists(file));
  EXPECT_EQ(RowsIn(world), before);
}

TEST_F(ImportTest, IsForAdministratorsOnly) {
  World& world = World::Shared();
  const int before = RowsIn(world);
  const fs::path file = Write("rows.csv", kHeader + ArrivalLine("W1", "2024-05-01", "2024-05-31"));
  for (const char* const principal :
       {"lane/SEA-A1", "officer/4711", "report/nightly", "auditor/7"}) {
    ImportProcess process(world, file, {}, principal);
    EXPECT_EQ(process.Wait(), 1);
    EXPECT_THAT(process.output(), HasSubstr("ROLE_NOT_ALLOWED"));
  }
  EXPECT_EQ(RowsIn(world), before);
}

// ---------------------------------------------------------------------- the stream by itself

using Stub = v1::ImportService::Stub;

// One stream, from its first request to its end.
class RawImport {
 public:
  explicit RawImport(World& world)
      : stub_(v1::ImportService::NewStub(world.Connect("entryexit://admin/bob"))) {
    SetPatience(context_);
    stream_ = stub_->ImportCrossings(&context_);
  }

  bool Send(const v1::ImportCrossingsRequest& request) { return stream_->Write(request); }
  bool Read(v1::ImportCrossingsResponse& response) { return stream_->Read(&response); }
  StatusCode End() {
    stream_->WritesDone();
    v1::ImportCrossingsResponse unread;
    while (stream_->Read(&unread)) {
    }
    return stream_->Finish().error_code();
  }
  std::string reason() const { return ReasonOf(context_); }

 private:
  std::unique_ptr<Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ImportCrossingsRequest, v1::ImportCrossingsResponse>>
      stream_;
};

v1::ImportRow GoodRow(const std::string& number) {
  v1::ImportRow row;
  row.set_line(7);
  row.set_direction(v1::DIRECTION_DEPARTURE);
  row.set_lane_id("SEA-D1");
  row.mutable_captured_at()->set_seconds(1'700'000'000);
  row.mutable_document()->set_issuing_state("UTO");
  row.mutable_document()->set_number(number);
  row.mutable_document()->set_nationality("UTO");
  row.mutable_document()->mutable_birth_date()->set_year(1985);
  row.mutable_document()->mutable_birth_date()->set_month(3);
  row.mutable_document()->mutable_birth_date()->set_day(14);
  row.mutable_document()->set_sex(v1::SEX_MALE);
  return row;
}

TEST(ImportStream, AnswersEachRowInOrderAndLeavesOutNone) {
  RawImport import(World::Shared());
  v1::ImportCrossingsRequest request;
  request.set_import_id(crypto::NewUuid());
  for (const char* const spoil :
       {"", "direction", "lane", "time", "document", "admission", "sex"}) {
    v1::ImportRow& row = *request.add_rows();
    row = GoodRow(NewDocumentNumber());
    row.set_line(request.rows_size());
    const std::string what = spoil;
    if (what == "direction") row.clear_direction();
    if (what == "lane") row.clear_lane_id();
    if (what == "time") row.clear_captured_at();
    if (what == "document") row.clear_document();
    if (what == "admission") row.mutable_admission()->set_class_of_admission("B-2");
    if (what == "sex") row.mutable_document()->clear_sex();
  }
  ASSERT_TRUE(import.Send(request));
  v1::ImportCrossingsResponse response;
  ASSERT_TRUE(import.Read(response));
  ASSERT_EQ(response.results_size(), request.rows_size());
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::ImportRowResult& result = response.results(i);
    EXPECT_EQ(result.line(), i + 1);
    EXPECT_EQ(result.outcome(), i == 0 ? v1::IMPORT_OUTCOME_RECORDED : v1::IMPORT_OUTCOME_REFUSED);
    EXPECT_EQ(result.crossing_id().empty(), i != 0);
    EXPECT_EQ(result.reason(), i == 0   ? v1::REASON_UNSPECIFIED
                               : i == 5 ? v1::REASON_INVALID_FIELD
                                        : v1::REASON_MISSING_FIELD)
        << i;
  }
  EXPECT_EQ(import.End(), StatusCode::OK);
  EXPECT_THAT(World::Shared().Metrics(),
              HasSubstr("entryexit_import_rows_total{result=\"REFUSED\"} 6"));
}

TEST(ImportStream, EndsAtARequestThatIsNone) {
  World& world = World::Shared();
  const int before = RowsIn(world);
  v1::ImportCrossingsRequest empty;
  empty.set_import_id(crypto::NewUuid());
  v1::ImportCrossingsRequest nameless;
  *nameless.add_rows() = GoodRow("Z1");
  v1::ImportCrossingsRequest too_many = empty;
  for (int i = 0; i < 10'001; ++i) *too_many.add_rows() = GoodRow("Z1");
  const std::pair<v1::ImportCrossingsRequest, const char*> bad[] = {
      {empty, "INVALID_FIELD"}, {nameless, "MISSING_FIELD"}, {too_many, "INVALID_FIELD"}};
  for (const auto& [request, reason] : bad) {
    RawImport import(world);
    import.Send(request);
    EXPECT_EQ(import.End(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(import.reason(), reason);
  }
  EXPECT_EQ(RowsIn(world), before);
}

TEST(ImportStream, HasALimitAndIsEndedWithItsReasonWhenTheDaemonStops) {
  World world;
  std::vector<std::unique_ptr<RawImport>> open;
  v1::ImportCrossingsRequest request;
  request.set_import_id(crypto::NewUuid());
  v1::ImportCrossingsResponse response;
  for (int i = 0; i < 8; ++i) {
    *request.add_rows() = GoodRow(NewDocumentNumber());
    open.push_back(std::make_unique<RawImport>(world));
    ASSERT_TRUE(open.back()->Send(request));
    ASSERT_TRUE(open.back()->Read(response));
  }
  RawImport refused(world);
  EXPECT_EQ(refused.End(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.reason(), "OVERLOADED");
  // Somebody must listen for a stream to end.
  std::vector<std::jthread> listeners;
  for (const auto& import : open) {
    listeners.emplace_back([&import] {
      v1::ImportCrossingsResponse none;
      EXPECT_FALSE(import->Read(none));
    });
  }
  world.daemon().Terminate();
  const auto exit_code = world.daemon().Wait();
  ASSERT_THAT(exit_code, IsOk());
  listeners.clear();
  EXPECT_EQ(*exit_code, 0);
  for (const auto& import : open) {
    EXPECT_EQ(import->End(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(import->reason(), "SHUTTING_DOWN");
  }
}

}  // namespace
}  // namespace entryexit::testing
