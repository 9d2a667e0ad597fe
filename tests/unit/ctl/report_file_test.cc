#include "ctl/report_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;
using entryexit::testing::FailsWith;
using entryexit::testing::IsOk;

class ReportFileTest : public ::testing::Test {
 protected:
  // Those of the unfinished included.
  std::ptrdiff_t FilesThere() const {
    return std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator());
  }

  const entryexit::testing::TempDir directory_;
  const fs::path file_ = directory_.path() / "summary.csv";
};

TEST_F(ReportFileTest, IsWrittenReplacedOrLeftAlone) {
  const std::string large(200'000, 'x');
  EXPECT_EQ(*WriteReportFile(file_, large, kForEverybody), FileState::kWritten);
  EXPECT_EQ(*WriteReportFile(file_, large, kForEverybody), FileState::kUnchanged);
  EXPECT_EQ(*WriteReportFile(file_, large + "y", kForEverybody), FileState::kReplaced);
  EXPECT_EQ(*base::ReadFile(file_), large + "y");
  EXPECT_EQ(*WriteReportFile(file_, "", kForEverybody), FileState::kReplaced);
  EXPECT_EQ(*WriteReportFile(file_, "", kForEverybody), FileState::kUnchanged);
  EXPECT_EQ(FilesThere(), 1);
}

TEST_F(ReportFileTest, OfTheSameContentIsNotTouched) {
  ASSERT_THAT(WriteReportFile(file_, "x", kForEverybody), IsOk());
  const auto long_ago = fs::last_write_time(file_) - std::chrono::hours(1);
  fs::last_write_time(file_, long_ago);
  ASSERT_THAT(WriteReportFile(file_, "x", kForEverybody), IsOk());
  EXPECT_EQ(fs::last_write_time(file_), long_ago);
}

TEST_F(ReportFileTest, ThatIsNotFinishedLeavesTheOldOne) {
  ASSERT_THAT(WriteReportFile(file_, "old", kForEverybody), IsOk());
  {
    const auto unfinished = ReportFile::Create(file_, kForEverybody);
    ASSERT_THAT(unfinished, IsOk());
    (*unfinished)->Write("new");
    EXPECT_EQ(*base::ReadFile(file_), "old");
  }
  EXPECT_EQ(*base::ReadFile(file_), "old");
  EXPECT_EQ(FilesThere(), 1);
}

TEST_F(ReportFileTest, OfTwoWhoWriteAtOnceIsTheLastOnes) {
  const auto first = ReportFile::Create(file_, kForEverybody);
  const auto second = ReportFile::Create(file_, kForEverybody);
  (*first)->Write("first");
  (*second)->Write("second");
  EXPECT_EQ(*(*second)->PutInPlace(), FileState::kWritten);
  EXPECT_EQ(*(*first)->PutInPlace(), FileState::kReplaced);
  EXPECT_EQ(*base::ReadFile(file_), "first");
}

TEST_F(ReportFileTest, IsItsOwnersAloneWhenAskedFor) {
  ASSERT_THAT(WriteReportFile(file_, "x", kForOwner), IsOk());
  struct stat status = {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ReportFileTest, NeverTakesThePlaceOfWhatIsNoFile) {
  for (const fs::path& other : {directory_.path(), fs::path("/dev/null")}) {
    const absl::Status refused = WriteReportFile(other, "x", kForEverybody).status();
    EXPECT_THAT(refused, FailsWith(core::Reason::kConfigInvalid));
    EXPECT_EQ(refused.message(), "cannot write " + other.string() + ": it is there and no file");
  }
  EXPECT_EQ(
      WriteReportFile(directory_.path() / "none/x", "x", kForEverybody).status().message(),
      "cannot write " + (directory_.path() / "none/x").string() + ": No such file or directory");
}

}  // namespace
}  // namespace entryexit::ctl
