#ifndef ENTRYEXIT_DEMO_CASE_WATCH_H_
#define ENTRYEXIT_DEMO_CASE_WATCH_H_

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"

namespace entryexit::demo {

// A case as the officer was told of it.
struct Delivery {
  v1::Case lead;
  std::chrono::steady_clock::time_point at;
};

// An officer who watches the case queue from Start until Stop. Thread-safe.
class CaseWatch {
 public:
  // `officer` must outlive the object.
  explicit CaseWatch(v1::BackOfficeService::Stub& officer) : officer_(officer) {}
  ~CaseWatch() { Stop(); }
  CaseWatch(const CaseWatch&) = delete;
  CaseWatch& operator=(const CaseWatch&) = delete;

  // Returns when the watch has begun: cases opened from then on will be seen. Call once.
  // Errors: those of WatchCases.
  absl::Status Start();

  // Waits for the case to be delivered; false when it was not within `timeout`.
  bool WaitFor(const std::string& case_id, std::chrono::milliseconds timeout);

  // What was delivered so far, by case id.
  std::map<std::string, Delivery> Delivered() const;

  // Hangs up.
  void Stop();

 private:
  void Read();

  v1::BackOfficeService::Stub& officer_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchCasesResponse>> reader_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Delivery> delivered_;
};

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_CASE_WATCH_H_
