#include "ctl/crossing_request.h"

#include <fmt/format.h>

#include "entryexit/base/files.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {
namespace {

using core::MakeError;
using core::Reason;

absl::StatusOr<v1::Sex> ParseSex(const std::string& text) {
  if (text == "F") return v1::SEX_FEMALE;
  if (text == "M") return v1::SEX_MALE;
  if (text == "X") return v1::SEX_X;
  return MakeError(Reason::kInvalidField, "--sex must be F, M or X");
}

absl::StatusOr<v1::Identification> MakeIdentification(const CrossingOptions& options) {
  v1::Identification identification;
  if (options.mrz.empty() == options.document.empty()) {
    return MakeError(Reason::kMissingField, "give either --mrz or --document");
  }
  if (!options.mrz.empty()) {
    identification.set_mrz(options.mrz);
    return identification;
  }
  if (options.nationality.empty() || !options.birth_date || options.sex.empty()) {
    return MakeError(Reason::kMissingField,
                     "--document needs --nationality, --birth-date and --sex");
  }
  const auto key = ParseDocument(options.document);
  if (!key.ok()) return key.status();
  const auto sex = ParseSex(options.sex);
  if (!sex.ok()) return sex.status();
  v1::TravelDocument& document = *identification.mutable_document();
  document.set_issuing_state(key->issuing_state());
  document.set_number(key->number());
  document.set_nationality(options.nationality);
  *document.mutable_birth_date() = *options.birth_date;
  document.set_sex(*sex);
  return identification;
}

// Arrivals and departures have these fields in common, but no common type.
template <typename Request>
absl::Status FillCrossing(const CrossingOptions& options, Request& request) {
  auto identification = MakeIdentification(options);
  if (!identification.ok()) return identification.status();
  *request.mutable_identification() = *std::move(identification);

  const bool waived = options.waiver != v1::BIOMETRIC_WAIVER_UNSPECIFIED;
  if (options.image.empty() != waived) {
    return MakeError(Reason::kMissingField, "give either --image or --waiver");
  }
  if (!waived) {
    auto image = base::ReadFile(options.image);
    if (!image.ok()) return image.status();
    request.set_image(*std::move(image));
  }
  request.set_waiver(options.waiver);
  request.set_request_id(options.request_id.empty() ? crypto::NewUuid() : options.request_id);
  request.set_lane_id(options.lane);
  *request.mutable_captured_at() = options.captured_at.value_or(client::Now());
  if (options.record_poor) request.set_poor_capture(v1::POOR_CAPTURE_RECORD);
  request.set_carrier(options.carrier);
  request.set_flight(options.flight);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::DocumentKey> ParseDocument(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return MakeError(Reason::kInvalidField,
                     "write a document as STATE:NUMBER, for example UTO:X1234567");
  }
  v1::DocumentKey key;
  key.set_issuing_state(std::string(text.substr(0, colon)));
  key.set_number(std::string(text.substr(colon + 1)));
  return key;
}

absl::StatusOr<v1::Admission> MakeAdmission(const AdmissionOptions& options) {
  const int given =
      (options.until ? 1 : 0) + (options.days ? 1 : 0) + (options.duration_of_status ? 1 : 0);
  if (given > 1) {
    return MakeError(Reason::kInvalidField,
                     "give at most one of --until, --days and --duration-of-status");
  }
  v1::Admission admission;
  admission.set_class_of_admission(options.class_of_admission);
  if (options.until) *admission.mutable_authorized_until() = *options.until;
  if (options.days) admission.set_days_from_arrival(*options.days);
  if (options.duration_of_status) admission.set_duration_of_status(true);
  return admission;
}

absl::StatusOr<v1::RecordArrivalRequest> MakeArrival(const CrossingOptions& options,
                                                     const AdmissionOptions& admission) {
  v1::RecordArrivalRequest request;
  auto granted = MakeAdmission(admission);
  if (!granted.ok()) return granted.status();
  *request.mutable_admission() = *std::move(granted);
  if (const auto status = FillCrossing(options, request); !status.ok()) return status;
  return request;
}

absl::StatusOr<v1::RecordDepartureRequest> MakeDeparture(const CrossingOptions& options) {
  v1::RecordDepartureRequest request;
  if (const auto status = FillCrossing(options, request); !status.ok()) return status;
  return request;
}

}  // namespace entryexit::ctl
