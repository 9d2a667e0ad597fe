#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::RecordArrivalResponse Arrive(World& world, const std::string& document, int person, hours ago) {
  const auto recorded =
      Call(*world.Lane("SEA-X1"), &v1::LaneService::Stub::RecordArrival,
           ArrivalRequest({"SEA-X1", document, FaceImage(person, "arrival_1"), ago}));
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

Ran Export(World& world, const std::string& document, const fs::path& folder,
           std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"subject",         "export", "--document",
                                    "UTO:" + document, "--out",  folder.string()};
  words.insert(words.end(), more.begin(), more.end());
  return Ctl(world, "supervisor/12", words);
}

nlohmann::json DataIn(const fs::path& folder) {
  return nlohmann::json::parse(ReadAll(folder / "data.json"));
}

TEST(SubjectExport, HoldsEverythingOfOneTravelerAndNothingOfAnother) {
  World world;
  const TempDir directory;
  const fs::path folder = directory.path() / "request-17";
  const std::string document = NewDocumentNumber();
  const std::string other = NewDocumentNumber();
  const auto late = Arrive(world, document, 10, hours(1));
  const auto departure = Depart(world, document, 11);  // another face: a case
  // Known late: the departure is compared again.
  const auto early = Arrive(world, document, 10, hours(3));
  const auto others = Arrive(world, other, 20, hours(1));
  const Ran corrected = Ctl(world, "supervisor/12",
                            {"correct-crossing", early.crossing_id(), "--revision", "1", "--class",
                             "B-2", "--days", "30", "--reason", "The stamp says so"});
  ASSERT_EQ(corrected.exit_code, 0) << corrected.output;
  ASSERT_EQ(Ctl(world, "supervisor/12",
                {"retention", "hold", late.traveler_id(), "--reference", "Order 12/2026"})
                .exit_code,
            0);

  const Ran ran = Export(world, document, folder);
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("3 crossings, 3 pictures"));
  EXPECT_THAT(ran.output, HasSubstr("1 legal holds were placed; they are not in the export"));

  const std::string text = ReadAll(folder / "data.json");
  const nlohmann::json data = DataIn(folder);
  EXPECT_EQ(data["traveler"][0]["traveler_id"], late.traveler_id());
  EXPECT_EQ(data["traveler"][0]["documents"][0]["number"], document);
  ASSERT_THAT(data["crossing"], SizeIs(3));
  std::set<std::string> crossings;
  size_t attempts = 0;
  for (const auto& item : data["crossing"]) {
    crossings.insert(item["crossing"]["crossing_id"]);
    EXPECT_EQ(item["document"]["number"], document);
    attempts += item["crossing"]["comparisons"].size();
  }
  EXPECT_THAT(crossings, UnorderedElementsAre(late.crossing_id(), early.crossing_id(),
                                              departure.crossing_id()));
  EXPECT_EQ(attempts, 2U) << "the first comparison and the one that the late arrival brought";
  EXPECT_EQ(data["correction"][0]["correction"]["reason"], "The stamp says so");
  ASSERT_FALSE(data["case_history"].empty());
  EXPECT_FALSE(data["case_history"][0]["events"].empty());
  // As they were known before the corrections and the late arrival, too.
  const int known =
      NumberOf(world, "SELECT count(*) FROM stay WHERE traveler_id = '" + late.traveler_id() + "'");
  EXPECT_GT(known, 2);
  EXPECT_THAT(data["stay"], SizeIs(known));
  EXPECT_THAT(data["template_facts"], SizeIs(3));
  EXPECT_EQ(data["end"][0]["pictures"], "3");
  EXPECT_THAT(text, Not(HasSubstr(others.crossing_id())));
  EXPECT_THAT(text, Not(HasSubstr("Order 12/2026")));
  EXPECT_THAT(text, Not(HasSubstr("legal_holds")));

  ASSERT_THAT(data["picture"], SizeIs(3));
  for (const auto& picture : data["picture"]) {
    const fs::path file = folder / picture["file"].get<std::string>();
    EXPECT_EQ(crypto::Sha256Hex(ReadAll(file)), picture["digest"]);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
  }
  EXPECT_EQ(ReadAll(folder / "captures" / (departure.crossing_id() + ".jpg")),
            FaceImage(11, "departure_1"));
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms(0700));
  for (const char* file : {"data.json", "report.html"}) {
    EXPECT_EQ(fs::status(folder / file).permissions(), fs::perms(0600)) << file;
  }

  const std::string html = ReadAll(folder / "report.html");
  EXPECT_THAT(html, HasSubstr("never a determination"));
  EXPECT_THAT(html, HasSubstr(document));
  EXPECT_THAT(html, HasSubstr("The stamp says so"));
  EXPECT_THAT(html, HasSubstr("captures/" + departure.crossing_id() + ".jpg"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("Order 12/2026")));

  const Ran again = Export(world, document, folder);
  EXPECT_EQ(again.exit_code, 2) << again.output;
  EXPECT_THAT(again.output, HasSubstr("File exists"));
  EXPECT_EQ(ReadAll(folder / "data.json"), text) << "nothing is overwritten";

  const fs::path told = directory.path() / "with-holds";
  const Ran with_holds = Export(world, document, told, {"--with-legal-holds"});
  ASSERT_EQ(with_holds.exit_code, 0) << with_holds.output;
  EXPECT_EQ(DataIn(told)["legal_hold"][0]["reference"], "Order 12/2026");
  EXPECT_THAT(ReadAll(told / "report.html"), HasSubstr("Order 12/2026"));
}

// The bytes of no template are in it, in whatever form.
TEST(SubjectExport, GivesNoEmbedding) {
  World& world = World::Shared();
  const TempDir directory;
  const std::string document = NewDocumentNumber();
  Arrive(world, document, 10, hours(1));
  const Ran ran = Export(world, document, directory.path() / "out");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  const nlohmann::json data = DataIn(directory.path() / "out");
  ASSERT_THAT(data["template_facts"], SizeIs(1));
  std::set<std::string> fields;
  for (const auto& [name, value] : data["template_facts"][0].items()) fields.insert(name);
  EXPECT_THAT(fields, UnorderedElementsAre("crossing_id", "captured_at", "model", "digest"));
}

TEST(SubjectExport, LeavesNothingBehindWhenItFails) {
  World& world = World::Shared();
  const TempDir directory;
  const Ran unknown = Export(world, "NOBODY1", directory.path() / "out");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.output, HasSubstr("TRAVELER_NOT_FOUND"));
  const Ran officer =
      Ctl(world, "officer/4711",
          {"subject", "export", "--document", "UTO:X1", "--out", directory.path() / "out"});
  EXPECT_EQ(officer.exit_code, 1);
  EXPECT_THAT(officer.output, HasSubstr("ROLE_NOT_ALLOWED"));
  const Ran nowhere = Export(world, "NOBODY1", directory.path() / "absent" / "out");
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(SubjectExport, TellsOfAPictureThatDoesNotOpenAndGivesTheRest) {
  World world;
  const TempDir directory;
  const std::string document = NewDocumentNumber();
  const auto damaged = Arrive(world, document, 10, hours(2));
  Arrive(world, document, 10, hours(1));
  ASSERT_THAT(world.postgres().Execute(world.database(),
                                       "UPDATE capture SET ciphertext = set_byte(ciphertext, 9, "
                                       "get_byte(ciphertext, 9) # 1) WHERE crossing_id = '" +
                                           damaged.crossing_id() + "'"),
              IsOk());
  const Ran ran = Export(world, document, directory.path() / "out");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("1 pictures do not open"));
  const nlohmann::json data = DataIn(directory.path() / "out");
  EXPECT_THAT(data["picture"], SizeIs(1));
  EXPECT_EQ(data["end"][0]["unreadable_pictures"][0], damaged.crossing_id());
  EXPECT_THAT(world.Log(), HasSubstr(damaged.crossing_id()));
}

// What cannot be recorded is not shown, and is no picture that does not open.
TEST(SubjectExport, EndsWhenThePicturesCannotBeRecordedInTheAuditLog) {
  World world;
  const TempDir directory;
  const std::string document = NewDocumentNumber();
  const auto arrived = Arrive(world, document, 10, hours(1));
  ASSERT_THAT(world.postgres().Execute(
                  world.database(),
                  "ALTER TABLE audit_record ADD CONSTRAINT no_picture CHECK (method NOT LIKE "
                  "'%ExportTraveler' OR subject <> '" +
                      arrived.crossing_id() + "') NOT VALID"),
              IsOk());
  const Ran ran = Export(world, document, directory.path() / "out");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("INTERNAL"));
  EXPECT_FALSE(fs::exists(directory.path() / "out" / "data.json"));
}

TEST(SubjectExport, OfTensOfThousandsOfCrossingsIsWhole) {
  World world;
  const TempDir directory;
  const std::string document = NewDocumentNumber();
  Arrive(world, document, 10, hours(1));
  constexpr int kMore = 20000;
  ASSERT_THAT(
      world.postgres().Execute(
          world.database(),
          fmt::format("INSERT INTO crossing SELECT (jsonb_populate_record(c, jsonb_build_object("
                      "'crossing_id', gen_random_uuid(), 'request_id', gen_random_uuid(), "
                      "'captured_at', c.captured_at - n * interval '1 hour', "
                      "'capture_status', 'EXEMPT'))).* "
                      "FROM crossing c, generate_series(1, {}) n",
                      kMore)),
      IsOk());
  const Ran ran = Export(world, document, directory.path() / "out");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  const nlohmann::json data = DataIn(directory.path() / "out");
  EXPECT_THAT(data["crossing"], SizeIs(kMore + 1));
  std::set<std::string> ids;
  for (const auto& item : data["crossing"]) ids.insert(item["crossing"]["crossing_id"]);
  EXPECT_THAT(ids, SizeIs(kMore + 1));
  EXPECT_EQ(data["end"][0]["crossings"], std::to_string(kMore + 1));
}

TEST(SubjectExport, LeavesNothingWhenItIsInterrupted) {
  World world;
  const TempDir directory;
  const fs::path folder = directory.path() / "request-17";
  std::vector<std::string> words = {
      "/bin/sh", "-c",
      // Interrupted as soon as its folder is there. SIGTERM, since shells keep SIGINT from what
      // they start in the background.
      R"("$@" & while kill -0 $! && ! ls -d "$0".?????? 2>&-; do :; done; kill -TERM $!; wait $!)",
      folder.string()};
  const std::vector<std::string> command =
      CtlWords(world, "supervisor/12",
               {"subject", "export", "--document", "UTO:X1", "--out", folder.string()});
  words.insert(words.end(), command.begin(), command.end());
  kill(world.daemon().pid(), SIGSTOP);  // the answer does not come
  const Ran ran = RunProgram(words);
  kill(world.daemon().pid(), SIGCONT);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("nothing is left of the export"));
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

}  // namespace
}  // namespace entryexit::testing
