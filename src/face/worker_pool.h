#ifndef ENTRYEXIT_FACE_WORKER_POOL_H_
#define ENTRYEXIT_FACE_WORKER_POOL_H_

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <opencv2/core.hpp>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "batches.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/face.h"
#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"
#include "entryexit/face/engine_config.h"

namespace entryexit::face {

// When faces are embedded together, which costs less for each.
struct Batching {
  BatchSizes sizes;
  // How long a face waits for others while captures wait for a worker. With less than that left to
  // its deadline it goes at once, in the largest batch that faces fill.
  std::chrono::milliseconds patience{0};
};

// A thread for each worker, which goes on to the next capture without waiting for the caller of the
// last one to wake. Of the captures that wait, the one whose deadline comes first gets the next
// worker: a traveler at a lane before a backlog, which has more time.
//
// A face does not wait for others unless so many captures and faces wait that each worker could
// fill a batch: in a short burst it would only be answered later. In a lasting one its worker goes
// to the next capture; once the largest such batch is full, or one of its faces has waited long
// enough, faces go first. So no worker is ever idle while somebody waits, and who is alone waits
// for nobody. Thread-safe.
//
// A Worker has `FindFace(std::string_view image, core::Deadline, StageTimes&)`, which gives an
// absl::StatusOr of an `observation` with the `crop` of its face (empty: none is to be embedded),
// and `std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops)`. Either may throw.
template <typename Worker>
class WorkerPool {
 public:
  WorkerPool(std::vector<std::unique_ptr<Worker>> workers, Batching batching)
      : batching_(std::move(batching)), workers_(std::move(workers)) {
    try {
      for (const std::unique_ptr<Worker>& worker : workers_) {
        threads_.emplace_back([this, &worker] { Work(*worker); });
      }
    } catch (...) {
      Stop();  // those that there are, else they would be waited for for ever
      throw;
    }
  }

  // Requires: no caller is left.
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Blocks. Sets `times` when it succeeds. Errors: DEADLINE_EXCEEDED when the turn of the capture,
  // or of its face, does not come in time; those of Worker::FindFace; INTERNAL when the worker
  // throws.
  absl::StatusOr<core::FaceObservation> Observe(std::string_view image, core::Deadline deadline,
                                                StageTimes& times) EXCLUDES(mutex_) {
    Capture own(image, deadline);
    const core::MutexLock lock(mutex_);
    if (std::chrono::steady_clock::now() < deadline) {
      own.number = ++captures_taken_on_;
      captures_.insert(&own);
      work_.NotifyOne();
      AwaitEnd(own);
    }
    if (own.result.ok()) times = own.times;
    return std::move(own.result);
  }

  // How many captures and faces wait.
  std::size_t waiting() const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return captures_.size() + faces_.size();
  }

 private:
  enum class Stage { kQueued, kWithWorker, kFaceQueued, kDone };

  // In the frame of its caller, who stays until it is done or taken out of the queues. Under the
  // pool's mutex, except what the worker that has it is at.
  struct Capture {
    Capture(std::string_view bytes, core::Deadline until) : image(bytes), deadline(until) {}

    const std::string_view image;
    const core::Deadline deadline;
    std::uint64_t number = 0;  // first come, first served, where deadlines are the same
    Stage stage = Stage::kQueued;
    // Shared with whoever notifies the caller, who may have left with the capture by then.
    const std::shared_ptr<core::CondVar> changed = std::make_shared<core::CondVar>();
    StageTimes times;
    cv::Mat crop;
    core::Deadline due;  // its face waits no longer for others
    absl::StatusOr<core::FaceObservation> result = core::MakeError(
        core::Reason::kDeadlineExceeded, "the capture's turn did not come before the deadline");
    core::FaceObservation observation;  // as long as it lacks the embedding
  };

  struct DeadlineFirst {
    bool operator()(const Capture* a, const Capture* b) const {
      return std::tie(a->deadline, a->number) < std::tie(b->deadline, b->number);
    }
  };
  struct DueFirst {
    bool operator()(const Capture* a, const Capture* b) const {
      return std::tie(a->due, a->number) < std::tie(b->due, b->number);
    }
  };

  void Stop() EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
    work_.NotifyAll();
  }

  void AwaitEnd(Capture& own) REQUIRES(mutex_) {
    while (own.stage != Stage::kDone) {
      if (own.changed->WaitUntil(mutex_, own.deadline)) continue;
      if (own.stage == Stage::kQueued) captures_.erase(&own);
      if (own.stage == Stage::kFaceQueued) faces_.erase(&own);
      if (own.stage != Stage::kWithWorker) return;
      // The worker looks at the deadline by itself, and at an image that must be there until then.
      own.changed->Wait(mutex_);
    }
  }

  void Work(Worker& worker) EXCLUDES(mutex_) {
    GiveWay();
    while (true) {
      const std::vector<Capture*> taken = AwaitWork();
      if (taken.empty()) return;
      if (taken.front()->crop.empty()) {
        Look(worker, *taken.front());
      } else {
        EmbedTogether(worker, taken);
        End(taken);
      }
    }
  }

  // When all cores are busy, to those who take calls, record and answer: what they do is quick, and
  // a lane waits for it.
  static void GiveWay() {
    constexpr int kNicer = 10;
    constexpr int kThisThread = 0;  // as Linux has it
    setpriority(PRIO_PROCESS, kThisThread, getpriority(PRIO_PROCESS, kThisThread) + kNicer);
  }

  // One capture to look at, or the captures whose faces are to be embedded now; nothing at the end.
  std::vector<Capture*> AwaitWork() EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    while (captures_.empty() && faces_.empty()) {
      if (stopping_) return {};
      work_.Wait(mutex_);
    }
    // Of faces that fill no batch one alone, so that other workers can have the rest.
    std::vector<Capture*> taken = FacesAreDue()
                                      ? Take(faces_, LargestBatch(batching_.sizes, faces_.size()))
                                      : Take(captures_, 1);
    if (!captures_.empty() || !faces_.empty()) work_.NotifyOne();
    return taken;
  }

  // Whenever no capture waits, too.
  bool FacesAreDue() const REQUIRES(mutex_) {
    if (faces_.empty()) return false;
    const std::size_t for_each_worker = (faces_.size() + captures_.size()) / workers_.size();
    const std::size_t hoped_for = LargestBatch(batching_.sizes, for_each_worker);
    return faces_.size() >= hoped_for || captures_.empty() ||
           (*faces_.begin())->due <= std::chrono::steady_clock::now();
  }

  template <typename Queue>
  static std::vector<Capture*> Take(Queue& queue, std::size_t count) {
    std::vector<Capture*> taken;
    while (taken.size() < count) {
      taken.push_back(*queue.begin());
      queue.erase(queue.begin());
      taken.back()->stage = Stage::kWithWorker;
    }
    return taken;
  }

  void Look(Worker& worker, Capture& capture) EXCLUDES(mutex_) {
    try {
      auto found = worker.FindFace(capture.image, capture.deadline, capture.times);
      if (found.ok() && !found->crop.empty()) {
        capture.observation = std::move(found->observation);
        capture.crop = std::move(found->crop);
        if (QueueFace(capture)) return;
      } else if (found.ok()) {
        capture.result = std::move(found->observation);
      } else {
        capture.result = found.status();
      }
    } catch (const std::exception& error) {
      capture.result = Thrown(error);
    }
    End({&capture});
  }

  // False when it is too late for that.
  bool QueueFace(Capture& capture) EXCLUDES(mutex_) {
    capture.result =
        core::MakeError(core::Reason::kDeadlineExceeded,
                        "the turn of the capture's face did not come before the deadline");
    const core::MutexLock lock(mutex_);
    // Read under the lock: a caller who gave up before waits for the worker, however long it takes.
    const core::Deadline now = std::chrono::steady_clock::now();
    if (now >= capture.deadline) return false;
    capture.due = std::min(now + batching_.patience, capture.deadline - batching_.patience);
    faces_.insert(&capture);
    capture.stage = Stage::kFaceQueued;
    return true;
  }

  static void EmbedTogether(Worker& worker, const std::vector<Capture*>& captures) {
    try {
      std::vector<cv::Mat> crops;
      for (const Capture* capture : captures) crops.push_back(capture->crop);
      const auto start = std::chrono::steady_clock::now();
      std::vector<core::Embedding> embeddings = worker.EmbedAll(crops);
      const auto took = std::chrono::steady_clock::now() - start;
      if (embeddings.size() != captures.size()) throw std::logic_error("an embedding is missing");
      for (std::size_t i = 0; i < captures.size(); ++i) {
        Capture& capture = *captures[i];
        capture.times.embed = took / static_cast<int>(captures.size());
        capture.times.together = captures.size();
        capture.observation.embedding = std::move(embeddings[i]);
        capture.result = std::move(capture.observation);
      }
    } catch (const std::exception& error) {
      // Only who is the cause shall have it.
      if (captures.size() > 1) {
        for (Capture* capture : captures) EmbedTogether(worker, {capture});
      } else {
        captures.front()->result = Thrown(error);
      }
    }
  }

  static absl::Status Thrown(const std::exception& error) {
    return core::MakeError(core::Reason::kInternal, fmt::format("face pipeline: {}", error.what()));
  }

  void End(const std::vector<Capture*>& captures) EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<core::CondVar>> callers;
    {
      const core::MutexLock lock(mutex_);
      for (Capture* capture : captures) {
        capture->stage = Stage::kDone;
        callers.push_back(capture->changed);
      }
    }
    // No longer under the lock: whoever wakes takes the core of this thread, which is nicer, and
    // would have to give it back to get the lock.
    for (const std::shared_ptr<core::CondVar>& caller : callers) caller->NotifyOne();
  }

  const Batching batching_;
  const std::vector<std::unique_ptr<Worker>> workers_;
  mutable core::Mutex mutex_;
  core::CondVar work_;  // there is some
  std::uint64_t captures_taken_on_ GUARDED_BY(mutex_) = 0;
  std::set<Capture*, DeadlineFirst> captures_ GUARDED_BY(mutex_);
  std::set<Capture*, DueFirst> faces_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_WORKER_POOL_H_
