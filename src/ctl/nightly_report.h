#ifndef ENTRYEXIT_SRC_CTL_NIGHTLY_REPORT_H_
#define ENTRYEXIT_SRC_CTL_NIGHTLY_REPORT_H_

#include <filesystem>
#include <optional>

#include "ctl/context.h"
#include "entryexit/core/clock.h"
#include "entryexit/v1/types.pb.h"

namespace entryexit::ctl {

struct NightlyOptions {
  std::optional<v1::Date> date;  // none: the last day that is over everywhere
  std::filesystem::path directory;
  int least_cell = 0;
  int first_month = 10;  // of the year that the summary is of
};

// Has the service review overstays, and writes the reports of the day into the directory. Run again
// for the same day, it changes nothing.
ExitCode MakeNightlyReport(const Context& context, const NightlyOptions& options,
                           core::Timestamp now);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_NIGHTLY_REPORT_H_
