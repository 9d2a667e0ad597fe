#include "entryexit/base/periodic.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace entryexit::base {
namespace {

TEST(PeriodicTest, WorksAtOnceAndAgainUntilItIsStopped) {
  std::atomic<int> times = 0;
  std::promise<void> third;
  Periodic periodic(std::chrono::milliseconds(1), [&] {
    if (++times == 3) third.set_value();
  });
  ASSERT_EQ(third.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  periodic.Stop();
  const int then = times;
  periodic.Stop();
  EXPECT_EQ(times, then);
}

TEST(PeriodicTest, StoppingDoesNotWaitForThePeriod) {
  std::promise<void> first;
  const auto start = std::chrono::steady_clock::now();
  {
    const Periodic periodic(std::chrono::hours(1), [&] { first.set_value(); });
    first.get_future().wait();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(30));
}

}  // namespace
}  // namespace entryexit::base
