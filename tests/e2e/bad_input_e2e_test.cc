// Images and requests that must be refused, each with its documented status code and reason, and
// without a trace in the database. docs/api.md has the same list for people.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using Lane = v1::LaneService::Stub;
using BackOffice = v1::BackOfficeService::Stub;

constexpr size_t kMebibyte = 1 << 20;
// The sample of ICAO Doc 9303-4, appendix A.
constexpr char kMrz[] =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

std::string BigEndian(size_t number) {
  const uint32_t swapped = htonl(static_cast<uint32_t>(number));
  return {reinterpret_cast<const char*>(&swapped), sizeof(swapped)};
}

std::string PngChunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto checksum =
      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return BigEndian(data.size()) + checked + BigEndian(checksum);
}

// A sound PNG of `side` x `side` white pixels of one bit: small as a file, whatever the side, and
// three bytes a pixel once decoded.
std::string WhitePng(size_t side) {
  const std::string row = '\0' + std::string((side + 7) / 8, '\xFF');
  std::string pixels;
  for (size_t i = 0; i < side; ++i) pixels += row;
  std::string packed(compressBound(pixels.size()), '\0');
  uLongf packed_size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &packed_size,
           reinterpret_cast<const Bytef*>(pixels.data()), pixels.size());
  packed.resize(packed_size);
  const std::string one_bit_grey("\x01\x00\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1A\n" + PngChunk("IHDR", BigEndian(side) + BigEndian(side) + one_bit_grey) +
         PngChunk("IDAT", packed) + PngChunk("IEND", "");
}

std::string TwentyMegabytes() {
  std::string bytes;
  bytes.resize(20'000'000, 'x');
  return bytes;
}

// A capture whose frame header says that it has 65535 x 65535 pixels.
std::string JpegThatClaimsFourGigapixels() {
  std::string jpeg = FaceImage(21, "arrival_1");
  const size_t frame = jpeg.find("\xFF\xC0");
  return jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
}

v1::RecordArrivalRequest GoodArrival() {
  return ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(21, "arrival_1"), hours(1)});
}

v1::RecordDepartureRequest GoodDeparture() {
  return DepartureRequest({"SEA-X1", NewDocumentNumber(), FaceImage(21, "departure_1")});
}

Answer<v1::RecordArrivalResponse> Arrive(const v1::RecordArrivalRequest& request) {
  return Call(*World::Shared().Lane("SEA-X1"), &Lane::RecordArrival, request);
}

// ---------------------------------------------------------------------------------------- images

struct BadImage {
  std::string name;
  std::string bytes;
  StatusCode code;
  std::string reason;
};

std::vector<BadImage> BadImages() {
  constexpr auto kInvalid = StatusCode::INVALID_ARGUMENT;
  const std::string sound = FaceImage(21, "arrival_1");
  return {
      {"0 bytes", "", kInvalid, "IMAGE_EMPTY"},
      {"text", FaceImage("bad/text_file.jpg"), kInvalid, "IMAGE_UNSUPPORTED_FORMAT"},
      {"GIF", "GIF89a" + sound, kInvalid, "IMAGE_UNSUPPORTED_FORMAT"},
      {"JPEG cut after 38 %", FaceImage("bad/truncated.jpg"), kInvalid, "IMAGE_CORRUPT"},
      {"JPEG without its last byte", sound.substr(0, sound.size() - 1), kInvalid, "IMAGE_CORRUPT"},
      {"JPEG's first bytes", sound.substr(0, 3), kInvalid, "IMAGE_CORRUPT"},
      {"PNG's first bytes", WhitePng(8).substr(0, 20), kInvalid, "IMAGE_CORRUPT"},
      {"PNG of 100 megapixels", WhitePng(10'000), kInvalid, "IMAGE_TOO_MANY_PIXELS"},
      {"JPEG of 4 gigapixels", JpegThatClaimsFourGigapixels(), kInvalid, "IMAGE_TOO_MANY_PIXELS"},
      {"9 MiB", sound + std::string(9 * kMebibyte, 'x'), kInvalid, "IMAGE_TOO_LARGE"},
      // gRPC itself refuses the message, so there is no reason of ours.
      {"20 MB", TwentyMegabytes(), StatusCode::RESOURCE_EXHAUSTED, ""},
  };
}

TEST(BadImage, IsRefusedByEveryCallAndNothingIsStored) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  const int rows = RowsIn(world);
  for (const BadImage& image : BadImages()) {
    auto arrival = GoodArrival();
    arrival.set_image(image.bytes);
    // Poor captures may be recorded; what is no capture may not.
    arrival.set_poor_capture(v1::POOR_CAPTURE_RECORD);
    EXPECT_THAT(Call(*lane, &Lane::RecordArrival, arrival), Fails(image.code, image.reason))
        << image.name;
    auto departure = GoodDeparture();
    departure.set_image(image.bytes);
    EXPECT_THAT(Call(*lane, &Lane::RecordDeparture, departure), Fails(image.code, image.reason))
        << image.name;
    v1::AssessCaptureRequest assessment;
    assessment.set_image(image.bytes);
    EXPECT_THAT(Call(*lane, &Lane::AssessCapture, assessment), Fails(image.code, image.reason))
        << image.name;
  }
  EXPECT_EQ(RowsIn(world), rows);
}

TEST(BadImage, OfAHundredMegapixelsIsRefusedBeforeItTakesMemory) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  v1::AssessCaptureRequest request;
  request.set_image(FaceImage(21, "arrival_1"));
  ASSERT_THAT(Call(*lane, &Lane::AssessCapture, request), Succeeds());
  world.daemon().ForgetPeakMemory();
  const long before = world.daemon().PeakMemory();
  for (const std::string& bomb : {WhitePng(10'000), JpegThatClaimsFourGigapixels()}) {
    request.set_image(bomb);
    EXPECT_THAT(Call(*lane, &Lane::AssessCapture, request),
                Fails(StatusCode::INVALID_ARGUMENT, "IMAGE_TOO_MANY_PIXELS"));
  }
  // Decoded, the first would take 300 MB.
  EXPECT_LT(world.daemon().PeakMemory() - before, 50'000);
}

TEST(WhitePng, IsASoundPicture) {
  // Or the test above would not show that it is the number of pixels that is refused.
  v1::AssessCaptureRequest request;
  request.set_image(WhitePng(600));
  const auto assessment = Call(*World::Shared().Lane("SEA-X1"), &Lane::AssessCapture, request);
  ASSERT_THAT(assessment, Succeeds());
  EXPECT_EQ(assessment.response.image_width(), 600);
}

// ------------------------------------------------------------------------------- poor captures

const std::vector<std::pair<std::string, v1::QualityIssue>>& PoorCaptures() {
  static const std::vector<std::pair<std::string, v1::QualityIssue>> kCaptures = {
      {"no_face", v1::QUALITY_ISSUE_NO_FACE},
      {"two_faces", v1::QUALITY_ISSUE_SEVERAL_FACES},
      {"face_too_small", v1::QUALITY_ISSUE_FACE_TOO_SMALL},
      {"face_cut_off", v1::QUALITY_ISSUE_FACE_CUT_OFF},
      {"very_dark", v1::QUALITY_ISSUE_TOO_DARK},
      {"over_exposed", v1::QUALITY_ISSUE_TOO_BRIGHT},
      {"motion_blur", v1::QUALITY_ISSUE_BLURRED},
      {"strong_yaw", v1::QUALITY_ISSUE_YAW},
      {"eyes_covered", v1::QUALITY_ISSUE_EYES_NOT_VISIBLE},
  };
  return kCaptures;
}

template <typename Response>
void ExpectOneFinding(const Response& response, v1::QualityIssue issue, const std::string& name) {
  ASSERT_EQ(response.findings_size(), 1) << name;
  const v1::QualityFinding& finding = response.findings(0);
  EXPECT_EQ(finding.issue(), issue) << name;
  EXPECT_NE(finding.measured(), finding.limit()) << name;
  EXPECT_FALSE(finding.advice().empty()) << name;
}

TEST(PoorCapture, IsAnAnswerWithTheReasonAndStoresNothing) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  const int rows = RowsIn(world);
  for (const auto& [name, issue] : PoorCaptures()) {
    auto arrival = GoodArrival();
    arrival.set_image(FaceImage("bad/" + name + ".jpg"));
    const auto arrived = Call(*lane, &Lane::RecordArrival, arrival);
    ASSERT_THAT(arrived, Succeeds()) << name;
    EXPECT_FALSE(arrived.response.recorded()) << name;
    EXPECT_EQ(arrived.response.capture_status(), v1::CAPTURE_STATUS_LOW_QUALITY) << name;
    ExpectOneFinding(arrived.response, issue, name);

    v1::AssessCaptureRequest assessment;
    assessment.set_image(arrival.image());
    const auto assessed = Call(*lane, &Lane::AssessCapture, assessment);
    ASSERT_THAT(assessed, Succeeds()) << name;
    EXPECT_FALSE(assessed.response.usable()) << name;
    ExpectOneFinding(assessed.response, issue, name);
  }
  auto departure = GoodDeparture();
  departure.set_image(FaceImage("bad/no_face.jpg"));
  const auto departed = Call(*lane, &Lane::RecordDeparture, departure);
  ASSERT_THAT(departed, Succeeds());
  EXPECT_FALSE(departed.response.recorded());
  EXPECT_EQ(departed.response.outcome(), v1::OUTCOME_LOW_QUALITY);
  EXPECT_EQ(RowsIn(world), rows);
}

TEST(PoorCapture, CanBeFollowedByABetterOneUnderTheSameRequestId) {
  World& world = World::Shared();
  auto request = GoodArrival();
  const std::string good = request.image();
  request.set_image(FaceImage("bad/very_dark.jpg"));
  const auto poor = Arrive(request);
  ASSERT_THAT(poor, Succeeds());
  ASSERT_FALSE(poor.response.recorded());
  request.set_image(good);
  const auto better = Arrive(request);
  ASSERT_THAT(better, Succeeds());
  EXPECT_TRUE(better.response.recorded());
  EXPECT_EQ(CrossingsOf(world, request.request_id()), 1);
}

// ------------------------------------------------------------------------------------- requests

struct BadRequest {
  std::string name;
  std::function<void(v1::RecordArrivalRequest&)> spoil;
  StatusCode code;
  std::string reason;
};

void SetSecondsFromNow(v1::RecordArrivalRequest& request, std::chrono::seconds seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  request.mutable_captured_at()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(now + seconds).count());
}

v1::TravelDocument& DocumentOf(v1::RecordArrivalRequest& request) {
  return *request.mutable_identification()->mutable_document();
}

std::string MrzWith(size_t at, char c) {
  std::string mrz = kMrz;
  mrz[at] = c;
  return mrz;
}

std::vector<BadRequest> BadRequests() {
  using Request = v1::RecordArrivalRequest;
  constexpr auto kInvalid = StatusCode::INVALID_ARGUMENT;
  constexpr auto kPrecondition = StatusCode::FAILED_PRECONDITION;
  constexpr size_t kSecondLine = 45;
  const auto mrz = [](const std::string& text) {
    return [text](Request& r) { r.mutable_identification()->set_mrz(text); };
  };
  return {
      {"no request_id", [](Request& r) { r.clear_request_id(); }, kInvalid, "MISSING_FIELD"},
      {"request_id", [](Request& r) { r.set_request_id("42"); }, kInvalid, "INVALID_FIELD"},
      {"no lane_id", [](Request& r) { r.clear_lane_id(); }, kInvalid, "MISSING_FIELD"},
      {"another's lane", [](Request& r) { r.set_lane_id("SEA-A1"); }, StatusCode::PERMISSION_DENIED,
       "LANE_NOT_YOURS"},
      {"no time", [](Request& r) { r.clear_captured_at(); }, kInvalid, "MISSING_FIELD"},
      {"in 1970", [](Request& r) { r.mutable_captured_at()->set_seconds(0); }, kInvalid,
       "INVALID_FIELD"},
      {"no such time", [](Request& r) { r.mutable_captured_at()->set_nanos(-1); }, kInvalid,
       "INVALID_FIELD"},
      {"in an hour", [](Request& r) { SetSecondsFromNow(r, hours(1)); }, kInvalid,
       "CAPTURED_AT_IN_FUTURE"},
      {"in 200 seconds", [](Request& r) { SetSecondsFromNow(r, std::chrono::seconds(200)); },
       kInvalid, "CAPTURED_AT_IN_FUTURE"},
      {"nobody", [](Request& r) { r.clear_identification(); }, kInvalid, "MISSING_FIELD"},
      {"MRZ, number's check digit", mrz(MrzWith(kSecondLine + 9, '7')), kInvalid,
       "MRZ_CHECK_DIGIT"},
      {"MRZ, birth date's check digit", mrz(MrzWith(kSecondLine + 19, '3')), kInvalid,
       "MRZ_CHECK_DIGIT"},
      {"MRZ, composite check digit", mrz(MrzWith(kSecondLine + 43, '1')), kInvalid,
       "MRZ_CHECK_DIGIT"},
      {"MRZ, one digit misread", mrz(MrzWith(kSecondLine + 3, '9')), kInvalid, "MRZ_CHECK_DIGIT"},
      {"MRZ, cut off", mrz(std::string(kMrz).substr(0, 80)), kInvalid, "MRZ_MALFORMED"},
      {"MRZ, empty", mrz(""), kInvalid, "MRZ_MALFORMED"},
      {"no such state", [](Request& r) { DocumentOf(r).set_issuing_state("U1"); }, kInvalid,
       "INVALID_FIELD"},
      {"no number", [](Request& r) { DocumentOf(r).clear_number(); }, kInvalid, "MISSING_FIELD"},
      {"31 characters", [](Request& r) { DocumentOf(r).set_number(std::string(31, 'A')); },
       kInvalid, "INVALID_FIELD"},
      {"30 February",
       [](Request& r) {
         DocumentOf(r).mutable_birth_date()->set_month(2);
         DocumentOf(r).mutable_birth_date()->set_day(30);
       },
       kInvalid, "INVALID_FIELD"},
      {"not born yet", [](Request& r) { DocumentOf(r).mutable_birth_date()->set_year(2999); },
       kInvalid, "INVALID_FIELD"},
      {"born in the year 85", [](Request& r) { DocumentOf(r).mutable_birth_date()->set_year(85); },
       kInvalid, "INVALID_FIELD"},
      {"born in 1899", [](Request& r) { DocumentOf(r).mutable_birth_date()->set_year(1899); },
       kInvalid, "INVALID_FIELD"},
      {"no sex", [](Request& r) { DocumentOf(r).clear_sex(); }, kInvalid, "MISSING_FIELD"},
      {"unknown sex", [](Request& r) { DocumentOf(r).set_sex(static_cast<v1::Sex>(9)); }, kInvalid,
       "INVALID_FIELD"},
      {"no admission", [](Request& r) { r.clear_admission(); }, kInvalid, "MISSING_FIELD"},
      {"no class", [](Request& r) { r.mutable_admission()->clear_class_of_admission(); }, kInvalid,
       "MISSING_FIELD"},
      {"no days", [](Request& r) { r.mutable_admission()->set_days_from_arrival(0); }, kInvalid,
       "INVALID_FIELD"},
      {"authorized until before arrival",
       [](Request& r) {
         v1::Date& date = *r.mutable_admission()->mutable_authorized_until();
         date.set_year(2001);
         date.set_month(1);
         date.set_day(1);
       },
       kInvalid, "INVALID_FIELD"},
      {"long carrier", [](Request& r) { r.set_carrier(std::string(65, 'a')); }, kInvalid,
       "INVALID_FIELD"},
      {"long flight", [](Request& r) { r.set_flight(std::string(33, 'a')); }, kInvalid,
       "INVALID_FIELD"},
      {"NUL in the flight", [](Request& r) { r.set_flight(std::string("X\0Y", 3)); }, kInvalid,
       "INVALID_FIELD"},
      {"unknown waiver", [](Request& r) { r.set_waiver(static_cast<v1::BiometricWaiver>(9)); },
       kInvalid, "INVALID_FIELD"},
      {"waived, with an image", [](Request& r) { r.set_waiver(v1::BIOMETRIC_WAIVER_EXEMPT); },
       kInvalid, "INVALID_FIELD"},
      {"class that is not exempt",
       [](Request& r) {
         r.set_waiver(v1::BIOMETRIC_WAIVER_EXEMPT);
         r.clear_image();
       },
       kPrecondition, "WAIVER_NOT_ALLOWED"},
      {"foreigner who opts out",
       [](Request& r) {
         r.set_waiver(v1::BIOMETRIC_WAIVER_OPTED_OUT);
         r.clear_image();
       },
       kPrecondition, "WAIVER_NOT_ALLOWED"},
  };
}

TEST(BadRequest, IsRefusedAndNothingIsStored) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  const int rows = RowsIn(world);
  for (const BadRequest& bad : BadRequests()) {
    auto request = GoodArrival();
    bad.spoil(request);
    EXPECT_THAT(Call(*lane, &Lane::RecordArrival, request), Fails(bad.code, bad.reason))
        << bad.name;
  }
  EXPECT_EQ(RowsIn(world), rows);
}

TEST(BadRequest, IsRefusedInABacklogWithoutEndingIt) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  const auto answer = [&](const v1::RecordArrivalRequest& request) {
    v1::RecordCrossingsRequest item;
    *item.mutable_arrival() = request;
    v1::RecordCrossingsResponse result;
    EXPECT_TRUE(stream->Write(item) && stream->Read(&result));
    return result;
  };
  for (const BadRequest& bad : BadRequests()) {
    auto request = GoodArrival();
    bad.spoil(request);
    const v1::CrossingError error = answer(request).error();
    EXPECT_EQ(error.code(), static_cast<int>(bad.code)) << bad.name;
    EXPECT_EQ(v1::Reason_Name(error.reason()), "REASON_" + bad.reason) << bad.name;
  }
  EXPECT_TRUE(answer(GoodArrival()).arrival().recorded());
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(BadRequest, FromALaneThatIsNotConfiguredIsRefused) {
  auto request = GoodArrival();
  request.set_lane_id("SEA-Z9");
  EXPECT_THAT(Call(*World::Shared().Lane("SEA-Z9"), &Lane::RecordArrival, request),
              Fails(StatusCode::PERMISSION_DENIED, "LANE_UNKNOWN"));
}

TEST(BadRequest, FromALaneOfTheOtherDirectionIsRefused) {
  auto request = GoodDeparture();
  request.set_lane_id("SEA-A1");
  EXPECT_THAT(Call(*World::Shared().Lane("SEA-A1"), &Lane::RecordDeparture, request),
              Fails(StatusCode::FAILED_PRECONDITION, "LANE_WRONG_DIRECTION"));
}

TEST(Mrz, WithSoundCheckDigitsIsTaken) {
  // Or the tests of wrong ones would show nothing.
  auto request = GoodArrival();
  request.mutable_identification()->set_mrz(kMrz);
  EXPECT_THAT(Arrive(request), Succeeds());
}

TEST(CapturedAt, MayBeAheadByTheSkewThatIsConfigured) {
  auto request = GoodArrival();
  SetSecondsFromNow(request, std::chrono::seconds(100));
  EXPECT_THAT(Arrive(request), Succeeds());
}

TEST(Departure, BeforeTheArrivalsTimeLeavesTheStayOpenAndOpensACase) {
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  const std::string document = NewDocumentNumber();
  const auto arrived =
      Call(*lane, &Lane::RecordArrival,
           ArrivalRequest({"SEA-X1", document, FaceImage(22, "arrival_1"), hours(10)}));
  ASSERT_THAT(arrived, Succeeds());
  const auto departed =
      Call(*lane, &Lane::RecordDeparture,
           DepartureRequest({"SEA-X1", document, FaceImage(22, "departure_1"), hours(20)}));
  ASSERT_THAT(departed, Succeeds());
  EXPECT_EQ(departed.response.outcome(), v1::OUTCOME_NO_REFERENCE);
  ASSERT_EQ(departed.response.opened_case_ids_size(), 1);

  const auto officer = world.Officer();
  v1::GetCaseRequest get_case;
  get_case.set_case_id(departed.response.opened_case_ids(0));
  const auto opened = Call(*officer, &BackOffice::GetCase, get_case);
  ASSERT_THAT(opened, Succeeds());
  EXPECT_EQ(opened.response.case_().kind(), v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL);
  v1::GetTravelerRequest get_traveler;
  get_traveler.set_traveler_id(arrived.response.traveler_id());
  const auto traveler = Call(*officer, &BackOffice::GetTraveler, get_traveler);
  ASSERT_THAT(traveler, Succeeds());
  ASSERT_EQ(traveler.response.stays_size(), 1);
  EXPECT_EQ(traveler.response.stays(0).state(), v1::STAY_STATE_OPEN);
}

// ---------------------------------------------------------------------------------- hostile text

const std::vector<std::string>& HostileTexts() {
  static const std::vector<std::string> kTexts = {
      "'; DROP TABLE crossing; --",
      "x'); DELETE FROM traveler; --",
      "\" OR \"1\"=\"1",
      "$1 || pg_sleep(60)",
      "E'\\x27' OR 1=1",
      "%s%n{}\\",
      "\xC3\x9C\xC3\xB1\xC3\xAF",  // two-byte letters
      // Right-to-left override. NOLINTNEXTLINE(misc-misleading-bidirectional): never printed here
      "\xE2\x80\xAE",
  };
  return kTexts;
}

TEST(HostileText, IsStoredAsItIsWhereTextIsFree) {
  World& world = World::Shared();
  const auto officer = world.Officer();
  for (const std::string& text : HostileTexts()) {
    auto request = GoodArrival();
    request.set_carrier(text);
    request.set_flight(text);
    const auto arrived = Arrive(request);
    ASSERT_THAT(arrived, Succeeds()) << text;
    v1::ListCrossingsRequest list;
    list.set_traveler_id(arrived.response.traveler_id());
    const auto crossings = Call(*officer, &BackOffice::ListCrossings, list);
    ASSERT_THAT(crossings, Succeeds()) << text;
    ASSERT_EQ(crossings.response.crossings_size(), 1);
    EXPECT_EQ(crossings.response.crossings(0).carrier(), text);
    EXPECT_EQ(crossings.response.crossings(0).flight(), text);
  }
}

TEST(HostileText, IsRefusedWhereTextHasAForm) {
  using Request = v1::RecordArrivalRequest;
  const std::vector<std::pair<void (*)(Request&, const std::string&), std::string>> fields = {
      {[](Request& r, const std::string& t) { r.set_request_id(t); }, "INVALID_FIELD"},
      {[](Request& r, const std::string& t) { DocumentOf(r).set_issuing_state(t); },
       "INVALID_FIELD"},
      {[](Request& r, const std::string& t) { DocumentOf(r).set_number(t); }, "INVALID_FIELD"},
      {[](Request& r, const std::string& t) { DocumentOf(r).set_nationality(t); }, "INVALID_FIELD"},
      {[](Request& r, const std::string& t) { r.mutable_admission()->set_class_of_admission(t); },
       "INVALID_FIELD"},
      {[](Request& r, const std::string& t) { r.mutable_identification()->set_mrz(t); },
       "MRZ_MALFORMED"},
  };
  World& world = World::Shared();
  const auto lane = world.Lane("SEA-X1");
  const int rows = RowsIn(world);
  for (const std::string& text : HostileTexts()) {
    for (const auto& [set, reason] : fields) {
      auto request = GoodArrival();
      set(request, text);
      EXPECT_THAT(Call(*lane, &Lane::RecordArrival, request),
                  Fails(StatusCode::INVALID_ARGUMENT, reason))
          << text;
    }
    auto request = GoodArrival();
    request.set_lane_id(text);
    EXPECT_THAT(Call(*lane, &Lane::RecordArrival, request),
                Fails(StatusCode::PERMISSION_DENIED, "LANE_NOT_YOURS"))
        << text;
  }
  EXPECT_EQ(RowsIn(world), rows);
}

TEST(HostileText, FindsNothingInTheBackOffice) {
  const auto officer = World::Shared().Officer();
  const auto invalid = [](const std::string& reason) {
    return Fails(StatusCode::INVALID_ARGUMENT, reason);
  };
  for (const std::string& text : HostileTexts()) {
    v1::GetTravelerRequest traveler;
    traveler.set_traveler_id(text);
    EXPECT_THAT(Call(*officer, &BackOffice::GetTraveler, traveler), invalid("INVALID_FIELD"));
    traveler.mutable_document()->set_issuing_state("UTO");
    traveler.mutable_document()->set_number(text);
    EXPECT_THAT(Call(*officer, &BackOffice::GetTraveler, traveler), invalid("INVALID_FIELD"));
    v1::GetCaseRequest get_case;
    get_case.set_case_id(text);
    EXPECT_THAT(Call(*officer, &BackOffice::GetCase, get_case), invalid("INVALID_FIELD"));
    v1::GetCaptureRequest capture;
    capture.set_crossing_id(text);
    EXPECT_THAT(Call(*officer, &BackOffice::GetCapture, capture), invalid("INVALID_FIELD"));
    v1::ListCasesRequest cases;
    cases.set_port_id(text);
    const auto listed = Call(*officer, &BackOffice::ListCases, cases);
    EXPECT_THAT(listed, Succeeds());
    EXPECT_EQ(listed.response.cases_size(), 0);
    cases.set_page_token(text);
    EXPECT_THAT(Call(*officer, &BackOffice::ListCases, cases), invalid("PAGE_TOKEN_INVALID"));
  }
}

TEST(HostileText, ThatPostgresCannotStoreIsRefused) {
  v1::ListCasesRequest cases;
  cases.set_port_id(std::string("SEA\0", 4));
  EXPECT_THAT(Call(*World::Shared().Officer(), &BackOffice::ListCases, cases),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST(HostileText, ThatIsNotUtf8MakesAMessageThatGrpcCannotRead) {
  World& world = World::Shared();
  const int rows = RowsIn(world);
  auto request = GoodArrival();
  request.set_carrier("\xFF\xFE");
  // gRPC itself answers, so there is no reason of ours.
  EXPECT_THAT(Arrive(request), Fails(StatusCode::UNIMPLEMENTED, ""));
  EXPECT_EQ(RowsIn(world), rows);
}

// What becomes of a backlog at a message that gRPC does not take.
grpc::Status EndOfBacklogWith(const v1::RecordArrivalRequest& arrival) {
  const auto lane = World::Shared().Lane("SEA-X1");
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  v1::RecordCrossingsRequest item;
  *item.mutable_arrival() = arrival;
  stream->Write(item);
  v1::RecordCrossingsResponse result;
  EXPECT_FALSE(stream->Read(&result));
  return stream->Finish();
}

using ByteStream = grpc::ClientAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

// A backlog whose items are bytes of any kind.
class RawBacklog {
 public:
  explicit RawBacklog(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    SetPatience(context_);
    stream_ = stub_.PrepareCall(&context_, "/entryexit.v1.LaneService/RecordCrossings", &queue_);
    stream_->StartCall(nullptr);
    EXPECT_TRUE(Wait());
  }

  v1::RecordCrossingsResponse Answer(const std::string& item) {
    const grpc::Slice slice(item);
    stream_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    EXPECT_TRUE(Wait());
    grpc::ByteBuffer bytes;
    stream_->Read(&bytes, nullptr);
    EXPECT_TRUE(Wait());
    v1::RecordCrossingsResponse response;
    using Traits = grpc::SerializationTraits<v1::RecordCrossingsResponse>;
    EXPECT_TRUE(Traits::Deserialize(&bytes, &response).ok());
    return response;
  }

  StatusCode End() {
    stream_->WritesDone(nullptr);
    EXPECT_TRUE(Wait());
    grpc::Status status;
    stream_->Finish(&status, nullptr);
    EXPECT_TRUE(Wait());
    return status.error_code();
  }

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<ByteStream> stream_;
};

TEST(HostileText, ThatIsNotUtf8IsAnsweredInABacklogWhichGoesOn) {
  World& world = World::Shared();
  v1::RecordCrossingsRequest good;
  good.set_sequence(9);
  *good.mutable_arrival() = GoodArrival();
  v1::RecordCrossingsRequest hostile = good;
  hostile.set_sequence(8);
  hostile.mutable_arrival()->set_carrier("\xFF\xFE");
  const int rows = RowsIn(world);
  RawBacklog backlog(world.Connect("entryexit://lane/SEA-X1"));
  for (const std::string& item : {hostile.SerializeAsString(), std::string("\xFF\xFF garbage")}) {
    const v1::RecordCrossingsResponse refused = backlog.Answer(item);
    EXPECT_EQ(refused.error().reason(), v1::REASON_INVALID_FIELD);
    EXPECT_EQ(refused.error().code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(refused.sequence(), item.front() == '\xFF' ? 0U : 8U);
  }
  EXPECT_EQ(RowsIn(world), rows);
  const v1::RecordCrossingsResponse recorded = backlog.Answer(good.SerializeAsString());
  EXPECT_TRUE(recorded.arrival().recorded());
  EXPECT_EQ(recorded.sequence(), 9U);
  EXPECT_EQ(backlog.End(), StatusCode::OK);
}

TEST(BadImage, OfTwentyMegabytesEndsABacklogWithoutAResult) {
  World& world = World::Shared();
  const int rows = RowsIn(world);
  auto arrival = GoodArrival();
  arrival.set_image(TwentyMegabytes());
  EXPECT_EQ(EndOfBacklogWith(arrival).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(RowsIn(world), rows);
}

// ----------------------------------------------------------------------------------- back office

v1::Case OpenCase() {
  const auto departed =
      Call(*World::Shared().Lane("SEA-X1"), &Lane::RecordDeparture, GoodDeparture());
  EXPECT_THAT(departed, Succeeds());
  v1::GetCaseRequest request;
  request.set_case_id(departed.response.opened_case_ids(0));
  return Call(*World::Shared().Officer(), &BackOffice::GetCase, request).response.case_();
}

v1::DecideCaseRequest GoodDecision(const v1::Case& on) {
  v1::DecideCaseRequest request;
  request.set_request_id(crypto::NewUuid());
  request.set_case_id(on.case_id());
  request.set_etag(on.etag());
  request.set_decision(v1::CASE_DECISION_UPHOLD);
  request.set_reason("the faces differ");
  return request;
}

TEST(DecideCase, RefusesWhatIsNoDecisionAndLeavesTheCaseOpen) {
  using Request = v1::DecideCaseRequest;
  const std::vector<std::pair<void (*)(Request&), std::string>> spoilers = {
      {[](Request& r) { r.clear_request_id(); }, "MISSING_FIELD"},
      {[](Request& r) { r.clear_case_id(); }, "MISSING_FIELD"},
      {[](Request& r) { r.clear_etag(); }, "MISSING_FIELD"},
      {[](Request& r) { r.set_etag("1 OR 1=1"); }, "INVALID_FIELD"},
      {[](Request& r) { r.clear_decision(); }, "MISSING_FIELD"},
      {[](Request& r) { r.set_decision(static_cast<v1::CaseDecision>(7)); }, "INVALID_FIELD"},
      {[](Request& r) { r.clear_reason(); }, "MISSING_FIELD"},
      {[](Request& r) { r.set_reason(std::string(2001, 'x')); }, "INVALID_FIELD"},
      {[](Request& r) { r.set_reason(std::string("a\0b", 3)); }, "INVALID_FIELD"},
  };
  const v1::Case before = OpenCase();
  const auto officer = World::Shared().Officer();
  for (const auto& [spoil, reason] : spoilers) {
    Request request = GoodDecision(before);
    spoil(request);
    EXPECT_THAT(Call(*officer, &BackOffice::DecideCase, request),
                Fails(StatusCode::INVALID_ARGUMENT, reason))
        << request.ShortDebugString();
  }
  v1::GetCaseRequest get_case;
  get_case.set_case_id(before.case_id());
  const auto after = Call(*officer, &BackOffice::GetCase, get_case);
  ASSERT_THAT(after, Succeeds());
  EXPECT_EQ(after.response.case_().state(), v1::CASE_STATE_OPEN);
  EXPECT_EQ(after.response.case_().etag(), before.etag());
}

TEST(DecideCase, KeepsAHostileReasonAsItIsAndIsFinal) {
  const auto officer = World::Shared().Officer();
  const v1::Case before = OpenCase();
  auto request = GoodDecision(before);
  request.set_reason("'; UPDATE review_case SET state = 'OPEN'; --\n\t\"$1\"");
  const auto decided = Call(*officer, &BackOffice::DecideCase, request);
  ASSERT_THAT(decided, Succeeds());
  v1::GetCaseRequest get_case;
  get_case.set_case_id(before.case_id());
  const auto after = Call(*officer, &BackOffice::GetCase, get_case);
  ASSERT_THAT(after, Succeeds());
  EXPECT_EQ(after.response.case_().state(), v1::CASE_STATE_UPHELD);
  EXPECT_EQ(after.response.history(after.response.history_size() - 1).reason(), request.reason());

  EXPECT_THAT(Call(*officer, &BackOffice::DecideCase, GoodDecision(decided.response.case_())),
              Fails(StatusCode::FAILED_PRECONDITION, "CASE_CLOSED"));
  // Another officer cannot borrow the request id.
  EXPECT_THAT(Call(*World::Shared().Officer("12"), &BackOffice::DecideCase, request),
              Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
}

TEST(BackOffice, SaysWhichThingIsNotThere) {
  const auto officer = World::Shared().Officer();
  const std::string nowhere = crypto::NewUuid();
  v1::GetTravelerRequest traveler;
  traveler.set_traveler_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::GetTraveler, traveler),
              Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  v1::ListCrossingsRequest crossings;
  crossings.set_traveler_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::ListCrossings, crossings),
              Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  v1::GetCaseRequest get_case;
  get_case.set_case_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::GetCase, get_case),
              Fails(StatusCode::NOT_FOUND, "CASE_NOT_FOUND"));
  v1::GetCaptureRequest capture;
  capture.set_crossing_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::GetCapture, capture),
              Fails(StatusCode::NOT_FOUND, "CAPTURE_NOT_FOUND"));
  v1::ReplayDecisionRequest replay;
  replay.set_comparison_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::ReplayDecision, replay),
              Fails(StatusCode::NOT_FOUND, "COMPARISON_NOT_FOUND"));
  replay.set_crossing_id(nowhere);
  EXPECT_THAT(Call(*officer, &BackOffice::ReplayDecision, replay),
              Fails(StatusCode::NOT_FOUND, "CROSSING_NOT_FOUND"));
}

TEST(BackOffice, RefusesPagesOfImpossibleSize) {
  const auto officer = World::Shared().Officer();
  for (const int page_size : {-1, 501}) {
    v1::ListCasesRequest request;
    request.set_page_size(page_size);
    EXPECT_THAT(Call(*officer, &BackOffice::ListCases, request),
                Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"))
        << page_size;
  }
}

}  // namespace
}  // namespace entryexit::testing
