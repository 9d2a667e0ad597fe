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

const MethodAccess* Find(const std::string& method) {
  const auto found = std::ranges::find(AccessTable(), method, &MethodAccess::method);
  return found == AccessTable().end() ? nullptr : &*found;
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
  constexpr SaysWhatFor kForAPurpose = SaysWhatFor::kPurpose;
  constexpr SaysWhatFor kToList = SaysWhatFor::kPurposeOfListing;
  constexpr SaysWhatFor kForNoPurpose = SaysWhatFor::kNothing;
  static const std::vector<Role> kAuditors = {Role::kAuditor};
  static constexpr char kNoData[] = "tells of the service, not of persons";
  static const std::vector<MethodAccess> kTable = {
      {"/entryexit.v1.LaneService/RecordArrival", kLanes},
      {"/entryexit.v1.LaneService/RecordDeparture", kLanes},
      {"/entryexit.v1.LaneService/AssessCapture", kLanes, kForNoPurpose,
       "judges a picture that comes without a name, and neither reads nor keeps anything"},
      {"/entryexit.v1.LaneService/RecordCrossings", kLanes},
      {"/entryexit.v1.BackOfficeService/GetTraveler", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/GetStayAllowance", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/RecordAdmissionChange", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/CorrectCrossing", kSupervisors, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/MoveDocument", kSupervisors, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/ListCrossings", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/FileCorrectionRequest", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/ListCases", kOfficers, kToList},
      {"/entryexit.v1.BackOfficeService/GetCase", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/DecideCase", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/WatchCases", kOfficers, kToList},
      {"/entryexit.v1.BackOfficeService/GetCapture", kOfficers, kForAPurpose},
      {"/entryexit.v1.BackOfficeService/ReplayDecision", kOfficersAndAuditors, kForAPurpose},
      {"/entryexit.v1.ReportService/ListOverstays", kReaders, kToList},
      {"/entryexit.v1.ReportService/GetSummary", kReaders},
      {"/entryexit.v1.ReportService/ReviewOverstays", kNightlyJobs},
      {"/entryexit.v1.ImportService/ImportCrossings", kAdmins},
      {"/entryexit.v1.RetentionService/RunRetention", kAdmins},
      {"/entryexit.v1.RetentionService/ListErasureReceipts", kErasureReaders},
      {"/entryexit.v1.RetentionService/PlaceLegalHold", kHolders, kForAPurpose},
      {"/entryexit.v1.RetentionService/ReleaseLegalHold", kHolders, kForAPurpose},
      {"/entryexit.v1.RetentionService/ListLegalHolds", kHoldReaders, kToList},
      {"/entryexit.v1.KeyService/RotateKeys", kAdmins},
      {"/entryexit.v1.SubjectService/ExportTraveler", kSupervisors, kForAPurpose},
      {"/entryexit.v1.AuditService/SearchAuditRecords", kAuditors},
      {"/entryexit.v1.AuditService/ExportAuditRecords", kAuditors},
      {"/grpc.health.v1.Health/Check", kAnybody, kForNoPurpose, kNoData},
      {"/grpc.health.v1.Health/Watch", kAnybody, kForNoPurpose, kNoData},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kAnybody, kForNoPurpose,
       kNoData},
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

std::string CallOf(const std::string& method) { return method.substr(method.rfind('/') + 1); }

std::set<std::string> CallsForAPurpose() {
  std::set<std::string> calls;
  for (const MethodAccess& entry : AccessTable()) {
    if (entry.says != SaysWhatFor::kNothing) calls.insert(CallOf(entry.method));
  }
  return calls;
}

std::set<std::string> CallsOfListing() {
  std::set<std::string> calls;
  for (const MethodAccess& entry : AccessTable()) {
    if (entry.says == SaysWhatFor::kPurposeOfListing) calls.insert(CallOf(entry.method));
  }
  return calls;
}

absl::Status CheckAccess(const std::string& method, const app::Principal& principal) {
  const MethodAccess* const entry = Find(method);
  if (entry != nullptr && std::ranges::find(entry->roles, principal.role) != entry->roles.end()) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kRoleNotAllowed, "this principal's role may not call this method");
}

bool IsListed(const std::string& method) { return Find(method) != nullptr; }

bool IsForAPurpose(const std::string& method) {
  const MethodAccess* const entry = Find(method);
  return entry != nullptr && entry->says != SaysWhatFor::kNothing;
}

}  // namespace entryexit::rpc
