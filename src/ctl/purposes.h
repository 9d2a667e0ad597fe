#ifndef ENTRYEXIT_SRC_CTL_PURPOSES_H_
#define ENTRYEXIT_SRC_CTL_PURPOSES_H_

// What commands look at personal data for when their user says nothing else, by the purpose policy
// that is shipped (config/purpose_policy.yaml).
namespace entryexit::ctl {

inline constexpr char kCaseWork[] = "CASE_WORK";
inline constexpr char kRecordKeeping[] = "RECORD_KEEPING";
inline constexpr char kReporting[] = "REPORTING";
inline constexpr char kSubjectRequest[] = "SUBJECT_REQUEST";

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_PURPOSES_H_
