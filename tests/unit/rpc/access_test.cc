#include "entryexit/rpc/access.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/services.h"

namespace entryexit::rpc {
namespace {

using app::Role;
using core::Reason;
using testing::FailsWith;
using testing::IsOk;

constexpr char kOwnServices[] = "/entryexit.v1.";
constexpr Role kEveryRole[] = {Role::kLane,   Role::kOfficer, Role::kSupervisor,
                               Role::kReport, Role::kAuditor, Role::kAdmin};

std::set<std::string> MethodsOfTheApi() {
  std::set<std::string> methods;
  for (const google::protobuf::MethodDescriptor* method : Methods()) {
    methods.insert("/" + method->service()->full_name() + "/" + method->name());
  }
  return methods;
}

TEST(AccessTable, ListsExactlyTheMethodsOfTheApi) {
  std::set<std::string> listed;
  for (const MethodAccess& entry : AccessTable()) {
    if (entry.method.starts_with(kOwnServices)) listed.insert(entry.method);
  }
  EXPECT_EQ(listed, MethodsOfTheApi());
}

TEST(AccessTable, HasNoMethodTwiceAndNoneWithoutARole) {
  std::set<std::string> seen;
  for (const MethodAccess& entry : AccessTable()) {
    EXPECT_TRUE(seen.insert(entry.method).second) << entry.method;
    EXPECT_FALSE(entry.roles.empty()) << entry.method;
  }
}

// Every other method is called by the test e2e.audit, which looks for the record.
TEST(AccessTable, ExemptsFromTheAuditLogOnlyWhatTouchesNoPersonalData) {
  std::set<std::string> exempt;
  for (const MethodAccess& entry : AccessTable()) {
    if (entry.unaudited == nullptr) continue;
    exempt.insert(entry.method);
    EXPECT_NE(std::string(entry.unaudited), "") << entry.method;
  }
  EXPECT_EQ(exempt, (std::set<std::string>{
                        "/entryexit.v1.LaneService/AssessCapture", "/grpc.health.v1.Health/Check",
                        "/grpc.health.v1.Health/Watch",
                        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}));
}

TEST(AccessTable, LetsNobodyButAuditorsSeeTheAuditLog) {
  for (const Role role : kEveryRole) {
    for (const char* const method : {"/entryexit.v1.AuditService/SearchAuditRecords",
                                     "/entryexit.v1.AuditService/ExportAuditRecords"}) {
      EXPECT_EQ(CheckAccess(method, {role, "x", "x"}).ok(), role == Role::kAuditor) << method;
    }
  }
}

TEST(AccessTable, LetsNobodyButLanesRecord) {
  for (const Role role : kEveryRole) {
    const absl::Status status =
        CheckAccess("/entryexit.v1.LaneService/RecordArrival", {role, "x", "x"});
    EXPECT_EQ(status.ok(), role == Role::kLane);
  }
}

TEST(AccessTable, LetsNobodyButOfficersDecideCases) {
  for (const Role role : kEveryRole) {
    for (const char* const method : {"/entryexit.v1.BackOfficeService/DecideCase",
                                     "/entryexit.v1.BackOfficeService/FileCorrectionRequest"}) {
      EXPECT_EQ(CheckAccess(method, {role, "x", "x"}).ok(),
                role == Role::kOfficer || role == Role::kSupervisor)
          << method;
    }
  }
}

TEST(AccessTable, LetsNobodyButOfficersAskForAllowancesAndReportAdmissionChanges) {
  for (const Role role : kEveryRole) {
    for (const char* const method : {"/entryexit.v1.BackOfficeService/GetStayAllowance",
                                     "/entryexit.v1.BackOfficeService/RecordAdmissionChange"}) {
      EXPECT_EQ(CheckAccess(method, {role, "x", "x"}).ok(),
                role == Role::kOfficer || role == Role::kSupervisor)
          << method;
    }
  }
}

TEST(AccessTable, LetsNobodyButSupervisorsCorrectWhatWasRecorded) {
  for (const Role role : kEveryRole) {
    for (const char* const method : {"/entryexit.v1.BackOfficeService/CorrectCrossing",
                                     "/entryexit.v1.BackOfficeService/MoveDocument"}) {
      EXPECT_EQ(CheckAccess(method, {role, "x", "x"}).ok(), role == Role::kSupervisor) << method;
    }
  }
}

TEST(AccessTable, LetsReadersHaveTheFiguresAndNobodyButTheNightlyJobReviewOverstays) {
  for (const Role role : kEveryRole) {
    EXPECT_EQ(CheckAccess("/entryexit.v1.ReportService/GetSummary", {role, "x", "x"}).ok(),
              role != Role::kLane && role != Role::kAdmin);
    EXPECT_EQ(CheckAccess("/entryexit.v1.ReportService/ReviewOverstays", {role, "x", "x"}).ok(),
              role == Role::kReport);
  }
}

TEST(AccessTable, LetsNobodyButAdministratorsImport) {
  for (const Role role : kEveryRole) {
    EXPECT_EQ(CheckAccess("/entryexit.v1.ImportService/ImportCrossings", {role, "x", "x"}).ok(),
              role == Role::kAdmin);
  }
}

TEST(AccessTable, LetsAdministratorsEraseAndAuditorsReadTheReceipts) {
  const std::string service = "/entryexit.v1.RetentionService/";
  for (const Role role : kEveryRole) {
    const auto may = [&](const char* method) {
      return CheckAccess(service + method, {role, "x", "x"}).ok();
    };
    const bool is_admin = role == Role::kAdmin;
    EXPECT_EQ(may("RunRetention"), is_admin);
    EXPECT_EQ(may("ListErasureReceipts"), is_admin || role == Role::kAuditor);
    EXPECT_EQ(may("PlaceLegalHold"), is_admin || role == Role::kSupervisor);
    EXPECT_EQ(may("ReleaseLegalHold"), is_admin || role == Role::kSupervisor);
    EXPECT_EQ(may("ListLegalHolds"),
              is_admin || role == Role::kSupervisor || role == Role::kAuditor);
  }
}

TEST(AccessTable, LetsNobodyButAdministratorsRotateKeysAndNobodyButSupervisorsExport) {
  for (const Role role : kEveryRole) {
    EXPECT_EQ(CheckAccess("/entryexit.v1.KeyService/RotateKeys", {role, "x", "x"}).ok(),
              role == Role::kAdmin);
    EXPECT_EQ(CheckAccess("/entryexit.v1.SubjectService/ExportTraveler", {role, "x", "x"}).ok(),
              role == Role::kSupervisor);
  }
}

TEST(AccessTable, LetsAuditorsReplayButNotRead) {
  const app::Principal auditor{Role::kAuditor, "7", "auditor/7"};
  EXPECT_THAT(CheckAccess("/entryexit.v1.BackOfficeService/ReplayDecision", auditor), IsOk());
  EXPECT_THAT(CheckAccess("/entryexit.v1.BackOfficeService/GetTraveler", auditor),
              FailsWith(Reason::kRoleNotAllowed));
}

TEST(AccessTable, LetsEverybodyAskForHealth) {
  for (const Role role : kEveryRole) {
    EXPECT_THAT(CheckAccess("/grpc.health.v1.Health/Check", {role, "x", "x"}), IsOk());
  }
}

TEST(AccessTable, DeniesWhatIsNotListed) {
  for (const char* const method :
       {"", "/", "/entryexit.v1.LaneService/", "/entryexit.v1.LaneService/Erase",
        "entryexit.v1.LaneService/RecordArrival", "/entryexit.v1.laneservice/recordarrival",
        "/grpc.channelz.v1.Channelz/GetServers"}) {
    for (const Role role : kEveryRole) {
      EXPECT_THAT(CheckAccess(method, {role, "x", "x"}), FailsWith(Reason::kRoleNotAllowed));
    }
  }
}

TEST(AccessTable, AsksForThePurposeOfEveryCallOfTheBackOffice) {
  for (const google::protobuf::MethodDescriptor* method : Methods()) {
    if (method->service()->name() != "BackOfficeService") continue;
    EXPECT_TRUE(CallsForAPurpose().contains(method->name())) << method->name();
  }
}

TEST(AccessTable, AsksForThePurposeOfEveryCallAboutLegalHolds) {
  for (const char* const call : {"PlaceLegalHold", "ReleaseLegalHold", "ListLegalHolds"}) {
    EXPECT_TRUE(CallsForAPurpose().contains(call)) << call;
  }
}

TEST(AccessTable, ListsManyTravelersForNoCase) {
  EXPECT_EQ(CallsOfListing(),
            (std::set<std::string>{"ListCases", "ListLegalHolds", "ListOverstays", "WatchCases"}));
}

TEST(PrincipalFrom, ReadsRoleAndIdOfTheOnlyUri) {
  const auto principal = PrincipalFrom({"entryexit://lane/SEA-A12"});
  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->role, Role::kLane);
  EXPECT_EQ(principal->id, "SEA-A12");
  EXPECT_EQ(principal->name, "lane/SEA-A12");
}

TEST(PrincipalFrom, KnowsEveryRole) {
  const std::pair<const char*, Role> names[] = {
      {"lane", Role::kLane},     {"officer", Role::kOfficer}, {"supervisor", Role::kSupervisor},
      {"report", Role::kReport}, {"auditor", Role::kAuditor}, {"admin", Role::kAdmin}};
  for (const auto& [name, role] : names) {
    const auto principal = PrincipalFrom({std::string("entryexit://") + name + "/x"});
    ASSERT_THAT(principal, IsOk()) << name;
    EXPECT_EQ(principal->role, role);
  }
}

TEST(PrincipalFrom, RefusesEverythingElse) {
  const std::string too_long(65, 'a');
  for (const std::string& uri :
       {std::string(), std::string("entryexit://"), std::string("entryexit://lane"),
        std::string("entryexit://lane/"), std::string("entryexit://king/1"),
        std::string("entryexit://Lane/1"), std::string("entryexit:///1"),
        std::string("https://lane/1"), std::string("spiffe://lane/1"),
        std::string("entryexit://lane/a/b"), std::string("entryexit://lane/a b"),
        std::string("entryexit://lane/a\n"), "entryexit://lane/" + too_long}) {
    EXPECT_THAT(PrincipalFrom({uri}), FailsWith(Reason::kPrincipalMissing)) << uri;
  }
}

TEST(PrincipalFrom, RefusesACertificateWithNoneOrSeveralNames) {
  EXPECT_THAT(PrincipalFrom({}), FailsWith(Reason::kPrincipalMissing));
  EXPECT_THAT(PrincipalFrom({"entryexit://lane/1", "entryexit://officer/1"}),
              FailsWith(Reason::kPrincipalMissing));
  EXPECT_THAT(PrincipalFrom({"entryexit://lane/1", "https://example.org"}),
              FailsWith(Reason::kPrincipalMissing));
}

}  // namespace
}  // namespace entryexit::rpc
