#include "entryexit/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::base {
namespace {

using entryexit::testing::FailsWith;
using entryexit::testing::IsOk;
using ::testing::HasSubstr;

TEST(Files, AreReadAsTheyWereWritten) {
  const entryexit::testing::TempDir dir;
  const std::string content = std::string(200'000, 'x') + '\0' + "\r\n";
  EXPECT_THAT(WriteFile(dir.path() / "file", "what is replaced, and longer" + content), IsOk());
  EXPECT_THAT(WriteFile(dir.path() / "file", content), IsOk());
  EXPECT_EQ(*ReadFile(dir.path() / "file"), content);
}

TEST(Files, ThatCannotBeReadOrWrittenAreNamedWithTheCause) {
  const entryexit::testing::TempDir dir;
  const std::string folder = dir.path();
  const auto expect = [](const absl::Status& status, const std::string& message) {
    EXPECT_THAT(status, FailsWith(core::Reason::kConfigInvalid));
    EXPECT_EQ(status.message(), message);
  };
  expect(ReadFile(folder).status(), "cannot read " + folder + ": Is a directory");
  expect(ReadFile(folder + "/no").status(),
         "cannot read " + folder + "/no: No such file or directory");
  expect(WriteFile(folder, "x"), "cannot write " + folder + ": Is a directory");
  expect(WriteFile("/dev/full", "x"), "cannot write /dev/full: No space left on device");
}

}  // namespace
}  // namespace entryexit::base
