#include "entryexit/core/cases.h"

#include "src/core/enum_names.h"

namespace entryexit::core {
namespace {

constexpr EnumNames<CaseKind, 9> kKindNames = {{
    {CaseKind::kIdentityNoMatch, "IDENTITY_NO_MATCH"},
    {CaseKind::kIdentityInconclusive, "IDENTITY_INCONCLUSIVE"},
    {CaseKind::kNoReference, "NO_REFERENCE"},
    {CaseKind::kOverstay, "OVERSTAY"},
    {CaseKind::kDepartureWithoutArrival, "DEPARTURE_WITHOUT_ARRIVAL"},
    {CaseKind::kArrivalOnOpenStay, "ARRIVAL_ON_OPEN_STAY"},
    {CaseKind::kDocumentDataConflict, "DOCUMENT_DATA_CONFLICT"},
    {CaseKind::kSuspectedOverstay, "SUSPECTED_OVERSTAY"},
    {CaseKind::kCorrectionRequest, "CORRECTION_REQUEST"},
}};
static_assert(CoversUpTo(CaseKind::kCorrectionRequest, kKindNames));

constexpr EnumNames<CaseState, 5> kStateNames = {{
    {CaseState::kOpen, "OPEN"},
    {CaseState::kAwaitsSecondOfficer, "AWAITS_SECOND_OFFICER"},
    {CaseState::kUpheld, "UPHELD"},
    {CaseState::kDismissed, "DISMISSED"},
    {CaseState::kWithdrawn, "WITHDRAWN"},
}};
static_assert(CoversUpTo(CaseState::kWithdrawn, kStateNames));

}  // namespace

const char* NameOf(CaseKind kind) { return kKindNames[static_cast<size_t>(kind)].second; }

std::optional<CaseKind> CaseKindFromName(const std::string& name) {
  return FromName(kKindNames, name);
}

const char* NameOf(Severity severity) {
  switch (severity) {
    case Severity::kLow:
      return "LOW";
    case Severity::kMedium:
      return "MEDIUM";
    case Severity::kHigh:
      return "HIGH";
  }
  return "UNKNOWN";
}

const char* NameOf(CaseState state) { return kStateNames[static_cast<size_t>(state)].second; }

std::optional<CaseState> CaseStateFromName(const std::string& name) {
  return FromName(kStateNames, name);
}

bool WaitsForOfficer(CaseState state) {
  return state == CaseState::kOpen || state == CaseState::kAwaitsSecondOfficer;
}

bool IsDispute(CaseKind kind, CaseState state) {
  return kind == CaseKind::kCorrectionRequest &&
         (WaitsForOfficer(state) || state == CaseState::kDismissed);
}

std::optional<CaseKind> CaseKindFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNoMatch:
      return CaseKind::kIdentityNoMatch;
    case Outcome::kInconclusive:
      return CaseKind::kIdentityInconclusive;
    case Outcome::kNoReference:
      return CaseKind::kNoReference;
    case Outcome::kMatch:
    case Outcome::kLowQuality:
    case Outcome::kExempt:
    case Outcome::kOptedOut:
      return std::nullopt;
  }
  return std::nullopt;
}

CaseKind CaseKindFor(FlagKind flag) {
  switch (flag) {
    case FlagKind::kDepartureWithoutArrival:
      return CaseKind::kDepartureWithoutArrival;
    case FlagKind::kArrivalOnOpenStay:
      return CaseKind::kArrivalOnOpenStay;
    case FlagKind::kOverstay:
      break;
  }
  return CaseKind::kOverstay;
}

Severity SeverityOf(CaseKind kind, int days_overstayed, int days_before_18) {
  switch (kind) {
    case CaseKind::kIdentityNoMatch:
      return Severity::kHigh;
    case CaseKind::kOverstay:
    case CaseKind::kSuspectedOverstay:
      return BandOf({OverstayKind::kOutOfCountry, days_overstayed, days_before_18}) >
                     OverstayBand::kUpTo180Days
                 ? Severity::kHigh
                 : Severity::kMedium;
    case CaseKind::kIdentityInconclusive:
    case CaseKind::kDocumentDataConflict:
    case CaseKind::kCorrectionRequest:
      return Severity::kMedium;
    case CaseKind::kNoReference:
    case CaseKind::kDepartureWithoutArrival:
    case CaseKind::kArrivalOnOpenStay:
      break;
  }
  return Severity::kLow;
}

}  // namespace entryexit::core
