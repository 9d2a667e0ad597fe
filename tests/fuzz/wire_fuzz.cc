// Sends mutated messages to every method of the real daemon, over TLS and as every role, from some
// threads at once, and checks that it stays what it was: each call ends with a status that
// docs/api.md lists, the daemon lives, its health is SERVING and its memory bounded.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/core/mutex.h"
#include "tests/e2e/sample_requests.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/support/sanitizers.h"

namespace entryexit::fuzz {
namespace {

using testing::ApiMethod;
using testing::RawAnswer;
using testing::SampleRequests;
using testing::World;

constexpr int kThreads = 4;
constexpr int kCallsPerTraveler = 50;  // before a thread has a new one made
// Resident, at any time. The two largest pictures at once take 501 MB (bench/memory_bench).
constexpr long kMostMemory = 700'000;  // kB

// One call in so many is made as somebody whom the method is not for, as a rule.
constexpr std::size_t kCallsPerForeignRole = 5;

struct Options {
  std::chrono::seconds duration{60};
  std::uint64_t seed = 1;
};

// Whether docs/api.md lists such an end. `reason` is ours; gRPC itself gives none.
bool IsDocumented(const RawAnswer& answer) {
  switch (answer.status.error_code()) {
    case grpc::StatusCode::OK:
      return true;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return !answer.reason.empty();
    case grpc::StatusCode::UNIMPLEMENTED:       // bytes that are no message
    case grpc::StatusCode::RESOURCE_EXHAUSTED:  // more bytes than may be
    case grpc::StatusCode::CANCELLED:           // by us
      return true;
    default:
      return false;
  }
}

// The whole run. Thread-safe.
class WireFuzz {
 public:
  WireFuzz(World& world, const Options& options)
      : world_(world),
        options_(options),
        samples_(world),
        end_(std::chrono::steady_clock::now() + options.duration) {}

  // False when anything was not as it must be, which is told on stderr.
  bool Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i] { Attack(options_.seed * kThreads + std::uint64_t(i)); });
    }
    for (std::thread& thread : threads) thread.join();
    const long peak = world_.daemon().PeakMemory();
    const bool too_much = testing::kMemoryIsTheProgramsOwn && peak > kMostMemory;
    if (peak == 0 || too_much) Fail(fmt::format("the daemon's peak is {} kB", peak));
    if (!IsServing()) Fail("the daemon's health is not SERVING at the end");
    Tell(peak);
    return !failed_;
  }

 private:
  void Attack(std::uint64_t seed) {
    MessageMutator mutator(seed);
    for (int calls = 1; std::chrono::steady_clock::now() < end_ && !failed_; ++calls) {
      if (calls % kCallsPerTraveler == 0) {
        samples_.Renew();
        if (!IsServing()) Fail("the daemon's health is not SERVING");
      }
      const ApiMethod& method = samples_.methods()[mutator.Below(samples_.methods().size())];
      ApiMethod called = method;
      if (mutator.Below(kCallsPerForeignRole) == 0) {
        called.caller = samples_.methods()[mutator.Below(samples_.methods().size())].caller;
      }
      const std::vector<std::string> messages = MessagesFor(method, mutator);
      Judge(called, messages, samples_.Call(called, messages));
    }
  }

  std::vector<std::string> MessagesFor(const ApiMethod& method, MessageMutator& mutator) {
    std::vector<std::string> messages;
    // Methods that take one message answer the first of several, or refuse them.
    for (std::size_t left = mutator.Below(10) == 0 ? mutator.Below(4) : 1; left > 0; --left) {
      const auto request = samples_.Make(method);
      const std::size_t kind = mutator.Below(10);
      if (kind < 6) mutator.MutateFields(*request);
      std::string wire = request->SerializePartialAsString();
      if (kind >= 5 && kind < 9) wire = mutator.MutateWire(std::move(wire));
      if (kind == 9) wire = mutator.RandomBytes(1000);
      messages.push_back(std::move(wire));
    }
    return messages;
  }

  void Judge(const ApiMethod& method, const std::vector<std::string>& messages,
             const RawAnswer& answer) {
    const core::MutexLock lock(mutex_);
    ++calls_;
    ++ends_[fmt::format("{} {}", static_cast<int>(answer.status.error_code()), answer.reason)];
    if (IsDocumented(answer)) {
      if (answer.status.ok()) answered_.insert(method.path);
      return;
    }
    failed_ = true;
    std::cerr << method.path << " as " << method.caller << " ended with "
              << answer.status.error_code() << " " << answer.reason << ": "
              << answer.status.error_message() << "\nafter " << messages.size() << " messages\n";
    for (const std::string& message : messages) std::cerr << Hex(message) << "\n";
  }

  static std::string Hex(const std::string& bytes) {
    constexpr std::size_t kMost = 2000;
    std::string hex;
    for (const char byte : bytes.substr(0, kMost)) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return bytes.size() > kMost ? hex + "..." : hex;
  }

  // The daemon looks at its database once a second: on a busy machine one look may be too late.
  bool IsServing() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!SaysItIsServing()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return true;
  }

  bool SaysItIsServing() {
    // grpc.health.v1: status = 1 is SERVING.
    const RawAnswer answer = testing::RawCall(samples_.ChannelOf("entryexit://officer/4711"),
                                              "/grpc.health.v1.Health/Check", {""});
    return answer.status.ok() && answer.responses.size() == 1 &&
           answer.responses.front() == std::string("\x08\x01");
  }

  void Fail(const std::string& what) {
    failed_ = true;
    std::cerr << what << std::endl;
  }

  void Tell(long peak) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    std::cout << fmt::format("calls {}, methods that answered {} of {}, peak {} MB\n", calls_,
                             answered_.size(), samples_.methods().size(), peak / 1000);
    for (const auto& [end, count] : ends_) std::cout << fmt::format("{:8} {}\n", count, end);
  }

  World& world_;
  const Options options_;
  SampleRequests samples_;
  const std::chrono::steady_clock::time_point end_;
  std::atomic<bool> failed_ = false;
  core::Mutex mutex_;
  long calls_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, long> ends_ GUARDED_BY(mutex_);
  std::set<std::string> answered_ GUARDED_BY(mutex_);
};

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--seconds") options.duration = std::chrono::seconds(std::stoll(argv[i + 1]));
    if (name == "--seed") options.seed = std::stoull(argv[i + 1]);
  }
  // protobuf writes a line for every text of ours that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  const std::string again =
      fmt::format("--seconds {} --seed {}", options.duration.count(), options.seed);
  std::cout << "wire_fuzz " << again << std::endl;
  World world;
  if (WireFuzz(world, options).Run()) return 0;
  std::cerr << "Failed: wire_fuzz " << again << std::endl;
  return 1;
}

}  // namespace
}  // namespace entryexit::fuzz

int main(int argc, char** argv) { return entryexit::fuzz::Main(argc, argv); }
