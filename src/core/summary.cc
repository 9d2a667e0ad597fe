#include "entryexit/core/summary.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

namespace entryexit::core {
namespace {

// A table of which some rows are left out.
template <typename Figure, std::size_t kSize>
class Table {
 public:
  using Row = Figures<Figure, kSize>;

  Table(std::vector<Row*> rows, Row& total, std::int64_t least_cell)
      : shown_(std::move(rows)), total_(total), least_cell_(least_cell) {}

  // A row that is hidden alone is the total less the others, so it takes two; and what the hidden
  // ones add up to is known in the same way, so it must not be small either.
  void Suppress() {
    for (std::size_t i = 0; i < shown_.size();) {
      if (HasSmallCell(*shown_[i])) {
        Hide(i);
      } else {
        ++i;
      }
    }
    while (!shown_.empty() && GivesAway()) Hide(SmallestShown());
    if (GivesAway()) Blank(total_);
    for (Row* row : hidden_) Blank(*row);
  }

 private:
  bool IsSmall(std::int64_t cell) const { return cell > 0 && cell < least_cell_; }

  bool HasSmallCell(const Row& row) const {
    for (std::size_t i = 0; i < kSize; ++i) {
      if (IsSmall(row[static_cast<Figure>(i)])) return true;
    }
    return false;
  }

  bool GivesAway() const {
    if (hidden_.empty()) return false;
    Row sum;
    for (const Row* row : hidden_) sum += *row;
    return hidden_.size() == 1 || HasSmallCell(sum);
  }

  void Hide(std::size_t i) {
    hidden_.push_back(shown_[i]);
    shown_.erase(shown_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  // By the first figure, which the others are a part of.
  std::size_t SmallestShown() const {
    const auto smallest = std::ranges::min_element(
        shown_, {}, [](const Row* row) { return (*row)[static_cast<Figure>(0)]; });
    return static_cast<std::size_t>(smallest - shown_.begin());
  }

  static void Blank(Row& row) {
    for (std::size_t i = 0; i < kSize; ++i) row[static_cast<Figure>(i)] = kSuppressed;
  }

  std::vector<Row*> shown_;
  std::vector<Row*> hidden_;
  Row& total_;
  const std::int64_t least_cell_;
};

template <typename Figure, std::size_t kSize, typename Row>
void SuppressRows(std::vector<Row>& rows, Figures<Figure, kSize>& total, std::int64_t least_cell) {
  std::vector<Figures<Figure, kSize>*> figures;
  for (Row& row : rows) figures.push_back(&row.figures);
  Table<Figure, kSize>(std::move(figures), total, least_cell).Suppress();
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
    case StayFigure::kDepartureUnconfirmed:
      return "departure_unconfirmed";
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
    case CrossingFigure::kNotCaptured:
      return "not_captured";
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
  return Rate({figures[CrossingFigure::kWithTemplate]},
              arrivals + departures - figures[CrossingFigure::kNotCaptured]);
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
  // Two tables have the same total.
  StayFigures of_ports = summary.stays;
  SuppressRows(summary.by_class, summary.stays, least_cell);
  SuppressRows(summary.by_port, of_ports, least_cell);
  if (of_ports[StayFigure::kExpectedDepartures] == kSuppressed) summary.stays = of_ports;
  SuppressRows(summary.by_lane, summary.crossings, least_cell);
  return summary;
}

}  // namespace entryexit::core
