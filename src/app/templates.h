#ifndef ENTRYEXIT_APP_TEMPLATES_H_
#define ENTRYEXIT_APP_TEMPLATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/matching.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

// How captures and templates are sealed for storage, and opened again.
namespace entryexit::app {

// What sealed data is bound to: a ciphertext moved to another row or column does not open.
std::string AssociatedData(const core::TravelerId& traveler_id, const core::CrossingId& crossing_id,
                           const char* kind);
inline constexpr char kTemplateKind[] = "template";
inline constexpr char kCaptureKind[] = "capture";

// The bytes of an embedding as sealed and digested: IEEE 754 binary32, little-endian.
std::string BytesOf(const core::Embedding& embedding);

// Fills `record.digest` and `record.embedding`; the record's ids must be set.
absl::Status SealTemplate(const core::Embedding& embedding, const ports::Vault& vault,
                          ports::TemplateRecord& record);

// Errors: KEY_UNAVAILABLE, STORED_DATA_INVALID.
absl::StatusOr<core::ComparedTemplate> OpenTemplate(const ports::TemplateRecord& record,
                                                    const ports::Vault& vault);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_TEMPLATES_H_
