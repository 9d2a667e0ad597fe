// What clients, the daemon and the database may do to each other at the worst moment. In every case
// what was acknowledged is there exactly once, what was not is there as a whole or not at all, and
// a retry with the same request_id brings it about.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/ctl_process.h"
#include "tests/e2e/small_disk.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/status_matchers.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using Lane = v1::LaneService::Stub;
using Item = v1::RecordCrossingsRequest;

// How long the service gives a call that comes without a deadline.
constexpr milliseconds kServiceDeadline{2000};

// With a PostgreSQL of its own, which the tests here stop, freeze and make read-only; each leaves
// it in working order.
World& FaultyWorld() {
  static World world({.environment = {{"ENTRYEXIT_SERVER_DEFAULT_DEADLINE_MS",
                                       std::to_string(kServiceDeadline.count())}},
                      .own_postgres = true});
  return world;
}

// What a lane was answered to an arrival or a departure.
struct Sent {
  Item item;
  grpc::Status status;
  std::string reason;
  std::string crossing_id;

  bool acknowledged() const { return status.ok(); }
};

const std::string& RequestIdOf(const Item& item) {
  return item.has_arrival() ? item.arrival().request_id() : item.departure().request_id();
}

Sent Send(Lane& lane, const Item& item) {
  if (item.has_arrival()) {
    const auto answer = Call(lane, &Lane::RecordArrival, item.arrival());
    return {item, answer.status, answer.reason, answer.response.crossing_id()};
  }
  const auto answer = Call(lane, &Lane::RecordDeparture, item.departure());
  return {item, answer.status, answer.reason, answer.response.crossing_id()};
}

// A traveler's arrival, or on a lane for departures the departure of somebody who never arrived.
Item NewItem(const std::string& lane_id, int person) {
  Item item;
  if (lane_id == "SEA-D1") {
    *item.mutable_departure() = DepartureRequest(
        {lane_id, NewDocumentNumber(), FaceImage(person, "departure_1"), hours(1)});
  } else {
    *item.mutable_arrival() =
        ArrivalRequest({lane_id, NewDocumentNumber(), FaceImage(person, "arrival_1"), hours(1)});
  }
  return item;
}

// Several lanes, each sending one crossing after the other. A lane that is refused some times gives
// up; or, when it is told to insist, it sends each crossing until it is answered, and ends after
// some crossings.
class Load {
 public:
  enum class Lanes { kGiveUp, kInsist };

  explicit Load(World& world, Lanes lanes = Lanes::kGiveUp) : insist_(lanes == Lanes::kInsist) {
    for (const char* const lane_id : {"SEA-A1", "SEA-D1", "SEA-X1", "EPP-X1"}) {
      lanes_.push_back({lane_id, world.Lane(lane_id), {}});
    }
    for (LaneLoad& lane : lanes_) lane.thread = std::thread([this, &lane] { Run(lane); });
  }
  ~Load() {
    stopped_ = true;
    for (LaneLoad& lane : lanes_) {
      if (lane.thread.joinable()) lane.thread.join();
    }
  }

  // False when that takes too long to be worth waiting for.
  bool AwaitAcknowledged(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return std::ranges::count_if(sent_, &Sent::acknowledged) >= count;
    });
  }

  // Blocks until a lane that insists was refused.
  void AwaitRefused() const {
    while (refused_ == 0) std::this_thread::yield();
  }

  // Blocks until every lane has given up or is done.
  std::vector<Sent> Finish() {
    for (LaneLoad& lane : lanes_) lane.thread.join();
    return std::move(sent_);
  }

 private:
  static constexpr int kRefusals = 3;
  static constexpr int kCrossings = 40;  // of a lane that insists

  struct LaneLoad {
    std::string id;
    std::unique_ptr<Lane> stub;
    std::thread thread;
  };

  void Run(LaneLoad& lane) {
    if (insist_) {
      for (int i = 0; i < kCrossings; ++i) Insist(lane, NewItem(lane.id, 20 + i));
      return;
    }
    int person = 20;
    for (int refused = 0; refused < kRefusals && !stopped_;) {
      Sent sent = Send(*lane.stub, NewItem(lane.id, ++person % 100 + 1));
      if (!sent.acknowledged()) ++refused;
      Note(std::move(sent));
    }
  }

  void Insist(LaneLoad& lane, const Item& item) {
    Sent sent;
    do {
      sent = Send(*lane.stub, item);
      if (!sent.acknowledged()) ++refused_;
    } while (!sent.acknowledged() && !stopped_);
    Note(std::move(sent));
  }

  void Note(Sent sent) {
    const std::lock_guard lock(mutex_);
    sent_.push_back(std::move(sent));
    changed_.notify_all();
  }

  const bool insist_;
  std::atomic<int> refused_ = 0;

  std::vector<LaneLoad> lanes_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Sent> sent_;
};

// Requires: the world is in order again. `code` is what the refused ones were told.
void ExpectNothingLostOrDoubled(World& world, const std::vector<Sent>& all, StatusCode code) {
  EXPECT_EQ(BrokenCrossings(world), 0);
  std::map<std::string, std::unique_ptr<Lane>> lanes;
  for (const Sent& sent : all) {
    const int rows = CrossingsOf(world, RequestIdOf(sent.item));
    if (sent.acknowledged()) {
      EXPECT_EQ(rows, 1);
    } else {
      EXPECT_LE(rows, 1);
      EXPECT_EQ(sent.status.error_code(), code) << sent.status.error_message();
    }
    const std::string& lane_id =
        sent.item.has_arrival() ? sent.item.arrival().lane_id() : sent.item.departure().lane_id();
    std::unique_ptr<Lane>& lane = lanes[lane_id];
    if (!lane) lane = world.Lane(lane_id);
    const Sent retry = Send(*lane, sent.item);
    EXPECT_TRUE(retry.acknowledged()) << retry.reason << " " << retry.status.error_message();
    if (sent.acknowledged()) {
      EXPECT_EQ(retry.crossing_id, sent.crossing_id);
    }
    EXPECT_EQ(CrossingsOf(world, RequestIdOf(sent.item)), 1);
  }
  EXPECT_EQ(BrokenCrossings(world), 0);
}

// -------------------------------------------------------------------------- one request_id, many

constexpr int kClients = 8;

// Sends `requests`, one from each client of the lane SEA-X1, at the same moment.
std::vector<Answer<v1::RecordArrivalResponse>> SendTogether(
    const std::vector<v1::RecordArrivalRequest>& requests) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (size_t i = 0; i < requests.size(); ++i) lanes.push_back(FaultyWorld().Lane("SEA-X1"));
  std::vector<Answer<v1::RecordArrivalResponse>> answers(requests.size());
  std::latch together(static_cast<std::ptrdiff_t>(requests.size()));
  std::vector<std::jthread> clients;
  for (size_t i = 0; i < requests.size(); ++i) {
    clients.emplace_back([&, i] {
      together.arrive_and_wait();
      answers[i] = Call(*lanes[i], &Lane::RecordArrival, requests[i]);
    });
  }
  clients.clear();
  return answers;
}

v1::RecordArrivalRequest Arrival() {
  return ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(30, "arrival_1"), hours(1)});
}

TEST(RequestId, SentByEightClientsAtOnceRecordsOneCrossingAndAnswersAllTheSame) {
  const std::vector<v1::RecordArrivalRequest> requests(kClients, Arrival());
  const auto answers = SendTogether(requests);
  for (const auto& answer : answers) {
    ASSERT_THAT(answer, Succeeds());
    EXPECT_EQ(answer.response.SerializeAsString(), answers[0].response.SerializeAsString());
  }
  EXPECT_EQ(CrossingsOf(FaultyWorld(), requests[0].request_id()), 1);
  EXPECT_EQ(BrokenCrossings(FaultyWorld()), 0);
}

// Exactly one of `requests`, which share their request_id, is recorded; the others are refused.
void ExpectOneWinner(const std::vector<v1::RecordArrivalRequest>& requests) {
  int recorded = 0;
  for (const auto& answer : SendTogether(requests)) {
    if (answer.status.ok()) {
      ++recorded;
    } else {
      EXPECT_THAT(answer, Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
    }
  }
  EXPECT_EQ(recorded, 1);
  EXPECT_EQ(CrossingsOf(FaultyWorld(), requests[0].request_id()), 1);
  EXPECT_EQ(BrokenCrossings(FaultyWorld()), 0);
}

TEST(RequestId, WithOtherContentFromEightClientsAtOnceRecordsOne) {
  std::vector<v1::RecordArrivalRequest> requests(kClients, Arrival());
  for (int i = 0; i < kClients; ++i) {
    requests[static_cast<size_t>(i)].set_flight(fmt::format("XX{}", i));
  }
  ExpectOneWinner(requests);
}

TEST(RequestId, OfOtherTravelersFromEightClientsAtOnceRecordsOne) {
  // No lock of one traveler keeps these apart.
  std::vector<v1::RecordArrivalRequest> requests;
  for (int i = 0; i < kClients; ++i) {
    requests.push_back(Arrival());
    requests.back().set_request_id(requests[0].request_id());
  }
  ExpectOneWinner(requests);
}

TEST(RequestId, OfAnotherLaneIsRefused) {
  World& world = FaultyWorld();
  auto request = Arrival();
  ASSERT_THAT(Call(*world.Lane("SEA-X1"), &Lane::RecordArrival, request), Succeeds());
  request.set_lane_id("EPP-X1");
  EXPECT_THAT(Call(*world.Lane("EPP-X1"), &Lane::RecordArrival, request),
              Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
}

TEST(Traveler, WhoIsNewToEightClientsAtOnceIsMadeOnce) {
  std::vector<v1::RecordArrivalRequest> requests(kClients, Arrival());
  for (int i = 0; i < kClients; ++i) {
    auto& request = requests[static_cast<size_t>(i)];
    request.set_request_id(Arrival().request_id());
    request.mutable_captured_at()->set_seconds(request.captured_at().seconds() - i);
  }
  std::set<std::string> travelers;
  std::set<std::string> crossings;
  for (const auto& answer : SendTogether(requests)) {
    ASSERT_THAT(answer, Succeeds());
    travelers.insert(answer.response.traveler_id());
    crossings.insert(answer.response.crossing_id());
  }
  EXPECT_EQ(travelers.size(), 1U);
  EXPECT_EQ(crossings.size(), static_cast<size_t>(kClients));
}

// ------------------------------------------------------------------------------------- deadlines

Answer<v1::RecordArrivalResponse> ArriveWithin(Lane& lane, const v1::RecordArrivalRequest& request,
                                               milliseconds patience) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  Answer<v1::RecordArrivalResponse> answer;
  answer.status = lane.RecordArrival(&context, request, &answer.response);
  answer.reason = ReasonOf(context);
  return answer;
}

// Another crossing of the traveler of `arrival`.
v1::RecordDepartureRequest DepartureOf(const v1::RecordArrivalRequest& arrival,
                                       hours ago = hours(0)) {
  auto departure = DepartureRequest({"SEA-X1", "", FaceImage(30, "departure_1"), ago});
  *departure.mutable_identification() = arrival.identification();
  return departure;
}

TEST(Deadline, ThatPassesInTheQueueStoresNothing) {
  World world({.environment = {{"ENTRYEXIT_SERVER_REQUEST_THREADS", "1"},
                               {"ENTRYEXIT_DATABASE_STATEMENT_TIMEOUT_MS", "60000"}},
               .own_postgres = false});
  const auto lane = world.Lane("SEA-X1");
  const auto arrival = Arrival();
  const auto started = steady_clock::now();
  ASSERT_THAT(Call(*lane, &Lane::RecordArrival, arrival), Succeeds());
  const auto took = std::chrono::ceil<milliseconds>(steady_clock::now() - started);
  const auto expired = Arrival();
  {
    std::optional<LockedTravelers> locked(world);
    const std::jthread holder([&] {
      EXPECT_THAT(Call(*lane, &Lane::RecordDeparture, DepartureOf(arrival)), Succeeds());
    });
    locked->AwaitWaiters(1);  // The only thread is taken.
    // Long enough for a call that need not wait, else it would be refused at once.
    EXPECT_EQ(
        ArriveWithin(*lane, expired, std::max(milliseconds(3000), 4 * took)).status.error_code(),
        StatusCode::DEADLINE_EXCEEDED);
    locked.reset();
  }
  // Comes after it in the queue.
  ASSERT_THAT(Call(*lane, &Lane::RecordArrival, Arrival()), Succeeds());
  EXPECT_THAT(world.Log(), HasSubstr("request_id=" + expired.request_id())) << "it did get there";
  EXPECT_EQ(CrossingsOf(world, expired.request_id()), 0);
}

TEST(Deadline, ThatPassesAtAnyMomentRecordsAllOrNothing) {
  World& world = FaultyWorld();
  const auto lane = world.Lane("SEA-X1");
  for (int patience = 2; patience <= 512; patience *= 2) {
    const auto request = Arrival();
    const auto hasty = ArriveWithin(*lane, request, milliseconds(patience));
    if (!hasty.status.ok()) {
      EXPECT_EQ(hasty.status.error_code(), StatusCode::DEADLINE_EXCEEDED);
    }
    const auto retry = Call(*lane, &Lane::RecordArrival, request);
    ASSERT_THAT(retry, Succeeds()) << patience;
    if (hasty.status.ok()) {
      EXPECT_EQ(retry.response.crossing_id(), hasty.response.crossing_id());
    }
    EXPECT_EQ(CrossingsOf(world, request.request_id()), 1) << patience;
  }
  EXPECT_EQ(BrokenCrossings(world), 0);
}

// -------------------------------------------------------------------------------- clients killed

std::vector<Item> NewBacklog(int size) {
  std::vector<Item> items;
  for (int i = 0; i < size; ++i) {
    items.push_back(NewItem("SEA-X1", 40 + i));
    items.back().set_sequence(static_cast<uint64_t>(i) + 1);
  }
  return items;
}

// Makes the traveler of `item`, an arrival, known, so that LockedTravelers holds its recording up.
void RecordEarlierDeparture(World& world, const Item& item) {
  const auto earlier = DepartureOf(item.arrival(), hours(20));
  ASSERT_THAT(Call(*world.Lane("SEA-X1"), &Lane::RecordDeparture, earlier), Succeeds());
}

// Sends `items` and hangs up after `results` of them were answered; -1: after all.
std::vector<v1::RecordCrossingsResponse> SendBacklog(World& world, const std::vector<Item>& items,
                                                     int results = -1) {
  const auto lane = world.Lane("SEA-X1");
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  std::thread writer([&] {
    for (const Item& item : items) {
      if (!stream->Write(item)) return;
    }
    stream->WritesDone();
  });
  std::vector<v1::RecordCrossingsResponse> answers;
  v1::RecordCrossingsResponse answer;
  while (static_cast<int>(answers.size()) != results && stream->Read(&answer)) {
    answers.push_back(answer);
  }
  if (results >= 0) context.TryCancel();
  writer.join();
  EXPECT_EQ(stream->Finish().error_code(), results < 0 ? StatusCode::OK : StatusCode::CANCELLED);
  return answers;
}

TEST(Backlog, CutOffInTheMiddleAndResumedIsRecordedOnce) {
  World& world = FaultyWorld();
  const std::vector<Item> items = NewBacklog(8);
  RecordEarlierDeparture(world, items[3]);
  std::vector<v1::RecordCrossingsResponse> first;
  {
    const LockedTravelers locked(world);
    first = SendBacklog(world, items, 3);
  }
  ASSERT_EQ(first.size(), 3U);
  for (size_t i = 0; i < first.size(); ++i) {  // acknowledged, thus durable
    EXPECT_EQ(CrossingsOf(world, RequestIdOf(items[i])), 1);
  }
  // From one before the last result: what is sent twice is recognised.
  const auto rest = SendBacklog(world, {items.begin() + 2, items.end()});
  ASSERT_EQ(rest.size(), 6U);
  EXPECT_EQ(rest[0].arrival().crossing_id(), first[2].arrival().crossing_id());
  for (size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i].sequence(), i + 3);
  for (const Item& item : items) EXPECT_EQ(CrossingsOf(world, RequestIdOf(item)), 1);
  EXPECT_EQ(BrokenCrossings(world), 0);
}

TEST(Backlog, DoesNotHoldUpALaneWithATravelerBeforeIt) {
  World world({.environment = {{"ENTRYEXIT_SERVER_REQUEST_THREADS", "1"}}, .own_postgres = false});
  const auto lane = world.Lane("SEA-X1");
  const auto arrival = Arrival();
  ASSERT_THAT(Call(*lane, &Lane::RecordArrival, arrival), Succeeds());
  Item item;
  *item.mutable_departure() = DepartureOf(arrival);
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  v1::RecordCrossingsResponse result;
  {
    LockedTravelers locked(world);
    ASSERT_TRUE(stream->Write(item));
    locked.AwaitWaiters(1);
    EXPECT_THAT(Call(*lane, &Lane::RecordArrival, Arrival()), Succeeds());
  }
  EXPECT_TRUE(stream->Read(&result));
  EXPECT_TRUE(result.departure().recorded());
}

TEST(Backlog, IsRefusedWhenTooManyAreOpen) {
  constexpr size_t kMost = 64;
  constexpr size_t kCallsPerConnection = 32;
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<Item, v1::RecordCrossingsResponse>> stream;
  };
  World world;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i <= kMost; ++i) {
    if (i % kCallsPerConnection == 0) lanes.push_back(world.Lane("SEA-X1"));
    streams.push_back(std::make_unique<Stream>());
    Stream& opened = *streams.back();
    SetPatience(opened.context);
    opened.stream = lanes.back()->RecordCrossings(&opened.context);
    // An item without a crossing is answered without more ado, and shows that the stream is open.
    opened.stream->Write(Item());
    v1::RecordCrossingsResponse result;
    EXPECT_EQ(opened.stream->Read(&result), i < kMost) << i;
  }
  EXPECT_EQ(streams.back()->stream->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(streams.back()->context), "OVERLOADED");
  streams.pop_back();
  for (const auto& opened : streams) {
    opened->stream->WritesDone();
    EXPECT_TRUE(opened->stream->Finish().ok());
  }
}

TEST(Backlog, EndsWhenTheDatabaseIsGoneAndCanBeResumed) {
  World& world = FaultyWorld();
  const std::vector<Item> items = NewBacklog(3);
  {
    const auto lane = world.Lane("SEA-X1");
    grpc::ClientContext context;
    SetPatience(context);
    const auto stream = lane->RecordCrossings(&context);
    v1::RecordCrossingsResponse answer;
    ASSERT_TRUE(stream->Write(items[0]) && stream->Read(&answer));
    world.postgres().KillImmediate();
    stream->Write(items[1]);
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(context), "DATABASE_UNAVAILABLE");
  }
  ASSERT_THAT(world.postgres().Restart(), IsOk());
  EXPECT_EQ(SendBacklog(world, {items.begin() + 1, items.end()}).size(), 2U);
  for (const Item& item : items) EXPECT_EQ(CrossingsOf(world, RequestIdOf(item)), 1);
}

// A backlog file for entryexitctl, with the pictures beside it.
void WriteBacklog(const std::filesystem::path& directory, std::vector<Item> items) {
  std::ofstream file(directory / "backlog.jsonl");
  for (Item& item : items) {
    const std::string picture = fmt::format("{}.jpg", item.sequence());
    std::ofstream(directory / picture, std::ios::binary) << item.arrival().image();
    item.mutable_arrival()->clear_image();
    std::string json;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(item, &json).ok());
    constexpr std::string_view kArrival = "\"arrival\":{";
    json.insert(json.find(kArrival) + kArrival.size(),
                fmt::format("\"image_file\":\"{}\",", picture));
    file << json << '\n';
  }
}

pid_t StartBacklogCommand(World& world, const std::filesystem::path& directory) {
  std::vector<std::string> words =
      CtlWords(world, "lane/SEA-X1", {"backlog", (directory / "backlog.jsonl").string()});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = (directory / "log").string();
  const pid_t pid = fork();
  if (pid == 0) {
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

int RecordedOf(World& world, const std::vector<Item>& items) {
  return static_cast<int>(std::ranges::count_if(
      items, [&](const Item& item) { return CrossingsOf(world, RequestIdOf(item)) > 0; }));
}

TEST(Backlog, OfACommandThatWasKilledIsRecordedOnceByTheNext) {
  World& world = FaultyWorld();
  const TempDir directory;
  const std::vector<Item> items = NewBacklog(16);
  WriteBacklog(directory.path(), items);

  constexpr int kBefore = 8;
  RecordEarlierDeparture(world, items[kBefore]);
  {
    LockedTravelers locked(world);
    const pid_t killed = StartBacklogCommand(world, directory.path());
    locked.AwaitWaiters(1);
    kill(killed, SIGKILL);
    waitpid(killed, nullptr, 0);
    EXPECT_EQ(RecordedOf(world, items), kBefore) << "each after the one before it";
  }

  const pid_t again = StartBacklogCommand(world, directory.path());
  int status = 0;
  waitpid(again, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << std::ifstream(directory.path() / "log").rdbuf();
  for (const Item& item : items) EXPECT_EQ(CrossingsOf(world, RequestIdOf(item)), 1);
  EXPECT_EQ(BrokenCrossings(world), 0);
}

// --------------------------------------------------------------------------------- kills under
// load

TEST(Database, KilledUnderLoadLosesAndDoublesNothing) {
  World& world = FaultyWorld();
  for (int round = 0; round < 2; ++round) {
    Load load(world);
    ASSERT_TRUE(load.AwaitAcknowledged(8));
    world.postgres().KillImmediate();
    const std::vector<Sent> sent = load.Finish();
    ASSERT_THAT(world.postgres().Restart(), IsOk());
    ExpectNothingLostOrDoubled(world, sent, StatusCode::UNAVAILABLE);
    for (const Sent& refused : sent) {
      if (!refused.acknowledged()) {
        EXPECT_EQ(refused.reason, "DATABASE_UNAVAILABLE");
      }
    }
  }
}

TEST(Database, RestartedUnderLoadLosesAndDoublesNothingOfLanesThatInsist) {
  World& world = FaultyWorld();
  Load load(world, Load::Lanes::kInsist);
  ASSERT_TRUE(load.AwaitAcknowledged(8));
  world.postgres().KillImmediate();
  load.AwaitRefused();
  ASSERT_THAT(world.postgres().Restart(), IsOk());
  const std::vector<Sent> sent = load.Finish();
  EXPECT_EQ(sent.size(), 160U);
  for (const Sent& answered : sent) EXPECT_TRUE(answered.acknowledged()) << answered.reason;
  ExpectNothingLostOrDoubled(world, sent, StatusCode::OK);
}

TEST(Database, ThatIsAwayIsDescribedToTheOperatorAndNotToClients) {
  World& world = FaultyWorld();
  const auto lane = world.Lane("SEA-X1");
  world.postgres().KillImmediate();
  const auto request = Arrival();
  const auto refused = Call(*lane, &Lane::RecordArrival, request);
  ASSERT_THAT(world.postgres().Restart(), IsOk());
  ASSERT_THAT(refused, Fails(StatusCode::UNAVAILABLE, "DATABASE_UNAVAILABLE"));
  EXPECT_THAT(world.Log(), Not(HasSubstr(request.identification().document().number())));
  for (const char* const inside : {"/", "socket", "host", "user", "entryexit_daemon"}) {
    EXPECT_THAT(refused.status.error_message(), Not(HasSubstr(inside)));
  }
  EXPECT_THAT(world.Log(), HasSubstr("RecordArrival: DATABASE_UNAVAILABLE: the link to the "
                                     "database failed: "));
}

TEST(Database, ThatDropsItsConnectionsIsNotNoticed) {
  World& world = FaultyWorld();
  const auto lane = world.Lane("SEA-X1");
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(Call(*lane, &Lane::RecordArrival, Arrival()), Succeeds());
    ASSERT_THAT(world.postgres().DropConnections(), IsOk());
  }
  EXPECT_THAT(Call(*lane, &Lane::RecordArrival, Arrival()), Succeeds());
}

TEST(Daemon, KilledUnderLoadLosesAndDoublesNothing) {
  World& world = FaultyWorld();
  Load load(world);
  ASSERT_TRUE(load.AwaitAcknowledged(8));
  world.daemon().Kill();
  const std::vector<Sent> sent = load.Finish();
  world.Restart();
  ExpectNothingLostOrDoubled(world, sent, StatusCode::UNAVAILABLE);
}

// ------------------------------------------------------------------------- a database in trouble

TEST(Database, ThatIsFrozenEndsCallsAtTheirDeadlineAndRecovers) {
  World& world = FaultyWorld();
  const auto lane = world.Lane("SEA-X1");
  ASSERT_THAT(Call(*lane, &Lane::RecordArrival, Arrival()), Succeeds());
  const auto hasty = Arrival();
  const auto patient = Arrival();
  world.postgres().Freeze();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ArriveWithin(*lane, hasty, milliseconds(300)).status.error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  // Without a deadline of the client's, the service's own counts, and the answer is the service's.
  grpc::ClientContext context;
  v1::RecordArrivalResponse response;
  EXPECT_EQ(lane->RecordArrival(&context, patient, &response).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(context), "DEADLINE_EXCEEDED");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4 * kServiceDeadline);
  world.postgres().Thaw();

  for (const auto& request : {hasty, patient}) {
    EXPECT_THAT(Call(*lane, &Lane::RecordArrival, request), Succeeds());
    EXPECT_EQ(CrossingsOf(world, request.request_id()), 1);
  }
  EXPECT_EQ(BrokenCrossings(world), 0);
}

// A look that cannot be recorded in the audit log is not granted.
TEST(Database, ThatIsReadOnlyRefusesEveryCallUntilItTakesWritesAgain) {
  World& world = FaultyWorld();
  const auto lane = world.Lane("SEA-X1");
  const auto known = Arrival();
  const auto before = Call(*lane, &Lane::RecordArrival, known);
  ASSERT_THAT(before, Succeeds());
  const auto set_read_only = [&](const std::string& value) {
    // From another database, to which it does not apply.
    return world.postgres().Execute(
        "postgres", fmt::format("ALTER DATABASE {} SET default_transaction_read_only = {}",
                                world.database(), value));
  };
  ASSERT_THAT(set_read_only("on"), IsOk());
  ASSERT_THAT(world.postgres().DropConnections(), IsOk());

  const auto fresh = Arrival();
  EXPECT_THAT(Call(*lane, &Lane::RecordArrival, fresh),
              Fails(StatusCode::UNAVAILABLE, "DATABASE_READ_ONLY"));
  EXPECT_THAT(Call(*lane, &Lane::RecordArrival, known),
              Fails(StatusCode::UNAVAILABLE, "DATABASE_READ_ONLY"));
  v1::GetTravelerRequest traveler;
  traveler.set_traveler_id(before.response.traveler_id());
  const auto look = [&] {
    return Call(*world.Officer(), &v1::BackOfficeService::Stub::GetTraveler, traveler);
  };
  const auto refused = look();
  EXPECT_THAT(refused, Fails(StatusCode::UNAVAILABLE, "DATABASE_READ_ONLY"));
  EXPECT_EQ(refused.response.traveler_id(), "");

  ASSERT_THAT(set_read_only("off"), IsOk());
  ASSERT_THAT(world.postgres().DropConnections(), IsOk());
  EXPECT_THAT(look(), Succeeds());
  const auto retry = Call(*lane, &Lane::RecordArrival, known);
  ASSERT_THAT(retry, Succeeds());
  EXPECT_EQ(retry.response.crossing_id(), before.response.crossing_id());
  EXPECT_THAT(Call(*lane, &Lane::RecordArrival, fresh), Succeeds());
  EXPECT_EQ(CrossingsOf(world, fresh.request_id()), 1);
}

// ------------------------------------------------------------------------------ stored data, load

TEST(StoredCapture, ThatWasTamperedWithIsNotShown) {
  World& world = FaultyWorld();
  const auto arrived = Call(*world.Lane("SEA-X1"), &Lane::RecordArrival, Arrival());
  ASSERT_THAT(arrived, Succeeds());
  const auto officer = world.Officer();
  const auto get_capture = [&](const std::string& change) {
    // Past the triggers that keep even the owner from changing it.
    const absl::Status changed = world.postgres().Execute(
        world.database(), fmt::format("SET session_replication_role = replica; "
                                      "UPDATE capture SET {} WHERE crossing_id = '{}'",
                                      change, arrived.response.crossing_id()));
    EXPECT_THAT(changed, IsOk());
    v1::GetCaptureRequest request;
    request.set_crossing_id(arrived.response.crossing_id());
    return Call(*officer, &v1::BackOfficeService::Stub::GetCapture, request);
  };
  EXPECT_THAT(get_capture("ciphertext = set_byte(ciphertext, 100, get_byte(ciphertext, 100) # 1)"),
              Fails(StatusCode::DATA_LOSS, "STORED_DATA_INVALID"));
  EXPECT_THAT(get_capture("key_id = 'lost'"),
              Fails(StatusCode::FAILED_PRECONDITION, "KEY_UNAVAILABLE"));
}

TEST(Overload, IsRefusedAtOnceAndStoresNothing) {
  World world({.environment = {{"ENTRYEXIT_SERVER_REQUEST_THREADS", "1"},
                               {"ENTRYEXIT_SERVER_QUEUE_CAPACITY", "1"}},
               .own_postgres = true});
  // One call is worked on and one waits, both for a database that does not answer.
  world.postgres().Freeze();
  std::vector<v1::RecordArrivalRequest> requests;
  for (int i = 0; i < 4; ++i) requests.push_back(Arrival());
  std::vector<std::unique_ptr<Lane>> lanes;
  for (size_t i = 0; i < requests.size(); ++i) lanes.push_back(world.Lane("SEA-X1"));
  std::vector<Answer<v1::RecordArrivalResponse>> answers(requests.size());
  std::atomic<int> refused = 0;
  std::vector<std::jthread> clients;
  for (size_t i = 0; i < requests.size(); ++i) {
    clients.emplace_back([&, i] {
      answers[i] = Call(*lanes[i], &Lane::RecordArrival, requests[i]);
      if (!answers[i].status.ok()) ++refused;
      refused.notify_all();
    });
  }
  for (int seen; (seen = refused) < 2;) refused.wait(seen);
  world.postgres().Thaw();
  clients.clear();

  for (size_t i = 0; i < requests.size(); ++i) {
    const bool recorded = answers[i].status.ok();
    if (!recorded) {
      EXPECT_THAT(answers[i], Fails(StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
    }
    EXPECT_EQ(CrossingsOf(world, requests[i].request_id()), recorded ? 1 : 0);
  }
  EXPECT_LT(refused, 4);
}

TEST(Database, WhoseDiskIsFullRefusesAndKeepsWhatItHas) {
  const SmallDisk disk("400k");
  if (!disk.mounted()) GTEST_SKIP() << "this account may not mount a small disk";
  World world({.environment = {}, .own_postgres = true});
  // Each in a call of its own, since a tablespace cannot be made in a transaction.
  for (const std::string& sql :
       {fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk.path().string()),
        std::string("ALTER TABLE capture SET TABLESPACE small")}) {
    ASSERT_THAT(world.postgres().Execute(world.database(), sql), IsOk());
  }
  const auto lane = world.Lane("SEA-X1");
  std::vector<Sent> sent;
  do {
    sent.push_back(Send(*lane, NewItem("SEA-X1", 30)));
  } while (sent.back().acknowledged() && sent.size() < 100);
  const Sent refused = sent.back();
  sent.pop_back();
  EXPECT_EQ(refused.status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused.reason, "DATABASE_FULL");
  EXPECT_EQ(CrossingsOf(world, RequestIdOf(refused.item)), 0);
  EXPECT_GT(sent.size(), 2U);
  const auto officer = world.Officer();
  for (const Sent& recorded : sent) {
    v1::GetCaptureRequest request;
    request.set_crossing_id(recorded.crossing_id);
    const auto capture = Call(*officer, &v1::BackOfficeService::Stub::GetCapture, request);
    EXPECT_THAT(capture, Succeeds());
    EXPECT_EQ(capture.response.image(), recorded.item.arrival().image());
  }
  EXPECT_EQ(BrokenCrossings(world), 0);

  ASSERT_TRUE(disk.Grow("64m"));
  EXPECT_TRUE(Send(*lane, refused.item).acknowledged());
  EXPECT_EQ(CrossingsOf(world, RequestIdOf(refused.item)), 1);
}

}  // namespace
}  // namespace entryexit::testing
