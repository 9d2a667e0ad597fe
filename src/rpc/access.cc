#include "entryexit/rpc/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"

namespace entryexit::rpc {
namespace {

using app::Role;
using core::MakeError;
using core::Reason;

constexpr std::string_view kScheme = "entryexit://";

constexpr std::array kRoleNames = {
    std::pair<std::string_view, Role>{"lane", Role::kLane},
    std::pair<std::string_view, Role>{"officer", Role::kOfficer},
    std::pair<std::string_view, Role>{"supervisor", Role::kSupervisor},
    std::pair<std::string_view, Role>{"report", Role::kReport},
    std::pair<std::string_view, Role>{"auditor", Role::kAuditor},
    std::pair<std::string_view, Role>{"admin", Role::kAdmin},
};

std::optional<Role> RoleNamed(std::string_view name) {
  const auto* const found =
      std::ranges::find(kRoleNames, name, &std::pair<std::string_view, Role>::first);
  if (found == kRoleNames.end()) return std::nullopt;
  return found->second;
}

}  // namespace

const std::vector<MethodAccess>& AccessTable() {
  static const std::vector<Role> kAnybody = {Role::kLane,   Role::kOfficer, Role::kSupervisor,
                                             Role::kReport, Role::kAuditor, Role::kAdmin};
  static const std::vector<Role> kLanes = {Role::kLane};
  static const std::vector<Role> kOfficers = {Role::kOfficer, Role::kSupervisor};
  static const std::vector<Role> kSupervisors = {Role::kSupervisor};
  static const std::vector<Role> kOfficersAndAuditors = {Role::kOfficer, Role::kSupervisor,
                                                         Role::kAuditor};
  static const std::vector<Role> kReaders = {Role::kReport, Role::kOfficer, Role::kSupervisor,
                                             Role::kAuditor};
  static const std::vector<Role> kNightlyJobs = {Role::kReport};
  static const std::vector<Role> kAdmins = {Role::kAdmin};
  static const std::vector<Role> kErasureReaders = {Role::kAdmin, Role::kAuditor};
  static const std::vector<Role> kHolders = {Role::kSupervisor, Role::kAdmin};
  static const std::vector<Role> kHoldReaders = {Role::kSupervisor, Role::kAdmin, Role::kAuditor};
  static const std::vector<MethodAccess> kTable = {
      {"/entryexit.v1.LaneService/RecordArrival", kLanes},
      {"/entryexit.v1.LaneService/RecordDeparture", kLanes},
      {"/entryexit.v1.LaneService/AssessCapture", kLanes},
      {"/entryexit.v1.LaneService/RecordCrossings", kLanes},
      {"/entryexit.v1.BackOfficeService/GetTraveler", kOfficers},
      {"/entryexit.v1.BackOfficeService/GetStayAllowance", kOfficers},
      {"/entryexit.v1.BackOfficeService/RecordAdmissionChange", kOfficers},
      {"/entryexit.v1.BackOfficeService/CorrectCrossing", kSupervisors},
      {"/entryexit.v1.BackOfficeService/MoveDocument", kSupervisors},
      {"/entryexit.v1.BackOfficeService/ListCrossings", kOfficers},
      {"/entryexit.v1.BackOfficeService/ListCases", kOfficers},
      {"/entryexit.v1.BackOfficeService/GetCase", kOfficers},
      {"/entryexit.v1.BackOfficeService/DecideCase", kOfficers},
      {"/entryexit.v1.BackOfficeService/WatchCases", kOfficers},
      {"/entryexit.v1.BackOfficeService/GetCapture", kOfficers},
      {"/entryexit.v1.BackOfficeService/ReplayDecision", kOfficersAndAuditors},
      {"/entryexit.v1.ReportService/ListOverstays", kReaders},
      {"/entryexit.v1.ReportService/GetSummary", kReaders},
      {"/entryexit.v1.ReportService/ReviewOverstays", kNightlyJobs},
      {"/entryexit.v1.ImportService/ImportCrossings", kAdmins},
      {"/entryexit.v1.RetentionService/RunRetention", kAdmins},
      {"/entryexit.v1.RetentionService/ListErasureReceipts", kErasureReaders},
      {"/entryexit.v1.RetentionService/PlaceLegalHold", kHolders},
      {"/entryexit.v1.RetentionService/ReleaseLegalHold", kHolders},
      {"/entryexit.v1.RetentionService/ListLegalHolds", kHoldReaders},
      {"/entryexit.v1.KeyService/RotateKeys", kAdmins},
      {"/entryexit.v1.SubjectService/ExportTraveler", kSupervisors},
      {"/grpc.health.v1.Health/Check", kAnybody},
      {"/grpc.health.v1.Health/Watch", kAnybody},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kAnybody},
  };
  return kTable;
}

absl::StatusOr<app::Principal> PrincipalFrom(const std::vector<std::string>& uris) {
  if (uris.size() != 1) {
    return MakeError(
        Reason::kPrincipalMissing,
        fmt::format("the client certificate must have exactly one URI name, not {}", uris.size()));
  }
  const std::string_view uri = uris.front();
  if (uri.starts_with(kScheme)) {
    const std::string_view path = uri.substr(kScheme.size());
    const size_t slash = std::min(path.find('/'), path.size());
    const std::optional<Role> role = RoleNamed(path.substr(0, slash));
    const std::string_view id = path.substr(std::min(slash + 1, path.size()));
    if (role && core::IsPlainId(id))
      return app::Principal{*role, std::string(id), std::string(path)};
  }
  return MakeError(Reason::kPrincipalMissing,
                   "the client certificate's URI name is not entryexit://<role>/<id>");
}

absl::Status CheckAccess(const std::string& method, const app::Principal& principal) {
  const auto found = std::ranges::find(AccessTable(), method, &MethodAccess::method);
  if (found != AccessTable().end() &&
      std::ranges::find(found->roles, principal.role) != found->roles.end()) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kRoleNotAllowed, "this principal's role may not call this method");
}

}  // namespace entryexit::rpc
