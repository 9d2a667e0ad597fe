#ifndef ENTRYEXIT_TESTS_E2E_SAMPLE_REQUESTS_H_
#define ENTRYEXIT_TESTS_E2E_SAMPLE_REQUESTS_H_

#include <google/protobuf/message.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "entryexit/core/mutex.h"
#include "tests/e2e/raw_call.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {

// One method of the API.
struct ApiMethod {
  std::string path;    // "/entryexit.v1.LaneService/RecordArrival"
  std::string caller;  // the URI of a principal that may call it
  const google::protobuf::Descriptor* request;
  const google::protobuf::Descriptor* response;

  // A stream that goes on until the client ends it; it has one message at once.
  bool is_endless() const { return path.ends_with("/WatchCases"); }
};

// A valid request for every method of the API, made by walking the descriptors: each field gets a
// value that suits its name. Requests name what a traveler of this world really has. Thread-safe.
class SampleRequests {
 public:
  // A stream that has more to say is ended after these.
  static constexpr std::size_t kMostResponses = 100;

  explicit SampleRequests(World& world);

  // All of them. Ends the test program when the access table has one that is not known here.
  const std::vector<ApiMethod>& methods() const { return methods_; }

  std::unique_ptr<google::protobuf::Message> Make(const ApiMethod& method) const EXCLUDES(mutex_);

  // Has a new traveler with a case and a legal hold, whom the requests name from now on: a case can
  // be decided once only.
  void Renew() EXCLUDES(mutex_);

  // The connection of a principal that is the caller of a method.
  const std::shared_ptr<grpc::Channel>& ChannelOf(const std::string& caller) const {
    return channels_.at(caller);
  }
  // Calls as the method's caller.
  RawAnswer Call(const ApiMethod& method, const std::vector<std::string>& messages) const;

 private:
  // By the names of fields.
  using Texts = std::map<std::string, std::string>;

  // The id of whoever arrived with this document.
  std::string NewTraveler(const std::string& document, std::chrono::hours ago) const;
  void Fill(const Texts& texts, google::protobuf::Message& message) const;

  const std::vector<ApiMethod> methods_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;  // by caller
  const std::string image_;
  mutable core::Mutex mutex_;
  Texts texts_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_SAMPLE_REQUESTS_H_
