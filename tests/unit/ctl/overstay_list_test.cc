#include "ctl/overstay_list.h"

#include <gtest/gtest.h>

#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

TEST(OverstayCsv, HasARecordForEachWithBothTimes) {
  v1::ListOverstaysRequest request;
  *request.mutable_as_of() = client::ParseDate("2026-05-01").value();
  *request.mutable_known_at() = client::ParseTimestamp("2026-05-02T12:00:00Z").value();
  v1::ListOverstaysResponse overstay;
  overstay.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  overstay.set_days_overstayed(190);
  overstay.set_days_before_18(3);
  overstay.set_band(v1::OVERSTAY_BAND_OVER_180_DAYS);
  overstay.set_disputed(true);
  v1::Stay& stay = *overstay.mutable_stay();
  stay.set_traveler_id("t");
  stay.set_port_id("SEA");
  stay.set_class_of_admission("B-2");
  stay.set_arrival_crossing_id("a");
  stay.set_departure_crossing_id("d");
  *stay.mutable_arrived_on() = client::ParseDate("2025-08-01").value();
  *stay.mutable_authorized_until() = client::ParseDate("2025-10-01").value();
  *stay.mutable_departed_on() = client::ParseDate("2026-04-09").value();

  EXPECT_EQ(OverstayCsvHeader(),
            "as_of,known_at,kind,days_overstayed,days_before_18,band,traveler_id,port_id,"
            "class_of_admission,arrived_on,authorized_until,departed_on,arrival_crossing_id,"
            "departure_crossing_id,disputed\r\n");
  EXPECT_EQ(OverstayCsvRecord(request, overstay),
            "2026-05-01,2026-05-02T12:00:00Z,OUT_OF_COUNTRY,190,3,OVER_180_DAYS,t,SEA,B-2,"
            "2025-08-01,2025-10-01,2026-04-09,a,d,true\r\n");
}

TEST(OverstayCsv, LeavesEmptyWhatThereIsNot) {
  v1::ListOverstaysRequest request;
  *request.mutable_as_of() = client::ParseDate("2026-05-01").value();
  v1::ListOverstaysResponse overstay;
  overstay.set_kind(v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  overstay.set_days_overstayed(1);
  overstay.set_days_before_18(1);
  EXPECT_EQ(OverstayCsvRecord(request, overstay),
            "2026-05-01,,SUSPECTED_IN_COUNTRY,1,1,,,,,,,,,,false\r\n");
}

}  // namespace
}  // namespace entryexit::ctl
