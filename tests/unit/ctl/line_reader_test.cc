#include "ctl/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

using core::Reason;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

class LineReaderTest : public ::testing::Test {
 protected:
  std::filesystem::path Write(const std::string& content) {
    std::ofstream(file_, std::ios::binary) << content;
    return file_;
  }

  // Each line's text; "<too long>" for one that is.
  std::vector<std::string> LinesOf(const std::string& content) {
    const auto reader = LineReader::Open(Write(content));
    EXPECT_THAT(reader, IsOk());
    std::vector<std::string> lines;
    Line line;
    while (*(*reader)->Next(line)) {
      EXPECT_EQ(line.number, static_cast<std::int64_t>(lines.size()) + 1);
      lines.emplace_back(line.too_long ? "<too long>" : line.text);
      last_ended_ = line.ended;
    }
    EXPECT_EQ((*reader)->Digest(), crypto::Sha256Hex(content));
    return lines;
  }

  const testing::TempDir directory_;
  const std::filesystem::path file_ = directory_.path() / "file";
  bool last_ended_ = false;
};

TEST_F(LineReaderTest, GivesLinesWithoutTheirBreaks) {
  EXPECT_THAT(LinesOf("a\nb\r\n\nc\rd\n"), ElementsAre("a", "b", "", "c\rd"));
  EXPECT_TRUE(last_ended_);
  EXPECT_THAT(LinesOf("a\nb"), ElementsAre("a", "b"));
  EXPECT_FALSE(last_ended_);
  EXPECT_THAT(LinesOf(""), IsEmpty());
  EXPECT_THAT(LinesOf("\n"), ElementsAre(""));
}

TEST_F(LineReaderTest, LeavesOutTheMarkOfUtf8) {
  EXPECT_THAT(LinesOf("\xEF\xBB\xBF"
                      "a\n\xEF\xBB\xBF"
                      "b\n"),
              ElementsAre("a",
                          "\xEF\xBB\xBF"
                          "b"));
  EXPECT_THAT(LinesOf("\xEF\xBB\xBF"), IsEmpty());
}

TEST_F(LineReaderTest, RefusesUtf16InWords) {
  using namespace std::string_literals;
  for (const std::string& content : {"\xFF\xFE"
                                     "a\0\n\0"s,
                                     "\xFE\xFF\0a\0\n"s, "a\0b\0"s, "\0a\0b"s}) {
    const auto reader = LineReader::Open(Write(content));
    EXPECT_THAT(reader, FailsWith(Reason::kConfigInvalid));
    EXPECT_THAT(std::string(reader.status().message()), HasSubstr("UTF-16"));
  }
}

TEST_F(LineReaderTest, SkipsALineThatIsTooLongToItsEnd) {
  const std::string longest(LineReader::kMaxLine, 'x');
  EXPECT_THAT(LinesOf("a\n" + longest + "\nb\n"), ElementsAre("a", longest, "b"));
  EXPECT_THAT(LinesOf("a\n" + longest + "x\nb\n"), ElementsAre("a", "<too long>", "b"));
  EXPECT_THAT(LinesOf(longest + "x"), ElementsAre("<too long>"));
  EXPECT_THAT(LinesOf(std::string(5 << 20, 'x') + "\nb"), ElementsAre("<too long>", "b"));
}

TEST_F(LineReaderTest, GivesTheSameLinesWhereverTheyFallInThePieces) {
  std::string content;
  std::vector<std::string> lines;
  for (int i = 0; content.size() < size_t{5} << 20; ++i) {
    lines.push_back(std::string(static_cast<size_t>(i * 7919 % 60'000), 'a') + std::to_string(i));
    content += lines.back() + (i % 2 == 0 ? "\n" : "\r\n");
  }
  EXPECT_EQ(LinesOf(content), lines);
}

// The line is a hole in the file: nobody has to write it.
TEST_F(LineReaderTest, ALineOfTenGigabytesTakesNoMemory) {
  constexpr std::uintmax_t kTenGigabytes = 10'000'000'000;
  Write("first\n");
  std::error_code error;
  std::filesystem::resize_file(file_, kTenGigabytes, error);
  if (error) GTEST_SKIP() << "no such file can be made here: " << error.message();
  std::ofstream(file_, std::ios::binary | std::ios::app) << "\nlast\n";
  const auto peak_kilobytes = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const auto reader = LineReader::Open(file_);
  ASSERT_THAT(reader, IsOk());
  const long before = peak_kilobytes();
  Line line;
  ASSERT_TRUE(*(*reader)->Next(line));
  EXPECT_EQ(line.text, "first");
  ASSERT_TRUE(*(*reader)->Next(line));
  EXPECT_TRUE(line.too_long);
  ASSERT_TRUE(*(*reader)->Next(line));
  EXPECT_EQ(line.text, "last");
  EXPECT_EQ(line.number, 3);
  EXPECT_FALSE(*(*reader)->Next(line));
  EXPECT_LT(peak_kilobytes() - before, 8 << 10);
}

TEST_F(LineReaderTest, SaysWhatCannotBeRead) {
  EXPECT_THAT(LineReader::Open(directory_.path() / "none"), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(LineReader::Open(directory_.path()), FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::ctl
