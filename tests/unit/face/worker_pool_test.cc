#include "src/face/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <opencv2/core.hpp>
#include <random>
#include <set>
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
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr char kHold[] = "hold";       // keeps the worker until it is let go; has no face
constexpr char kSlow[] = "slow";       // keeps the worker until a caller has given up; no face
constexpr char kNoFace[] = "no face";  // all else is a number: a face that is embedded as such
constexpr char kFaulty[] = "99";
constexpr char kUnreadable[] = "unreadable";
constexpr char kBroken[] = "broken";  // makes the worker throw

// What a worker of a test was asked.
struct Record {
  std::latch holding{1};
  std::latch let_go{1};
  std::latch given_up{1};
  std::vector<std::string> looked_at;
  std::vector<size_t> batches;
  int niceness = 0;  // of the worker's thread
};

class FakeWorker {
 public:
  explicit FakeWorker(Record& record) : record_(record) {}

  struct Found {
    core::FaceObservation observation;
    cv::Mat crop;
  };

  absl::StatusOr<Found> FindFace(std::string_view image, core::Deadline /*deadline*/,
                                 StageTimes& times) {
    EXPECT_FALSE(busy_.exchange(true)) << "two captures at one worker";
    record_.looked_at.emplace_back(image);
    record_.niceness = getpriority(PRIO_PROCESS, 0);
    times.detect = milliseconds(1);
    if (image == kHold) {
      record_.holding.count_down();
      record_.let_go.wait();
    }
    if (image == kSlow) record_.given_up.wait();
    busy_ = false;
    if (image == kBroken) throw std::runtime_error("a broken capture");
    if (image == kUnreadable) return core::MakeError(core::Reason::kImageCorrupt, "unreadable");
    Found found;
    found.observation.image_width = 7;
    if (image != kHold && image != kSlow && image != kNoFace) {
      found.crop = cv::Mat(1, 1, CV_8UC1, cv::Scalar(std::stoi(std::string(image))));
    }
    return found;
  }

  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) {
    EXPECT_FALSE(busy_.exchange(true)) << "two batches at one worker";
    record_.batches.push_back(crops.size());
    std::vector<core::Embedding> embeddings;
    bool faulty = false;
    for (const cv::Mat& crop : crops) {
      faulty = faulty || crop.at<uchar>(0) == std::stoi(kFaulty);
      embeddings.push_back({static_cast<float>(crop.at<uchar>(0))});
    }
    busy_ = false;
    if (faulty) throw std::runtime_error("a faulty face");
    return embeddings;
  }

 private:
  Record& record_;
  std::atomic<bool> busy_ = false;
};

using Pool = WorkerPool<FakeWorker>;
using Result = absl::StatusOr<core::FaceObservation>;

core::Deadline In(std::chrono::nanoseconds time) { return std::chrono::steady_clock::now() + time; }

// Of each capture, the value of its face.
void ExpectEmbedded(const Result& result, const std::string& image) {
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->image_width, 7);
  EXPECT_EQ(result->embedding, core::Embedding{std::stof(image)});
}

class WorkerPoolTest : public ::testing::Test {
 protected:
  std::vector<std::unique_ptr<FakeWorker>> OneWorker() {
    std::vector<std::unique_ptr<FakeWorker>> workers;
    workers.push_back(std::make_unique<FakeWorker>(record_));
    return workers;
  }
  std::vector<std::unique_ptr<FakeWorker>> TwoWorkers() {
    std::vector<std::unique_ptr<FakeWorker>> workers = OneWorker();
    workers.push_back(std::make_unique<FakeWorker>(second_));
    return workers;
  }

  // Has the workers of these records held, and these captures queue meanwhile, with deadlines so
  // many hours from now; lets go.
  struct Queued {
    std::string image;
    int hours = 9;
  };
  std::vector<Result> ObserveAtOnce(Pool& pool, const std::vector<Queued>& captures) {
    return ObserveAtOnce(pool, {&record_}, captures);
  }
  std::vector<Result> ObserveAtOnce(Pool& pool, const std::vector<Record*>& workers,
                                    const std::vector<Queued>& captures) {
    std::vector<Result> results(captures.size(), absl::UnknownError("none"));
    times_.resize(captures.size());
    std::vector<std::jthread> callers;
    for (size_t i = 0; i < workers.size(); ++i) {
      callers.emplace_back([&] {
        StageTimes times;
        EXPECT_THAT(pool.Observe(kHold, In(hours(99)), times), IsOk());
      });
    }
    for (Record* worker : workers) worker->holding.wait();
    for (size_t i = 0; i < captures.size(); ++i) {
      callers.emplace_back([&, i] {
        results[i] = pool.Observe(captures[i].image, In(hours(captures[i].hours)), times_[i]);
      });
      while (pool.waiting() < i + 1) std::this_thread::yield();
    }
    for (Record* worker : workers) worker->let_go.count_down();
    callers.clear();
    return results;
  }

  Record record_;
  Record second_;
  std::vector<StageTimes> times_;
};

TEST_F(WorkerPoolTest, GivesWhatTheWorkerFinds) {
  Pool pool(OneWorker(), {});
  StageTimes times;
  ExpectEmbedded(pool.Observe("5", In(hours(1)), times), "5");
  EXPECT_EQ(times.detect, milliseconds(1));
  EXPECT_EQ(times.together, 1);
  const Result none = pool.Observe(kNoFace, In(hours(1)), times);
  ASSERT_THAT(none, IsOk());
  EXPECT_FALSE(none->embedding.has_value());
  EXPECT_THAT(pool.Observe(kUnreadable, In(hours(1)), times),
              FailsWith(core::Reason::kImageCorrupt));
  const Result broken = pool.Observe(kBroken, In(hours(1)), times);
  EXPECT_THAT(broken, FailsWith(core::Reason::kInternal));
  EXPECT_THAT(std::string(broken.status().message()), ::testing::HasSubstr("a broken capture"));
  ExpectEmbedded(pool.Observe("6", core::Deadline::max(), times), "6");
}

TEST_F(WorkerPoolTest, GivesWayToTheThreadsOfCallers) {
  Pool pool(OneWorker(), {});
  StageTimes times;
  ExpectEmbedded(pool.Observe("5", In(hours(1)), times), "5");
  const int own = getpriority(PRIO_PROCESS, 0);
  if (own == 19) GTEST_SKIP() << "nothing is nicer";
  EXPECT_GT(record_.niceness, own);
}

TEST_F(WorkerPoolTest, LooksAtNothingWhoseDeadlineIsInThePast) {
  Pool pool(OneWorker(), {});
  StageTimes times;
  EXPECT_THAT(pool.Observe("1", std::chrono::steady_clock::now(), times),
              FailsWith(core::Reason::kDeadlineExceeded));
  EXPECT_THAT(record_.looked_at, ElementsAre());
}

TEST_F(WorkerPoolTest, LooksFirstAtTheCaptureWhoseDeadlineComesFirst) {
  Pool pool(OneWorker(), {});
  ObserveAtOnce(pool, {{"3", 3}, {"1", 1}, {"2", 2}});
  EXPECT_THAT(record_.looked_at, ElementsAre(kHold, "1", "2", "3"));
}

TEST_F(WorkerPoolTest, WhoGivesUpIsNotLookedAt) {
  Pool pool(OneWorker(), {});
  StageTimes times;
  std::jthread holder([&] {
    StageTimes own;
    EXPECT_THAT(pool.Observe(kHold, In(hours(9)), own), IsOk());
  });
  record_.holding.wait();
  EXPECT_THAT(pool.Observe("1", In(milliseconds(20)), times),
              FailsWith(core::Reason::kDeadlineExceeded));
  record_.let_go.count_down();
  ExpectEmbedded(pool.Observe("2", In(hours(1)), times), "2");
  EXPECT_THAT(record_.looked_at, ElementsAre(kHold, "2"));
}

// The image is the caller's, and the worker is reading it.
TEST_F(WorkerPoolTest, WhoIsBeingLookedAtWaitsForTheEnd) {
  Pool pool(OneWorker(), {});
  const auto deadline = In(seconds(5));
  std::jthread late([&] {
    StageTimes times;
    EXPECT_THAT(pool.Observe(kHold, deadline, times), IsOk());
    EXPECT_TRUE(record_.let_go.try_wait());
  });
  record_.holding.wait();
  std::this_thread::sleep_until(deadline + milliseconds(200));
  record_.let_go.count_down();
}

TEST_F(WorkerPoolTest, AFaceWaitsForNobodyWhenNoCaptureWaits) {
  Pool pool(OneWorker(), {.sizes = {4}, .patience = hours(1)});
  StageTimes times;
  for (const std::string image : {"1", "2"}) {
    ExpectEmbedded(pool.Observe(image, In(hours(9)), times), image);
    EXPECT_EQ(times.together, 1);
  }
  EXPECT_THAT(record_.batches, ElementsAre(1, 1));
}

TEST_F(WorkerPoolTest, FacesAreEmbeddedTogetherWhileCapturesWait) {
  Pool pool(OneWorker(), {.sizes = {3}, .patience = hours(1)});
  const std::vector<Queued> captures = {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}};
  const auto results = ObserveAtOnce(pool, captures);
  for (size_t i = 0; i < captures.size(); ++i) {
    ExpectEmbedded(results[i], captures[i].image);
    EXPECT_EQ(times_[i].together, 3);
  }
  EXPECT_THAT(record_.batches, ElementsAre(3, 3));
}

TEST_F(WorkerPoolTest, AFaceDoesNotWaitForMoreThanThereAre) {
  Pool pool(OneWorker(), {.sizes = {3}, .patience = hours(1)});
  for (const Result& result : ObserveAtOnce(pool, {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}})) {
    EXPECT_THAT(result, IsOk());
  }
  EXPECT_THAT(record_.batches, ElementsAre(3, 1, 1));
}

TEST_F(WorkerPoolTest, TheLargestBatchIsHopedForThatAllWhoWaitCouldFill) {
  Pool pool(OneWorker(), {.sizes = {4, 2}, .patience = hours(1)});
  const std::vector<Queued> captures = {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}};
  for (const Result& result : ObserveAtOnce(pool, captures)) EXPECT_THAT(result, IsOk());
  EXPECT_THAT(record_.batches, ElementsAre(4, 2, 1));
  EXPECT_EQ(times_.front().together, 4);
  EXPECT_EQ(times_.back().together, 1);
}

// With both at a capture, six and three wait at least, which is a batch for each and for one.
TEST_F(WorkerPoolTest, NoBatchIsHopedForUnlessEachWorkerCouldFillOne) {
  Pool pool(TwoWorkers(), {.sizes = {3}, .patience = hours(1)});
  const std::vector<Queued> captures = {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}};
  for (const Result& result : ObserveAtOnce(pool, {&record_, &second_}, captures)) {
    EXPECT_THAT(result, IsOk());
  }
  std::vector<size_t> batches = record_.batches;
  batches.insert(batches.end(), second_.batches.begin(), second_.batches.end());
  EXPECT_THAT(batches, UnorderedElementsAre(3, 1, 1, 1, 1, 1));
}

TEST_F(WorkerPoolTest, AShortBurstIsEmbeddedAsItComes) {
  Pool pool(TwoWorkers(), {.sizes = {3}, .patience = hours(1)});
  const std::vector<Queued> captures = {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}};
  for (const Result& result : ObserveAtOnce(pool, {&record_, &second_}, captures)) {
    EXPECT_THAT(result, IsOk());
  }
  EXPECT_EQ(record_.batches.size() + second_.batches.size(), captures.size());
}

TEST_F(WorkerPoolTest, AFaceDoesNotWaitWhenItsDeadlineIsNear) {
  Pool pool(OneWorker(), {.sizes = {3}, .patience = hours(2)});
  for (const Result& result : ObserveAtOnce(pool, {{"1", 1}, {"2", 1}, {"3", 1}})) {
    EXPECT_THAT(result, IsOk());
  }
  EXPECT_THAT(record_.batches, ElementsAre(1, 1, 1));
}

TEST_F(WorkerPoolTest, AFaceThatHasWaitedLongEnoughGoesBeforeCaptures) {
  Pool pool(OneWorker(), {.sizes = {4}, .patience = milliseconds(0)});
  for (const Result& result : ObserveAtOnce(pool, {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}})) {
    EXPECT_THAT(result, IsOk());
  }
  EXPECT_THAT(record_.batches, ElementsAre(1, 1, 1, 1, 1));
}

// Its worker has gone on to a capture that takes longer than the face has time.
TEST_F(WorkerPoolTest, AFaceWhoseDeadlinePassesIsNotEmbedded) {
  Pool pool(OneWorker(), {.sizes = {3}, .patience = seconds(4)});
  std::vector<std::jthread> callers;
  const auto observe = [&](const char* image, std::chrono::nanoseconds time) {
    callers.emplace_back([&pool, image, time] {
      StageTimes times;
      EXPECT_THAT(pool.Observe(image, In(time), times), IsOk());
    });
  };
  observe(kHold, hours(99));
  record_.holding.wait();
  observe(kSlow, hours(1));
  observe(kNoFace, hours(2));
  while (pool.waiting() < 2) std::this_thread::yield();
  callers.emplace_back([&] {
    StageTimes times;
    const Result late = pool.Observe("1", In(seconds(10)), times);
    EXPECT_THAT(late, FailsWith(core::Reason::kDeadlineExceeded));
    EXPECT_THAT(std::string(late.status().message()), ::testing::HasSubstr("face"));
    record_.given_up.count_down();
  });
  while (pool.waiting() < 3) std::this_thread::yield();
  record_.let_go.count_down();
  callers.clear();
  EXPECT_THAT(record_.looked_at, ElementsAre(kHold, "1", kSlow, kNoFace));
  EXPECT_THAT(record_.batches, ElementsAre());
}

TEST_F(WorkerPoolTest, AFaultyFaceFailsAlone) {
  Pool pool(OneWorker(), {.sizes = {3}, .patience = hours(1)});
  const auto results = ObserveAtOnce(pool, {{"1"}, {kFaulty}, {"3"}});
  ExpectEmbedded(results[0], "1");
  EXPECT_THAT(results[1], FailsWith(core::Reason::kInternal));
  EXPECT_THAT(std::string(results[1].status().message()), ::testing::HasSubstr("a faulty face"));
  ExpectEmbedded(results[2], "3");
  EXPECT_THAT(record_.batches, ElementsAre(3, 1, 1, 1));
}

// Each thread is a lane that sends one capture after the other: most with a face, some without,
// some with little time, some with a faulty face.
TEST(WorkerPool, GivesEachItsOwnUnderManyThreads) {
  constexpr int kWorkers = 3;
  constexpr int kThreads = 24;
  constexpr int kRounds = 500;
  const BatchSizes sizes = {4, 2};
  std::vector<Record> records(kWorkers);
  std::vector<std::unique_ptr<FakeWorker>> workers;
  for (Record& own : records) workers.push_back(std::make_unique<FakeWorker>(own));
  std::atomic<int> embedded = 0;
  std::atomic<int> late = 0;
  {
    Pool pool(std::move(workers), {.sizes = sizes, .patience = milliseconds(1)});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::minstd_rand random(static_cast<unsigned>(thread));
        for (int round = 0; round < kRounds; ++round) {
          const bool hurried = random() % 8 == 0;
          const core::Deadline until =
              hurried ? In(std::chrono::microseconds(random() % 500)) : In(minutes(5));
          const std::string image = random() % 8 == 0    ? kNoFace
                                    : random() % 16 == 0 ? kFaulty
                                                         : std::to_string(random() % 99);
          StageTimes times;
          const Result result = pool.Observe(image, until, times);
          if (result.ok()) {
            if (image != kNoFace) ExpectEmbedded(result, image);
            embedded += image == kNoFace ? 0 : 1;
          } else if (core::ReasonOf(result.status()) == core::Reason::kInternal) {
            EXPECT_EQ(image, kFaulty);
          } else {
            EXPECT_TRUE(hurried) << result.status();
            ++late;
          }
        }
      });
    }
  }
  std::set<size_t> batches;
  for (const Record& own : records) batches.insert(own.batches.begin(), own.batches.end());
  EXPECT_THAT(batches, ElementsAre(1, 2, 4));
  EXPECT_GT(embedded, kThreads * kRounds / 2);
  EXPECT_LT(late, kThreads * kRounds / 4);
}

}  // namespace
}  // namespace entryexit::face
