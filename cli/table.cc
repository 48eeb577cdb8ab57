// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include <stdio.h>

#include "cli/printable.h"

#include <kj/debug.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr GAP = "  "_kj;

kj::String blanks(size_t count) {
  auto result = kj::heapString(count);
  for (char& c : result) c = ' ';
  return result;
}

kj::String padded(kj::StringPtr text, Colour colour, size_t width, bool right, bool last) {
  size_t used = columns(text);
  kj::String fill = blanks(width > used ? width - used : 0);
  if (right) return kj::str(fill, painted(text, colour));
  if (last) return painted(text, colour);  // no blanks at the end of a line
  return kj::str(painted(text, colour), fill);
}

}  // namespace

Table::Table(std::initializer_list<Column> given) {
  for (auto& column : given)
    widths.add(Width{column, kj::max(columns(column.title), column.least)});
}

void Table::addRow(kj::Array<Cell> row) {
  KJ_REQUIRE(row.size() == widths.size(), "a row has one cell a column");
  for (size_t i = 0; i < row.size(); i++) {
    row[i].text = printable(row[i].text);
    widths[i].width = kj::max(widths[i].width, columns(row[i].text));
  }
  rows.add(kj::mv(row));
}

kj::String Table::headings() const {
  auto parts = kj::heapArrayBuilder<kj::String>(widths.size());
  for (auto& w : widths)
    parts.add(padded(w.column.title, Colour::DIM, w.width, w.column.right, &w == &widths.back()));
  return kj::str(kj::strArray(parts, GAP.cStr()), '\n');
}

kj::String Table::line(kj::ArrayPtr<const Cell> row) const {
  auto parts = kj::heapArrayBuilder<kj::String>(row.size());
  for (size_t i = 0; i < row.size(); i++)
    parts.add(padded(row[i].text, row[i].colour, widths[i].width, widths[i].column.right,
                     i + 1 == row.size()));
  auto joined = kj::strArray(parts, GAP.cStr());
  size_t end = joined.size();
  while (end > 0 && joined[end - 1] == ' ') end--;
  return kj::str(joined.slice(0, end), '\n');
}

kj::String Table::text() const {
  if (rows.empty()) return kj::str();
  auto lines = kj::heapArrayBuilder<kj::String>(rows.size() + 1);
  lines.add(headings());
  for (auto& row : rows) lines.add(line(row));
  return kj::strArray(lines, "");
}

kj::String Table::takeText(bool withHeadings) {
  auto lines = KJ_MAP(row, rows) {
    return line(row);
  };
  rows.clear();
  return kj::str(withHeadings ? headings() : kj::String(), kj::strArray(lines, ""));
}

kj::String rounded(double value, int digits) {
  char text[40];
  snprintf(text, sizeof text, "%.*f", digits, value);
  return kj::str(text);
}

}  // namespace portreeve::cli
