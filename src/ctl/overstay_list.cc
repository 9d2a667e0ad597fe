#include "ctl/overstay_list.h"

#include "ctl/csv.h"
#include "ctl/describe.h"
#include "ctl/interrupt.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

Cell BandCell(v1::OverstayBand band) {
  switch (band) {
    case v1::OVERSTAY_BAND_UNSPECIFIED:
      return {"-"};
    case v1::OVERSTAY_BAND_OVER_180_DAYS:
      return {client::NameOf(band), Colour::kYellow};
    case v1::OVERSTAY_BAND_YEAR_OR_MORE:
      return {client::NameOf(band), Colour::kRed};
    default:
      return {client::NameOf(band)};
  }
}

std::string DayText(bool present, const v1::Date& date) {
  return present ? client::FormatDate(date) : "";
}

}  // namespace

absl::Status ReadOverstays(v1::ReportService::Stub& stub, const v1::ListOverstaysRequest& request,
                           const client::Purpose& purpose,
                           const std::function<bool(const v1::ListOverstaysResponse&)>& take) {
  grpc::ClientContext call;
  client::SayPurpose(purpose, call);
  const auto stream = stub.ListOverstays(&call, request);
  const InterruptGuard guard([&call] { call.TryCancel(); });
  v1::ListOverstaysResponse overstay;
  bool wanted = true;
  while (wanted && stream->Read(&overstay)) wanted = take(overstay);
  if (!wanted) call.TryCancel();
  const absl::Status status = client::ToStatus(stream->Finish(), call);
  if (!wanted) return absl::OkStatus();
  return InterruptGuard::interrupted() ? core::MakeError(core::Reason::kCancelled, "interrupted")
                                       : status;
}

Table OverstayTable(const Context& context) {
  return context.MakeTable({{"KIND", 20},
                            {"DAYS", 5},
                            {"BEFORE 18", 9},
                            {"BAND", 14},
                            {"ARRIVED", 10},
                            {"CLASS", 8},
                            {"AUTHORIZED UNTIL", 16},
                            {"DEPARTED", 10},
                            {"PORT", 4},
                            {"DISPUTED", 8},
                            {"TRAVELER"}});
}

std::vector<Cell> OverstayRow(const v1::ListOverstaysResponse& overstay) {
  const v1::Stay& stay = overstay.stay();
  return {client::NameOf(overstay.kind()),
          std::to_string(overstay.days_overstayed()),
          overstay.days_before_18() > 0 ? std::to_string(overstay.days_before_18()) : "-",
          BandCell(overstay.band()),
          client::FormatDate(stay.arrived_on()),
          stay.class_of_admission(),
          client::FormatDate(stay.authorized_until()),
          stay.has_departed_on() ? client::FormatDate(stay.departed_on()) : "-",
          stay.port_id(),
          DisputedCell(overstay.disputed()),
          stay.traveler_id()};
}

std::string OverstayCsvHeader() {
  return CsvRecord({"as_of", "known_at", "kind", "days_overstayed", "days_before_18", "band",
                    "traveler_id", "port_id", "class_of_admission", "arrived_on",
                    "authorized_until", "departed_on", "arrival_crossing_id",
                    "departure_crossing_id", "disputed"});
}

std::string OverstayCsvRecord(const v1::ListOverstaysRequest& request,
                              const v1::ListOverstaysResponse& overstay) {
  const v1::Stay& stay = overstay.stay();
  const bool counts = overstay.band() != v1::OVERSTAY_BAND_UNSPECIFIED;
  return CsvRecord({client::FormatDate(request.as_of()),
                    request.has_known_at() ? client::FormatTimestamp(request.known_at()) : "",
                    client::NameOf(overstay.kind()), std::to_string(overstay.days_overstayed()),
                    std::to_string(overstay.days_before_18()),
                    counts ? client::NameOf(overstay.band()) : "", stay.traveler_id(),
                    stay.port_id(), stay.class_of_admission(),
                    DayText(stay.has_arrived_on(), stay.arrived_on()),
                    DayText(stay.has_authorized_until(), stay.authorized_until()),
                    DayText(stay.has_departed_on(), stay.departed_on()), stay.arrival_crossing_id(),
                    stay.departure_crossing_id(), overstay.disputed() ? "true" : "false"});
}

}  // namespace entryexit::ctl
