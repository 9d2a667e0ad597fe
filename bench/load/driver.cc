#include "bench/load/driver.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/processes.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::bench {
namespace {

// For calls of which only the work counts.
constexpr std::chrono::seconds kTimeEnough{30};

double Milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Measures from its making on.
class UsageMeter {
 public:
  explicit UsageMeter(const Target& target) : target_(target), start_(Taken()) {}

  Usage Stop() const {
    const double seconds = Milliseconds(std::chrono::steady_clock::now() - began_) / 1000;
    const Usage end = Taken();
    Usage usage;
    usage.daemon_cores = (end.daemon_cores - start_.daemon_cores) / seconds;
    usage.database_cores = (end.database_cores - start_.database_cores) / seconds;
    usage.client_cores = (end.client_cores - start_.client_cores) / seconds;
    if (target_.daemon > 0) {
      usage.daemon_mb = Megabytes(target_.daemon, "VmRSS");
      usage.daemon_peak_mb = Megabytes(target_.daemon, "VmHWM");
    }
    return usage;
  }

 private:
  // Seconds until now, in the place of cores.
  Usage Taken() const {
    Usage usage;
    if (target_.daemon > 0) usage.daemon_cores = CpuSeconds(target_.daemon);
    if (target_.database > 0) usage.database_cores = CpuSecondsOfFamily(target_.database);
    usage.client_cores = OwnCpuSeconds();
    return usage;
  }

  const Target& target_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  const Usage start_;
};

// Of the crossings that the daemon has recorded so far.
struct Recordings {
  double all = 0;
  double soon = 0;
};

Recordings RecordingsOf(const Target& target) {
  if (target.world == nullptr) return {};
  const std::string metrics = target.world->Metrics();
  const auto value = [&metrics](const std::string& name) {
    const size_t at = metrics.find(name + " ");
    return at == std::string::npos ? 0 : std::stod(metrics.substr(at + name.size() + 1));
  };
  return {value("entryexit_recording_seconds_count"),
          value("entryexit_recording_seconds_bucket{le=\"0.02\"}")};
}

// Takes the figures of a step that are not of single calls, from Begin to the end of the calls.
class Measurement {
 public:
  explicit Measurement(const Target& target) : target_(target) {}

  bool begun() const { return meter_ != nullptr; }

  void Begin() {
    meter_ = std::make_unique<const UsageMeter>(target_);
    before_ = RecordingsOf(target_);
  }

  // When the last call has been sent, and when the last has ended. No-ops before Begin.
  void TakeUsage(Step& step) const {
    if (meter_) step.usage = meter_->Stop();
  }
  void TakeRecordings(Step& step) const {
    if (!meter_) return;
    const Recordings after = RecordingsOf(target_);
    step.recorded_soon_percent = 100 * (after.soon - before_.soon) / (after.all - before_.all);
  }

 private:
  const Target& target_;
  std::unique_ptr<const UsageMeter> meter_;
  Recordings before_;
};

// A call that is under way.
template <typename Request, typename Response>
struct Flight {
  Request request;
  Response response;
  grpc::ClientContext context;
};

// What is wrong with an answer: load that is not carried out in full measures something else.
std::string WrongWith(const v1::RecordArrivalResponse& response) {
  if (response.recorded() && response.capture_status() == v1::CAPTURE_STATUS_TEMPLATE_STORED) {
    return "";
  }
  return fmt::format("an arrival without a template: recorded {}, {}", response.recorded(),
                     v1::CaptureStatus_Name(response.capture_status()));
}

std::string WrongWith(const v1::RecordDepartureResponse& response) {
  const bool compared = response.outcome() == v1::OUTCOME_MATCH ||
                        response.outcome() == v1::OUTCOME_NO_MATCH ||
                        response.outcome() == v1::OUTCOME_INCONCLUSIVE;
  if (response.recorded() && compared) return "";
  return fmt::format("a departure that was not compared: recorded {}, {}", response.recorded(),
                     v1::Outcome_Name(response.outcome()));
}

}  // namespace

std::vector<std::string> Step::Faults() const {
  std::vector<std::string> faults;
  for (const auto& [reason, times] : failed) {
    faults.push_back(fmt::format("{} times {}", times, reason));
  }
  for (const auto& [reason, times] : refused) {
    if (reason == "RATE_LIMITED" || reason == "TOO_MANY_CALLS") {
      faults.push_back(fmt::format(
          "{} times {}: a limit of one caller, not of the service; use more lanes or a lower rate",
          times, reason));
    }
  }
  return faults;
}

Driver::Driver(const Target& target, std::vector<Face> faces, LoadOptions options)
    : target_(target), faces_(std::move(faces)), options_(options) {}

Driver::Traveler Driver::NextToArrive() {
  const size_t number = ++arrivals_;
  // Of this run alone, on a service that others have used too.
  static const std::string kRun = crypto::NewUuid().substr(0, 6);
  std::string document = fmt::format("L{}{}", kRun, number);
  std::ranges::transform(document, document.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return {std::move(document), number % faces_.size()};
}

Driver::Traveler Driver::NextToDepart() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return !arrived_.empty() || !departed_.empty() || under_way_ == 0; });
  std::deque<Traveler>& from = arrived_.empty() ? departed_ : arrived_;
  if (from.empty()) throw std::runtime_error("nobody has arrived who could depart");
  Traveler traveler = std::move(from.front());
  from.pop_front();
  return traveler;
}

void Driver::Prepare(int travelers) {
  constexpr int kAtOnce = 8;
  for (int i = 0; i < travelers; ++i) {
    AwaitFewerThan(kAtOnce);
    const Lane& lane = target_.lanes[static_cast<size_t>(i) % target_.lanes.size()];
    SendArrival(lane, {Clock::now(), kTimeEnough});
  }
  AwaitFewerThan(1);
  if (arrived_.size() < static_cast<size_t>(travelers)) {
    throw std::runtime_error(
        fmt::format("of {} travelers only {} could arrive", travelers, arrived_.size()));
  }
}

Step Driver::Run(const std::string& name, double rate, std::chrono::milliseconds warm_up,
                 std::chrono::milliseconds duration) {
  Step step;
  step.name = name;
  step.rate = rate;
  step.seconds = std::chrono::duration<double>(duration).count();
  std::exponential_distribution<double> gap(rate);
  auto next = Clock::now();
  const Window window{step, next + warm_up, next + warm_up + duration};
  Measurement measurement(target_);
  for (;;) {
    const std::chrono::duration<double> pause(options_.even ? 1 / rate : gap(random_));
    next += std::chrono::duration_cast<Clock::duration>(pause);
    if (next >= window.end) break;
    if (next >= window.begin && !measurement.begun()) measurement.Begin();
    std::this_thread::sleep_until(next);
    if (measurement.begun()) step.lag.Add(Milliseconds(Clock::now() - next));
    Send({next, options_.deadline, &window});
  }
  std::this_thread::sleep_until(window.end);
  measurement.TakeUsage(step);
  AwaitFewerThan(1);
  measurement.TakeRecordings(step);
  return step;
}

Step Driver::Saturate(const std::string& name, std::chrono::milliseconds warm_up,
                      std::chrono::milliseconds duration) {
  Step step;
  step.name = name;
  step.seconds = std::chrono::duration<double>(duration).count();
  auto now = Clock::now();
  const Window window{step, now + warm_up, now + warm_up + duration};
  Measurement measurement(target_);
  for (; now < window.end; now = Clock::now()) {
    if (now >= window.begin && !measurement.begun()) measurement.Begin();
    Send({now, kTimeEnough, &window});
    AwaitFewerThan(target_.lanes.size());
  }
  measurement.TakeUsage(step);
  AwaitFewerThan(1);
  measurement.TakeRecordings(step);
  step.rate = static_cast<double>(step.sent) / step.seconds;
  return step;
}

void Driver::Send(const Order& order) {
  if (order.window != nullptr && order.window->Has(order.planned)) ++order.window->step.sent;
  const Lane& lane = target_.lanes[calls_++ % target_.lanes.size()];
  if (std::bernoulli_distribution(options_.departures)(random_)) {
    SendDeparture(lane, order);
  } else {
    SendArrival(lane, order);
  }
}

template <typename Response, typename Request, typename Start, typename Judge>
void Driver::Launch(Request request, const Start& start, Judge judge, Latencies Step::*kind,
                    const Order& order) {
  const auto flight = std::make_shared<Flight<Request, Response>>();
  flight->request = std::move(request);
  flight->context.set_deadline(std::chrono::system_clock::now() + (order.planned - Clock::now()) +
                               order.allowed);
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  start(*flight, [this, flight, judge = std::move(judge), kind, order](const grpc::Status& status) {
    const auto ended = Clock::now();
    const std::lock_guard lock(mutex_);
    const std::string wrong = judge(status, flight->response);
    if (order.window != nullptr) {
      Step& step = order.window->step;
      if (order.window->Has(order.planned)) {
        Note(status, testing::ReasonOf(flight->context), wrong, Milliseconds(ended - order.planned),
             kind, step);
      }
      if (status.ok() && wrong.empty() && order.window->Has(ended)) ++step.done;
    }
    --under_way_;
    ended_.notify_all();
  });
}

void Driver::SendArrival(const Lane& lane, const Order& order) {
  const Traveler traveler = NextToArrive();
  Launch<v1::RecordArrivalResponse>(
      testing::ArrivalRequest({lane.id, traveler.document_number, faces_[traveler.face].arrival,
                               std::chrono::hours(24)}),
      [&](auto& flight, auto callback) {
        lane.stub->async()->RecordArrival(&flight.context, &flight.request, &flight.response,
                                          std::move(callback));
      },
      [this, traveler](const grpc::Status& status, const v1::RecordArrivalResponse& response) {
        if (!status.ok()) return std::string();
        std::string wrong = WrongWith(response);
        if (wrong.empty()) arrived_.push_back(traveler);
        return wrong;
      },
      &Step::arrivals, order);
}

void Driver::SendDeparture(const Lane& lane, const Order& order) {
  const Traveler traveler = NextToDepart();
  Launch<v1::RecordDepartureResponse>(
      testing::DepartureRequest(
          {lane.id, traveler.document_number, faces_[traveler.face].departure}),
      [&](auto& flight, auto callback) {
        lane.stub->async()->RecordDeparture(&flight.context, &flight.request, &flight.response,
                                            std::move(callback));
      },
      [this, traveler](const grpc::Status& status, const v1::RecordDepartureResponse& response) {
        // Who was refused is still there; who was answered late may have departed.
        const bool is_refused = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
        (is_refused ? arrived_ : departed_).push_back(traveler);
        return status.ok() ? WrongWith(response) : "";
      },
      &Step::departures, order);
}

void Driver::Note(const grpc::Status& status, const std::string& reason, const std::string& wrong,
                  double milliseconds, Latencies Step::*kind, Step& step) {
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    ++step.refused[reason];
    step.refusals.Add(milliseconds);
    return;
  }
  if (!wrong.empty()) {
    ++step.failed[wrong];
    return;
  }
  if (status.ok()) {
    ++step.good;
  } else if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    ++step.late;
  } else {
    ++step.failed[reason + " " + status.error_message()];
    return;
  }
  step.all.Add(milliseconds);
  (step.*kind).Add(milliseconds);
}

void Driver::AwaitFewerThan(size_t limit) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return under_way_ < limit; });
}

}  // namespace entryexit::bench
