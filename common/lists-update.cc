// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/lists-update.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdio.h>
#include <unistd.h>

namespace portreeve {
namespace {

constexpr kj::StringPtr NAME = "last-update"_kj;
constexpr size_t MOST_PROBLEMS = 100;
constexpr size_t LONGEST_LINE = 500;
constexpr size_t LONGEST = 64 << 10;

kj::String oneLine(kj::StringPtr text) {
  size_t end = kj::min(text.size(), LONGEST_LINE);
  // Not within a character.
  while (end < text.size() && end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80) end--;
  auto line = kj::heapString(text.slice(0, end));
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  return line;
}

kj::Maybe<kj::String> after(kj::StringPtr word, kj::StringPtr line) {
  if (!line.startsWith(word)) return nullptr;
  return kj::str(line.slice(word.size()));
}

}  // namespace

kj::String ListsUpdate::toText() const {
  kj::Vector<kj::String> lines;
  lines.add(kj::str("started ", started, '\n'));
  for (size_t i = 0; i < kj::min(problems.size(), MOST_PROBLEMS); i++)
    lines.add(kj::str("problem ", oneLine(problems[i]), '\n'));
  if (ended.size() > 0) lines.add(kj::str("ended ", ended, '\n'));
  return kj::strArray(lines, "");
}

ListsUpdate ListsUpdate::parse(kj::StringPtr text) {
  ListsUpdate update;
  for (auto rest = text; rest.size() > 0;) {
    size_t end = rest.findFirst('\n').orDefault(rest.size());
    auto line = kj::heapString(rest.slice(0, end));
    rest = rest.slice(end == rest.size() ? end : end + 1);
    KJ_IF_MAYBE (time, after("started ", line)) update.started = kj::mv(*time);
    KJ_IF_MAYBE (time, after("ended ", line)) update.ended = kj::mv(*time);
    KJ_IF_MAYBE (problem, after("problem ", line))
      if (update.problems.size() < MOST_PROBLEMS) update.problems.add(kj::mv(*problem));
  }
  return update;
}

void ListsUpdate::write(kj::StringPtr folder) const {
  auto path = kj::str(folder, '/', NAME);
  auto fresh = kj::str(path, ".new");
  int fd;
  KJ_SYSCALL(fd = open(fresh.cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644),
             fresh);
  auto text = toText();
  kj::FdOutputStream(kj::AutoCloseFd(fd)).write(text.begin(), text.size());
  KJ_SYSCALL(rename(fresh.cStr(), path.cStr()), path);
}

kj::Maybe<ListsUpdate> ListsUpdate::read(kj::StringPtr folder) {
  int fd = open(kj::str(folder, '/', NAME).cStr(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return nullptr;
  kj::AutoCloseFd opened(fd);
  kj::Vector<char> text;
  char part[4096];
  ssize_t got;
  while (text.size() < LONGEST && (got = ::read(fd, part, sizeof part)) > 0)
    text.addAll(part, part + got);
  text.add('\0');
  return parse(kj::String(text.releaseAsArray()));
}

}  // namespace portreeve
