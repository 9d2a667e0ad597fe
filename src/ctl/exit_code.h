#ifndef ENTRYEXIT_SRC_CTL_EXIT_CODE_H_
#define ENTRYEXIT_SRC_CTL_EXIT_CODE_H_

namespace entryexit::ctl {

// What the program tells the script that called it. Listed in --help: part of the interface.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,       // the service refused, or the work failed
  kUsage = 2,        // wrong options, or a file of ours that cannot be read
  kNeedsHuman = 3,   // done, and a person must look at what came out
  kPoorCapture = 4,  // nothing was recorded: capture again
  kUnavailable = 5,  // not reached, or not able to answer now: try again
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_EXIT_CODE_H_
