#include "src/demo/player.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "entryexit/base/files.h"
#include "entryexit/client/channel.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/demo/mrz.h"
#include "src/demo/words.h"

namespace entryexit::demo {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeliveryPatience{5};

v1::Identification IdentificationOf(const Traveler& traveler, Shown shown) {
  v1::Identification identification;
  if (shown == Shown::kFields) {
    *identification.mutable_document() = traveler.document;
    return identification;
  }
  const std::string mrz = PassportMrz(traveler.document);
  identification.set_mrz(shown == Shown::kMrz ? mrz : WithWrongCheckDigit(mrz));
  return identification;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

// What arrivals and departures answer alike.
template <typename Response>
Answer CommonAnswer(const Response& response) {
  Answer answer;
  answer.recorded = response.recorded();
  answer.crossing_id = response.crossing_id();
  answer.traveler_id = response.traveler_id();
  answer.findings.assign(response.findings().begin(), response.findings().end());
  answer.opened_case_ids.assign(response.opened_case_ids().begin(),
                                response.opened_case_ids().end());
  return answer;
}

Answer ToAnswer(const v1::RecordArrivalResponse& response) { return CommonAnswer(response); }

Answer ToAnswer(const v1::RecordDepartureResponse& response) {
  Answer answer = CommonAnswer(response);
  if (response.recorded()) answer.comparison = response.comparison();
  return answer;
}

Answer Refusal(const std::string& reason) {
  Answer answer;
  answer.refusal = reason;
  return answer;
}

// A refusal by the service is an answer; not to reach the service is an error.
template <typename Response>
absl::StatusOr<Answer> ToAnswerOrRefusal(const absl::StatusOr<Response>& response) {
  if (response.ok()) return ToAnswer(*response);
  const std::string reason = client::ReasonNameOf(response.status());
  if (reason.empty() || client::IsRetryable(response.status())) return response.status();
  return Refusal(reason);
}

absl::StatusOr<Answer> ToAnswer(const v1::RecordCrossingsResponse& response) {
  switch (response.result_case()) {
    case v1::RecordCrossingsResponse::kArrival:
      return ToAnswer(response.arrival());
    case v1::RecordCrossingsResponse::kDeparture:
      return ToAnswer(response.departure());
    case v1::RecordCrossingsResponse::kError:
      return Refusal(client::NameOf(response.error().reason()));
    case v1::RecordCrossingsResponse::RESULT_NOT_SET:
      break;
  }
  return core::MakeError(core::Reason::kInternal, "the service answered an item with nothing");
}

bool Alike(const Answer& a, const Answer& b) {
  using google::protobuf::util::MessageDifferencer;
  return a.recorded == b.recorded && a.crossing_id == b.crossing_id &&
         a.traveler_id == b.traveler_id && a.opened_case_ids == b.opened_case_ids &&
         a.comparison.has_value() == b.comparison.has_value() &&
         (!a.comparison || MessageDifferencer::Equals(*a.comparison, *b.comparison));
}

std::string OutcomeText(const PlannedCrossing& crossing, const Answer& answer) {
  if (!answer.refusal.empty()) return "refused: " + answer.refusal;
  if (!answer.recorded) {
    std::string text = "poor capture:";
    for (const auto& finding : answer.findings) text += " " + FindingInWords(finding);
    return text;
  }
  if (!answer.comparison) {
    return crossing.waiver == v1::BIOMETRIC_WAIVER_UNSPECIFIED ? "recorded"
                                                               : "recorded without a capture";
  }
  std::string text = client::NameOf(answer.comparison->outcome());
  if (answer.comparison->has_distance()) {
    text += fmt::format(" at distance {:.3f}", answer.comparison->distance());
  }
  return text;
}

}  // namespace

Player::Player(const Scenario& scenario, const std::filesystem::path& faces, Clients& clients,
               CaseWatch& watch)
    : scenario_(scenario), faces_(faces), clients_(clients), watch_(watch) {}

absl::StatusOr<Journal> Player::Play() {
  Prepare();
  bool backlog_sent = false;
  for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
    const PlannedCrossing& crossing = scenario_.crossings[i];
    if (!backlog_sent && crossing.captured_at >= scenario_.back_online_at) {
      if (auto status = SendBacklog(); !status.ok()) return status;
      backlog_sent = true;
    }
    if (crossing.offline) continue;
    if (auto status = Send(i); !status.ok()) return status;
  }
  return std::move(journal_);
}

void Player::Prepare() {
  journal_.answers.resize(scenario_.crossings.size());
  std::map<int, std::string> latest_id;  // by traveler
  for (const PlannedCrossing& crossing : scenario_.crossings) {
    std::string& latest = latest_id[crossing.traveler];
    if (!crossing.reuses_request_id) latest = crypto::NewUuid();
    request_ids_.push_back(latest);
  }
}

absl::Status Player::Send(std::size_t index) {
  const PlannedCrossing& crossing = scenario_.crossings[index];
  auto answer = crossing.sent_twice ? RecordTwice(index) : Record(index);
  if (!answer.ok()) return answer.status();
  if (crossing.expected == Expected::kRecorded && !answer->refusal.empty()) {
    return core::MakeError(core::Reason::kInternal,
                           fmt::format("a good crossing was refused: {}", answer->refusal));
  }
  journal_.answers[index] = *std::move(answer);
  PrintLine(index);
  AwaitCases(journal_.answers[index]);
  return absl::OkStatus();
}

absl::StatusOr<Answer> Player::Record(std::size_t index) {
  const PlannedCrossing& crossing = scenario_.crossings[index];
  v1::LaneService::Stub& lane = *clients_.lanes.at(crossing.lane);
  if (crossing.direction == v1::DIRECTION_ARRIVAL) {
    const auto request = ArrivalRequest(index);
    if (!request.ok()) return request.status();
    return ToAnswerOrRefusal(
        client::Call(lane, &v1::LaneService::Stub::RecordArrival, *request, kCallTimeout));
  }
  const auto request = DepartureRequest(index);
  if (!request.ok()) return request.status();
  return ToAnswerOrRefusal(
      client::Call(lane, &v1::LaneService::Stub::RecordDeparture, *request, kCallTimeout));
}

absl::StatusOr<Answer> Player::RecordTwice(std::size_t index) {
  auto answer = Record(index);
  if (!answer.ok()) return answer;
  const auto again = Record(index);
  if (!again.ok()) return again;
  ++journal_.retries.sent;
  if (Alike(*answer, *again)) ++journal_.retries.answered_alike;
  return answer;
}

// The link breaks once on the way: half of the results arrive, then the lane goes on after the last
// one that it has, so that some items are sent twice.
absl::Status Player::SendBacklog() {
  std::vector<std::size_t> backlog;
  for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
    if (scenario_.crossings[i].offline) backlog.push_back(i);
  }
  std::reverse(backlog.begin(), backlog.end());
  fmt::print("  --- {} is online again and sends its {} crossings, the newest first ---\n",
             scenario_.offline_lane, backlog.size());
  const std::size_t half = backlog.size() / 2;
  if (auto status = SendItems(backlog, 0, half); !status.ok()) return status;
  fmt::print("  --- the link broke after {} results; {} goes on from there ---\n", half,
             scenario_.offline_lane);
  return SendItems(backlog, half, backlog.size() - half);
}

absl::Status Player::SendItems(const std::vector<std::size_t>& backlog, std::size_t first,
                               std::size_t results) {
  grpc::ClientContext context;
  context.set_deadline(client::DeadlineIn(kCallTimeout));
  auto stream = clients_.lanes.at(scenario_.offline_lane)->RecordCrossings(&context);
  for (std::size_t i = first; i < backlog.size(); ++i) {
    v1::RecordCrossingsRequest item;
    item.set_sequence(i + 1);
    if (scenario_.crossings[backlog[i]].direction == v1::DIRECTION_ARRIVAL) {
      auto request = ArrivalRequest(backlog[i]);
      if (!request.ok()) return request.status();
      *item.mutable_arrival() = *std::move(request);
    } else {
      auto request = DepartureRequest(backlog[i]);
      if (!request.ok()) return request.status();
      *item.mutable_departure() = *std::move(request);
    }
    if (!stream->Write(item)) return client::ToStatus(stream->Finish(), context);
  }
  for (std::size_t i = first; i < first + results; ++i) {
    v1::RecordCrossingsResponse response;
    if (!stream->Read(&response)) return client::ToStatus(stream->Finish(), context);
    auto answer = ToAnswer(response);
    if (!answer.ok()) return answer.status();
    journal_.answers[backlog[i]] = *std::move(answer);
    PrintLine(backlog[i]);
    AwaitCases(journal_.answers[backlog[i]]);
  }
  if (first + results < backlog.size()) context.TryCancel();
  stream->WritesDone();
  const grpc::Status ended = stream->Finish();
  return ended.error_code() == grpc::StatusCode::CANCELLED ? absl::OkStatus()
                                                           : client::ToStatus(ended, context);
}

template <typename Request>
absl::StatusOr<Request> Player::CommonRequest(std::size_t index) const {
  const PlannedCrossing& crossing = scenario_.crossings[index];
  Request request;
  if (!crossing.image.empty()) {
    auto image = base::ReadFile(faces_ / crossing.image);
    if (!image.ok()) return image.status();
    request.set_image(*std::move(image));
  }
  request.set_request_id(request_ids_[index]);
  request.set_lane_id(crossing.lane);
  *request.mutable_captured_at() = ToTimestamp(crossing.captured_at);
  *request.mutable_identification() = IdentificationOf(
      scenario_.travelers[static_cast<std::size_t>(crossing.traveler)], crossing.shown);
  request.set_waiver(crossing.waiver);
  return request;
}

absl::StatusOr<v1::RecordArrivalRequest> Player::ArrivalRequest(std::size_t index) const {
  auto request = CommonRequest<v1::RecordArrivalRequest>(index);
  if (request.ok()) *request->mutable_admission() = *scenario_.crossings[index].admission;
  return request;
}

absl::StatusOr<v1::RecordDepartureRequest> Player::DepartureRequest(std::size_t index) const {
  return CommonRequest<v1::RecordDepartureRequest>(index);
}

void Player::AwaitCases(const Answer& answer) {
  const auto answered_at = steady_clock::now();
  for (const std::string& case_id : answer.opened_case_ids) {
    if (!watch_.WaitFor(case_id, kDeliveryPatience)) {
      journal_.undelivered_case_ids.push_back(case_id);
      continue;
    }
    const Delivery delivery = watch_.Delivered().at(case_id);
    // Often it is there before the lane has its own answer.
    const std::chrono::duration<double, std::milli> delay = delivery.at - answered_at;
    journal_.case_delays_ms[case_id] = std::max(0.0, delay.count());
    fmt::print("{:37}-> {} sees a case: {}, {} severity\n", "", kOfficer,
               Plain(client::NameOf(delivery.lead.kind())),
               Plain(client::NameOf(delivery.lead.severity())));
  }
}

void Player::PrintLine(std::size_t index) const {
  const PlannedCrossing& crossing = scenario_.crossings[index];
  const absl::TimeZone zone = scenario_.lanes.at(crossing.lane).time_zone;
  fmt::print("  {}  {:<7} {:<9}  #{:02}  {}{}\n",
             absl::FormatTime("%b %d %H:%M", crossing.captured_at, zone), crossing.lane,
             crossing.direction == v1::DIRECTION_ARRIVAL ? "arrival" : "departure",
             scenario_.travelers[static_cast<std::size_t>(crossing.traveler)].number,
             OutcomeText(crossing, journal_.answers[index]),
             crossing.sent_twice ? "; sent twice" : "");
  (void)std::fflush(stdout);  // a lost line of progress is no reason to stop
}

}  // namespace entryexit::demo
