#include "entryexit/rpc/request_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/core/reason.h"
#include "rpc/status.h"
#include "tests/support/status_matchers.h"

namespace entryexit::rpc {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;

const core::Deadline kFarDeadline = core::Deadline::max();

RequestPool::Job JobThat(std::function<void(const absl::Status&)> run,
                         core::Deadline deadline = kFarDeadline, bool cancelled = false,
                         const std::string& caller = "lane/A") {
  return {caller, deadline, [cancelled] { return cancelled; }, std::move(run)};
}

// A job that tells what it was called with.
class Answer {
 public:
  RequestPool::Job Job(core::Deadline deadline = kFarDeadline, bool cancelled = false) {
    return JobThat([this](const absl::Status& status) { promise_.set_value(status); }, deadline,
                   cancelled);
  }
  absl::Status Get() { return promise_.get_future().get(); }

 private:
  std::promise<absl::Status> promise_;
};

// Keeps one thread of a pool busy until released.
class Blocker {
 public:
  explicit Blocker(RequestPool& pool) {
    EXPECT_THAT(pool.Post(JobThat([this](const absl::Status&) {
      started_.set_value();
      released_.get_future().wait();
    })),
                IsOk());
    started_.get_future().wait();
  }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> started_;
  std::promise<void> released_;
};

TEST(RequestPool, DoesTheWork) {
  RequestPool pool(2, 10);
  Answer answer;
  ASSERT_THAT(pool.Post(answer.Job()), IsOk());
  EXPECT_THAT(answer.Get(), IsOk());
}

TEST(RequestPool, RefusesAtOnceWhenTheQueueIsFull) {
  RequestPool pool(1, 1);
  Blocker blocker(pool);
  Answer waiting;
  Answer refused;
  ASSERT_THAT(pool.Post(waiting.Job()), IsOk());
  EXPECT_EQ(pool.depth(), 1U);
  EXPECT_THAT(pool.Post(refused.Job()), FailsWith(Reason::kOverloaded));
  blocker.Release();
  EXPECT_THAT(waiting.Get(), IsOk());
}

TEST(RequestPool, RefusesAtOnceWhatCannotBeDoneInTime) {
  RequestPool pool(1, 10);
  constexpr auto kRun = std::chrono::milliseconds(20);
  std::promise<void> done;
  ASSERT_THAT(pool.Post(JobThat([&](const absl::Status&) {
    std::this_thread::sleep_for(kRun);
    done.set_value();
  })),
              IsOk());
  done.get_future().wait();
  Blocker blocker(pool);
  Answer waiting;
  ASSERT_THAT(pool.Post(waiting.Job()), IsOk());
  Answer late;
  // Behind one job that waits and half of the one under way.
  const absl::Status refused = pool.Post(late.Job(std::chrono::steady_clock::now() + kRun));
  EXPECT_THAT(refused, FailsWith(Reason::kOverloaded));
  ASSERT_TRUE(RetryAfter(refused).has_value());
  EXPECT_GE(*RetryAfter(refused), kRun);
  Answer in_time;
  EXPECT_THAT(pool.Post(in_time.Job(std::chrono::steady_clock::now() + std::chrono::hours(1))),
              IsOk());
  blocker.Release();
  EXPECT_THAT(waiting.Get(), IsOk());
  EXPECT_THAT(in_time.Get(), IsOk());
}

// Where many run, one of them ends soon.
TEST(RequestPool, TakesOnWhatWaitsForTheNextOfManyThreads) {
  constexpr int kThreads = 8;
  std::vector<std::unique_ptr<Blocker>> blockers;  // needed until the pool's threads have ended
  RequestPool pool(kThreads, 10);
  std::chrono::steady_clock::duration took{};
  ASSERT_THAT(pool.Post(JobThat([&took](const absl::Status&) {
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    took = std::chrono::steady_clock::now() - start;
  })),
              IsOk());
  // The last of them gets the thread of that job, whose time the pool has learned by then.
  for (int i = 0; i < kThreads; ++i) blockers.push_back(std::make_unique<Blocker>(pool));

  Answer answer;
  const absl::Status posted = pool.Post(answer.Job(std::chrono::steady_clock::now() + 2 * took));
  for (const auto& blocker : blockers) blocker->Release();
  ASSERT_THAT(posted, IsOk());
  EXPECT_THAT(answer.Get(), IsOk());
}

TEST(RequestPool, ServesCallersInTurns) {
  std::string order;
  {
    RequestPool pool(1, 10);
    Blocker blocker(pool);
    for (const char caller : std::string("AAABAB")) {
      const auto note = [&order, caller](const absl::Status&) { order += caller; };
      EXPECT_THAT(pool.Post(JobThat(note, kFarDeadline, /*cancelled=*/false,
                                    std::string("lane/") + caller)),
                  IsOk());
    }
    EXPECT_THAT(pool.Post(JobThat([&](const absl::Status&) { order += "."; }, kFarDeadline,
                                  /*cancelled=*/false, "lane/C")),
                IsOk());
    std::promise<void> done;
    EXPECT_THAT(pool.Post(JobThat([&](const absl::Status&) { done.set_value(); }, kFarDeadline,
                                  /*cancelled=*/false, "lane/A")),
                IsOk());
    blocker.Release();
    done.get_future().wait();
  }
  EXPECT_EQ(order, "AB.ABAA");
}

TEST(RequestPool, AnswersWithoutWorkWhenTheDeadlineHasPassed) {
  RequestPool pool(1, 10);
  Answer answer;
  ASSERT_THAT(pool.Post(answer.Job(std::chrono::steady_clock::now())), IsOk());
  EXPECT_THAT(answer.Get(), FailsWith(Reason::kDeadlineExceeded));
}

TEST(RequestPool, AnswersWithoutWorkWhenTheCallerHasHungUp) {
  RequestPool pool(1, 10);
  Answer answer;
  ASSERT_THAT(pool.Post(answer.Job(kFarDeadline, /*cancelled=*/true)), IsOk());
  EXPECT_THAT(answer.Get(), FailsWith(Reason::kCancelled));
}

TEST(RequestPool, AnswersTheJobsThatWaitWhenItStops) {
  std::optional<RequestPool> pool(std::in_place, 1, 1);
  Blocker blocker(*pool);
  Answer waiting;
  ASSERT_THAT(pool->Post(waiting.Job()), IsOk());
  std::thread stopper([&] { pool->Stop(); });
  // The pool refuses new work as soon as it is stopping; until then its queue is full.
  absl::Status status;
  do {
    status = pool->Post(JobThat([](const absl::Status&) {}));
  } while (core::ReasonOf(status) == Reason::kOverloaded);
  EXPECT_THAT(status, FailsWith(Reason::kShuttingDown));
  blocker.Release();
  stopper.join();
  EXPECT_THAT(waiting.Get(), FailsWith(Reason::kShuttingDown));
}

TEST(RequestPool, RunsEachOfManyJobsFromManyThreadsOnce) {
  constexpr int kPosters = 4;
  constexpr int kJobsEach = 500;
  std::atomic<int> ran{0};
  {
    RequestPool pool(3, size_t{kPosters} * kJobsEach);
    std::vector<std::thread> posters;
    for (int i = 0; i < kPosters; ++i) {
      posters.emplace_back([&] {
        for (int j = 0; j < kJobsEach; ++j) {
          EXPECT_THAT(pool.Post(JobThat([&ran](const absl::Status&) { ++ran; })), IsOk());
        }
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  EXPECT_EQ(ran, kPosters * kJobsEach);
}

}  // namespace
}  // namespace entryexit::rpc
