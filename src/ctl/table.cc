#include "ctl/table.h"

#include <algorithm>
#include <cctype>

namespace entryexit::ctl {
namespace {

const char* EscapeOf(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kNone:
      break;
  }
  return "";
}

}  // namespace

std::string Printable(const std::string& text) {
  std::string printable = text;
  for (char& letter : printable) {
    if (std::iscntrl(static_cast<unsigned char>(letter)) != 0) letter = '?';
  }
  return printable;
}

std::string Styled(const Cell& cell, bool colours) {
  if (!colours || cell.colour == Colour::kNone) return Printable(cell.text);
  return EscapeOf(cell.colour) + Printable(cell.text) + "\x1b[0m";
}

Table::Table(std::ostream& out, bool colours, std::vector<Column> columns)
    : out_(out), colours_(colours), columns_(std::move(columns)) {}

void Table::Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

void Table::Flush() {
  if (!titles_written_) {
    std::vector<Cell> titles;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      std::size_t& width = columns_[i].width;
      width = std::max(width, columns_[i].title.size());
      for (const auto& row : rows_) width = std::max(width, row[i].text.size());
      titles.emplace_back(columns_[i].title, Colour::kBold);
    }
    Write(titles);
    titles_written_ = true;
  }
  for (const auto& row : rows_) Write(row);
  rows_.clear();
  out_.flush();
}

void Table::Write(const std::vector<Cell>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t used = std::min(row[i].text.size(), columns_[i].width);
    const std::string padding(columns_[i].width - used, ' ');
    const bool is_last = i + 1 == row.size();
    if (columns_[i].align == Align::kRight) {
      out_ << padding << Styled(row[i], colours_);
    } else {
      out_ << Styled(row[i], colours_) << (is_last ? "" : padding);
    }
    if (!is_last) out_ << "  ";
  }
  out_ << '\n';
}

void WriteFields(std::ostream& out, bool colours, const std::vector<Field>& fields) {
  std::size_t width = 0;
  for (const auto& [label, value] : fields) {
    if (!value.text.empty()) width = std::max(width, label.size());
  }
  for (const auto& [label, value] : fields) {
    if (value.text.empty()) continue;
    out << "  " << label << std::string(width - label.size() + 2, ' ') << Styled(value, colours)
        << '\n';
  }
}

}  // namespace entryexit::ctl
