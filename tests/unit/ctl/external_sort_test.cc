#include "ctl/external_sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ctl/import_key.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

using testing::FailsWith;
using testing::IsOk;
using Records = std::vector<std::pair<std::string, std::string>>;

Records Drain(ExternalSort& sort) {
  Records records;
  ExternalSort::Record record;
  for (;;) {
    const auto there = sort.Next(record);
    EXPECT_THAT(there, IsOk());
    if (!there.ok() || !*there) return records;
    records.emplace_back(record.key, record.value);
  }
}

bool IsEmptyFolder(const testing::TempDir& directory) {
  return std::filesystem::is_empty(directory.path());
}

TEST(ExternalSort, SortsWhatFitsIntoMemoryAndWhatDoesNot) {
  std::mt19937 random(3);
  for (const std::size_t memory :
       {std::size_t{1}, std::size_t{1} << 12, std::size_t{1} << 16, std::size_t{1} << 24}) {
    const testing::TempDir directory;
    ExternalSort sort(directory.path(), memory);
    Records expected;
    for (int i = 0; i < (memory == 1 ? 300 : 20'000); ++i) {
      // With NULs and bytes beyond ASCII, and each key once.
      std::string key(random() % 20, static_cast<char>(random() % 256));
      AppendSortable(i, key);
      const std::string value(random() % 50, static_cast<char>(random() % 256));
      ASSERT_THAT(sort.Add(key, value), IsOk());
      expected.emplace_back(std::move(key), value);
    }
    std::ranges::sort(expected);
    EXPECT_TRUE(IsEmptyFolder(directory)) << "the temporary file has no name";
    EXPECT_EQ(Drain(sort), expected) << memory;
  }
}

TEST(ExternalSort, TakesRecordsLargerThanItsMemory) {
  const testing::TempDir directory;
  ExternalSort sort(directory.path(), 1000);
  const std::string large(3 << 20, 'v');
  for (const char* key : {"b", "c", "a"}) ASSERT_THAT(sort.Add(key, large), IsOk());
  EXPECT_EQ(Drain(sort), (Records{{"a", large}, {"b", large}, {"c", large}}));
}

TEST(ExternalSort, OfNothingHasNothing) {
  const testing::TempDir directory;
  ExternalSort sort(directory.path(), 1000);
  EXPECT_TRUE(Drain(sort).empty());
}

TEST(ExternalSort, SaysWhereTheTemporaryFileCannotBe) {
  ExternalSort sort("/nowhere", 10);
  ASSERT_THAT(sort.Add("a", "12345678"), IsOk());
  EXPECT_THAT(sort.Add("b", "12345678"), FailsWith(core::Reason::kConfigInvalid));
}

TEST(AppendSortable, SortsAsNumbersDo) {
  std::string before;
  for (const std::int64_t number :
       {std::numeric_limits<std::int64_t>::min(), std::int64_t{-256}, std::int64_t{-1},
        std::int64_t{0}, std::int64_t{1}, std::int64_t{255}, std::int64_t{256},
        std::numeric_limits<std::int64_t>::max()}) {
    std::string key;
    AppendSortable(number, key);
    EXPECT_LT(before, key) << number;
    before = key;
  }
}

}  // namespace
}  // namespace entryexit::ctl
