#ifndef ENTRYEXIT_TESTS_UNIT_CRYPTO_KEYS_IN_MEMORY_H_
#define ENTRYEXIT_TESTS_UNIT_CRYPTO_KEYS_IN_MEMORY_H_

#include <algorithm>
#include <vector>

#include "entryexit/ports/vault.h"

namespace entryexit::testing {

// Not thread-safe.
class KeysInMemory final : public ports::KeyTable {
 public:
  absl::StatusOr<std::vector<ports::WrappedKey>> AllKeys() override {
    ++reads;
    if (!failure.ok()) return failure;
    return keys;
  }

  absl::Status AddFirstKey(const ports::WrappedKey& key) override {
    const bool has_current =
        std::ranges::any_of(keys, [](const auto& known) { return !known.retired_at; });
    if (failure.ok() && !has_current) keys.push_back(key);
    return failure;
  }

  // As a rotation does.
  void PutCurrent(const ports::WrappedKey& key) {
    for (ports::WrappedKey& known : keys) known.retired_at = core::Timestamp();
    keys.push_back(key);
  }

  std::vector<ports::WrappedKey> keys;
  absl::Status failure;  // of every call
  int reads = 0;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_UNIT_CRYPTO_KEYS_IN_MEMORY_H_
