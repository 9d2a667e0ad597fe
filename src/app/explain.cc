#include <fmt/format.h>

#include "entryexit/app/queries.h"

namespace entryexit::app {
namespace {

using core::CaseKind;
using core::QualityIssue;

const char* BoundText(const std::optional<core::FmrBound>& bound) {
  if (bound == core::FmrBound::kAtMost) return "at most ";
  if (bound == core::FmrBound::kAtLeast) return "at least ";
  return "";
}

std::string ExplainComparison(const ports::ComparisonRecord& comparison) {
  const core::DecisionReceipt& receipt = comparison.receipt;
  if (!receipt.distance) return "";
  return fmt::format(
      " The distance to {} prior arrival{} is {:.3f}; a match lies at or below {:.3f}, no match "
      "beyond {:.3f}. The estimated false match rate at that distance is {}{:.2g} %.",
      receipt.references.size(), receipt.references.size() == 1 ? "" : "s", *receipt.distance,
      receipt.thresholds.match_distance, receipt.thresholds.no_match_distance,
      BoundText(receipt.fmr_bound), *receipt.estimated_fmr * 100);
}

std::string Lead(const CaseView& view) {
  switch (view.record.kind) {
    case CaseKind::kIdentityNoMatch:
      return "The face at departure is unlike the faces that arrived on this document.";
    case CaseKind::kIdentityInconclusive:
      return "The comparison with the prior arrivals can tell neither way.";
    case CaseKind::kNoReference:
      return "There is no prior arrival with a template to compare with.";
    case CaseKind::kOverstay:
      return fmt::format("The departure was recorded {} day{} after the last lawful day.",
                         view.record.days_overstayed, view.record.days_overstayed == 1 ? "" : "s");
    case CaseKind::kDepartureWithoutArrival:
      return "A departure was recorded while no stay was open: the arrival is missing or not yet "
             "known.";
    case CaseKind::kArrivalOnOpenStay:
      return "An arrival was recorded while a stay was open: the departure before it is missing or "
             "not yet known.";
    case CaseKind::kDocumentDataConflict:
      return "The document was shown with another nationality, birth date or sex than when it was "
             "first seen.";
    case CaseKind::kSuspectedOverstay:
      return "The last lawful day of the stay that began with this arrival is over, and no "
             "departure is recorded.";
    case CaseKind::kCorrectionRequest:
      return "The traveler disputes what is recorded of this crossing; the history begins with the "
             "request.";
  }
  return "";
}

}  // namespace

std::string Explain(const CaseView& view) {
  std::string text = Lead(view);
  if (view.comparison) text += ExplainComparison(*view.comparison);
  return text;
}

std::string Advice(const core::QualityFinding& finding) {
  switch (finding.issue) {
    case QualityIssue::kNoFace:
      return "No face was found: please stand in front of the camera.";
    case QualityIssue::kSeveralFaces:
      return "More than one face is in the picture: please step forward alone.";
    case QualityIssue::kFaceTooSmall:
      return "The face is too small: please come closer.";
    case QualityIssue::kFaceCutOff:
      return "The face is cut off by the border: please move to the centre.";
    case QualityIssue::kTooDark:
      return "The face is too dark: please turn to the light.";
    case QualityIssue::kTooBright:
      return "The face is too bright: please move out of the direct light.";
    case QualityIssue::kBlurred:
      return "The picture is blurred: please hold still.";
    case QualityIssue::kRoll:
      return "The head is tilted: please hold it upright.";
    case QualityIssue::kYaw:
      return "The head is turned aside: please look at the camera.";
    case QualityIssue::kPitch:
      return "The head is raised or lowered: please look straight ahead.";
    case QualityIssue::kEyesNotVisible:
      return "The eyes are not visible: please uncover them and open them.";
    case QualityIssue::kNoPicture:
      return "There was no readable picture: the lane's camera or software needs a look.";
  }
  return "";
}

}  // namespace entryexit::app
