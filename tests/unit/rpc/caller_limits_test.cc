#include "entryexit/rpc/caller_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/core/reason.h"
#include "rpc/status.h"
#include "tests/support/status_matchers.h"

namespace entryexit::rpc {
namespace {

using app::Role;
using core::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FailsWith;
using testing::IsOk;
using Time = CallerLimits::Time;

constexpr std::size_t kMany = 1000;
const Time kStart = Time() + std::chrono::hours(1);

CallerLimitTable LanesMay(CallerLimit limit) { return {{Role::kLane, limit}}; }

app::Principal Lane(const std::string& id) { return {Role::kLane, id, "lane/" + id}; }

// A call that ends as soon as it begins.
absl::Status CallOnce(CallerLimits& limits, const app::Principal& principal, Time now) {
  absl::Status status = limits.Admit(principal, now);
  if (status.ok()) limits.Release(principal);
  return status;
}

TEST(CallerLimits, AllowABurstAndThenSoManyCallsASecond) {
  CallerLimits limits(LanesMay({.calls_per_second = 10, .burst = 3, .calls_in_flight = 9}), kMany);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(CallOnce(limits, Lane("A"), kStart), IsOk()) << i;
  const absl::Status refused = CallOnce(limits, Lane("A"), kStart);
  EXPECT_THAT(refused, FailsWith(Reason::kRateLimited));
  EXPECT_EQ(RetryAfter(refused), milliseconds(100));
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart + milliseconds(99)),
              FailsWith(Reason::kRateLimited));
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart + milliseconds(100)), IsOk());
}

TEST(CallerLimits, LetWhoeverWaitsAsLongAsToldIn) {
  CallerLimits limits(LanesMay({.calls_per_second = 7, .burst = 1, .calls_in_flight = 9}), kMany);
  Time now = kStart;
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(CallOnce(limits, Lane("A"), now), IsOk()) << i;
    const auto wait = RetryAfter(CallOnce(limits, Lane("A"), now));
    ASSERT_TRUE(wait) << i;
    now += *wait;
  }
}

TEST(CallerLimits, ExpectAsManyCallsAsMayBeUnderWay) {
  CallerLimits limits(LanesMay({.calls_per_second = 10, .burst = 9, .calls_in_flight = 2}), kMany);
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), FailsWith(Reason::kTooManyCalls));
  EXPECT_THAT(limits.Expect(Lane("B"), kStart), IsOk());
  limits.Arrived(Lane("A"));
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), FailsWith(Reason::kTooManyCalls));
}

TEST(CallerLimits, TakeACallThatDoesNotComeForGivenUp) {
  constexpr auto kLongest = CallerLimits::kLongestArrival;
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 1}), kMany);
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart + kLongest - milliseconds(1)),
              FailsWith(Reason::kTooManyCalls));
  EXPECT_THAT(limits.Expect(Lane("A"), kStart + kLongest), IsOk());
}

TEST(CallerLimits, ForgetACallThatWasGivenUpThoughOthersComeAndGo) {
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 2}), kMany);
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());  // and it never arrives
  for (auto now = kStart; now < kStart + CallerLimits::kLongestArrival; now += milliseconds(500)) {
    EXPECT_THAT(limits.Expect(Lane("A"), now), IsOk());
    limits.Arrived(Lane("A"));
  }
  const Time later = kStart + CallerLimits::kLongestArrival;
  EXPECT_THAT(limits.Expect(Lane("A"), later), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), later), IsOk());
}

TEST(CallerLimits, TakeNoHarmFromACallThatArrivesUnexpected) {
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 1}), kMany);
  limits.Arrived(Lane("A"));
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), FailsWith(Reason::kTooManyCalls));
  limits.Arrived(Lane("A"));
  limits.Arrived(Lane("A"));
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Expect(Lane("A"), kStart), FailsWith(Reason::kTooManyCalls));
}

TEST(CallerLimits, ForgetWhoseExpectedCallsDoNotCome) {
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 1}), 1);
  std::vector<std::string> known;
  for (int i = 0; i < 100; ++i) {
    if (limits.Expect(Lane(std::to_string(i)), kStart).ok()) known.push_back(std::to_string(i));
  }
  ASSERT_LT(known.size(), 100U);
  EXPECT_THAT(limits.Expect(Lane("another"), kStart), FailsWith(Reason::kOverloaded));
  EXPECT_THAT(limits.Expect(Lane("another"), kStart + CallerLimits::kLongestArrival), IsOk());
}

TEST(CallerLimits, KeepPrincipalsApart) {
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 9}), kMany);
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart), IsOk());
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart), FailsWith(Reason::kRateLimited));
  EXPECT_THAT(CallOnce(limits, Lane("B"), kStart), IsOk());
}

TEST(CallerLimits, AreNoneForARoleThatTheTableLacks) {
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 1}), kMany);
  const app::Principal officer{Role::kOfficer, "1", "officer/1"};
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(limits.Expect(officer, kStart), IsOk());
    limits.Arrived(officer);
    EXPECT_THAT(limits.Admit(officer, kStart), IsOk());
  }
  EXPECT_EQ(limits.AdmitItem(officer, kStart), kStart);
  EXPECT_EQ(limits.size(), 0U);
}

TEST(CallerLimits, CountCallsThatAreUnderWay) {
  CallerLimits limits(LanesMay({.calls_per_second = 100, .burst = 100, .calls_in_flight = 2}),
                      kMany);
  EXPECT_THAT(limits.Admit(Lane("A"), kStart), IsOk());
  EXPECT_THAT(limits.Admit(Lane("A"), kStart), IsOk());
  const absl::Status refused = limits.Admit(Lane("A"), kStart);
  EXPECT_THAT(refused, FailsWith(Reason::kTooManyCalls));
  EXPECT_EQ(RetryAfter(refused), std::nullopt);
  limits.Release(Lane("A"));
  EXPECT_THAT(limits.Admit(Lane("A"), kStart), IsOk());
}

TEST(CallerLimits, HaveItemsOfStreamsWaitInsteadOfRefusingThem) {
  CallerLimits limits(LanesMay({.calls_per_second = 10, .burst = 2, .calls_in_flight = 9}), kMany);
  ASSERT_THAT(limits.Admit(Lane("A"), kStart), IsOk());
  EXPECT_EQ(limits.AdmitItem(Lane("A"), kStart), kStart);
  EXPECT_EQ(limits.AdmitItem(Lane("A"), kStart), kStart);
  EXPECT_EQ(limits.AdmitItem(Lane("A"), kStart), kStart + milliseconds(100));
  EXPECT_EQ(limits.AdmitItem(Lane("A"), kStart), kStart + milliseconds(200));
  // A backlog does not take the calls of the travelers before the lane.
  EXPECT_THAT(limits.Admit(Lane("A"), kStart), IsOk());
}

TEST(CallerLimits, DoNotMindTimesThatComeInAnotherOrder) {
  CallerLimits limits(LanesMay({.calls_per_second = 10, .burst = 2, .calls_in_flight = 9}), kMany);
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart + seconds(1)), IsOk());
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart), IsOk());
  EXPECT_THAT(CallOnce(limits, Lane("A"), kStart), FailsWith(Reason::kRateLimited));
}

TEST(CallerLimits, ForgetPrincipalsOnlyWhenThatChangesNothing) {
  constexpr std::size_t kRoom = 160;
  CallerLimits limits(LanesMay({.calls_per_second = 1, .burst = 1, .calls_in_flight = 1}), kRoom);
  for (int i = 0; i < 10'000; ++i) {
    const absl::Status status = CallOnce(limits, Lane(std::to_string(i)), kStart);
    // Whoever finds no room is refused; nobody who has called is forgotten for it.
    if (!status.ok()) {
      EXPECT_THAT(status, FailsWith(Reason::kOverloaded));
    }
    EXPECT_THAT(CallOnce(limits, Lane("0"), kStart), FailsWith(Reason::kRateLimited));
  }
  EXPECT_LE(limits.size(), kRoom);
  // Later their buckets are full again, and others find room.
  for (int i = 0; i < 10'000; ++i) {
    const Time now = kStart + seconds(2 * (i + 1));
    EXPECT_THAT(CallOnce(limits, Lane("later" + std::to_string(i)), now), IsOk()) << i;
  }
  EXPECT_LE(limits.size(), kRoom);
}

// Whatever a principal does, in no span of time are more of its calls admitted than the burst and
// what the span gives, nor more under way than may be; and who keeps to the rate is never refused.
TEST(CallerLimits, HoldInEverySpanOfTime) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const CallerLimit limit{.calls_per_second = static_cast<double>(1 + below(50)),
                            .burst = 1 + below(20),
                            .calls_in_flight = 1 + below(5)};
    CallerLimits limits(LanesMay(limit), kMany);
    std::vector<Time> admitted;
    Time now = kStart;
    int in_flight = 0;
    for (int step = 0; step < 2000; ++step) {
      now += milliseconds(below(4) == 0 ? below(200) : 0);
      if (in_flight > 0 && below(2) == 0) {
        limits.Release(Lane("A"));
        --in_flight;
      } else if (limits.Admit(Lane("A"), now).ok()) {
        admitted.push_back(now);
        ++in_flight;
      }
      ASSERT_LE(in_flight, limit.calls_in_flight);
    }
    for (std::size_t from = 0; from < admitted.size(); ++from) {
      for (std::size_t to = from; to < admitted.size(); ++to) {
        const std::chrono::duration<double> span = admitted[to] - admitted[from];
        ASSERT_LE(static_cast<double>(to - from + 1),
                  limit.burst + span.count() * limit.calls_per_second + 1e-6)
            << "seed " << seed;
      }
    }
  }
}

TEST(CallerLimits, CountRightlyWhenManyThreadsCallAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 5000;
  constexpr int kBurst = 1234;
  CallerLimits limits(
      LanesMay({.calls_per_second = 0.1, .burst = kBurst, .calls_in_flight = kThreads}), kMany);
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < kCalls; ++call) {
        if (CallOnce(limits, Lane("A"), kStart).ok()) ++admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, kBurst);
}

}  // namespace
}  // namespace entryexit::rpc
