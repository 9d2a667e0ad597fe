#include "rpc/key_service.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

// A nation's records are sealed anew in days.
constexpr std::chrono::days kLongestRotation{30};
// Between looks whether a former key may go, which is a matter of seconds. A thread of the pool
// waits meanwhile, and does other jobs in between.
constexpr std::chrono::milliseconds kBetweenLooks{300};
// A client that reads slowly is told less often.
constexpr std::chrono::milliseconds kBetweenMessages{200};

class RotateKeysStream final : public FedStream<v1::RotateKeysResponse> {
 public:
  RotateKeysStream(const Environment& environment, grpc::CallbackServerContext* context,
                   bool only_rewrap, const app::RotateKeys& rotate)
      : FedStream(environment, context, "/entryexit.v1.KeyService/RotateKeys", /*low_water=*/1,
                  DeadlineOf(*context, {kLongestRotation, kLongestRotation})),
        only_rewrap_(only_rewrap),
        rotate_(rotate) {}

 private:
  void FeedMore() override REQUIRES(mutex_) {
    if (so_far_.done()) {
      End(absl::OkStatus());
    } else {
      Feed([this](const app::Call& call) { return plan_ ? RunParts(call) : Begin(call); });
    }
  }

  absl::Status Begin(const app::Call& call) EXCLUDES(mutex_) {
    auto plan = rotate_.Begin(call, only_rewrap_);
    if (!plan.ok()) return plan.status();
    plan_ = *std::move(plan);
    const core::MutexLock lock(mutex_);
    so_far_.set_rewrapped(plan_->rewrapped);
    so_far_.set_resumed(plan_->resumed);
    so_far_.set_total(plan_->total);
    if (plan_->rotation) so_far_.set_rotation_id(plan_->rotation->rotation_id);
    so_far_.set_done(!plan_->rotation);
    AddMessage() = so_far_;
    return absl::OkStatus();
  }

  // As many as are worth a message.
  absl::Status RunParts(const app::Call& call) EXCLUDES(mutex_) {
    const auto tell_at = std::chrono::steady_clock::now() + kBetweenMessages;
    bool done = false;
    do {
      const auto part = rotate_.Run(call, *plan_->rotation, cursor_);
      if (!part.ok()) return part.status();
      for (const auto& [row, why] : part->failures) {
        spdlog::error(
            "rotation of keys: what is sealed of traveler={} crossing={} does not open: {}",
            row.traveler_id.value(), row.crossing_id.value(), why.ToString());
      }
      resealed_ += part->resealed;
      destroyed_ += part->destroyed;
      failed_ += static_cast<std::int64_t>(part->failures.size());
      done = !part->next;
      if (part->next) cursor_ = *part->next;
      if (part->waits) std::this_thread::sleep_for(kBetweenLooks);
    } while (!done && std::chrono::steady_clock::now() < tell_at);
    const core::MutexLock lock(mutex_);
    so_far_.set_resealed(resealed_);
    so_far_.set_destroyed(destroyed_);
    so_far_.set_failed(failed_);
    so_far_.set_done(done);
    AddMessage() = so_far_;
    return absl::OkStatus();
  }

  const bool only_rewrap_;
  const app::RotateKeys& rotate_;
  // Of the job that runs.
  std::optional<app::RotationPlan> plan_;
  app::RotationCursor cursor_;
  std::int64_t resealed_ = 0;
  std::int64_t destroyed_ = 0;
  std::int64_t failed_ = 0;
  v1::RotateKeysResponse so_far_ GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerWriteReactor<v1::RotateKeysResponse>* KeyService::RotateKeys(
    grpc::CallbackServerContext* context, const v1::RotateKeysRequest* request) {
  const auto stream =
      std::make_shared<RotateKeysStream>(streaming_, context, request->only_rewrap(), rotate_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
