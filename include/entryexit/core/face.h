#ifndef ENTRYEXIT_CORE_FACE_H_
#define ENTRYEXIT_CORE_FACE_H_

#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace entryexit::core {

// Which network made a template. Templates whose model id or digest differ are never compared.
struct ModelRef {
  std::string id;      // as in models/manifest.yaml, e.g. "entryexit-resnet-v1"
  std::string digest;  // SHA-256 of the weights file, lower-case hex
  std::string engine;  // the build that ran it, e.g. "dlib-19.24"; for the record, not compared

  // True when templates of the two may be compared.
  bool Comparable(const ModelRef& other) const { return id == other.id && digest == other.digest; }
};

// A face embedding, L2-normalised when its model says so.
using Embedding = std::vector<float>;

// What makes a capture unfit for a template. Every one is something the person at the kiosk, or
// the kiosk, can act on.
enum class QualityIssue {
  kNoFace,          // measured: faces found (0); limit: 1
  kSeveralFaces,    // measured: the largest face's width over the next one's; limit: least factor
  kFaceTooSmall,    // measured: face width, px; limit: least width, px
  kFaceCutOff,      // measured: share of the face inside the picture, 0..1; limit: least share
  kTooDark,         // measured: mean luma of the face, 0..255; limit: least
  kTooBright,       // measured: mean luma of the face, 0..255; limit: greatest
  kBlurred,         // measured: sharpness of the aligned face; limit: least
  kRoll,            // measured: degrees, signed; limit: greatest absolute value
  kYaw,             // measured: degrees, signed (positive: turned to its left); limit: as above
  kPitch,           // measured: degrees, signed (positive: looking up); limit: as above
  kEyesNotVisible,  // measured: eye-region evidence; limit: least
  kNoPicture,       // the image is missing or no readable picture; measured: 0; limit: 1
};

// Upper snake case, as on the wire: "FACE_TOO_SMALL".
const char* NameOf(QualityIssue issue);

struct QualityFinding {
  QualityIssue issue;
  double measured;
  double limit;

  friend auto operator<=>(const QualityFinding&, const QualityFinding&) = default;
};

// In pixels of the upright picture (EXIF orientation applied). May reach past the border.
struct PixelBox {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;

  friend auto operator<=>(const PixelBox&, const PixelBox&) = default;
};

// What the face engine saw in one capture.
struct FaceObservation {
  int image_width = 0;  // px, upright
  int image_height = 0;
  std::optional<PixelBox> face;          // the face chosen, if any
  std::vector<QualityFinding> findings;  // every limit that was missed; empty when usable
  std::optional<Embedding> embedding;    // present exactly when `findings` is empty

  bool usable() const { return embedding.has_value(); }
};

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_FACE_H_
