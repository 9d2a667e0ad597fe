#ifndef ENTRYEXIT_RPC_CALLER_LIMITS_H_
#define ENTRYEXIT_RPC_CALLER_LIMITS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "entryexit/app/call.h"
#include "entryexit/core/mutex.h"

namespace entryexit::rpc {

// What one principal may ask of the service.
struct CallerLimit {
  double calls_per_second;  // on the average, above 0
  int burst;                // calls at once after a pause, at least 1
  int calls_in_flight;      // at the same time, open streams included, at least 1
};

// By role. A role that is not there has no limits.
using CallerLimitTable = std::map<app::Role, CallerLimit>;

// Keeps one principal from taking the service from all others, whether its key was stolen or its
// program has gone wild: a token bucket for calls, another for the items of its streams, and a
// count of calls under way, for each principal. Thread-safe; principals rarely wait for one
// another, since the table has parts, each with its own lock. Times are arguments, so that tests
// can make them up; they need not be in order.
class CallerLimits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // After which a call that is expected is taken for given up.
  static constexpr std::chrono::seconds kLongestArrival{10};

  // At most `max_callers` principals are known at a time; one is forgotten, if need be, once it has
  // no call under way or on its way and its buckets are full again.
  CallerLimits(CallerLimitTable table, std::size_t max_callers);

  // Counts a call whose message is still to come, so that what the messages of one principal take
  // on their way is bounded as well, until it has Arrived. One that does not within
  // kLongestArrival stops counting: gRPC does not say when a client gives up a call.
  // Errors, upon which nothing is to arrive: TOO_MANY_CALLS when as many are on their way as may be
  // under way; OVERLOADED as Admit.
  absl::Status Expect(const app::Principal& principal, Time now);
  void Arrived(const app::Principal& principal);

  // Counts a call that begins. One that was admitted must be released when it has ended.
  // Errors, upon which nothing is to be released: RATE_LIMITED, with a RetryAfter; TOO_MANY_CALLS;
  // OVERLOADED when there are more principals than may be known.
  absl::Status Admit(const app::Principal& principal, Time now);
  void Release(const app::Principal& principal);

  // Counts an item of a stream of an admitted call. Returns when it may be worked on: at `now`, or
  // later when the principal sends items faster than it may call. Streams wait rather than fail.
  Time AdmitItem(const app::Principal& principal, Time now);

  // Principals that are known.
  std::size_t size() const;

 private:
  // Tokens as of a time; below 0 when items have been promised for later.
  struct Bucket {
    double tokens;
    Time at;
  };
  struct Caller {
    Bucket calls;
    Bucket items;
    std::deque<Time> expected;  // since when, the longest first
    int in_flight = 0;
    const CallerLimit* limit;
  };
  struct Part {
    mutable core::Mutex mutex;
    std::unordered_map<std::string, Caller> callers GUARDED_BY(mutex);
  };

  // Has `judge`, absl::Status(Caller&), decide under the lock of the caller's part. OK when its
  // role has no limits; OVERLOADED when there is no room for another principal.
  template <typename Judge>
  absl::Status Consider(const app::Principal& principal, Time now, Judge judge);
  // Does `work`, void(Caller&), under that lock, unless the principal is not known: its role has no
  // limits then.
  template <typename Work>
  void IfKnown(const app::Principal& principal, Work work);

  static void Refill(Bucket& bucket, const CallerLimit& limit, Time now);
  static bool IsGivenUp(Time expected_since, Time now);
  static bool IsFull(Bucket bucket, const CallerLimit& limit, Time now);
  // Null when there is no room.
  Caller* Find(Part& part, const app::Principal& principal, const CallerLimit& limit, Time now)
      REQUIRES(part.mutex);
  static void Forget(Part& part, Time now) REQUIRES(part.mutex);
  Part& PartOf(const app::Principal& principal);

  static constexpr std::size_t kParts = 16;

  const CallerLimitTable table_;
  const std::size_t max_callers_in_part_;
  std::array<Part, kParts> parts_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_CALLER_LIMITS_H_
