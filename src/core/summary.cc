#include "entryexit/core/summary.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <utility>

namespace entryexit::core {
namespace {

// Cells of which one is the sum of the others: from all but one of them that one is known.
using Relation = std::vector<std::int64_t*>;

constexpr std::array kEnds = {StayFigure::kExpectedDepartures, StayFigure::kDeparted,
                              StayFigure::kSuspectedInCountry, StayFigure::kPending,
                              StayFigure::kDepartureNotRecorded};
constexpr std::array kOutcomes = {CrossingFigure::kDepartures,  CrossingFigure::kMatch,
                                  CrossingFigure::kNoMatch,     CrossingFigure::kInconclusive,
                                  CrossingFigure::kNoReference, CrossingFigure::kLowQuality,
                                  CrossingFigure::kExempt,      CrossingFigure::kOptedOut};

// When the period is over, each expected departure ended in one of these ways.
void RelateRow(StayFigures& row, std::vector<Relation>& relations) {
  Relation& relation = relations.emplace_back();
  for (const StayFigure figure : kEnds) relation.push_back(&row[figure]);
}

void RelateRow(CrossingFigures& row, std::vector<Relation>& relations) {
  Relation& relation = relations.emplace_back();
  for (const CrossingFigure figure : kOutcomes) relation.push_back(&row[figure]);
}

template <typename Figure, std::size_t kSize, typename Row>
void RelateTable(std::vector<Row>& rows, Figures<Figure, kSize>& total,
                 std::vector<Relation>& relations) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const auto figure = static_cast<Figure>(i);
    Relation column = {&total[figure]};
    for (Row& row : rows) column.push_back(&row.figures[figure]);
    relations.push_back(std::move(column));
  }
  for (Row& row : rows) RelateRow(row.figures, relations);
  RelateRow(total, relations);
}

// The smallest cell that is shown and not 0; null when there is none.
std::int64_t* SmallestShown(const Relation& relation) {
  std::int64_t* smallest = nullptr;
  for (std::int64_t* cell : relation) {
    if (*cell > 0 && (smallest == nullptr || *cell < *smallest)) smallest = cell;
  }
  return smallest;
}

void Suppress(const std::vector<Relation>& relations, std::int64_t least_cell) {
  for (const Relation& relation : relations) {
    for (std::int64_t* cell : relation) {
      if (*cell > 0 && *cell < least_cell) *cell = kSuppressed;
    }
  }
  const auto gives_one_away = [](const Relation& relation) {
    return std::ranges::count_if(relation, [](auto* cell) { return *cell == kSuppressed; }) == 1 &&
           SmallestShown(relation) != nullptr;
  };
  // A cell that is suppressed here may be the only one of another relation.
  for (auto found = std::ranges::find_if(relations, gives_one_away); found != relations.end();
       found = std::ranges::find_if(relations, gives_one_away)) {
    *SmallestShown(*found) = kSuppressed;
  }
}

// `over` summed over `under`; none when a cell is suppressed or `under` is 0.
std::optional<double> Rate(std::initializer_list<std::int64_t> over, std::int64_t under) {
  if (under <= 0 || std::ranges::find(over, kSuppressed) != over.end()) return std::nullopt;
  std::int64_t sum = 0;
  for (const std::int64_t cell : over) sum += cell;
  return static_cast<double>(sum) / static_cast<double>(under);
}

}  // namespace

const char* NameOf(StayFigure figure) {
  switch (figure) {
    case StayFigure::kExpectedDepartures:
      return "expected_departures";
    case StayFigure::kDeparted:
      return "departed";
    case StayFigure::kOutOfCountry:
      return "out_of_country";
    case StayFigure::kSuspectedInCountry:
      return "suspected_in_country";
    case StayFigure::kPending:
      return "pending";
    case StayFigure::kDepartureNotRecorded:
      return "departure_not_recorded";
  }
  return "unknown";
}

const char* NameOf(CrossingFigure figure) {
  switch (figure) {
    case CrossingFigure::kArrivals:
      return "arrivals";
    case CrossingFigure::kDepartures:
      return "departures";
    case CrossingFigure::kWithTemplate:
      return "with_template";
    case CrossingFigure::kArrivalsWithoutDeparture:
      return "arrivals_without_departure";
    case CrossingFigure::kDeparturesWithoutArrival:
      return "departures_without_arrival";
    case CrossingFigure::kMatch:
      return "match";
    case CrossingFigure::kNoMatch:
      return "no_match";
    case CrossingFigure::kInconclusive:
      return "inconclusive";
    case CrossingFigure::kNoReference:
      return "no_reference";
    case CrossingFigure::kLowQuality:
      return "low_quality";
    case CrossingFigure::kExempt:
      return "exempt";
    case CrossingFigure::kOptedOut:
      return "opted_out";
  }
  return "unknown";
}

std::optional<double> OverstayRate(const StayFigures& figures) {
  return Rate({figures[StayFigure::kOutOfCountry], figures[StayFigure::kSuspectedInCountry]},
              figures[StayFigure::kExpectedDepartures]);
}

std::optional<double> InCountryRate(const StayFigures& figures) {
  return Rate({figures[StayFigure::kSuspectedInCountry]}, figures[StayFigure::kExpectedDepartures]);
}

std::optional<double> CaptureRate(const CrossingFigures& figures) {
  const std::int64_t arrivals = figures[CrossingFigure::kArrivals];
  const std::int64_t departures = figures[CrossingFigure::kDepartures];
  if (arrivals == kSuppressed || departures == kSuppressed) return std::nullopt;
  return Rate({figures[CrossingFigure::kWithTemplate]}, arrivals + departures);
}

Summary Summarize(const std::vector<StayCount>& stays,
                  const std::vector<CrossingCount>& crossings) {
  std::map<std::pair<std::string, std::string>, StayFigures> by_class;
  std::map<PortId, StayFigures> by_port;
  std::map<std::pair<PortId, LaneId>, CrossingFigures> by_lane;
  Summary summary;
  for (const StayCount& count : stays) {
    by_class[{count.nationality, count.class_of_admission}] += count.figures;
    by_port[count.port_id] += count.figures;
    summary.stays += count.figures;
  }
  for (const CrossingCount& count : crossings) {
    by_lane[{count.port_id, count.lane_id}] += count.figures;
    summary.crossings += count.figures;
  }
  for (const auto& [key, figures] : by_class) {
    summary.by_class.push_back({key.first, key.second, figures});
  }
  for (const auto& [port_id, figures] : by_port) summary.by_port.push_back({port_id, figures});
  for (const auto& [key, figures] : by_lane) {
    summary.by_lane.push_back({key.first, key.second, figures});
  }
  return summary;
}

Summary Suppressed(Summary summary, std::int64_t least_cell) {
  std::vector<Relation> relations;
  RelateTable(summary.by_class, summary.stays, relations);
  RelateTable(summary.by_port, summary.stays, relations);
  RelateTable(summary.by_lane, summary.crossings, relations);
  Suppress(relations, least_cell);
  return summary;
}

}  // namespace entryexit::core
