#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"
#include "entryexit/postgres/store.h"
#include "src/postgres/connection.h"
#include "src/postgres/options.h"

namespace entryexit::postgres {
namespace {

using ports::CaseFeed;
using std::chrono::milliseconds;

// A link that is silent for so long is asked for a sign of life: a server that vanished without a
// word would otherwise look like one without news.
constexpr milliseconds kHeartbeatInterval{5000};
constexpr milliseconds kReconnectBackoff{50};
constexpr milliseconds kLongestBackoff{2000};

core::Deadline After(milliseconds duration) { return std::chrono::steady_clock::now() + duration; }

// The listeners of one feed; outlives the feed when subscriptions do. Listeners are called with the
// lock held, so that removing one waits for its call to end.
class Listeners {
 public:
  // Nothing when there is no link.
  std::optional<int> Add(CaseFeed::Listener listener) {
    core::MutexLock lock(mutex_);
    if (!linked_) return std::nullopt;
    listeners_.emplace(next_key_, std::move(listener));
    return next_key_++;
  }

  void Remove(int key) {
    core::MutexLock lock(mutex_);
    listeners_.erase(key);
  }

  void SetLinked() {
    core::MutexLock lock(mutex_);
    linked_ = true;
  }

  void Tell(const core::CaseId& case_id) {
    core::MutexLock lock(mutex_);
    for (const auto& [key, listener] : listeners_) listener(case_id);
  }

  void EndAll(const absl::Status& error) {
    core::MutexLock lock(mutex_);
    linked_ = false;
    for (const auto& [key, listener] : listeners_) listener(error);
    listeners_.clear();
  }

 private:
  core::Mutex mutex_;
  bool linked_ GUARDED_BY(mutex_) = false;
  int next_key_ GUARDED_BY(mutex_) = 0;
  std::map<int, CaseFeed::Listener> listeners_ GUARDED_BY(mutex_);
};

class PostgresSubscription final : public CaseFeed::Subscription {
 public:
  PostgresSubscription(std::shared_ptr<Listeners> listeners, int key)
      : listeners_(std::move(listeners)), key_(key) {}
  ~PostgresSubscription() override { listeners_->Remove(key_); }

 private:
  const std::shared_ptr<Listeners> listeners_;
  const int key_;
};

class PostgresCaseFeed final : public CaseFeed {
 public:
  explicit PostgresCaseFeed(DatabaseOptions options)
      : options_(std::move(options)), stop_fd_(eventfd(0, EFD_CLOEXEC)) {}

  ~PostgresCaseFeed() override {
    eventfd_write(stop_fd_, 1);
    if (thread_.joinable()) thread_.join();
    close(stop_fd_);
  }

  absl::Status Start() {
    if (stop_fd_ < 0) return core::MakeError(core::Reason::kInternal, "eventfd failed");
    if (absl::Status status = Link(); !status.ok()) return status;
    thread_ = std::thread([this] { Serve(); });
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(Listener listener) override {
    const std::optional<int> key = listeners_->Add(std::move(listener));
    if (!key) {
      return core::MakeError(core::Reason::kDatabaseUnavailable,
                             "there is no link to the database at present");
    }
    return std::make_unique<PostgresSubscription>(listeners_, *key);
  }

 private:
  absl::Status Link() {
    const core::Deadline deadline = After(options_.connect_timeout);
    auto connection = Connection::Open(options_.dsn, deadline, stop_fd_);
    if (!connection.ok()) return connection.status();
    const auto listening = (*connection)->Run({{StatementId::kListen, {}}}, deadline);
    if (!listening.ok()) return listening.status();
    connection_ = *std::move(connection);
    listeners_->SetLinked();
    return absl::OkStatus();
  }

  void Serve() {
    do {
      const absl::Status lost = PassOn();
      connection_.reset();
      listeners_->EndAll(
          core::MakeError(core::Reason::kDatabaseUnavailable, "the link to the database was lost"));
      if (!Stopping()) spdlog::warn("case feed: {}", std::string(lost.message()));
    } while (Relink());
  }

  // Passes cases on until the link is lost or the feed ends.
  absl::Status PassOn() {
    for (;;) {
      absl::StatusOr<std::vector<std::string>> case_ids = connection_->TakeNotifications();
      if (!case_ids.ok()) return case_ids.status();
      for (std::string& case_id : *case_ids) {
        listeners_->Tell(core::CaseId(std::move(case_id)));
      }
      absl::Status status = connection_->WaitForNews(After(kHeartbeatInterval));
      if (core::ReasonOf(status) == core::Reason::kDeadlineExceeded) {
        // To listen again changes nothing and needs the server's answer.
        const core::Deadline deadline = After(options_.connect_timeout);
        status = connection_->Run({{StatementId::kListen, {}}}, deadline).status();
      }
      if (!status.ok()) return status;
    }
  }

  // False when the feed ends.
  bool Relink() {
    milliseconds backoff = kReconnectBackoff;
    while (!WaitForStop(backoff)) {
      if (Link().ok()) {
        spdlog::info("case feed: linked again");
        return true;
      }
      backoff = std::min(2 * backoff, kLongestBackoff);
    }
    return false;
  }

  bool WaitForStop(milliseconds timeout) const {
    pollfd stop{stop_fd_, POLLIN, 0};
    return poll(&stop, 1, static_cast<int>(timeout.count())) > 0;
  }
  bool Stopping() const { return WaitForStop(milliseconds(0)); }

  const DatabaseOptions options_;
  const int stop_fd_;
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  std::unique_ptr<Connection> connection_;  // the thread's, once it runs
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ports::CaseFeed>> OpenCaseFeed(const DatabaseOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  auto feed = std::make_unique<PostgresCaseFeed>(options);
  if (absl::Status status = feed->Start(); !status.ok()) return status;
  return feed;
}

}  // namespace entryexit::postgres
