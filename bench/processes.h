#ifndef ENTRYEXIT_BENCH_PROCESSES_H_
#define ENTRYEXIT_BENCH_PROCESSES_H_

#include <sys/types.h>

#include <string>

// What processes take, as the kernel tells, and where they run.
namespace entryexit::bench {

// Seconds of processor time since its start; 0 when it has ended.
double CpuSeconds(pid_t pid);
// Of a process and its children, also those that have ended.
double CpuSecondsOfFamily(pid_t parent);
// "VmRSS": what is resident now; "VmHWM": the most there was. In MB. Throws when it has ended.
double Megabytes(pid_t pid, const std::string& wanted);

// Cores of this machine, by number.
struct Cores {
  int first = 0;
  int count = 0;
};

// From now on the process runs on `cores` alone, with the threads and children that it has and
// those to come. Throws when there are no such cores.
void KeepOn(const Cores& cores, pid_t pid);
// The calling thread and those that it starts from now on.
void KeepThisThreadOn(const Cores& cores);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_PROCESSES_H_
