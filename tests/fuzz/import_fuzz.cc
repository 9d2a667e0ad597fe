// Files of crossings to import: JSON lines where the file begins with a brace, CSV otherwise.
#include <memory>
#include <string>

#include "ctl/import_row.h"
#include "ctl/line_reader.h"
#include "entryexit/core/travel_document.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/require.h"

namespace entryexit::fuzz {
namespace {

void CheckRow(const v1::ImportRow& row) {
  const v1::TravelDocument& document = row.document();
  core::TravelDocument same;
  same.issuing_state = document.issuing_state();
  same.number = document.number();
  same.nationality = document.nationality();
  const auto normalized = core::Normalized(same);
  Require(normalized.ok() && *normalized == same, "the document of a row is normalized");
  Require(row.has_captured_at() && !row.lane_id().empty(), "what is required is there");
  Require(row.has_admission() == (row.direction() == v1::DIRECTION_ARRIVAL),
          "arrivals, and they alone, have an admission");
}

void ReadLine(const ctl::Line& line, ctl::ImportParser& parser) {
  ctl::ImportFields fields;
  absl::Status status = parser.Read(line.text, fields);
  v1::ImportRow row;
  if (status.ok()) status = ctl::MakeImportRow(fields, row);
  RequireReason(status);
  if (status.ok()) CheckRow(row);
}

void ReadLines(ctl::LineReader& reader, ctl::ImportParser& parser) {
  std::int64_t lines = 0;
  bool header_expected = parser.has_header();
  for (ctl::Line line;;) {
    const auto more = reader.Next(line);
    Require(more.ok(), "a file in memory can be read");
    if (!*more) return;
    Require(line.number == ++lines, "lines are numbered");
    Require(line.text.find('\n') == std::string_view::npos, "a line has no line break");
    Require(!line.too_long || line.text.empty(), "nothing is kept of a line that is too long");
    if (header_expected) {
      header_expected = false;
      const absl::Status header = parser.ReadHeader(line.text);
      RequireReason(header);
      if (!header.ok()) return;
    } else if (!line.too_long) {
      ReadLine(line, parser);
    }
  }
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = entryexit::fuzz;
  namespace ctl = entryexit::ctl;
  static const fuzz::MemoryFile kFile;
  const std::string_view text = fuzz::TextOf(data, size);
  kFile.Write(text);
  const auto reader = ctl::LineReader::Open(kFile.path());
  fuzz::RequireReason(reader.status());
  if (!reader.ok()) return 0;
  std::unique_ptr<ctl::ImportParser> parser;
  if (text.starts_with('{')) {
    parser = std::make_unique<ctl::JsonImportParser>();
  } else {
    parser = std::make_unique<ctl::CsvImportParser>();
  }
  fuzz::ReadLines(**reader, *parser);
  return 0;
}
