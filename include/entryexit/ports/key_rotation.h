#ifndef ENTRYEXIT_PORTS_KEY_ROTATION_H_
#define ENTRYEXIT_PORTS_KEY_ROTATION_H_

#include <string>

#include "entryexit/core/ids.h"
#include "entryexit/ports/vault.h"

// What exchanging data keys reads and writes.
namespace entryexit::ports {

// Sealing everything anew with another data key. At most one is open at a time.
struct KeyRotation {
  std::string rotation_id;  // a UUID
  std::string principal;    // who asked for it
  std::string key_id;       // the new data key
};

enum class SealedKind { kCapture, kTemplate };
const char* NameOf(SealedKind kind);  // "CAPTURE", "TEMPLATE"

// What is sealed in the row of a capture or template.
struct SealedRow {
  core::TravelerId traveler_id;
  core::CrossingId crossing_id;
  SealedBlob blob;
};

// The place of a page of rows, which are in the order of travelers and crossings.
struct SealedCursor {
  core::TravelerId traveler_id;
  core::CrossingId crossing_id;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_KEY_ROTATION_H_
