#include "entryexit/ports/store.h"

namespace entryexit::ports {

const char* NameOf(CaptureStatus status) {
  switch (status) {
    case CaptureStatus::kTemplateStored:
      return "TEMPLATE_STORED";
    case CaptureStatus::kLowQuality:
      return "LOW_QUALITY";
    case CaptureStatus::kExempt:
      return "EXEMPT";
    case CaptureStatus::kOptedOut:
      return "OPTED_OUT";
    case CaptureStatus::kNotCaptured:
      return "NOT_CAPTURED";
  }
  return "UNKNOWN";
}

const char* NameOf(CaseEventKind kind) {
  switch (kind) {
    case CaseEventKind::kOpened:
      return "OPENED";
    case CaseEventKind::kReopened:
      return "REOPENED";
    case CaseEventKind::kUpdated:
      return "UPDATED";
    case CaseEventKind::kUpheldByOne:
      return "UPHELD_BY_ONE";
    case CaseEventKind::kDismissedByOne:
      return "DISMISSED_BY_ONE";
    case CaseEventKind::kNotConfirmed:
      return "NOT_CONFIRMED";
    case CaseEventKind::kUpheld:
      return "UPHELD";
    case CaseEventKind::kDismissed:
      return "DISMISSED";
    case CaseEventKind::kWithdrawn:
      return "WITHDRAWN";
  }
  return "UNKNOWN";
}

const char* NameOf(LegalHoldEventKind kind) {
  return kind == LegalHoldEventKind::kPlaced ? "PLACED" : "RELEASED";
}

const char* NameOf(SealedKind kind) {
  return kind == SealedKind::kCapture ? "CAPTURE" : "TEMPLATE";
}

}  // namespace entryexit::ports
