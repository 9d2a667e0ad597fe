#include "entryexit/rpc/caller_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

// Until a bucket that has `tokens`, less than one, has one.
std::chrono::nanoseconds TimeToOne(double tokens, const CallerLimit& limit) {
  return std::chrono::ceil<std::chrono::nanoseconds>(
      std::chrono::duration<double>((1 - tokens) / limit.calls_per_second));
}

absl::Status RateLimited(const CallerLimit& limit, std::chrono::nanoseconds wait) {
  return WithRetryAfter(
      MakeError(Reason::kRateLimited,
                fmt::format("this principal may make {:g} calls a second; try again in {} ms",
                            limit.calls_per_second,
                            std::chrono::ceil<std::chrono::milliseconds>(wait).count())),
      wait);
}

}  // namespace

CallerLimits::CallerLimits(CallerLimitTable table, std::size_t max_callers)
    : table_(std::move(table)),
      max_callers_in_part_(std::max<std::size_t>(1, max_callers / kParts)) {}

template <typename Judge>
absl::Status CallerLimits::Consider(const app::Principal& principal, Time now, Judge judge) {
  const auto limit = table_.find(principal.role);
  if (limit == table_.end()) return absl::OkStatus();
  Part& part = PartOf(principal);
  const core::MutexLock lock(part.mutex);
  Caller* const caller = Find(part, principal, limit->second, now);
  if (caller == nullptr) {
    return MakeError(Reason::kOverloaded, "more principals call than the service can keep apart");
  }
  return judge(*caller);
}

template <typename Work>
void CallerLimits::IfKnown(const app::Principal& principal, Work work) {
  Part& part = PartOf(principal);
  const core::MutexLock lock(part.mutex);
  const auto found = part.callers.find(principal.name);
  if (found != part.callers.end()) work(found->second);
}

absl::Status CallerLimits::Expect(const app::Principal& principal, Time now) {
  return Consider(principal, now, [now](Caller& caller) {
    std::deque<Time>& expected = caller.expected;
    while (!expected.empty() && IsGivenUp(expected.front(), now)) expected.pop_front();
    const auto most = static_cast<std::size_t>(caller.limit->calls_in_flight);
    if (expected.size() >= most) {
      return MakeError(
          Reason::kTooManyCalls,
          fmt::format(
              "this principal sends {} calls at once, as many as it may; wait for one to end",
              most));
    }
    expected.push_back(now);
    return absl::OkStatus();
  });
}

void CallerLimits::Arrived(const app::Principal& principal) {
  IfKnown(principal, [](Caller& caller) {
    // The latest: were it the oldest, one that was given up would live on in the place of another.
    if (!caller.expected.empty()) caller.expected.pop_back();
  });
}

absl::Status CallerLimits::Admit(const app::Principal& principal, Time now) {
  return Consider(principal, now, [now](Caller& caller) {
    const CallerLimit& limit = *caller.limit;
    if (caller.in_flight >= limit.calls_in_flight) {
      return MakeError(Reason::kTooManyCalls,
                       fmt::format("this principal has {} calls under way, as many as it may; wait "
                                   "for one to end",
                                   caller.in_flight));
    }
    Refill(caller.calls, limit, now);
    if (caller.calls.tokens < 1) return RateLimited(limit, TimeToOne(caller.calls.tokens, limit));
    caller.calls.tokens -= 1;
    ++caller.in_flight;
    return absl::OkStatus();
  });
}

void CallerLimits::Release(const app::Principal& principal) {
  IfKnown(principal, [](Caller& caller) { --caller.in_flight; });
}

CallerLimits::Time CallerLimits::AdmitItem(const app::Principal& principal, Time now) {
  Time when = now;
  IfKnown(principal, [&](Caller& caller) {
    Bucket& bucket = caller.items;
    Refill(bucket, *caller.limit, now);
    if (bucket.tokens < 1) when = now + TimeToOne(bucket.tokens, *caller.limit);
    bucket.tokens -= 1;
  });
  return when;
}

std::size_t CallerLimits::size() const {
  std::size_t size = 0;
  for (const Part& part : parts_) {
    const core::MutexLock lock(part.mutex);
    size += part.callers.size();
  }
  return size;
}

void CallerLimits::Refill(Bucket& bucket, const CallerLimit& limit, Time now) {
  // Two threads may come in another order than they looked at the clock.
  if (now <= bucket.at) return;
  const std::chrono::duration<double> passed = now - bucket.at;
  bucket.tokens =
      std::min<double>(limit.burst, bucket.tokens + passed.count() * limit.calls_per_second);
  bucket.at = now;
}

CallerLimits::Caller* CallerLimits::Find(Part& part, const app::Principal& principal,
                                         const CallerLimit& limit, Time now) {
  const auto found = part.callers.find(principal.name);
  if (found != part.callers.end()) return &found->second;
  if (part.callers.size() >= max_callers_in_part_) Forget(part, now);
  if (part.callers.size() >= max_callers_in_part_) return nullptr;
  const Bucket full{static_cast<double>(limit.burst), now};
  return &part.callers.emplace(principal.name, Caller{full, full, {}, 0, &limit}).first->second;
}

bool CallerLimits::IsGivenUp(Time expected_since, Time now) {
  return expected_since + kLongestArrival <= now;
}

bool CallerLimits::IsFull(Bucket bucket, const CallerLimit& limit, Time now) {
  Refill(bucket, limit, now);
  return bucket.tokens >= limit.burst;
}

void CallerLimits::Forget(Part& part, Time now) {
  std::erase_if(part.callers, [now](const auto& entry) {
    const Caller& caller = entry.second;
    const bool expects_none = caller.expected.empty() || IsGivenUp(caller.expected.back(), now);
    return expects_none && caller.in_flight == 0 && IsFull(caller.calls, *caller.limit, now) &&
           IsFull(caller.items, *caller.limit, now);
  });
}

CallerLimits::Part& CallerLimits::PartOf(const app::Principal& principal) {
  return parts_[std::hash<std::string>{}(principal.name) % kParts];
}

}  // namespace entryexit::rpc
