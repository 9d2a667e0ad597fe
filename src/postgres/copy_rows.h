#ifndef ENTRYEXIT_SRC_POSTGRES_COPY_ROWS_H_
#define ENTRYEXIT_SRC_POSTGRES_COPY_ROWS_H_

#include <string>

#include "src/postgres/values.h"

namespace entryexit::postgres {

// Rows in the text format of COPY: the values of an INSERT's parameters, so that a table's columns
// are listed once. Not thread-safe.
class CopyRows {
 public:
  // Requires: no value is binary.
  void Add(const Params& row);

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  // Whether a text holds a NUL, which PostgreSQL cannot store.
  bool holds_nul() const { return holds_nul_; }

 private:
  void AddValue(const std::string& value);

  std::string text_;
  bool holds_nul_ = false;
};

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_COPY_ROWS_H_
