#ifndef ENTRYEXIT_DEMO_CLIENTS_H_
#define ENTRYEXIT_DEMO_CLIENTS_H_

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "src/demo/scenario.h"

namespace entryexit::demo {

// Longer than any call of the demo should take, also on a busy machine.
inline constexpr std::chrono::seconds kCallTimeout{30};

inline constexpr char kOfficer[] = "officer/4711";

// What calls are made for, by config/purpose_policy.yaml.
inline constexpr char kCaseWork[] = "CASE_WORK";
inline constexpr char kInspection[] = "INSPECTION";
inline constexpr char kOversight[] = "OVERSIGHT";
inline constexpr char kReporting[] = "REPORTING";

// A connection for every principal that the demo plays, each with the certificate of its own.
struct Clients {
  std::map<std::string, std::unique_ptr<v1::LaneService::Stub>> lanes;  // by lane id
  std::unique_ptr<v1::BackOfficeService::Stub> officer;
  // Decides after the first one what takes two people.
  std::unique_ptr<v1::BackOfficeService::Stub> second_officer;
  std::unique_ptr<v1::ReportService::Stub> report;
};

// `certs` has a folder for each principal: "lane-SEA-A1", "officer-4711", "officer-4712",
// "report-nightly".
// Errors: CONFIG_INVALID naming the file that is missing or unreadable.
absl::StatusOr<Clients> Connect(const std::string& server, const std::filesystem::path& certs,
                                const Scenario& scenario);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_CLIENTS_H_
