#include "src/postgres/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "entryexit/core/reason.h"

namespace entryexit::postgres {
namespace {

using nlohmann::json;

constexpr char kTimestampFormat[] = "%E4Y-%m-%d %H:%M:%E*S%Ez";  // also what PostgreSQL writes
constexpr absl::CivilDay kEpoch(1970, 1, 1);

// Replaces bytes that are not UTF-8 rather than throw; our ids and digests have none.
std::string TextOf(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename T>
bool ParseNumber(const char* text, T& out) {
  const char* end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, out);
  return error == std::errc() && parsed == end;
}

// Calls `read` for each element of the array `text`. The library throws at a missing key or another
// type, which is what tells us that the text is not ours.
template <typename Read>
bool ForEachOf(const char* text, const Read& read) {
  try {
    const json array = json::parse(text);
    return std::all_of(array.begin(), array.end(), read);
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace

Param Encode(std::string text) { return {std::move(text), false}; }
Param Encode(Bytes<const std::string> bytes) { return {bytes.value, true}; }
Param Encode(int value) { return {fmt::to_string(value), false}; }
// The shortest text that reads back as the same number, as PostgreSQL does it.
Param Encode(double value) { return {fmt::format("{}", value), false}; }

Param Encode(core::Timestamp time) {
  const absl::Time moment = absl::FromUnixMicros(time.time_since_epoch().count());
  return {absl::FormatTime(kTimestampFormat, moment, absl::UTCTimeZone()), false};
}

Param Encode(core::Date day) {
  // With all four digits of the year: PostgreSQL takes two for one of this century or the last.
  const std::chrono::year_month_day date(day);
  return {fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())),
          false};
}

Param Encode(core::Sex sex) {
  switch (sex) {
    case core::Sex::kFemale:
      return {"F", false};
    case core::Sex::kMale:
      return {"M", false};
    case core::Sex::kUnspecified:
      break;
  }
  return {"<", false};
}

Param Encode(const std::vector<core::QualityFinding>& findings) {
  json array = json::array();
  for (const core::QualityFinding& finding : findings) {
    array.push_back({{"issue", NameOf(finding.issue)},
                     {"measured", finding.measured},
                     {"limit", finding.limit}});
  }
  return {TextOf(array), false};
}

Param Encode(const std::vector<core::ReferenceDistance>& references) {
  json array = json::array();
  for (const core::ReferenceDistance& reference : references) {
    array.push_back({{"crossing_id", reference.crossing_id.value()},
                     {"digest", reference.digest},
                     {"distance", reference.distance}});
  }
  return {TextOf(array), false};
}

Param Encode(bool value) { return {value ? "true" : "false", false}; }

Param Encode(std::int64_t value) { return {fmt::to_string(value), false}; }

Param Encode(const std::vector<core::ErasureCount>& counts) {
  json array = json::array();
  for (const core::ErasureCount& count : counts) {
    array.push_back(
        {{"kind", NameOf(count.kind)}, {"rule", count.rule_id}, {"count", count.count}});
  }
  return {TextOf(array), false};
}

Param Encode(const std::vector<core::AuditHead>& heads) {
  json array = json::array();
  for (const core::AuditHead& head : heads) {
    array.push_back({{"chain", head.chain}, {"sequence", head.sequence}, {"digest", head.digest}});
  }
  return {TextOf(array), false};
}

bool Decode(const char* text, std::string& out) {
  out = text;
  return true;
}

bool Decode(const char* text, Bytes<std::string> out) {
  size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &size), &PQfreemem);
  if (bytes == nullptr) return false;
  out.value.assign(reinterpret_cast<const char*>(bytes.get()), size);
  return true;
}

bool Decode(const char* text, int& out) { return ParseNumber(text, out); }

bool Decode(const char* text, std::int64_t& out) { return ParseNumber(text, out); }

bool Decode(const char* text, double& out) { return ParseNumber(text, out); }

bool Decode(const char* text, bool& out) {
  const std::string_view value(text);
  out = value == "t";
  return out || value == "f";
}

bool Decode(const char* text, core::Timestamp& out) {
  absl::Time time;
  if (!absl::ParseTime(kTimestampFormat, text, &time, nullptr)) return false;
  out = core::Timestamp(std::chrono::microseconds(absl::ToUnixMicros(time)));
  return true;
}

bool Decode(const char* text, core::Date& out) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) return false;
  out = core::Date(std::chrono::days(day - kEpoch));
  return true;
}

bool Decode(const char* text, core::Sex& out) {
  for (const core::Sex sex : {core::Sex::kFemale, core::Sex::kMale, core::Sex::kUnspecified}) {
    out = sex;
    if (Encode(sex).value == text) return true;
  }
  return false;
}

bool SplitArray(const char* text, std::vector<std::string>& out) {
  std::string_view rest(text);
  if (!rest.starts_with('{') || !rest.ends_with('}')) return false;
  rest = rest.substr(1, rest.size() - 2);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    out.emplace_back(std::string(rest.substr(0, comma)));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return true;
}

bool Decode(const char* text, std::vector<core::QualityFinding>& out) {
  return ForEachOf(text, [&](const json& element) {
    core::QualityFinding& finding = out.emplace_back();
    finding.measured = element.at("measured").get<double>();
    finding.limit = element.at("limit").get<double>();
    return Decode(element.at("issue").get<std::string>().c_str(), finding.issue);
  });
}

bool Decode(const char* text, std::vector<core::ReferenceDistance>& out) {
  return ForEachOf(text, [&](const json& element) {
    out.push_back({core::CrossingId(element.at("crossing_id").get<std::string>()),
                   element.at("digest").get<std::string>(), element.at("distance").get<double>()});
    return true;
  });
}

bool Decode(const char* text, std::vector<core::ErasureCount>& out) {
  return ForEachOf(text, [&](const json& element) {
    core::ErasureCount& count = out.emplace_back();
    count.rule_id = element.at("rule").get<std::string>();
    count.count = element.at("count").get<std::int64_t>();
    return Decode(element.at("kind").get<std::string>().c_str(), count.kind);
  });
}

bool Decode(const char* text, std::vector<core::AuditHead>& out) {
  return ForEachOf(text, [&](const json& element) {
    out.push_back({element.at("chain").get<int>(), element.at("sequence").get<std::int64_t>(),
                   element.at("digest").get<std::string>()});
    return true;
  });
}

absl::Status RowReader::status() const {
  if (bad_column_ < 0) return absl::OkStatus();
  return core::MakeError(
      core::Reason::kStoredDataInvalid,
      fmt::format("column {} of a stored row cannot be read", PQfname(result_, bad_column_)));
}

}  // namespace entryexit::postgres
