// SPDX-License-Identifier: GPL-3.0-or-later
// What many rows share is in the database once, and they name it by its id: texts, files, programs.
// The latest ids are remembered, so that most rows cost no question.
#pragma once

#include "history/sqlite.h"
#include "proto/view.capnp.h"

#include <kj/string.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace portreeve::history {

class Dictionary {
  // For the writer's thread, within a transaction of the caller's.
public:
  explicit Dictionary(Database& database);
  KJ_DISALLOW_COPY(Dictionary);

  // Each is added where it is not there yet; 0 for what is empty.
  int64_t textId(kj::StringPtr text);
  int64_t executableId(kj::StringPtr path);
  int64_t programId(
      proto::view::Program::Reader program);  // pid, parents, method, confidence apart
  int64_t parentsId(proto::view::Program::Reader program);

  void forget();
  // After a transaction was rolled back, or rows were removed: what is remembered may not be there.

private:
  using Ids = std::unordered_map<std::string, int64_t>;
  Database& database;
  Ids texts, executables, programs;
  Statement findText, addText, findExecutable, addExecutable, findProgram, addProgram;

  template <typename Find, typename Add>
  int64_t idOf(Ids& remembered, std::string key, Find&& find, Add&& add);
  // Both are statements with their parameters, made when they are needed.
};

}  // namespace portreeve::history
