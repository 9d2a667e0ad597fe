#include "entryexit/core/face.h"

namespace entryexit::core {

const char* NameOf(QualityIssue issue) {
  switch (issue) {
    case QualityIssue::kNoFace:
      return "NO_FACE";
    case QualityIssue::kSeveralFaces:
      return "SEVERAL_FACES";
    case QualityIssue::kFaceTooSmall:
      return "FACE_TOO_SMALL";
    case QualityIssue::kFaceCutOff:
      return "FACE_CUT_OFF";
    case QualityIssue::kTooDark:
      return "TOO_DARK";
    case QualityIssue::kTooBright:
      return "TOO_BRIGHT";
    case QualityIssue::kBlurred:
      return "BLURRED";
    case QualityIssue::kRoll:
      return "ROLL";
    case QualityIssue::kYaw:
      return "YAW";
    case QualityIssue::kPitch:
      return "PITCH";
    case QualityIssue::kEyesNotVisible:
      return "EYES_NOT_VISIBLE";
    case QualityIssue::kNoPicture:
      return "NO_PICTURE";
  }
  return "UNKNOWN";
}

}  // namespace entryexit::core
