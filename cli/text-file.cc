// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/io.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

template <typename IsBoundary>
kj::Vector<kj::String> split(kj::StringPtr text, IsBoundary&& isBoundary) {
  kj::Vector<kj::String> parts;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && !isBoundary(text[i])) continue;
    if (i > start) parts.add(kj::str(text.slice(start, i)));
    start = i + 1;
  }
  return parts;
}

}  // namespace

kj::Maybe<kj::String> readText(kj::StringPtr path) {
  int opened = open(path.cStr(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return nullptr;
  return readAll(kj::AutoCloseFd(opened));
}

kj::Maybe<kj::String> readAll(int fd) {
  kj::Vector<char> content;
  char part[4096];
  for (;;) {
    ssize_t got = read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return nullptr;
    if (got == 0) break;
    content.addAll(part, part + got);
  }
  content.add('\0');
  return kj::String(content.releaseAsArray());
}

kj::Vector<kj::String> linesOf(kj::StringPtr text) {
  return split(text, [](char c) { return c == '\n'; });
}

void eachLine(kj::StringPtr text, kj::FunctionParam<void(size_t number, kj::String line)> onLine) {
  size_t number = 0, start = 0;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && text[i] != '\n') continue;
    onLine(++number, kj::heapString(text.slice(start, i)));
    start = i + 1;
  }
}

kj::Vector<kj::String> wordsOf(kj::StringPtr line) {
  return split(line, [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
}

}  // namespace portreeve::cli
