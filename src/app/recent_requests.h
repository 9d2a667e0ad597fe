#ifndef ENTRYEXIT_APP_RECENT_REQUESTS_H_
#define ENTRYEXIT_APP_RECENT_REQUESTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "entryexit/core/ids.h"

namespace entryexit::app {

// Which requests this process has begun to record of late. It may forget, and may take one request
// for another: who asks it looks in the store for those that it knows, and is right either way.
// Takes 512 KiB. Thread-safe.
class RecentRequests {
 public:
  void Add(const core::RequestId& id) {
    const std::size_t hash = HashOf(id);
    hashes_[hash % kPlaces] = hash;
  }
  bool Has(const core::RequestId& id) const {
    const std::size_t hash = HashOf(id);
    return hashes_[hash % kPlaces] == hash;
  }

 private:
  static constexpr std::size_t kPlaces = std::size_t{1} << 16;

  static std::size_t HashOf(const core::RequestId& id) {
    return std::hash<std::string>()(id.value());
  }

  // The newer takes the place of the older.
  std::array<std::atomic<std::size_t>, kPlaces> hashes_{};
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_RECENT_REQUESTS_H_
