#ifndef ENTRYEXIT_SRC_CTL_TABLE_H_
#define ENTRYEXIT_SRC_CTL_TABLE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace entryexit::ctl {

enum class Colour { kNone, kGreen, kYellow, kRed, kBold };

// A text and how it should stand out.
struct Cell {
  Cell(std::string words, Colour how = Colour::kNone)  // NOLINT: cells are written as texts
      : text(std::move(words)), colour(how) {}
  Cell(const char* words) : text(words) {}  // NOLINT: as above

  std::string text;
  Colour colour = Colour::kNone;
};

// `text` for a terminal: control characters, which could steer it, become '?'.
std::string Printable(const std::string& text);

// `cell`, printable, with the escape codes of its colour when `colours`.
std::string Styled(const Cell& cell, bool colours);

enum class Align { kLeft, kRight };

// Writes rows in aligned columns. With widths that are known beforehand, rows can be written one by
// one as they arrive. Not thread-safe.
class Table {
 public:
  struct Column {
    std::string title;
    std::size_t width = 0;  // at least
    Align align = Align::kLeft;
  };

  Table(std::ostream& out, bool colours, std::vector<Column> columns);

  // Requires: one cell a column.
  void Add(std::vector<Cell> row);

  // Writes what was added since the last call; the first call writes the titles before it and
  // settles the widths.
  void Flush();

 private:
  void Write(const std::vector<Cell>& row);

  std::ostream& out_;
  const bool colours_;
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  bool titles_written_ = false;
};

using Field = std::pair<std::string, Cell>;

// Writes "  label  value" lines with the values in one column; a field without text is left out.
void WriteFields(std::ostream& out, bool colours, const std::vector<Field>& fields);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_TABLE_H_
