#ifndef ENTRYEXIT_SRC_CTL_CSV_H_
#define ENTRYEXIT_SRC_CTL_CSV_H_

#include <string>
#include <vector>

namespace entryexit::ctl {

// One record of RFC 4180 with its line end. A field that holds a comma, a quote or a line break is
// put in quotes.
std::string CsvRecord(const std::vector<std::string>& fields);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_CSV_H_
