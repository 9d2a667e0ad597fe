#ifndef ENTRYEXIT_APP_ROTATE_KEYS_H_
#define ENTRYEXIT_APP_ROTATE_KEYS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

// Keeps wrapped data keys in the store. Thread-safe.
class StoredKeys final : public ports::KeyTable {
 public:
  // `store` must outlive the object. One whose connections others wait for while they hold those of
  // another store must not be that other one.
  explicit StoredKeys(ports::Store& store) : store_(store) {}

  absl::StatusOr<std::vector<ports::WrappedKey>> AllKeys() override;
  absl::Status AddFirstKey(const ports::WrappedKey& key) override;

 private:
  ports::Store& store_;
};

// What a rotation has to do.
struct RotationPlan {
  std::int64_t rewrapped = 0;  // data keys that another key-encryption key has wrapped just now
  // Absent when no more than that was asked for.
  std::optional<ports::KeyRotation> rotation;
  bool resumed = false;    // it was begun before, and had not come to its end
  std::int64_t total = 0;  // records to seal anew
};

// Where a rotation stands: captures are sealed anew, then templates, then former keys destroyed.
struct RotationCursor {
  enum class Stage { kCaptures, kTemplates, kFormerKeys };
  Stage stage = Stage::kCaptures;
  std::optional<ports::SealedCursor> after;
  bool failed = false;  // something before could not be sealed anew
};

// A record that does not open, and why.
struct RotationFailure {
  ports::SealedCursor row;
  absl::Status status;
};

struct RotationPart {
  std::int64_t resealed = 0;
  std::int64_t destroyed = 0;  // former data keys
  // These records stay as they are, and so does their key.
  std::vector<RotationFailure> failures;
  // True: wait some moments before the next part. Nothing is to be done until daemons have given up
  // a former key.
  bool waits = false;
  std::optional<RotationCursor> next;  // absent: done, as far as it could be
};

// Exchanges keys while the service goes on: data keys are wrapped by the key-encryption key that
// now comes first, and what former data keys have sealed is sealed anew with a new one, record by
// record. It can be killed at any time, and several may work on the same rotation. Thread-safe.
class RotateKeys {
 public:
  // The arguments must outlive the object.
  RotateKeys(ports::Store& store, const ports::Vault& vault, ports::KeyRing& keys)
      : store_(store), vault_(vault), keys_(keys) {}

  // Reads the key-encryption keys anew, wraps all data keys by the first and, unless `only_rewrap`,
  // begins a rotation, or finds the one that is open.
  // Errors: KEY_UNAVAILABLE.
  absl::StatusOr<RotationPlan> Begin(const Call& call, bool only_rewrap) const;

  // Does some more of the open rotation. It is done when others have brought it to its end.
  // Errors: KEY_UNAVAILABLE when nothing can be sealed.
  absl::StatusOr<RotationPart> Run(const Call& call, const ports::KeyRotation& rotation,
                                   const RotationCursor& cursor) const;

 private:
  absl::StatusOr<std::int64_t> RewrapAll(const Call& call) const;
  absl::StatusOr<RotationPart> Reseal(const Call& call, const ports::KeyRotation& rotation,
                                      const RotationCursor& cursor) const;
  absl::StatusOr<RotationPart> DestroyFormerKeys(const Call& call,
                                                 const ports::KeyRotation& rotation,
                                                 const RotationCursor& cursor) const;

  ports::Store& store_;
  const ports::Vault& vault_;
  ports::KeyRing& keys_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_ROTATE_KEYS_H_
