// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

namespace portreeve::rules {
namespace {

constexpr size_t LARGEST_FILE = 1 << 20;

Problem problemWith(kj::StringPtr path, kj::StringPtr reason) {
  return Problem{kj::str(path), 0, 0, kj::str(reason)};
}

kj::Maybe<kj::Array<char>> readAll(int fd) {
  // Reads one byte more than is allowed, so that too long can be told from just so.
  auto content = kj::heapArray<char>(LARGEST_FILE + 1);
  size_t size = 0;
  while (size < content.size()) {
    ssize_t got = read(fd, content.begin() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return nullptr;
    if (got == 0) break;
    size += size_t(got);
  }
  return kj::heapArray<char>(content.slice(0, size));
}

uint64_t writtenNs(const struct stat& status) {
  return uint64_t(status.st_mtim.tv_sec) * 1'000'000'000 + uint64_t(status.st_mtim.tv_nsec);
}

kj::Maybe<kj::Vector<kj::String>> listFolder(kj::StringPtr path) {
  DIR* folder = opendir(path.cStr());
  if (folder == nullptr) return nullptr;
  KJ_DEFER(closedir(folder));
  kj::Vector<kj::String> names;
  while (const dirent* entry = readdir(folder)) {
    kj::StringPtr name = entry->d_name;
    if (name.endsWith(".toml") && !name.startsWith(".")) names.add(kj::str(name));
  }
  std::sort(names.begin(), names.end());
  return kj::mv(names);
}

}  // namespace

kj::String Problem::toString() const {
  return line == 0 ? kj::str(file, ": ", reason)
                   : kj::str(file, ':', line, ':', column, ": ", reason);
}

void sortByPlace(kj::Vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
}

kj::Maybe<RuleSource> readFile(kj::StringPtr path, Layer layer, kj::Vector<Problem>& problems) {
  // Non-blocking: a FIFO of that name must not stop the daemon.
  int opened = open(path.cStr(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) {
    problems.add(problemWith(path, kj::str("cannot be opened: ", strerror(errno))));
    return nullptr;
  }
  kj::AutoCloseFd fd(opened);
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    problems.add(problemWith(path, "is no regular file: take it out of the folder"));
    return nullptr;
  }
  KJ_IF_MAYBE (content, readAll(fd)) {
    if (content->size() <= LARGEST_FILE)
      return RuleSource{kj::str(path), kj::heapString(*content), layer, writtenNs(status)};
    problems.add(problemWith(path, "is longer than 1 MiB: split it"));
    return nullptr;
  }
  problems.add(problemWith(path, kj::str("cannot be read: ", strerror(errno))));
  return nullptr;
}

FolderContent readFolder(kj::StringPtr path, Layer layer) {
  FolderContent content;
  KJ_IF_MAYBE (names, listFolder(path)) {
    for (auto& name : *names) {
      KJ_IF_MAYBE (source, readFile(kj::str(path, '/', name), layer, content.problems))
        content.sources.add(kj::mv(*source));
    }
  } else if (errno != ENOENT) {
    content.problems.add(problemWith(path, kj::str("cannot be listed: ", strerror(errno))));
  }
  return content;
}

}  // namespace portreeve::rules
