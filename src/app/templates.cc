#include "app/templates.h"

#include <bit>
#include <cstring>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {

static_assert(std::endian::native == std::endian::little, "BytesOf copies floats as they lie");

std::string AssociatedData(const core::TravelerId& traveler_id, const core::CrossingId& crossing_id,
                           const char* kind) {
  return traveler_id.value() + '/' + crossing_id.value() + '/' + kind;
}

std::string BytesOf(const core::Embedding& embedding) {
  std::string bytes(embedding.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), embedding.data(), bytes.size());
  return bytes;
}

absl::Status SealTemplate(const core::Embedding& embedding, const ports::Vault& vault,
                          ports::TemplateRecord& record) {
  const std::string bytes = BytesOf(embedding);
  record.digest = crypto::Sha256Hex(bytes);
  absl::StatusOr<ports::SealedBlob> sealed =
      vault.Seal(bytes, AssociatedData(record.traveler_id, record.crossing_id, kTemplateKind));
  if (!sealed.ok()) return sealed.status();
  record.embedding = *std::move(sealed);
  return absl::OkStatus();
}

absl::StatusOr<core::ComparedTemplate> OpenTemplate(const ports::TemplateRecord& record,
                                                    const ports::Vault& vault) {
  const absl::StatusOr<std::string> bytes = vault.Open(
      record.embedding, AssociatedData(record.traveler_id, record.crossing_id, kTemplateKind));
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() % sizeof(float) != 0 || crypto::Sha256Hex(*bytes) != record.digest) {
    return core::MakeError(core::Reason::kStoredDataInvalid, "the template of crossing " +
                                                                 record.crossing_id.value() +
                                                                 " does not agree with its digest");
  }
  core::Embedding embedding(bytes->size() / sizeof(float));
  std::memcpy(embedding.data(), bytes->data(), bytes->size());
  return core::ComparedTemplate{record.crossing_id, record.digest, std::move(embedding)};
}

}  // namespace entryexit::app
