// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/dictionary.h"

#include "history/details.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t MOST_REMEMBERED = 20'000;  // ids, each of the three caches

std::string keyOf(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

int64_t digestOf(kj::StringPtr key) {
  // Only ever compared within one database that this build wrote; a collision costs a comparison.
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return int64_t(hash);
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

template <typename Find, typename Add>
int64_t Dictionary::idOf(Ids& remembered, std::string key, Find&& find, Add&& add) {
  auto known = remembered.find(key);
  if (known != remembered.end()) return known->second;
  int64_t id = 0;
  Statement& found = find();
  if (found.step()) {
    id = found.number(0);
    found.start();
  } else {
    add().run();
    id = database.lastId();
  }
  if (remembered.size() >= MOST_REMEMBERED) remembered.clear();
  remembered.emplace(std::move(key), id);
  return id;
}

int64_t Dictionary::textId(kj::StringPtr text) {
  if (text.size() == 0) return 0;
  return idOf(
      texts, keyOf(text), [&]() -> Statement& { return findText.start().bind(text); },
      [&]() -> Statement& { return addText.start().bind(text); });
}

int64_t Dictionary::executableId(kj::StringPtr path) {
  if (path.size() == 0) return 0;
  return idOf(
      executables, keyOf(path), [&]() -> Statement& { return findExecutable.start().bind(path); },
      [&]() -> Statement& {
        kj::StringPtr last = path;
        KJ_IF_MAYBE (slash, path.findLast('/')) last = path.slice(*slash + 1);
        return addExecutable.start().bind(path).bind(last);
      });
}

int64_t Dictionary::programId(view::Program::Reader program) {
  auto details = detailsOf(program);
  auto joined = kj::str(program.getPath(), '\0', program.getName(), '\0', program.getCmdline(),
                        '\0', program.getUser(), '\0', program.getUid(), '\0', program.getUnit(),
                        '\0', program.getKind(), '\0', program.getReason(), '\0', details);
  auto bindAll = [&](Statement& statement) -> Statement& {
    int64_t executable = executableId(program.getPath());
    int64_t name = textId(program.getName()), user = textId(program.getUser());
    int64_t unit = textId(program.getUnit()), kind = textId(program.getKind());
    int64_t reason = textId(program.getReason()), more = textId(details);
    return statement.start()
        .bind(digestOf(joined))
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
  return idOf(
      programs, keyOf(joined), [&]() -> Statement& { return bindAll(findProgram); },
      [&]() -> Statement& { return bindAll(addProgram); });
}

int64_t Dictionary::parentsId(view::Program::Reader program) {
  kj::Vector<kj::String> lines;
  for (auto parent : program.getParents())
    lines.add(kj::str(parent.getPid(), ' ', parent.getPath()));
  return textId(kj::strArray(lines, "\n"));
}

}  // namespace portreeve::history
