#ifndef ENTRYEXIT_SRC_CTL_CROSSING_REQUEST_H_
#define ENTRYEXIT_SRC_CTL_CROSSING_REQUEST_H_

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/lane_service.pb.h"

namespace entryexit::ctl {

// The options of `arrive` and `depart`. An empty text was not given.
struct CrossingOptions {
  std::string mrz;
  std::string document;  // "UTO:X1234567"
  std::string nationality;
  std::optional<v1::Date> birth_date;
  std::string sex;  // "F", "M" or "X"
  std::string image;
  std::string lane;
  std::optional<google::protobuf::Timestamp> captured_at;
  v1::BiometricWaiver waiver = v1::BIOMETRIC_WAIVER_UNSPECIFIED;
  bool record_poor = false;
  std::string carrier;
  std::string flight;
  std::string request_id;
};

// What was granted, on arrival or later. At most one of the last three; none: the rule of the class
// decides.
struct AdmissionOptions {
  std::string class_of_admission;
  std::optional<v1::Date> until;
  std::optional<int> days;
  bool duration_of_status = false;
};

// Reads "STATE:NUMBER".
// Errors: INVALID_FIELD.
absl::StatusOr<v1::DocumentKey> ParseDocument(std::string_view text);

// Errors: INVALID_FIELD for more than one length of stay.
absl::StatusOr<v1::Admission> MakeAdmission(const AdmissionOptions& options);

// The request for what was given: reads the image, takes the present time when none was given and a
// new request id.
// Errors: MISSING_FIELD or INVALID_FIELD for options that do not go together; CONFIG_INVALID when
// the image cannot be read.
absl::StatusOr<v1::RecordArrivalRequest> MakeArrival(const CrossingOptions& options,
                                                     const AdmissionOptions& admission);
absl::StatusOr<v1::RecordDepartureRequest> MakeDeparture(const CrossingOptions& options);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_CROSSING_REQUEST_H_
