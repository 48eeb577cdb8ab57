// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/dictionary.h"

#include "history/details.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t MOST_REMEMBERED = 20'000;  // ids, each of the three caches

std::string_view viewOf(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

int64_t digestOf(std::string_view key) {
  // Only ever compared within one database that this build wrote; a collision costs a comparison.
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return int64_t(hash);
}

void remember(std::unordered_map<std::string, int64_t>& cache, std::string key, int64_t id) {
  if (cache.size() >= MOST_REMEMBERED) cache.clear();
  cache.emplace(std::move(key), id);
}

}  // namespace

Dictionary::Dictionary(Database& database)
    : database(database),
      findText(database, "SELECT id FROM text WHERE value = ?"),
      addText(database, "INSERT INTO text(value) VALUES(?)"),
      findExecutable(database, "SELECT id FROM executable WHERE path = ?"),
      addExecutable(database, "INSERT INTO executable(path, name) VALUES(?, ?)"),
      findProgram(
          database,
          "SELECT id FROM program WHERE digest = ? AND executable = ? AND name = ? AND "
          "cmdline = ? AND user = ? AND uid = ? AND unit = ? AND kind = ? AND reason = ? AND "
          "details = ?"),
      addProgram(database,
                 "INSERT INTO program(digest, executable, name, cmdline, user, uid, unit, kind, "
                 "reason, details) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

void Dictionary::forget() {
  texts.clear();
  executables.clear();
  programs.clear();
}

int64_t Dictionary::textId(kj::StringPtr text) {
  if (text.size() == 0) return 0;
  std::string key(viewOf(text));
  auto known = texts.find(key);
  if (known != texts.end()) return known->second;
  int64_t id = 0;
  if (findText.start().bind(text).step()) {
    id = findText.number(0);
    findText.start();
  } else {
    addText.start().bind(text).run();
    id = database.lastId();
  }
  remember(texts, std::move(key), id);
  return id;
}

int64_t Dictionary::executableId(kj::StringPtr path) {
  if (path.size() == 0) return 0;
  std::string key(viewOf(path));
  auto known = executables.find(key);
  if (known != executables.end()) return known->second;
  int64_t id = 0;
  if (findExecutable.start().bind(path).step()) {
    id = findExecutable.number(0);
    findExecutable.start();
  } else {
    kj::StringPtr last = path;
    KJ_IF_MAYBE (slash, path.findLast('/')) last = path.slice(*slash + 1);
    addExecutable.start().bind(path).bind(last).run();
    id = database.lastId();
  }
  remember(executables, std::move(key), id);
  return id;
}

int64_t Dictionary::programId(view::Program::Reader program) {
  auto details = detailsOf(program);
  auto joined = kj::str(program.getPath(), '\0', program.getName(), '\0', program.getCmdline(),
                        '\0', program.getUser(), '\0', program.getUid(), '\0', program.getUnit(),
                        '\0', program.getKind(), '\0', program.getReason(), '\0', details);
  std::string key(viewOf(joined));
  auto known = programs.find(key);
  if (known != programs.end()) return known->second;
  int64_t digest = digestOf(key);
  auto bindAll = [&](Statement& statement) -> Statement& {
    int64_t executable = executableId(program.getPath());
    int64_t name = textId(program.getName()), user = textId(program.getUser());
    int64_t unit = textId(program.getUnit()), kind = textId(program.getKind());
    int64_t reason = textId(program.getReason()), more = textId(details);
    return statement.start()
        .bind(digest)
        .bind(executable)
        .bind(name)
        .bind(kj::StringPtr(program.getCmdline()))
        .bind(user)
        .bind(int64_t(program.getUid()))
        .bind(unit)
        .bind(kind)
        .bind(reason)
        .bind(more);
  };
  int64_t id = 0;
  if (bindAll(findProgram).step()) {
    id = findProgram.number(0);
    findProgram.start();
  } else {
    bindAll(addProgram).run();
    id = database.lastId();
  }
  remember(programs, std::move(key), id);
  return id;
}

int64_t Dictionary::parentsId(view::Program::Reader program) {
  kj::Vector<kj::String> lines;
  for (auto parent : program.getParents())
    lines.add(kj::str(parent.getPid(), ' ', parent.getPath()));
  return textId(kj::strArray(lines, "\n"));
}

}  // namespace portreeve::history
