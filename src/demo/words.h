#ifndef ENTRYEXIT_DEMO_WORDS_H_
#define ENTRYEXIT_DEMO_WORDS_H_

#include <string>

#include "entryexit/v1/types.pb.h"

// What the demo says of the API's values, on the screen and in its report.
namespace entryexit::demo {

// The sentence that goes with everything the machine says.
inline constexpr char kLeadNotDetermination[] =
    "What the machine says is a lead for an officer, never a determination.";
inline constexpr char kFacesAreSynthetic[] =
    "Every face is synthetic and every traveler invented; nobody is depicted.";

// "about 1 in 20,000 pairs of different people would look at least as alike".
std::string FmrInWords(const v1::Comparison& comparison);

// "face too small: measured 31.0, limit 90.0. The face is too small: please come closer."
std::string FindingInWords(const v1::QualityFinding& finding);

// An enum's name for people: "IDENTITY_NO_MATCH" becomes "identity no match".
std::string Plain(const std::string& enum_name);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_WORDS_H_
