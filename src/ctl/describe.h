#ifndef ENTRYEXIT_SRC_CTL_DESCRIBE_H_
#define ENTRYEXIT_SRC_CTL_DESCRIBE_H_

#include <google/protobuf/repeated_ptr_field.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <string>
#include <vector>

#include "ctl/context.h"
#include "ctl/table.h"
#include "entryexit/v1/types.pb.h"

// The API's messages in words, as several commands show them.
namespace entryexit::ctl {

using Findings = google::protobuf::RepeatedPtrField<v1::QualityFinding>;

Cell Describe(v1::Outcome outcome);
Cell Describe(v1::Severity severity);
Cell Describe(v1::CaseState state);
Cell Describe(v1::CaptureStatus status);

// Whether a traveler disputes what is recorded, in a column and in a line of its own.
Cell DisputedCell(bool disputed);
Cell DisputedWords(bool disputed);  // empty when not

// To the second, UTC.
std::string Describe(google::protobuf::Timestamp timestamp);

// The estimated FMR in per cent, two significant digits, and whether it is only a bound: "0.31 %",
// "at most 0.01 %". Requires that there is one.
std::string FmrText(const v1::Comparison& comparison);

// "90 days in any 180".
std::string DescribeWindow(const v1::StayWindow& window);

// "B-2 until 2026-05-01", "F-1 without a last day"; empty without a class.
std::string DescribeAdmission(const std::string& class_of_admission, bool has_date,
                              const v1::Date& authorized_until);
// The same with the limit on days in a moving window, where there is one: "SCH-C for 90 days in any
// 180".
std::string DescribeAdmission(const v1::Crossing& crossing);

// What a correction says: "voided", "at 2026-05-01T09:30:00Z, B-2 until 2026-05-30", "as recorded",
// "moved to traveler 704fb99f-...".
std::string DescribeCorrection(const v1::CrossingCorrection& correction);

// The last day for an answer, and how far it is: "2026-12-24 (3 days left)", "2026-12-24 (OVERDUE
// by 1 day)".
Cell DescribeDueDay(const v1::Date& due_on, std::chrono::sys_days today);

// How an outcome came about, one line each.
std::vector<Field> ComparisonFields(const v1::Comparison& comparison);

// The references of a comparison with their distances; nothing when there are none.
void WriteReferences(const Context& context, const v1::Comparison& comparison);

// What was wrong with a capture and what to do about it; nothing when there is nothing.
void WriteFindings(const Context& context, const Findings& findings);

// A traveler's stays, or that there are none.
void WriteStays(const Context& context, const google::protobuf::RepeatedPtrField<v1::Stay>& stays);

// The cases that a crossing opened, each as the command that shows it; nothing when it opened none.
void WriteOpenedCases(const Context& context,
                      const google::protobuf::RepeatedPtrField<std::string>& case_ids);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_DESCRIBE_H_
