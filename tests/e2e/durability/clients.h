#ifndef ENTRYEXIT_TESTS_E2E_DURABILITY_CLIENTS_H_
#define ENTRYEXIT_TESTS_E2E_DURABILITY_CLIENTS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "entryexit/v1/retention_service.grpc.pb.h"
#include "tests/e2e/durability/journal.h"
#include "tests/e2e/world.h"

// The load under which the service is hurt: lanes, officers, a supervisor and the retention job.
namespace entryexit::testing {

// Whom the clients know of. Thread-safe.
class Population {
 public:
  struct Person {
    std::string document_number;
    int face;
  };
  struct Known {
    std::string crossing_id;
    std::string traveler_id;
    std::chrono::sys_seconds captured_at;
  };

  // Somebody new.
  Person Arrive();
  // One of a few who cross all the time, often at two lanes at once, or anybody else.
  Person Draw(std::mt19937& random);
  void Note(Known crossing);
  // None as long as none is known.
  std::optional<Known> DrawCrossing(std::mt19937& random);

 private:
  std::mutex mutex_;
  std::vector<Person> people_;
  std::vector<Known> crossings_;
};

// One principal with a connection and a journal. Each is used by one thread at a time.
class Client {
 public:
  Client(World& world, const std::string& principal, std::uint32_t seed);
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Works until `stopped`.
  void Work(const std::atomic<bool>& stopped);
  // Sends everything in the journal once more, and whatever is not settled until it is. Requires:
  // the service is in order again.
  void SendAllAgain();

  const Journal& journal() const { return journal_; }
  // Attempts that came to nothing, by reason.
  const std::map<std::string, int>& failures() const { return failures_; }

 protected:
  using Milliseconds = std::chrono::milliseconds;

  // One piece of work.
  virtual void DoNext() = 0;

  int Draw(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  bool OneIn(int times) { return Draw(1, times) == 1; }
  Entry& Add(Request request, std::string picture = "", bool backlog = false);
  // Sends it once and notes what came back.
  void Send(Entry& entry, Milliseconds patience);
  // Sends those of a backlog that are not settled yet, in one stream.
  void SendStream(const std::vector<Entry*>& items, Milliseconds patience);
  // As a client does that knows what retries are for; gives up at times.
  void Insist(Entry& entry);
  void Pause(int low_ms, int high_ms);
  // What a client does after an attempt that came to nothing: waits a little, for a connection too.
  void Recover();
  std::mt19937 random_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::LaneService::Stub> lanes_;
  const std::unique_ptr<v1::BackOfficeService::Stub> office_;
  const std::unique_ptr<v1::RetentionService::Stub> retention_;
  Journal journal_;

 private:
  // Notes what an attempt came to.
  void Note(Entry& entry, const grpc::Status& status, const std::string& reason, Effect effect);
  void NoteFailure(const std::string& reason);

  std::map<std::string, int> failures_;
};

// Arrivals, departures and backlogs of one lane.
class LaneClient final : public Client {
 public:
  LaneClient(World& world, std::string lane_id, std::uint32_t seed, Population& population);

 private:
  void DoNext() override;
  // A crossing at some time of the last months.
  Entry& NewCrossing(bool backlog = false);
  Entry& NewCrossingOf(const Population::Person& person, bool arrival, bool backlog);
  void SendBacklog();
  // The lane lost the request id and chose another.
  void SendUnderAnotherId();
  void NoteCrossings(const std::vector<Entry*>& entries);

  const std::string lane_id_;
  Population& population_;
};

// Decides cases of the queue, as other officers do at the same time.
class OfficerClient final : public Client {
 public:
  OfficerClient(World& world, const std::string& id, std::uint32_t seed);

 private:
  void DoNext() override;
};

// Corrects crossings and reports what became of applications to stay longer.
class SupervisorClient final : public Client {
 public:
  SupervisorClient(World& world, std::uint32_t seed, Population& population);

 private:
  void DoNext() override;
  void Correct(const Population::Known& crossing);
  void Report(const Population::Known& crossing);

  Population& population_;
  std::map<std::string, int> revisions_;  // of the crossings that it corrected
  int applications_ = 0;
};

// Erases pictures whose time is over.
class RetentionClient final : public Client {
 public:
  RetentionClient(World& world, std::uint32_t seed);

  // Once more. Requires: the service is in order again. Returns what went wrong; empty: nothing.
  std::string RunUntroubled();
  // Digests of the receipts that it was told of, by their numbers.
  const std::map<std::int64_t, std::string>& receipts() const { return receipts_; }

 private:
  void DoNext() override;
  // The last message, and how the run ended.
  std::pair<v1::RunRetentionResponse, grpc::Status> Run(Milliseconds patience);

  std::map<std::int64_t, std::string> receipts_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_DURABILITY_CLIENTS_H_
