// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/compile.h"

#include "common/name-list-writer.h"
#include "common/name-list.h"
#include "lists/fetch.h"
#include "lists/list-line.h"

#include <kj/debug.h>

#include <algorithm>
#include <string_view>

namespace portreeve::lists {
namespace {

using namespace name_list;

[[noreturn]] void fail(kj::StringPtr reason) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str(reason)));
}

void readAll(std::string_view text, Format format, NameListWriter& writer, Compiled& result) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto read = readLine(line, format,
                         [&](std::string_view name, uint64_t kinds) { writer.add(name, kinds); });
    if (read.understood) continue;
    if (result.notUnderstood++ == 0)
      result.firstNotUnderstood = kj::heapString(line.data(), std::min<size_t>(line.size(), 120));
  }
}

void addAllowed(const Settings::List& list, NameListWriter& writer) {
  for (auto& text : list.allow) {
    char octets[256];
    std::string_view name, wanted(text.begin(), text.size());
    if (wanted.starts_with("*.")) wanted.remove_prefix(2);
    if (wanted.starts_with(".")) wanted.remove_prefix(1);
    if (!normalize(wanted, octets, name))
      fail(kj::str("list.", list.name, ".allow: \"", text, "\" is no name"));
    writer.add(name, ALLOW_SELF | ALLOW_BELOW);
  }
}

}  // namespace

Compiled compile(const Settings::List& list, kj::StringPtr folder, uint64_t now, bool insist) {
  Compiled result;
  NameListWriter writer(list.name);
  auto format = KJ_ASSERT_NONNULL(parseFormat(list.format));
  for (size_t i = 0; i < list.sources.size(); i++) {
    auto& source = list.sources[i];
    auto stateFile = kj::str(folder, '/', list.name, '.', i, ".state");
    auto state = SourceState::load(stateFile);
    KJ_DEFER(state.save(stateFile));
    auto fetched =
        fetch(source, kj::str(folder, '/', list.name, '.', i, ".source"), state, now, insist);
    if (state.error.size() > 0)
      result.problems.add(kj::str(source, ": ", state.error, ": the last good copy is used"));
    readAll({fetched.text.begin(), fetched.text.size()}, format, writer, result);
  }
  if (writer.size() == 0)
    fail(kj::str("list.", list.name, ": its sources list no name at all: what was there stays"));
  addAllowed(list, writer);
  result.names = writer.write(kj::str(folder, '/', list.name, NameListFolder::ENDING), now);
  return result;
}

}  // namespace portreeve::lists
