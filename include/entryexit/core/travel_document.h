#ifndef ENTRYEXIT_CORE_TRAVEL_DOCUMENT_H_
#define ENTRYEXIT_CORE_TRAVEL_DOCUMENT_H_

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

namespace entryexit::core {

// As in the machine readable zone (ICAO Doc 9303-3): 'F', 'M' or '<' for unspecified.
enum class Sex { kFemale, kMale, kUnspecified };

// Whom a document says its holder is.
struct Holder {
  std::string nationality;  // ICAO 9303-3 code
  Date birth_date;
  Sex sex = Sex::kUnspecified;

  friend auto operator<=>(const Holder&, const Holder&) = default;
};

// What a passport reader gives the lane. Names are left out on purpose: matching does not need
// them, so the service does not hold them.
struct TravelDocument {
  std::string issuing_state;  // ICAO 9303-3 code, upper case, e.g. "UTO", "D"
  std::string number;         // A-Z and 0-9, 1 to 30 characters
  std::string nationality;    // ICAO 9303-3 code
  Date birth_date;
  Sex sex = Sex::kUnspecified;

  Holder holder() const { return {nationality, birth_date, sex}; }

  friend auto operator<=>(const TravelDocument&, const TravelDocument&) = default;
};

// One crossing's document, as it was shown.
struct ShownDocument {
  CrossingId crossing_id;
  DocumentId document_id;
  Timestamp captured_at;  // of the crossing
  Holder holder;
};

// The crossings on which a document named another holder than on the first crossing it was shown
// on, by id. A pure function of the set: its order does not matter. Of crossings at one moment that
// whose holder sorts first counts as the first.
std::vector<CrossingId> ShownWithAnotherHolder(std::vector<ShownDocument> documents);

// Upper-cases, strips spaces, hyphens and filler from the codes and the number, and checks them.
// Errors: MISSING_FIELD, INVALID_FIELD (naming the field; never its value).
absl::StatusOr<TravelDocument> Normalized(TravelDocument document);

// Reads an MRZ of type TD3 (2 lines of 44, passports), TD2 (2 of 36) or TD1 (3 of 30), lines
// separated by a line break or run together. All check digits are verified (ICAO Doc 9303-3 §4.9,
// parts 4 to 6). A birth year is taken in the hundred years up to `today`; an unknown month or day
// ('<<' in the MRZ) is read as the first of its range.
// Errors: MRZ_MALFORMED; MRZ_CHECK_DIGIT naming the field whose digit is wrong.
absl::StatusOr<TravelDocument> ParseMrz(std::string_view mrz, Date today);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_TRAVEL_DOCUMENT_H_
