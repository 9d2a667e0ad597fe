#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/crypto/vault.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::RecordArrivalResponse Arrive(World& world, const std::string& document, int person) {
  const auto recorded = Call(
      *world.Lane("SEA-X1"), &v1::LaneService::Stub::RecordArrival,
      ArrivalRequest({"SEA-X1", document, FaceImage(person, "arrival_1"), std::chrono::hours(2)}));
  EXPECT_THAT(recorded, Succeeds());
  return recorded.response;
}

v1::RecordDepartureResponse Depart(World& world, const std::string& document, int person) {
  const auto recorded =
      Call(*world.Lane("SEA-X1"), &v1::LaneService::Stub::RecordDeparture,
           DepartureRequest({"SEA-X1", document, FaceImage(person, "departure_1")}));
  EXPECT_THAT(recorded, Succeeds());
  return recorded.response;
}

Answer<v1::GetCaptureResponse> CaptureOf(World& world, const std::string& crossing_id) {
  v1::GetCaptureRequest request;
  request.set_crossing_id(crossing_id);
  return Call(*world.Officer(), &v1::BackOfficeService::Stub::GetCapture, request);
}

Answer<v1::ReplayDecisionResponse> ReplayOf(World& world, const std::string& crossing_id) {
  v1::ReplayDecisionRequest request;
  request.set_crossing_id(crossing_id);
  return Call(*world.Officer(), &v1::BackOfficeService::Stub::ReplayDecision, request);
}

int RotationsOpen(World& world) {
  return NumberOf(world, "SELECT count(*) FROM key_rotation WHERE finished_at IS NULL");
}

int KeysInUse(World& world) {
  return NumberOf(world,
                  "SELECT count(*) FROM (SELECT key_id FROM capture UNION "
                  "SELECT key_id FROM template) k");
}

// ---------------------------------------------------------------------------------- rotation

TEST(KeysRotate, SealsAnewWhatIsStored) {
  World world;
  const std::string document = NewDocumentNumber();
  const auto arrival = Arrive(world, document, 10);
  const auto departure = Depart(world, document, 10);
  const Ran ran = Ctl(world, "admin/1", {"keys", "rotate"});
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("4 records to seal anew"));
  EXPECT_THAT(ran.output, HasSubstr("Sealed anew: 4 of 4"));
  EXPECT_TRUE(std::regex_search(ran.output, std::regex("former data keys destroyed +1")))
      << ran.output;
  EXPECT_EQ(RotationsOpen(world), 0);
  EXPECT_EQ(KeysInUse(world), 1);
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM data_key"), 1);
  EXPECT_THAT(CaptureOf(world, arrival.crossing_id()), Succeeds());
  const auto replay = ReplayOf(world, departure.crossing_id());
  EXPECT_THAT(replay, Succeeds());
  EXPECT_EQ(replay.response.differences_size(), 0);
  world.Restart();
  const auto capture = CaptureOf(world, arrival.crossing_id());
  EXPECT_THAT(capture, Succeeds());
  EXPECT_EQ(capture.response.image(), FaceImage(10, "arrival_1"));
}

TEST(KeysRotate, IsTheAdministratorsAlone) {
  const Ran ran = Ctl(World::Shared(), "supervisor/1", {"keys", "rotate"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("ROLE_NOT_ALLOWED"));
  EXPECT_EQ(NumberOf(World::Shared(), "SELECT count(*) FROM key_rotation"), 0);
}

TEST(KeysRotate, GoesOnAfterTheDaemonWasKilled) {
  World world;
  std::vector<std::string> crossings;
  for (int i = 0; i < 3; ++i) {
    crossings.push_back(Arrive(world, NewDocumentNumber(), 10 + i).crossing_id());
  }

  // As long as somebody is at one of the records, the rotation has not come to its end.
  const std::unique_ptr<PGconn, decltype(&PQfinish)> holder(
      PQconnectdb(world.postgres().Dsn(world.database(), "postgres").c_str()), &PQfinish);
  PQclear(PQexec(holder.get(), ("BEGIN; SELECT FROM capture WHERE crossing_id = '" +
                                crossings.front() + "' FOR UPDATE")
                                   .c_str()));
  Ran killed;
  std::thread rotating([&] { killed = Ctl(world, "admin/1", {"keys", "rotate"}); });
  AwaitAtLeast(world, 2, "SELECT count(*) FROM capture c JOIN key_rotation r USING (key_id)");
  world.daemon().Kill();
  rotating.join();
  EXPECT_EQ(killed.exit_code, 5) << killed.output;
  EXPECT_THAT(killed.output, HasSubstr("Run it again"));
  EXPECT_EQ(RotationsOpen(world), 1);
  PQclear(PQexec(holder.get(), "ROLLBACK"));

  world.Restart();
  crossings.push_back(Arrive(world, NewDocumentNumber(), 20).crossing_id());
  const Ran again = Ctl(world, "admin/1", {"keys", "rotate"});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("Going on with rotation"));
  EXPECT_EQ(RotationsOpen(world), 0);
  EXPECT_EQ(KeysInUse(world), 1);
  for (const std::string& crossing : crossings) {
    EXPECT_THAT(CaptureOf(world, crossing), Succeeds());
  }
}

TEST(KeysRotate, ANewKeyEncryptionKeyIsTakenWithoutARestartAndTheFormerCanGo) {
  World world;
  const auto arrival = Arrive(world, NewDocumentNumber(), 10);
  const Ran added = Ctl(world, "admin/1", {"keys", "add", world.KeyFile()});
  EXPECT_EQ(added.exit_code, 0) << added.output;
  const Ran ran = Ctl(world, "admin/1", {"keys", "rotate", "--only-rewrap"});
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(std::regex_search(ran.output, std::regex("data keys wrapped anew +1"))) << ran.output;
  EXPECT_EQ(NumberOf(world, "SELECT count(*) FROM key_rotation"), 0);

  const std::string lines = ReadAll(world.KeyFile());
  std::ofstream(world.KeyFile()) << lines.substr(0, lines.find('\n') + 1);
  world.Restart();
  EXPECT_THAT(CaptureOf(world, arrival.crossing_id()), Succeeds());
}

TEST(KeyCommand, GivesTheDaemonItsKeys) {
  const TempDir directory;
  const fs::path file = directory.path() / "keys";
  ASSERT_THAT(crypto::WriteNewKeyFile(file), IsOk());
  World world({.environment = {{"ENTRYEXIT_ENCRYPTION_KEY_COMMAND", "/bin/cat," + file.string()}}});
  const auto arrival = Arrive(world, NewDocumentNumber(), 10);
  world.Restart();
  EXPECT_THAT(CaptureOf(world, arrival.crossing_id()), Succeeds());
  world.daemon().Kill();
  // The file that the configuration names holds others, and was not read.
  const auto started = DaemonProcess::Start(world.ConfigFile(), directory.path() / "log");
  EXPECT_FALSE(started.ok());
  EXPECT_THAT(started.status().ToString(), HasSubstr("KEY_UNAVAILABLE"));
}

// ------------------------------------------------------------------------------- stolen dumps

std::string Dump(World& world) {
  const Ran dump = RunProgram({"/usr/lib/postgresql/15/bin/pg_dump", "--dbname",
                               world.postgres().Dsn(world.database(), "postgres")});
  EXPECT_EQ(dump.exit_code, 0) << dump.output.substr(0, 1000);
  return dump.output;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

// As it may stand in a dump: as bytes, in hex, in base64.
std::vector<std::string> FormsOf(const std::string& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  for (size_t i = 0; i + 3 <= bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | static_cast<unsigned char>(bytes[i + k]);
    for (int shift = 18; shift >= 0; shift -= 6) base64 += kDigits[group >> shift & 63];
  }
  return {bytes, Hex(bytes), base64};
}

// What a dump must not hold, by what was found of it.
std::set<std::string> Readable(const std::string& dump, const std::vector<std::string>& images,
                               const fs::path& key_file) {
  std::set<std::string> found;
  const auto look = [&](const std::string& what, const std::string& bytes) {
    for (const std::string& form : FormsOf(bytes)) {
      if (dump.find(form) != std::string::npos) found.insert(what);
    }
  };
  for (const std::string& image : images) {
    look("picture", image.substr(0, 24));
    look("picture", image.substr(image.size() / 2, 24));
  }
  // The headers of JFIF and Exif, whatever the picture. Shorter, ciphertexts would hold it too.
  static const std::regex kHeader("ffd8ff(e0[0-9a-f]{4}4a464946|e1[0-9a-f]{4}45786966)");
  if (std::regex_search(dump, kHeader)) found.insert("JPEG header");
  static const std::regex kFloats(R"([\[{(]\s*-?\d+\.\d+(e-?\d+)?(\s*,\s*-?\d+\.\d+(e-?\d+)?){3})");
  if (std::regex_search(dump, kFloats)) found.insert("float array");
  std::ifstream lines(key_file);
  for (std::string name, key; lines >> name >> key;) {
    if (dump.find(name) != std::string::npos) found.insert("key name");
    if (dump.find(key) != std::string::npos) found.insert("key");
  }
  return found;
}

TEST(PgDump, HoldsNoPictureNoEmbeddingAndNoNameOfAKey) {
  World world;
  const std::string document = NewDocumentNumber();
  Arrive(world, document, 10);
  Depart(world, document, 11);  // with a case
  const std::vector<std::string> images = {FaceImage(10, "arrival_1"),
                                           FaceImage(11, "departure_1")};
  ASSERT_EQ(images[0].substr(0, 3), "\xff\xd8\xff");
  ASSERT_EQ(NumberOf(world, "SELECT count(*) FROM capture"), 2);
  ASSERT_EQ(NumberOf(world, "SELECT count(*) FROM template"), 2);

  const std::string dump = Dump(world);
  ASSERT_THAT(dump, HasSubstr("COPY public.capture"));
  ASSERT_THAT(dump, HasSubstr("COPY public.data_key"));
  EXPECT_THAT(Readable(dump, images, world.KeyFile()), IsEmpty());

  // The same search finds each of them when it is there.
  const std::string key_line = ReadAll(world.KeyFile());
  const std::string name = key_line.substr(0, key_line.find(' '));
  ASSERT_THAT(
      world.postgres().Execute(
          world.database(),
          fmt::format("CREATE TABLE planted (name text, key bytea, image bytea, face float8[]); "
                      "INSERT INTO planted VALUES ('{}', NULL, decode('{}', 'hex'), "
                      "ARRAY[0.125, -0.25, 0.0625, 0.75])",
                      name, Hex(images[0].substr(0, 100)))),
      IsOk());
  EXPECT_THAT(Readable(Dump(world), images, world.KeyFile()),
              ElementsAre("JPEG header", "float array", "key name", "picture"));
}

TEST(PgDump, IsUselessToAnotherDeployment) {
  World world;
  const auto arrival = Arrive(world, NewDocumentNumber(), 10);
  World other;
  Arrive(other, NewDocumentNumber(), 11);
  other.daemon().Kill();
  // All of the one's database in the place of the other's.
  const TempDir directory;
  const fs::path dump = directory.path() / "dump.sql";
  std::ofstream(dump) << "DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
                         "GRANT USAGE ON SCHEMA public TO PUBLIC;\n"
                      << Dump(world);
  const Ran restored =
      RunProgram({"/usr/bin/psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname",
                  other.postgres().Dsn(other.database(), "postgres"), "--file", dump.string()});
  ASSERT_EQ(restored.exit_code, 0) << restored.output.substr(0, 2000);

  const auto refused = DaemonProcess::Start(other.ConfigFile(), directory.path() / "log");
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().ToString(), HasSubstr("KEY_UNAVAILABLE"));
  // With a data key of its own in the place of the one that was stolen.
  ASSERT_THAT(other.postgres().Execute(other.database(),
                                       "SET session_replication_role = replica; "
                                       "DELETE FROM data_key"),
              IsOk());
  other.Restart();
  EXPECT_THAT(CaptureOf(other, arrival.crossing_id()),
              Fails(StatusCode::FAILED_PRECONDITION, "KEY_UNAVAILABLE"));
  EXPECT_THAT(CaptureOf(world, arrival.crossing_id()), Succeeds());
}

}  // namespace
}  // namespace entryexit::testing
