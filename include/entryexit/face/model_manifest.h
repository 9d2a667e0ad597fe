#ifndef ENTRYEXIT_FACE_MODEL_MANIFEST_H_
#define ENTRYEXIT_FACE_MODEL_MANIFEST_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/calibration.h"
#include "entryexit/face/export.h"

// The models that the service knows, as described in models/manifest.yaml. All functions are
// thread-safe, except that writers of one file must not run at the same time.
namespace entryexit::face {

enum class Architecture { kEntryexitResnet, kDlibResnet };
enum class Alignment { kArcface112, kDlib150 };

struct CalibrationTable {
  core::Calibration calibration;
  std::string measured_on;
};

struct ENTRYEXIT_FACE_EXPORT ModelDescription {
  std::string id;
  Architecture architecture;
  Alignment alignment;
  std::string file;      // name within the models folder
  std::string sha256;    // of the file, lower-case hex; empty when only the blob id is known
  std::string git_blob;  // git's id of the file; empty when only the SHA-256 is known
  int dimension = 0;     // floats in an embedding
  bool l2_normalised = false;
  std::vector<CalibrationTable> calibrations;
  std::string golden;  // file with the golden captures, within the models folder; may be empty
  std::string licence;
  std::string lineage;
  std::string source;   // where an operator finds the file; empty when it is bundled
  std::string warning;  // to be logged at each start; may be empty

  // The table of `pairs`, or null.
  const CalibrationTable* CalibrationFor(const std::string& pairs) const;
};

class ENTRYEXIT_FACE_EXPORT ModelManifest {
 public:
  // Errors: CONFIG_INVALID, with the line, for a file that is missing or malformed, an unknown key,
  // or a value out of range.
  static absl::StatusOr<ModelManifest> Load(const std::filesystem::path& path);

  // Errors: MODEL_UNKNOWN; the message lists the models there are.
  absl::StatusOr<ModelDescription> Find(const std::string& id) const;

  const std::vector<ModelDescription>& models() const { return models_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;  // of the manifest: bundled files lie beside it
  std::vector<ModelDescription> models_;
};

// What is in place for one model.
struct ModelState {
  std::filesystem::path path;  // of the file found; empty when there is none
  bool digest_ok = false;
  std::string sha256;  // of the file found, lower-case hex
};

// Looks for the model's file in `installed_models` (may be empty), then in the manifest's folder,
// and reads it. Errors: MODEL_FILE_INVALID when a file is there but cannot be read.
ENTRYEXIT_FACE_EXPORT absl::StatusOr<ModelState> InspectModel(
    const ModelManifest& manifest, const ModelDescription& model,
    const std::filesystem::path& installed_models);

// Copies `source` into `installed_models` (made when missing) under the model's file name, in one
// step: a reader sees the old file or the new one.
// Errors: MODEL_UNKNOWN; MODEL_FILE_MISSING; MODEL_DIGEST_MISMATCH when `source` is not the file
// that the manifest means; MODEL_FILE_INVALID when it cannot be written.
ENTRYEXIT_FACE_EXPORT absl::Status InstallModel(const ModelManifest& manifest,
                                                const std::string& model_id,
                                                const std::filesystem::path& source,
                                                const std::filesystem::path& installed_models);

// Puts `calibration` into the manifest as the model's table for calibration.pairs(), in place of
// the one that was there; all else in the file, comments too, stays as it was. `measured_on` says
// on what, in one line. Errors: CONFIG_INVALID; MODEL_UNKNOWN.
ENTRYEXIT_FACE_EXPORT absl::Status WriteCalibration(const std::filesystem::path& manifest_path,
                                                    const std::string& model_id,
                                                    const core::Calibration& calibration,
                                                    const std::string& measured_on);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_MODEL_MANIFEST_H_
