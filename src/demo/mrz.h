#ifndef ENTRYEXIT_DEMO_MRZ_H_
#define ENTRYEXIT_DEMO_MRZ_H_

#include <string>

#include "entryexit/v1/types.pb.h"

namespace entryexit::demo {

// The machine readable zone of a passport (ICAO Doc 9303-4, type TD3: two lines of 44, separated by
// a line break) with right check digits. The holder is called "SPECIMEN TRAVELER".
// Requires: a number of at most 9 characters A-Z and 0-9; a complete document.
std::string PassportMrz(const v1::TravelDocument& document);

// `mrz` as a scanner might misread it: the check digit of the document number is wrong.
std::string WithWrongCheckDigit(std::string mrz);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_MRZ_H_
