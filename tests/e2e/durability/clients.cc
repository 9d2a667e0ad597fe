#include "tests/e2e/durability/clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <type_traits>

#include "entryexit/crypto/digest.h"

namespace entryexit::testing {
namespace {

using std::chrono::milliseconds;
using Lanes = v1::LaneService::Stub;
using Office = v1::BackOfficeService::Stub;
using Item = v1::RecordCrossingsRequest;

constexpr int kFaces = 125;  // bundled
constexpr size_t kCommuters = 8;
// What a client gives up after; some answers come later than that.
constexpr int kLeastPatienceMs = 200;
constexpr int kMostPatienceMs = 4000;
constexpr int kAttempts = 12;
constexpr milliseconds kUntroubled{30000};

// As the trailing metadata have it.
std::string NameOf(v1::Reason reason) {
  constexpr std::string_view kPrefix = "REASON_";
  return v1::Reason_Name(reason).substr(kPrefix.size());
}

// Perhaps nothing was done, and another attempt may be better.
bool IsTransient(const grpc::Status& status, const std::string& reason) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
      return true;
    default:
      return reason == "DATABASE_CONFLICT";
  }
}

// Somebody else was quicker; sent again it would be refused again.
bool IsRefusal(const std::string& reason) {
  return reason == "CASE_CLOSED" || reason == "CASE_CHANGED" || reason == "CROSSING_CHANGED";
}

Effect EffectOf(const v1::RecordArrivalResponse& response) {
  return {response.recorded(),
          response.traveler_id(),
          response.crossing_id(),
          v1::CaptureStatus_Name(response.capture_status()),
          "",
          {response.opened_case_ids().begin(), response.opened_case_ids().end()}};
}

Effect EffectOf(const v1::RecordDepartureResponse& response) {
  return {response.recorded(),
          response.traveler_id(),
          response.crossing_id(),
          v1::Outcome_Name(response.outcome()),
          response.comparison().comparison_id(),
          {response.opened_case_ids().begin(), response.opened_case_ids().end()}};
}

Effect EffectOf(const v1::DecideCaseResponse& response) {
  return {.traveler_id = response.case_().traveler_id(), .subject_id = response.case_().case_id()};
}

Effect EffectOf(const v1::CorrectCrossingResponse& response) {
  return {.traveler_id = response.traveler_id(),
          .subject_id = response.correction().correction_id()};
}

Effect EffectOf(const v1::RecordAdmissionChangeResponse& response) {
  return {.subject_id = response.change_id()};
}

void SetTime(std::chrono::sys_time<std::chrono::microseconds> time,
             google::protobuf::Timestamp* proto) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  proto->set_seconds(seconds.time_since_epoch().count());
  proto->set_nanos(static_cast<int>(std::chrono::nanoseconds(time - seconds).count()));
}

void SetDate(std::chrono::sys_days day, v1::Date* proto) {
  const std::chrono::year_month_day date(day);
  proto->set_year(static_cast<int>(date.year()));
  proto->set_month(static_cast<int>(static_cast<unsigned>(date.month())));
  proto->set_day(static_cast<int>(static_cast<unsigned>(date.day())));
}

std::chrono::sys_days Today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

// The request as it is sent, with its picture.
template <typename Message>
Message Complete(const Message& request, const std::string& picture) {
  Message whole = request;
  if constexpr (requires { whole.set_image(""); }) {
    if (!picture.empty()) whole.set_image(FaceImage(picture));
  }
  return whole;
}

}  // namespace

// ------------------------------------------------------------------------------------ population

Population::Person Population::Arrive() {
  const std::lock_guard lock(mutex_);
  people_.push_back({NewDocumentNumber(), 1 + static_cast<int>(people_.size()) % kFaces});
  return people_.back();
}

Population::Person Population::Draw(std::mt19937& random) {
  const std::lock_guard lock(mutex_);
  const auto below = [&](size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(random);
  };
  while (people_.size() < kCommuters) {
    people_.push_back({NewDocumentNumber(), 1 + static_cast<int>(people_.size())});
  }
  return people_[below(below(3) == 0 ? kCommuters : people_.size())];
}

void Population::Note(Known crossing) {
  const std::lock_guard lock(mutex_);
  crossings_.push_back(std::move(crossing));
}

std::optional<Population::Known> Population::DrawCrossing(std::mt19937& random) {
  const std::lock_guard lock(mutex_);
  if (crossings_.empty()) return std::nullopt;
  return crossings_[std::uniform_int_distribution<size_t>(0, crossings_.size() - 1)(random)];
}

// ---------------------------------------------------------------------------------------- clients

Client::Client(World& world, const std::string& principal, std::uint32_t seed)
    : random_(seed),
      channel_(world.Connect("entryexit://" + principal)),
      lanes_(v1::LaneService::NewStub(channel_)),
      office_(v1::BackOfficeService::NewStub(channel_)),
      retention_(v1::RetentionService::NewStub(channel_)) {}

void Client::Work(const std::atomic<bool>& stopped) {
  while (!stopped) DoNext();
}

void Client::SendAllAgain() {
  for (Entry& entry : journal_) {
    Send(entry, kUntroubled);
    for (int i = 1; i < kAttempts && !entry.settled(); ++i) {
      Recover();
      Send(entry, kUntroubled);
    }
    if (!entry.settled()) entry.surprise = "is not answered though nothing fails any more";
  }
}

Entry& Client::Add(Request request, std::string picture, bool backlog) {
  return journal_.emplace_back(
      Entry{.request = std::move(request), .picture = std::move(picture), .backlog = backlog});
}

void Client::Recover() {
  Pause(20, 100);
  // A channel gets no further with its handshake while nobody waits on it.
  channel_->WaitForConnected(std::chrono::system_clock::now() + milliseconds(Draw(100, 500)));
}

void Client::Pause(int low_ms, int high_ms) {
  std::this_thread::sleep_for(milliseconds(Draw(low_ms, high_ms)));
}

void Client::NoteFailure(const std::string& reason) {
  ++failures_[reason.empty() ? "no answer" : reason];
}

void Client::Note(Entry& entry, const grpc::Status& status, const std::string& reason,
                  Effect effect) {
  const auto surprise = [&](const std::string& what) {
    entry.surprise = fmt::format("{}: code {} {} {}", what, static_cast<int>(status.error_code()),
                                 reason, status.error_message());
  };
  if (status.ok()) {
    if (!entry.refusal.empty()) surprise("was refused and then carried out");
    if (entry.effect && *entry.effect != effect) surprise("was answered otherwise than before");
    entry.effect = std::move(effect);
  } else if (IsTransient(status, reason)) {
    NoteFailure(reason);
  } else if (entry.effect || !IsRefusal(reason)) {
    surprise("was answered");
  } else {
    entry.refusal = reason;
  }
}

void Client::Send(Entry& entry, milliseconds patience) {
  if (entry.backlog) return SendStream({&entry}, patience);
  ++entry.attempts;
  const auto send = [&](auto& stub, auto method, const auto& request) {
    const auto answer = Call(stub, method, Complete(request, entry.picture), patience);
    Effect effect = EffectOf(answer.response);
    if constexpr (requires { request.traveler_id(); }) effect.traveler_id = request.traveler_id();
    Note(entry, answer.status, answer.reason, std::move(effect));
  };
  std::visit(
      [&](const auto& request) {
        using Message = std::decay_t<decltype(request)>;
        if constexpr (std::is_same_v<Message, v1::RecordArrivalRequest>) {
          send(*lanes_, &Lanes::RecordArrival, request);
        } else if constexpr (std::is_same_v<Message, v1::RecordDepartureRequest>) {
          send(*lanes_, &Lanes::RecordDeparture, request);
        } else if constexpr (std::is_same_v<Message, v1::DecideCaseRequest>) {
          send(*office_, &Office::DecideCase, request);
        } else if constexpr (std::is_same_v<Message, v1::CorrectCrossingRequest>) {
          send(*office_, &Office::CorrectCrossing, request);
        } else {
          send(*office_, &Office::RecordAdmissionChange, request);
        }
      },
      entry.request);
}

void Client::SendStream(const std::vector<Entry*>& items, milliseconds patience) {
  grpc::ClientContext context;
  SetPatience(context, patience);
  const auto stream = lanes_->RecordCrossings(&context);
  std::vector<Entry*> sent;
  for (Entry* const entry : items) {
    Item item;
    item.set_sequence(sent.size() + 1);
    if (const auto* arrival = std::get_if<v1::RecordArrivalRequest>(&entry->request)) {
      *item.mutable_arrival() = Complete(*arrival, entry->picture);
    } else {
      *item.mutable_departure() =
          Complete(std::get<v1::RecordDepartureRequest>(entry->request), entry->picture);
    }
    sent.push_back(entry);
    ++entry->attempts;
    if (!stream->Write(item)) break;
  }
  stream->WritesDone();
  v1::RecordCrossingsResponse result;
  for (size_t i = 0; stream->Read(&result); ++i) {
    if (i >= sent.size() || result.sequence() != i + 1) {
      sent.back()->surprise = "the stream answered what was not asked";
      context.TryCancel();
      break;
    }
    if (result.has_error()) {
      const grpc::Status error(static_cast<grpc::StatusCode>(result.error().code()),
                               result.error().message());
      Note(*sent[i], error, NameOf(result.error().reason()), {});
    } else {
      Note(*sent[i], grpc::Status::OK, "",
           result.has_arrival() ? EffectOf(result.arrival()) : EffectOf(result.departure()));
    }
  }
  const grpc::Status status = stream->Finish();
  const std::string reason = ReasonOf(context);
  if (status.ok()) return;
  if (IsTransient(status, reason)) {
    NoteFailure(reason);
  } else {
    sent.back()->surprise = fmt::format("the stream ended: {} {}", reason, status.error_message());
  }
}

void Client::Insist(Entry& entry) {
  const int attempts = OneIn(4) ? 1 : kAttempts;
  for (int i = 0; i < attempts && !entry.settled(); ++i) {
    if (i > 0) Recover();
    Send(entry, milliseconds(Draw(kLeastPatienceMs, kMostPatienceMs)));
  }
}

// ------------------------------------------------------------------------------------------ lanes

LaneClient::LaneClient(World& world, std::string lane_id, std::uint32_t seed,
                       Population& population)
    : Client(world, "lane/" + lane_id, seed),
      lane_id_(std::move(lane_id)),
      population_(population) {}

void LaneClient::DoNext() {
  const int next = Draw(0, 9);
  if (next == 0 && !journal_.empty()) {
    Entry& before = journal_[static_cast<size_t>(Draw(0, static_cast<int>(journal_.size()) - 1))];
    return Send(before, milliseconds(kMostPatienceMs));
  }
  if (next == 1) return SendUnderAnotherId();
  if (next == 2) return SendBacklog();
  Entry& entry = NewCrossing();
  Insist(entry);
  NoteCrossings({&entry});
}

Entry& LaneClient::NewCrossing(bool backlog) {
  const bool is_new = OneIn(3);
  return NewCrossingOf(is_new ? population_.Arrive() : population_.Draw(random_),
                       is_new || OneIn(3), backlog);
}

Entry& LaneClient::NewCrossingOf(const Population::Person& person, bool arrival, bool backlog) {
  constexpr int kMostMinutesAgo = 120 * 24 * 60;
  const Crossing crossing{lane_id_, person.document_number, "", std::chrono::hours(0)};
  const auto time = std::chrono::floor<std::chrono::microseconds>(
      std::chrono::system_clock::now() - std::chrono::minutes(Draw(1, kMostMinutesAgo)));
  // Now and then an impostor, or a capture without a face.
  const int face = OneIn(8) ? 1 + person.face % kFaces : person.face;
  const bool poor = OneIn(12);
  const auto poor_capture = OneIn(2) ? v1::POOR_CAPTURE_RECORD : v1::POOR_CAPTURE_UNSPECIFIED;
  const auto complete = [&](auto request, const char* kind) -> Entry& {
    SetTime(time, request.mutable_captured_at());
    request.set_poor_capture(poor_capture);
    request.clear_image();
    return Add(std::move(request),
               poor ? "bad/no_face.jpg" : fmt::format("id_{:03}/{}_{}.jpg", face, kind, Draw(1, 2)),
               backlog);
  };
  if (arrival) return complete(ArrivalRequest(crossing), "arrival");
  return complete(DepartureRequest(crossing), "departure");
}

void LaneClient::SendUnderAnotherId() {
  if (journal_.empty()) return;
  const Entry& first =
      journal_[static_cast<size_t>(Draw(0, static_cast<int>(journal_.size()) - 1))];
  Request request = first.request;
  std::visit([](auto& any) { any.set_request_id(crypto::NewUuid()); }, request);
  Insist(Add(std::move(request), first.picture, first.backlog));
}

void LaneClient::SendBacklog() {
  std::vector<Entry*> items;
  const int size = Draw(2, 8);
  for (int i = 0; i < size; ++i) {
    items.push_back(&NewCrossing(/*backlog=*/true));
    if (OneIn(16)) items.back()->picture.clear();  // the lane lost it
  }
  std::ranges::shuffle(items, random_);
  std::vector<Entry*> left = items;
  const int attempts = OneIn(4) ? 1 : kAttempts;
  for (int i = 0; i < attempts && !left.empty(); ++i) {
    if (i > 0) Recover();
    SendStream(left, milliseconds(2 * Draw(kLeastPatienceMs, kMostPatienceMs)));
    std::erase_if(left, [](const Entry* entry) { return entry->settled(); });
  }
  NoteCrossings(items);
}

void LaneClient::NoteCrossings(const std::vector<Entry*>& entries) {
  for (const Entry* const entry : entries) {
    if (!entry->effect || !entry->effect->recorded) continue;
    const auto seconds = std::visit(
        [](const auto& request) -> std::int64_t {
          if constexpr (requires { request.lane_id(); }) return request.captured_at().seconds();
          return 0;
        },
        entry->request);
    population_.Note({entry->effect->subject_id, entry->effect->traveler_id,
                      std::chrono::sys_seconds(std::chrono::seconds(seconds))});
  }
}

// ------------------------------------------------------------------------------------ back office

OfficerClient::OfficerClient(World& world, const std::string& id, std::uint32_t seed)
    : Client(world, "officer/" + id, seed) {}

void OfficerClient::DoNext() {
  Pause(50, 200);
  v1::ListCasesRequest list;
  list.set_state(v1::CASE_STATE_OPEN);
  list.set_page_size(20);
  const auto queue = Call(*office_, &Office::ListCases, list, milliseconds(kMostPatienceMs));
  const int open = queue.response.cases_size();
  if (!queue.status.ok() || open == 0) return;
  const v1::Case& chosen = queue.response.cases(Draw(0, open - 1));
  v1::DecideCaseRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_case_id(chosen.case_id());
  request.set_etag(chosen.etag());
  request.set_decision(OneIn(2) ? v1::CASE_DECISION_UPHOLD : v1::CASE_DECISION_DISMISS);
  request.set_reason("as the pictures show");
  Insist(Add(std::move(request)));
}

SupervisorClient::SupervisorClient(World& world, std::uint32_t seed, Population& population)
    : Client(world, "supervisor/1", seed), population_(population) {}

void SupervisorClient::DoNext() {
  Pause(100, 400);
  const std::optional<Population::Known> crossing = population_.DrawCrossing(random_);
  if (!crossing) return;
  if (OneIn(2)) return Report(*crossing);
  return Correct(*crossing);
}

void SupervisorClient::Correct(const Population::Known& crossing) {
  v1::CorrectCrossingRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_crossing_id(crossing.crossing_id);
  // When the last correction was not acknowledged, this one may be refused.
  const int revision = revisions_[crossing.crossing_id] + 1;
  request.set_revision(revision);
  request.set_reason("it was otherwise");
  if (revision > 1 && OneIn(3)) {
    // takes the earlier ones back
  } else if (OneIn(2)) {
    request.set_voided(true);
  } else {
    SetTime(crossing.captured_at - std::chrono::minutes(Draw(1, 2000)),
            request.mutable_captured_at());
  }
  Entry& entry = Add(std::move(request));
  Insist(entry);
  if (entry.effect) revisions_[crossing.crossing_id] = revision;
}

void SupervisorClient::Report(const Population::Known& crossing) {
  v1::RecordAdmissionChangeRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_traveler_id(crossing.traveler_id);
  request.set_application_id(fmt::format("EAC-{}", ++applications_));
  request.set_kind(v1::ADMISSION_CHANGE_KIND_EXTENSION);
  const auto filed = Today() - std::chrono::days(Draw(5, 60));
  SetDate(filed, request.mutable_filed_on());
  if (OneIn(2)) {
    request.set_decision(v1::ADMISSION_DECISION_PENDING);
  } else {
    request.set_decision(v1::ADMISSION_DECISION_GRANTED);
    SetDate(filed + std::chrono::days(2), request.mutable_decided_on());
    request.mutable_granted()->set_class_of_admission("B-2");
    SetDate(filed + std::chrono::days(Draw(10, 200)),
            request.mutable_granted()->mutable_authorized_until());
  }
  Insist(Add(std::move(request)));
}

RetentionClient::RetentionClient(World& world, std::uint32_t seed)
    : Client(world, "admin/retention", seed) {}

void RetentionClient::DoNext() {
  Pause(500, 2000);
  Run(milliseconds(2 * kMostPatienceMs));
}

std::pair<v1::RunRetentionResponse, grpc::Status> RetentionClient::Run(milliseconds patience) {
  grpc::ClientContext context;
  SetPatience(context, patience);
  const auto stream = retention_->RunRetention(&context, v1::RunRetentionRequest());
  v1::RunRetentionResponse last;
  while (stream->Read(&last)) {
    for (const v1::ErasureReceipt& receipt : last.receipts()) {
      receipts_.emplace(receipt.number(), receipt.digest());
    }
  }
  return {last, stream->Finish()};
}

std::string RetentionClient::RunUntroubled() {
  const auto [last, status] = Run(kUntroubled);
  if (!status.ok()) return "the retention job ended: " + status.error_message();
  if (last.failed() > 0) return "the retention job cannot read a traveler";
  return "";
}

}  // namespace entryexit::testing
