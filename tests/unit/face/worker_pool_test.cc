#include "src/face/worker_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace entryexit::face {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::vector<std::unique_ptr<int>> OneWorker() {
  std::vector<std::unique_ptr<int>> workers;
  workers.push_back(std::make_unique<int>(7));
  return workers;
}

TEST(WorkerPool, GivesAWorkerToOneAtATime) {
  WorkerPool<int> pool(OneWorker());
  const auto now = std::chrono::steady_clock::now();
  std::unique_ptr<int> worker = pool.Take(now + hours(1));
  ASSERT_NE(worker, nullptr);
  EXPECT_EQ(pool.Take(now + milliseconds(20)), nullptr);
  pool.Return(std::move(worker));
  EXPECT_NE(pool.Take(now + hours(1)), nullptr);
}

TEST(WorkerPool, GivesNoneToADeadlineInThePast) {
  WorkerPool<int> pool(OneWorker());
  EXPECT_EQ(pool.Take(std::chrono::steady_clock::now()), nullptr);
}

TEST(WorkerPool, GivesTheNextToWhoseDeadlineComesFirst) {
  WorkerPool<int> pool(OneWorker());
  const auto now = std::chrono::steady_clock::now();
  std::unique_ptr<int> held = pool.Take(now + hours(9));
  std::string order;  // written under the worker
  std::vector<std::thread> waiting;
  for (const int due : {3, 1, 2}) {
    waiting.emplace_back([&, due] {
      std::unique_ptr<int> worker = pool.Take(now + hours(due));
      order += std::to_string(due);
      pool.Return(std::move(worker));
    });
  }
  while (pool.waiting() < 3) std::this_thread::yield();
  pool.Return(std::move(held));
  for (std::thread& thread : waiting) thread.join();
  EXPECT_EQ(order, "123");
}

TEST(WorkerPool, WhoGivesUpLeavesTheWorkerToTheNext) {
  WorkerPool<int> pool(OneWorker());
  const auto now = std::chrono::steady_clock::now();
  std::unique_ptr<int> held = pool.Take(now + hours(9));
  std::thread gives_up([&] { EXPECT_EQ(pool.Take(now + milliseconds(50)), nullptr); });
  std::thread stays([&] { EXPECT_NE(pool.Take(now + hours(1)), nullptr); });
  gives_up.join();
  pool.Return(std::move(held));
  stays.join();
}

}  // namespace
}  // namespace entryexit::face
