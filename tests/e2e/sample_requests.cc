#include "tests/e2e/sample_requests.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <set>

#include "entryexit/crypto/digest.h"
#include "entryexit/rpc/access.h"
#include "entryexit/v1/audit_service.pb.h"
#include "entryexit/v1/import_service.grpc.pb.h"
#include "entryexit/v1/key_service.pb.h"
#include "entryexit/v1/retention_service.grpc.pb.h"
#include "entryexit/v1/subject_service.pb.h"

namespace entryexit::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using std::chrono::hours;

constexpr char kOwnServices[] = "/entryexit.v1.";

// What a request leaves out, so that it is valid: fields by their name, or by that in full.
const std::set<std::string>& LeftOut() {
  static const std::set<std::string> kFields = {
      "entryexit.v1.CorrectCrossingRequest.admission",  // departures have none
      "entryexit.v1.SearchAuditRecordsRequest.from",    // with the same moment at the end
      "after_checkpoint",                               // of an export before
      "decided_on",                                     // of an application that is pending
      "done_by_request_ids",                            // of a request that is granted
      "granted",
      "known_at",
      "page_token",
      "poor_capture",
      "waiver",
  };
  return kFields;
}

// Of the members of a oneof: the one that is filled, unless it is the first.
const std::set<std::string>& Preferred() {
  static const std::set<std::string> kMembers = {"days_from_arrival", "document"};
  return kMembers;
}

std::string CallerFor(app::Role role) {
  switch (role) {
    case app::Role::kLane:
      return "entryexit://lane/SEA-X1";
    case app::Role::kOfficer:
      return "entryexit://officer/4711";
    case app::Role::kSupervisor:
      return "entryexit://supervisor/1";
    case app::Role::kReport:
      return "entryexit://report/nightly";
    case app::Role::kAuditor:
      return "entryexit://auditor/7";
    case app::Role::kAdmin:
      return "entryexit://admin/root";
  }
  return "";
}

std::vector<ApiMethod> MethodsOfTheApi() {
  std::map<std::string, const google::protobuf::MethodDescriptor*> described;
  for (const google::protobuf::FileDescriptor* file :
       {v1::RecordArrivalRequest::descriptor()->file(), v1::GetCaseRequest::descriptor()->file(),
        v1::ListOverstaysRequest::descriptor()->file(), v1::ImportRow::descriptor()->file(),
        v1::RunRetentionRequest::descriptor()->file(),
        v1::SearchAuditRecordsRequest::descriptor()->file(),
        v1::RotateKeysRequest::descriptor()->file(),
        v1::ExportTravelerRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto* const method = file->service(i)->method(j);
        described["/" + file->service(i)->full_name() + "/" + method->name()] = method;
      }
    }
  }
  std::vector<ApiMethod> methods;
  for (const rpc::MethodAccess& entry : rpc::AccessTable()) {
    if (!entry.method.starts_with(kOwnServices)) continue;
    if (!described.contains(entry.method)) {
      std::cerr << entry.method << " is in a file that sample_requests.cc does not list\n";
      std::abort();
    }
    const auto* const method = described[entry.method];
    methods.push_back({entry.method, CallerFor(entry.roles.front()), method->input_type(),
                       method->output_type()});
  }
  return methods;
}

void Set(Message& message, const std::string& name, std::int32_t value) {
  message.GetReflection()->SetInt32(&message, message.GetDescriptor()->FindFieldByName(name),
                                    value);
}

void FillDate(bool is_birth, Message& date) {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  Set(date, "year", is_birth ? 1985 : static_cast<int>(day.year()));
  Set(date, "month", static_cast<std::int32_t>(static_cast<unsigned>(day.month())));
  Set(date, "day", 1);
}

void FillTime(Message& timestamp) {
  const auto then = std::chrono::system_clock::now() - hours(1);
  timestamp.GetReflection()->SetInt64(
      &timestamp, timestamp.GetDescriptor()->FindFieldByName("seconds"),
      std::chrono::floor<std::chrono::seconds>(then.time_since_epoch()).count());
}

bool IsFilled(const FieldDescriptor& field) {
  if (LeftOut().contains(field.name()) || LeftOut().contains(field.full_name())) return false;
  const auto* const oneof = field.real_containing_oneof();
  if (oneof == nullptr) return true;
  const FieldDescriptor* chosen = oneof->field(0);
  for (int i = 1; i < oneof->field_count(); ++i) {
    if (Preferred().contains(oneof->field(i)->name())) chosen = oneof->field(i);
  }
  return &field == chosen;
}

std::string TextFor(const std::map<std::string, std::string>& texts, const FieldDescriptor& field) {
  if (field.name() == "request_id" || field.name() == "import_id") return crypto::NewUuid();
  if (field.full_name() == "entryexit.v1.TravelDocument.number") return NewDocumentNumber();
  for (const std::string& name : {field.full_name(), field.name()}) {
    if (const auto known = texts.find(name); known != texts.end()) return known->second;
  }
  return "a text";
}

template <typename Answer>
void MustSucceed(const Answer& answer) {
  if (answer.status.ok()) return;
  std::cerr << "a sound request was refused: " << answer.reason << " "
            << answer.status.error_message() << std::endl;
  std::abort();
}

}  // namespace

SampleRequests::SampleRequests(World& world)
    : methods_(MethodsOfTheApi()), image_(FaceImage(21, "arrival_1")) {
  for (const ApiMethod& method : methods_) {
    auto& channel = channels_[method.caller];
    if (channel == nullptr) channel = world.Connect(method.caller);
  }
  Renew();
}

RawAnswer SampleRequests::Call(const ApiMethod& method,
                               const std::vector<std::string>& messages) const {
  return RawCall(ChannelOf(method.caller), method.path, messages,
                 method.is_endless() ? 1 : kMostResponses);
}

std::unique_ptr<Message> SampleRequests::Make(const ApiMethod& method) const {
  Texts texts;
  {
    const core::MutexLock lock(mutex_);
    texts = texts_;
  }
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.request)->New());
  Fill(texts, *request);
  return request;
}

void SampleRequests::Fill(const Texts& texts, Message& message) const {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (!IsFilled(field)) continue;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message& part = field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                            : *reflection.MutableMessage(&message, &field);
        if (part.GetTypeName() == "entryexit.v1.Date") {
          FillDate(field.name() == "birth_date", part);
        } else if (part.GetTypeName() == "google.protobuf.Timestamp") {
          FillTime(part);
        } else {
          Fill(texts, part);
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(
            &message, &field,
            field.type() == FieldDescriptor::TYPE_BYTES ? image_ : TextFor(texts, field));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.SetEnumValue(&message, &field, 1);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        // Of revisions the first; else a number of days, rows or cases.
        reflection.SetInt32(&message, &field, field.name() == "revision" ? 1 : 30);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&message, &field, 1);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(&message, &field, 1);
        break;
      default:
        break;
    }
  }
}

std::string SampleRequests::NewTraveler(const std::string& document, hours ago) const {
  const auto lane = v1::LaneService::NewStub(ChannelOf(CallerFor(app::Role::kLane)));
  const auto arrived = testing::Call(*lane, &v1::LaneService::Stub::RecordArrival,
                                     ArrivalRequest({"SEA-X1", document, image_, ago}));
  MustSucceed(arrived);
  return arrived.response.traveler_id();
}

void SampleRequests::Renew() {
  const std::string document = NewDocumentNumber();
  const std::string traveler_id = NewTraveler(document, hours(20));
  const auto lane = v1::LaneService::NewStub(ChannelOf(CallerFor(app::Role::kLane)));
  const auto departed = testing::Call(
      *lane, &v1::LaneService::Stub::RecordDeparture,
      DepartureRequest({"SEA-X1", document, FaceImage(60, "departure_1"), hours(10)}));
  MustSucceed(departed);

  // Another one, since of whoever is held no document can be moved.
  v1::PlaceLegalHoldRequest place;
  place.set_request_id(crypto::NewUuid());
  place.set_traveler_id(NewTraveler(NewDocumentNumber(), hours(20)));
  place.set_reference("a court's order");
  const auto retention =
      v1::RetentionService::NewStub(ChannelOf(CallerFor(app::Role::kSupervisor)));
  const auto placed = testing::Call(*retention, &v1::RetentionService::Stub::PlaceLegalHold, place);
  MustSucceed(placed);

  Texts texts = {
      {"lane_id", "SEA-X1"},
      {"port_id", "SEA"},
      {"issuing_state", "UTO"},
      {"nationality", "UTO"},
      {"class_of_admission", "B-2"},
      {"entryexit.v1.GetStayAllowanceRequest.class_of_admission", "SCH-C"},
      {"etag", "1"},
      {"application_id", "A-1"},
      {"principal", "officer/4711"},
      {"method", "GetCase"},
      {"purpose", "CASE_WORK"},
      {"entryexit.v1.DocumentKey.number", document},
      {"traveler_id", traveler_id},
      // At another time: nobody crosses twice at once.
      {"to_traveler_id", NewTraveler(NewDocumentNumber(), hours(30))},
      {"crossing_id", departed.response.crossing_id()},
      {"comparison_id", departed.response.comparison().comparison_id()},
      {"case_id", departed.response.opened_case_ids(0)},
      {"entryexit.v1.ReleaseLegalHoldRequest.traveler_id", place.traveler_id()},
      {"hold_id", placed.response.hold().hold_id()},
  };
  const core::MutexLock lock(mutex_);
  texts_ = std::move(texts);
}

}  // namespace entryexit::testing
