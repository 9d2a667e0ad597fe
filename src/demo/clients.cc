#include "src/demo/clients.h"

#include "entryexit/client/channel.h"

namespace entryexit::demo {
namespace {

template <typename Service>
absl::StatusOr<std::unique_ptr<typename Service::Stub>> ConnectAs(
    const std::string& server, const std::filesystem::path& directory) {
  auto channel = client::OpenChannel(server, client::CredentialsIn(directory));
  if (!channel.ok()) return channel.status();
  return Service::NewStub(*channel);
}

}  // namespace

absl::StatusOr<Clients> Connect(const std::string& server, const std::filesystem::path& certs,
                                const Scenario& scenario) {
  Clients clients;
  for (const auto& [id, lane] : scenario.lanes) {
    auto stub = ConnectAs<v1::LaneService>(server, certs / ("lane-" + id));
    if (!stub.ok()) return stub.status();
    clients.lanes[id] = *std::move(stub);
  }
  auto officer = ConnectAs<v1::BackOfficeService>(server, certs / "officer-4711");
  if (!officer.ok()) return officer.status();
  clients.officer = *std::move(officer);
  auto second_officer = ConnectAs<v1::BackOfficeService>(server, certs / "officer-4712");
  if (!second_officer.ok()) return second_officer.status();
  clients.second_officer = *std::move(second_officer);
  auto report = ConnectAs<v1::ReportService>(server, certs / "report-nightly");
  if (!report.ok()) return report.status();
  clients.report = *std::move(report);
  return clients;
}

}  // namespace entryexit::demo
