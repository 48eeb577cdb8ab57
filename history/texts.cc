// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/texts.h"

#include "history/details.h"

#include <stdlib.h>

namespace portreeve::history {
namespace {

std::string copied(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

kj::StringPtr pointer(const std::string& text) {
  return {text.c_str(), text.size()};
}

}  // namespace

Texts::Texts(Database& database)
    : findText(database, "SELECT value FROM text WHERE id = ?"),
      findExecutable(database, "SELECT path FROM executable WHERE id = ?"),
      findProgram(database,
                  "SELECT executable, name, cmdline, user, uid, unit, kind, reason, details FROM "
                  "program "
                  "WHERE id = ?") {}

kj::StringPtr Texts::text(int64_t id) {
  if (id == 0) return ""_kj;
  auto found = texts.find(id);
  if (found == texts.end()) {
    std::string value;
    if (findText.start().bind(id).step()) value = copied(findText.text(0));
    findText.start();
    found = texts.emplace(id, std::move(value)).first;
  }
  return pointer(found->second);
}

kj::StringPtr Texts::executable(int64_t id) {
  if (id == 0) return ""_kj;
  auto found = executables.find(id);
  if (found == executables.end()) {
    std::string value;
    if (findExecutable.start().bind(id).step()) value = copied(findExecutable.text(0));
    findExecutable.start();
    found = executables.emplace(id, std::move(value)).first;
  }
  return pointer(found->second);
}

const ProgramRow& Texts::program(int64_t id) {
  auto found = programs.find(id);
  if (found != programs.end()) return found->second;
  ProgramRow row;
  if (findProgram.start().bind(id).step()) {
    row.path = copied(executable(findProgram.number(0)));
    row.name = copied(text(findProgram.number(1)));
    row.cmdline = copied(findProgram.text(2));
    row.user = copied(text(findProgram.number(3)));
    row.uid = uint32_t(findProgram.number(4));
    row.unit = copied(text(findProgram.number(5)));
    row.kind = copied(text(findProgram.number(6)));
    row.reason = copied(text(findProgram.number(7)));
    row.details = copied(text(findProgram.number(8)));
  }
  findProgram.start();
  return programs.emplace(id, std::move(row)).first->second;
}

void fillProgram(proto::view::Program::Builder to, Texts& texts, int64_t program, int64_t pid,
                 int64_t parents, int64_t method, int64_t confidence) {
  auto& row = texts.program(program);
  to.setPid(int32_t(pid));
  to.setPath(row.path.c_str());
  to.setName(row.name.c_str());
  to.setCmdline(row.cmdline.c_str());
  to.setUser(row.user.c_str());
  to.setUid(row.uid);
  to.setUnit(row.unit.c_str());
  to.setKind(row.kind.c_str());
  to.setReason(row.reason.c_str());
  fillDetails(to, row.details.c_str());
  to.setMethod(texts.text(method));
  to.setConfidence(texts.text(confidence));
  uint count = 0;
  eachLine(texts.text(parents), [&](auto&&...) { count++; });
  auto list = to.initParents(count);
  uint at = 0;
  eachLine(texts.text(parents),
           [&](kj::ArrayPtr<const char> number, kj::ArrayPtr<const char> path) {
             list[at].setPid(int32_t(strtol(number.begin(), nullptr, 10)));
             list[at++].setPath(kj::heapString(path));
           });
}

}  // namespace portreeve::history
