#include "model_files.h"

#include <fmt/format.h>

#include <system_error>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "files.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

// Empty when the file is in neither place.
std::filesystem::path PathOf(const ModelManifest& manifest, const ModelDescription& model,
                             const std::filesystem::path& installed_models) {
  std::error_code error;
  if (!installed_models.empty()) {
    std::filesystem::path installed = installed_models / model.file;
    if (std::filesystem::exists(installed, error)) return installed;
  }
  std::filesystem::path bundled = manifest.folder() / model.file;
  return std::filesystem::exists(bundled, error) ? bundled : std::filesystem::path();
}

absl::Status CheckDigest(const ModelDescription& model, const std::filesystem::path& path,
                         const ModelBytes& file) {
  const bool by_sha256 = !model.sha256.empty();
  const std::string expected = by_sha256 ? model.sha256 : model.git_blob;
  const std::string actual = by_sha256 ? file.sha256 : crypto::GitBlobIdHex(file.bytes);
  if (actual == expected) return absl::OkStatus();
  return MakeError(
      Reason::kModelDigestMismatch,
      fmt::format("{}: its {} is {}, but the manifest expects {} for {}", path.string(),
                  by_sha256 ? "SHA-256" : "git blob id", actual, expected, model.id));
}

absl::StatusOr<ModelBytes> ReadBytes(const std::filesystem::path& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  std::string sha256 = crypto::Sha256Hex(*bytes);
  return ModelBytes{*std::move(bytes), std::move(sha256)};
}

}  // namespace

absl::StatusOr<ModelBytes> ReadModel(const ModelManifest& manifest, const ModelDescription& model,
                                     const std::filesystem::path& installed_models) {
  const std::filesystem::path path = PathOf(manifest, model, installed_models);
  if (path.empty()) {
    std::string hint = fmt::format(
        "{} of model {} is not in place; run: entryexitctl models install "
        "{} FILE",
        model.file, model.id, model.id);
    if (!model.source.empty()) hint += fmt::format(" (it comes from {})", model.source);
    return MakeError(Reason::kModelFileMissing, hint);
  }
  absl::StatusOr<ModelBytes> file = ReadBytes(path);
  if (!file.ok()) return file.status();
  if (absl::Status status = CheckDigest(model, path, *file); !status.ok()) return status;
  return file;
}

absl::StatusOr<ModelState> InspectModel(const ModelManifest& manifest,
                                        const ModelDescription& model,
                                        const std::filesystem::path& installed_models) {
  ModelState state;
  state.path = PathOf(manifest, model, installed_models);
  if (state.path.empty()) return state;
  const absl::StatusOr<ModelBytes> file = ReadBytes(state.path);
  if (!file.ok()) return file.status();
  state.digest_ok = CheckDigest(model, state.path, *file).ok();
  state.sha256 = file->sha256;
  return state;
}

absl::Status InstallModel(const ModelManifest& manifest, const std::string& model_id,
                          const std::filesystem::path& source,
                          const std::filesystem::path& installed_models) {
  const absl::StatusOr<ModelDescription> model = manifest.Find(model_id);
  if (!model.ok()) return model.status();
  std::error_code error;
  if (!std::filesystem::exists(source, error)) {
    return MakeError(Reason::kModelFileMissing,
                     fmt::format("{}: there is no such file", source.string()));
  }
  const absl::StatusOr<ModelBytes> file = ReadBytes(source);
  if (!file.ok()) return file.status();
  if (absl::Status status = CheckDigest(*model, source, *file); !status.ok()) return status;
  std::filesystem::create_directories(installed_models, error);  // a failure shows when writing
  return ReplaceFile(installed_models / model->file, file->bytes, Reason::kModelFileInvalid,
                     [](const std::filesystem::path&) { return absl::OkStatus(); });
}

}  // namespace entryexit::face
