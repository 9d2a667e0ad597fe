#include "src/face/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/status_matchers.h"

namespace entryexit::face {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;

constexpr int kFaulty = 99;

// Embeds a face of one pixel as that pixel's value, and keeps how many it was given at once.
class FakeWorker {
 public:
  explicit FakeWorker(std::vector<size_t>& batches) : batches_(batches) {}

  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) {
    EXPECT_FALSE(busy_.exchange(true)) << "two callers use one worker";
    batches_.push_back(crops.size());
    std::vector<core::Embedding> embeddings;
    bool faulty = false;
    for (const cv::Mat& crop : crops) {
      faulty = faulty || crop.at<uchar>(0) == kFaulty;
      embeddings.push_back({static_cast<float>(crop.at<uchar>(0))});
    }
    busy_ = false;
    if (faulty) throw std::runtime_error("a faulty face");
    return embeddings;
  }

 private:
  std::vector<size_t>& batches_;
  std::atomic<bool> busy_ = false;
};

using Pool = WorkerPool<FakeWorker>;

cv::Mat Face(int value) { return {1, 1, CV_8UC1, cv::Scalar(value)}; }

core::Deadline In(std::chrono::nanoseconds time) { return std::chrono::steady_clock::now() + time; }

class WorkerPoolTest : public ::testing::Test {
 protected:
  std::vector<std::unique_ptr<FakeWorker>> OneWorker() {
    std::vector<std::unique_ptr<FakeWorker>> workers;
    workers.push_back(std::make_unique<FakeWorker>(batches_));
    return workers;
  }

  // Has each caller wait for the worker, in the order of their values, and then embed its face.
  std::vector<absl::StatusOr<Embedded>> EmbedAfterWaiting(Pool& pool, const std::vector<int>& faces,
                                                          hours deadline) {
    std::vector<absl::StatusOr<Embedded>> results(faces.size(), absl::UnknownError("none"));
    std::unique_ptr<FakeWorker> held = pool.Take(In(deadline));
    std::vector<std::jthread> callers;
    for (size_t i = 0; i < faces.size(); ++i) {
      callers.emplace_back([&, i, until = In(deadline)] {
        std::unique_ptr<FakeWorker> worker = pool.Take(until);
        results[i] = pool.Embed(std::move(worker), Face(faces[i]), until);
      });
      while (pool.waiting() < i + 1) std::this_thread::yield();
    }
    pool.Return(std::move(held));
    callers.clear();
    return results;
  }

  std::vector<size_t> batches_;  // written under the worker, of which there is one
};

TEST_F(WorkerPoolTest, GivesAWorkerToOneAtATime) {
  Pool pool(OneWorker(), {});
  std::unique_ptr<FakeWorker> worker = pool.Take(In(hours(1)));
  ASSERT_NE(worker, nullptr);
  EXPECT_EQ(pool.Take(In(milliseconds(20))), nullptr);
  pool.Return(std::move(worker));
  EXPECT_NE(pool.Take(In(hours(1))), nullptr);
}

TEST_F(WorkerPoolTest, GivesNoneToADeadlineInThePast) {
  Pool pool(OneWorker(), {});
  EXPECT_EQ(pool.Take(std::chrono::steady_clock::now()), nullptr);
}

TEST_F(WorkerPoolTest, GivesTheNextToWhoseDeadlineComesFirst) {
  Pool pool(OneWorker(), {});
  const auto now = std::chrono::steady_clock::now();
  std::unique_ptr<FakeWorker> held = pool.Take(now + hours(9));
  std::string order;  // written under the worker
  std::vector<std::thread> waiting;
  for (const int due : {3, 1, 2}) {
    waiting.emplace_back([&, due] {
      std::unique_ptr<FakeWorker> worker = pool.Take(now + hours(due));
      order += std::to_string(due);
      pool.Return(std::move(worker));
    });
  }
  while (pool.waiting() < 3) std::this_thread::yield();
  pool.Return(std::move(held));
  for (std::thread& thread : waiting) thread.join();
  EXPECT_EQ(order, "123");
}

TEST_F(WorkerPoolTest, WhoGivesUpLeavesTheWorkerToTheNext) {
  Pool pool(OneWorker(), {});
  std::unique_ptr<FakeWorker> held = pool.Take(In(hours(9)));
  std::thread gives_up([&] { EXPECT_EQ(pool.Take(In(milliseconds(50))), nullptr); });
  std::thread stays([&] { EXPECT_NE(pool.Take(In(hours(1))), nullptr); });
  gives_up.join();
  pool.Return(std::move(held));
  stays.join();
}

TEST_F(WorkerPoolTest, AFaceWaitsForNobodyWhenNoCaptureWaits) {
  Pool pool(OneWorker(), {.faces = 4, .patience = hours(1)});
  for (const int face : {1, 2}) {
    const auto embedded = pool.Embed(pool.Take(In(hours(9))), Face(face), In(hours(9)));
    ASSERT_THAT(embedded, IsOk());
    EXPECT_EQ(embedded->embedding, core::Embedding{static_cast<float>(face)});
    EXPECT_EQ(embedded->together, 1);
  }
  EXPECT_THAT(batches_, ElementsAre(1, 1));
}

TEST_F(WorkerPoolTest, FacesAreEmbeddedTogetherWhileCapturesWait) {
  Pool pool(OneWorker(), {.faces = 3, .patience = hours(1)});
  const auto results = EmbedAfterWaiting(pool, {1, 2, 3, 4, 5, 6}, hours(9));
  float own = 1;
  for (const auto& embedded : results) {
    ASSERT_THAT(embedded, IsOk());
    EXPECT_EQ(embedded->embedding, core::Embedding{own++});
    EXPECT_EQ(embedded->together, 3);
  }
  EXPECT_THAT(batches_, ElementsAre(3, 3));
}

TEST_F(WorkerPoolTest, AFaceDoesNotWaitForMoreThanThereAre) {
  Pool pool(OneWorker(), {.faces = 3, .patience = hours(1)});
  for (const auto& embedded : EmbedAfterWaiting(pool, {1, 2, 3, 4, 5}, hours(9))) {
    EXPECT_THAT(embedded, IsOk());
  }
  EXPECT_THAT(batches_, ElementsAre(3, 1, 1));
}

TEST_F(WorkerPoolTest, AFaceDoesNotWaitWhenItsDeadlineIsNear) {
  Pool pool(OneWorker(), {.faces = 3, .patience = hours(2)});
  for (const auto& embedded : EmbedAfterWaiting(pool, {1, 2, 3}, hours(1))) {
    EXPECT_THAT(embedded, IsOk());
  }
  EXPECT_THAT(batches_, ElementsAre(1, 1, 1));
}

TEST_F(WorkerPoolTest, AFaceThatHasWaitedLongEnoughGoesBeforeCaptures) {
  constexpr milliseconds kPatience(20);
  Pool pool(OneWorker(), {.faces = 4, .patience = kPatience});
  std::unique_ptr<FakeWorker> held = pool.Take(In(hours(9)));
  std::atomic<bool> embedded = false;
  std::jthread face([&] {
    std::unique_ptr<FakeWorker> worker = pool.Take(In(hours(1)));
    EXPECT_THAT(pool.Embed(std::move(worker), Face(1), In(hours(9))), IsOk());
    embedded = true;
  });
  std::vector<std::jthread> captures;
  std::atomic<int> taken = 0;
  for (int i = 0; i < 4; ++i) {
    while (pool.waiting() < static_cast<size_t>(i) + 1) std::this_thread::yield();
    captures.emplace_back([&, i] {
      std::unique_ptr<FakeWorker> worker = pool.Take(In(hours(2 + i)));
      // The first keeps the worker until the face is due.
      if (taken++ == 0) {
        std::this_thread::sleep_for(2 * kPatience);
      } else {
        EXPECT_THAT(batches_, ElementsAre(1));
      }
      pool.Return(std::move(worker));
    });
  }
  while (pool.waiting() < 5) std::this_thread::yield();
  pool.Return(std::move(held));
  captures.clear();
  EXPECT_EQ(taken, 4);
}

TEST_F(WorkerPoolTest, AFaceWhoseDeadlinePassesIsNotEmbedded) {
  Pool pool(OneWorker(), {.faces = 2, .patience = milliseconds(300)});
  std::unique_ptr<FakeWorker> held = pool.Take(In(hours(9)));
  std::jthread late([&] {
    std::unique_ptr<FakeWorker> worker = pool.Take(In(hours(1)));
    EXPECT_THAT(pool.Embed(std::move(worker), Face(1), In(milliseconds(700))),
                FailsWith(core::Reason::kDeadlineExceeded));
  });
  while (pool.waiting() < 1) std::this_thread::yield();
  // Takes the worker from the face, and keeps it until that has given up.
  std::jthread keeps([&] {
    std::unique_ptr<FakeWorker> worker = pool.Take(In(hours(2)));
    late.join();
    EXPECT_THAT(pool.Embed(std::move(worker), Face(2), In(hours(2))), IsOk());
  });
  while (pool.waiting() < 2) std::this_thread::yield();
  pool.Return(std::move(held));
  keeps.join();
  EXPECT_THAT(batches_, ElementsAre(1));
}

TEST_F(WorkerPoolTest, AFaultyFaceFailsAlone) {
  Pool pool(OneWorker(), {.faces = 3, .patience = hours(1)});
  const auto results = EmbedAfterWaiting(pool, {1, kFaulty, 3}, hours(9));
  EXPECT_THAT(results[0], IsOk());
  EXPECT_THAT(results[1], FailsWith(core::Reason::kInternal));
  EXPECT_THAT(std::string(results[1].status().message()), ::testing::HasSubstr("a faulty face"));
  ASSERT_THAT(results[2], IsOk());
  EXPECT_EQ(results[2]->embedding, core::Embedding{3});
  EXPECT_THAT(batches_, ElementsAre(3, 1, 1, 1));
  EXPECT_NE(pool.Take(In(hours(1))), nullptr) << "the worker is lost";
}

// Each thread is a lane that sends one capture after the other: most with a face, some without,
// some with little time, some with a faulty face.
TEST(WorkerPool, GivesEachItsOwnUnderManyThreads) {
  constexpr int kWorkers = 3;
  constexpr int kThreads = 16;
  constexpr int kRounds = 500;
  constexpr size_t kTogether = 4;
  std::vector<std::vector<size_t>> batches(kWorkers);
  std::vector<std::unique_ptr<FakeWorker>> workers;
  for (std::vector<size_t>& own : batches) workers.push_back(std::make_unique<FakeWorker>(own));
  std::atomic<int> embedded = 0;
  std::atomic<int> late = 0;
  {
    Pool pool(std::move(workers), {.faces = kTogether, .patience = milliseconds(1)});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::minstd_rand random(static_cast<unsigned>(thread));
        for (int round = 0; round < kRounds; ++round) {
          const bool hurried = random() % 8 == 0;
          const core::Deadline until =
              hurried ? In(std::chrono::microseconds(random() % 500)) : In(minutes(5));
          std::unique_ptr<FakeWorker> worker = pool.Take(until);
          if (worker == nullptr) {
            EXPECT_TRUE(hurried);
            ++late;
            continue;
          }
          std::this_thread::sleep_for(std::chrono::microseconds(20));  // looks for a face
          if (random() % 8 == 0) {
            pool.Return(std::move(worker));
            continue;
          }
          const int face = random() % 16 == 0 ? kFaulty : static_cast<int>(random() % kFaulty);
          const auto result = pool.Embed(std::move(worker), Face(face), until);
          if (result.ok()) {
            EXPECT_EQ(result->embedding, core::Embedding{static_cast<float>(face)});
            ++embedded;
          } else if (core::ReasonOf(result.status()) == core::Reason::kInternal) {
            EXPECT_EQ(face, kFaulty);
          } else {
            EXPECT_TRUE(hurried) << result.status();
            ++late;
          }
        }
      });
    }
  }
  size_t together = 0;
  for (const std::vector<size_t>& own : batches) {
    for (const size_t count : own) {
      EXPECT_TRUE(count == 1 || count == kTogether) << count;
      together += count == kTogether ? 1 : 0;
    }
  }
  EXPECT_GT(together, 0);
  EXPECT_GT(embedded, kThreads * kRounds / 2);
  EXPECT_LT(late, kThreads * kRounds / 4);
}

}  // namespace
}  // namespace entryexit::face
