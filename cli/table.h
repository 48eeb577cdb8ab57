// SPDX-License-Identifier: GPL-3.0-or-later
// Rows under headings, each column as wide as its widest cell. For rows that are not known
// beforehand (`--follow`) the columns can be given a width to start with.
#pragma once

#include "cli/terminal.h"

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <initializer_list>

namespace portreeve::cli {

struct Column {
  kj::StringPtr title;
  bool right = false;  // numbers
  size_t least = 0;    // columns of a terminal
};

struct Cell {
  kj::String text;  // made printable by the table
  Colour colour = Colour::NONE;

  Cell(kj::String text, Colour colour = Colour::NONE) : text(kj::mv(text)), colour(colour) {}
  Cell(kj::StringPtr text, Colour colour = Colour::NONE) : text(kj::str(text)), colour(colour) {}
  Cell(const char* text) : text(kj::str(text)) {}
};

class Table {
public:
  explicit Table(std::initializer_list<Column> columns);

  template <typename... Cells>
  void add(Cells&&... cells) {
    addRow(kj::arr(Cell(kj::fwd<Cells>(cells))...));
  }

  kj::String text() const;
  // Headings and all rows, each ended by a line end; empty where there is no row.

  kj::String takeText(bool withHeadings);
  // The rows added since the last call, in columns that only ever grow wider.

private:
  struct Width {
    Column column;
    size_t width;
  };
  kj::Vector<Width> widths;
  kj::Vector<kj::Array<Cell>> rows;

  void addRow(kj::Array<Cell> row);
  kj::String headings() const;
  kj::String line(kj::ArrayPtr<const Cell> row) const;
};

kj::String rounded(double value, int digits);  // so many behind the point

}  // namespace portreeve::cli
