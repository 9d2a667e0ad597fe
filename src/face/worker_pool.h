#ifndef ENTRYEXIT_FACE_WORKER_POOL_H_
#define ENTRYEXIT_FACE_WORKER_POOL_H_

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <opencv2/core.hpp>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/face.h"
#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"

namespace entryexit::face {

// When faces are embedded together, which costs less for each.
struct Batching {
  std::size_t faces = 1;  // so many at once; 1: each alone
  // How long a face waits for others while captures wait for a worker. With less than that left to
  // its deadline it does not wait.
  std::chrono::milliseconds patience{0};
};

struct Embedded {
  core::Embedding embedding;
  std::size_t together = 1;          // faces embedded at once with it, itself included
  std::chrono::nanoseconds took{0};  // its share of their time
};

// Workers that one caller at a time may use: for a capture, and then for the face that was found on
// it. Of the captures that wait, the one whose deadline comes first gets the next worker: a
// traveler at a lane before a backlog, which has more time.
//
// A face is embedded at once when there are not enough captures and faces waiting to fill a batch.
// When there are, it waits, and its worker goes to the next capture; once a batch of faces waits,
// or one of them has waited long enough, faces go first. So no worker is ever idle while somebody
// waits, and who is alone waits for nobody. Thread-safe.
//
// A Worker has `std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops)`.
template <typename Worker>
class WorkerPool {
 public:
  WorkerPool(std::vector<std::unique_ptr<Worker>> workers, const Batching& batching)
      : batching_(batching), idle_(std::move(workers)) {}

  // For a capture. Null when the deadline passes first. A deadline in the past gets no worker, even
  // an idle one.
  std::unique_ptr<Worker> Take(core::Deadline deadline) EXCLUDES(mutex_) {
    if (std::chrono::steady_clock::now() >= deadline) return nullptr;
    const core::MutexLock lock(mutex_);
    const auto own = captures_.insert(deadline);
    while (!IsNext(own) && changed_.WaitUntil(mutex_, deadline)) {
    }
    std::unique_ptr<Worker> worker = IsNext(own) ? TakeIdle() : nullptr;
    captures_.erase(own);
    TellTheNext();
    return worker;
  }

  void Return(std::unique_ptr<Worker> worker) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    idle_.push_back(std::move(worker));
    changed_.NotifyAll();
  }

  // Returns `worker`, and gives the embedding of the face on `crop`. Blocks, and may embed others'
  // faces too. Errors: DEADLINE_EXCEEDED when the face's turn does not come in time; INTERNAL when
  // the worker throws for this face.
  absl::StatusOr<Embedded> Embed(std::unique_ptr<Worker> worker, const cv::Mat& crop,
                                 core::Deadline deadline) EXCLUDES(mutex_) {
    const core::Deadline now = std::chrono::steady_clock::now();
    Face own{.crop = crop,
             .deadline = deadline,
             .due = std::min(now + batching_.patience, deadline - batching_.patience)};
    std::vector<Face*> batch;
    batch.reserve(batching_.faces);
    worker = AwaitTurn(own, std::move(worker), batch);
    if (worker != nullptr) {
      EmbedTogether(*worker, batch);
      Settle(batch, std::move(worker));
    }
    return std::move(own.embedded);
  }

  // How many captures and faces wait.
  std::size_t waiting() const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return captures_.size() + faces_.size();
  }

 private:
  enum class Stage { kWaiting, kTaken, kDone };

  // One that waits, in the frame of its caller, who stays until it is done or nobody has taken it.
  struct Face {
    cv::Mat crop;
    core::Deadline deadline;
    core::Deadline due;             // waits no longer for others
    Stage stage = Stage::kWaiting;  // under the pool's mutex
    absl::StatusOr<Embedded> embedded = core::MakeError(
        core::Reason::kDeadlineExceeded, "the deadline passed before the face was embedded");
  };

  struct DueFirst {
    bool operator()(const Face* a, const Face* b) const { return a->due < b->due; }
  };

  using CapturePlace = std::multiset<core::Deadline>::const_iterator;
  using FacePlace = typename std::multiset<Face*, DueFirst>::const_iterator;

  bool IsNext(CapturePlace own) const REQUIRES(mutex_) {
    return !idle_.empty() && captures_.begin() == own && !FacesAreDue();
  }

  bool IsNext(FacePlace own) const REQUIRES(mutex_) {
    return !idle_.empty() && faces_.begin() == own && FacesAreDue();
  }

  // Who was first has left.
  void TellTheNext() REQUIRES(mutex_) {
    if (!idle_.empty()) changed_.NotifyAll();
  }

  bool FacesAreDue() const REQUIRES(mutex_) {
    if (faces_.empty()) return false;
    const bool enough = faces_.size() >= batching_.faces;
    const bool hopeless = faces_.size() + captures_.size() < batching_.faces;
    return enough || hopeless || (*faces_.begin())->due <= std::chrono::steady_clock::now();
  }

  std::unique_ptr<Worker> TakeIdle() REQUIRES(mutex_) {
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
  }

  // Null when another caller has embedded the face, or the deadline has passed; else a worker, and
  // the faces to embed with it, the own one first.
  std::unique_ptr<Worker> AwaitTurn(Face& own, std::unique_ptr<Worker> worker,
                                    std::vector<Face*>& batch) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    const FacePlace place = faces_.insert(&own);
    idle_.push_back(std::move(worker));
    changed_.NotifyAll();
    while (own.stage == Stage::kWaiting && !IsNext(place)) {
      const core::Deadline now = std::chrono::steady_clock::now();
      if (now >= own.deadline) {
        faces_.erase(place);
        TellTheNext();
        return nullptr;
      }
      changed_.WaitUntil(mutex_, now < own.due ? own.due : own.deadline);
    }
    if (own.stage == Stage::kWaiting) {
      TakeFaces(batch);
      worker = TakeIdle();
      TellTheNext();
      return worker;
    }
    while (own.stage != Stage::kDone) changed_.Wait(mutex_);
    return nullptr;
  }

  // As many as are embedded together if that many wait, else one: fewer gain nothing, and other
  // workers can have them.
  void TakeFaces(std::vector<Face*>& batch) REQUIRES(mutex_) {
    const std::size_t count = faces_.size() >= batching_.faces ? batching_.faces : 1;
    while (batch.size() < count) {
      Face& face = **faces_.begin();
      face.stage = Stage::kTaken;
      batch.push_back(&face);
      faces_.erase(faces_.begin());
    }
  }

  static void EmbedTogether(Worker& worker, const std::vector<Face*>& batch) {
    try {
      std::vector<cv::Mat> crops;
      for (const Face* face : batch) crops.push_back(face->crop);
      const auto start = std::chrono::steady_clock::now();
      std::vector<core::Embedding> embeddings = worker.EmbedAll(crops);
      const auto took = std::chrono::steady_clock::now() - start;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i]->embedded = Embedded{std::move(embeddings.at(i)), batch.size(),
                                      took / static_cast<int>(batch.size())};
      }
    } catch (const std::exception& error) {
      // Only who is the cause shall have it.
      if (batch.size() > 1) {
        for (Face* face : batch) EmbedTogether(worker, {face});
      } else {
        batch.front()->embedded = core::MakeError(core::Reason::kInternal,
                                                  fmt::format("face pipeline: {}", error.what()));
      }
    }
  }

  void Settle(const std::vector<Face*>& batch, std::unique_ptr<Worker> worker) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    for (Face* face : batch) face->stage = Stage::kDone;
    idle_.push_back(std::move(worker));
    changed_.NotifyAll();
  }

  const Batching batching_;
  mutable core::Mutex mutex_;
  core::CondVar changed_;
  std::vector<std::unique_ptr<Worker>> idle_ GUARDED_BY(mutex_);
  std::multiset<core::Deadline> captures_ GUARDED_BY(mutex_);
  std::multiset<Face*, DueFirst> faces_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_WORKER_POOL_H_
