#ifndef ENTRYEXIT_BENCH_PROCESSES_H_
#define ENTRYEXIT_BENCH_PROCESSES_H_

#include <sys/types.h>

#include <string>

// What processes take, as the kernel tells.
namespace entryexit::bench {

// Seconds of processor time since its start; 0 when it has ended.
double CpuSeconds(pid_t pid);
// Of a process and its children, also those that have ended.
double CpuSecondsOfFamily(pid_t parent);
// "VmRSS": what is resident now; "VmHWM": the most there was. In MB. Throws when it has ended.
double Megabytes(pid_t pid, const std::string& wanted);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_PROCESSES_H_
