// SPDX-License-Identifier: GPL-3.0-or-later
// What the rows of an answer refer to by id: texts, programs. Read when first needed, and kept
// while the answer is made.
#pragma once

#include "history/sqlite.h"
#include "proto/view.capnp.h"

#include <kj/string.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace portreeve::history {

struct ProgramRow {
  std::string path, name, cmdline, user, unit, kind, reason, details;
  uint32_t uid = 0xffffffff;
};

class Texts {
public:
  explicit Texts(Database& database);

  kj::StringPtr text(int64_t id);        // empty for one that is not there
  kj::StringPtr executable(int64_t id);  // path
  const ProgramRow& program(int64_t id);
  // All valid while this object lives.

private:
  Statement findText, findExecutable, findProgram;
  std::unordered_map<int64_t, std::string> texts, executables;
  std::unordered_map<int64_t, ProgramRow> programs;
};

void fillProgram(proto::view::Program::Builder to, Texts& texts, int64_t program, int64_t pid,
                 int64_t parents, int64_t method, int64_t confidence);

template <typename Each>
void eachLine(kj::StringPtr text, Each&& each) {
  // each(word before the first blank, the rest)
  while (text.size() > 0) {
    size_t end = text.findFirst('\n').orDefault(text.size());
    auto line = text.slice(0, end);
    size_t blank = 0;
    while (blank < line.size() && line[blank] != ' ') blank++;
    each(line.slice(0, blank), line.slice(kj::min(blank + 1, line.size()), line.size()));
    text = end == text.size() ? kj::StringPtr() : text.slice(end + 1);
  }
}

}  // namespace portreeve::history
