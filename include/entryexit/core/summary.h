#ifndef ENTRYEXIT_CORE_SUMMARY_H_
#define ENTRYEXIT_CORE_SUMMARY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

// The figures of a summary report and what may be published of them.
namespace entryexit::core {

// What a report is about: the state of the world on a day, by what the service knew at a moment.
// The same scope gives the same report, whatever was recorded after `known_at`.
struct ReportScope {
  Date from;  // the period, both days included; from <= to
  Date to;
  Date as_of;          // the state of the world at the end of this day
  Timestamp known_at;  // what was recorded later is not seen

  friend auto operator<=>(const ReportScope&, const ReportScope&) = default;
};

// Stays whose last lawful day lies in the period, and what became of them by `as_of`.
enum class StayFigure {
  kExpectedDepartures,    // all of them
  kDeparted,              // departure recorded, late ones included
  kOutOfCountry,          // of those, departed late
  kSuspectedInCountry,    // no departure recorded, authorization over, no application pending
  kPending,               // the same with an application pending
  kDepartureNotRecorded,  // arrived again without a departure: that it departed is known, when is
                          // not
  kDepartureUnconfirmed,  // departed by the document, but the face was not matched
};
inline constexpr std::size_t kStayFigures = 7;
const char* NameOf(StayFigure figure);  // "expected_departures", ...

// Crossings in the period.
enum class CrossingFigure {
  kArrivals,
  kDepartures,
  kWithTemplate,              // of both, those whose capture gave a template
  kArrivalsWithoutDeparture,  // whose stay has no departure by `as_of`
  kDeparturesWithoutArrival,
  // What the machine said of departures, by the last comparison.
  kMatch,
  kNoMatch,
  kInconclusive,
  kNoReference,
  kLowQuality,
  kExempt,
  kOptedOut,
  kNotCaptured,  // of both, those recorded without a capture: imported from another system
};
inline constexpr std::size_t kCrossingFigures = 13;
const char* NameOf(CrossingFigure figure);  // "arrivals", ...

// A cell of a published report that is too small to be shown.
inline constexpr std::int64_t kSuppressed = -1;

// One row of figures.
template <typename Figure, std::size_t kSize>
class Figures {
 public:
  std::int64_t& operator[](Figure figure) { return cells_[static_cast<std::size_t>(figure)]; }
  std::int64_t operator[](Figure figure) const { return cells_[static_cast<std::size_t>(figure)]; }

  Figures& operator+=(const Figures& other) {
    for (std::size_t i = 0; i < kSize; ++i) cells_[i] += other.cells_[i];
    return *this;
  }

  friend auto operator<=>(const Figures&, const Figures&) = default;

 private:
  std::array<std::int64_t, kSize> cells_{};
};
using StayFigures = Figures<StayFigure, kStayFigures>;
using CrossingFigures = Figures<CrossingFigure, kCrossingFigures>;

// Both kinds of overstay, or those suspected in the country alone, over the expected departures;
// none without any, and where a cell that it is made of is suppressed.
std::optional<double> OverstayRate(const StayFigures& figures);
std::optional<double> InCountryRate(const StayFigures& figures);
// Crossings with a template over all that were captured or should have been; none without any, and
// where a cell is suppressed.
std::optional<double> CaptureRate(const CrossingFigures& figures);

// What the store counts.
struct StayCount {
  std::string nationality;         // ICAO 9303 code
  std::string class_of_admission;  // on arrival
  PortId port_id;                  // of arrival
  StayFigures figures;

  friend auto operator<=>(const StayCount&, const StayCount&) = default;
};
struct CrossingCount {
  PortId port_id;
  LaneId lane_id;
  CrossingFigures figures;

  friend auto operator<=>(const CrossingCount&, const CrossingCount&) = default;
};

struct Summary {
  struct Class {
    std::string nationality;
    std::string class_of_admission;
    StayFigures figures;
  };
  struct Port {
    PortId port_id;
    StayFigures figures;
  };
  std::vector<Class> by_class;         // by nationality and class
  std::vector<Port> by_port;           // by port of arrival
  StayFigures stays;                   // all of them
  std::vector<CrossingCount> by_lane;  // by port and lane
  CrossingFigures crossings;           // all of them
};

// Adds up what was counted; the order of the counts does not matter.
Summary Summarize(const std::vector<StayCount>& stays, const std::vector<CrossingCount>& crossings);

// What may be published: a row with a cell from 1 to `least_cell` - 1 is suppressed as a whole. As
// what the suppressed rows add up to is known from the total, there are at least two of them, and
// further ones, the smallest first, until no sum of theirs is small; where that takes all rows and
// a sum is small even so, the total is suppressed too. Within a suppressed row nothing is known, so
// no cell can be worked out from the others. Requires: least_cell >= 2.
Summary Suppressed(Summary summary, std::int64_t least_cell);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_SUMMARY_H_
