// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/children.h"

#include "attributor/reader/numbered-entries.h"
#include "attributor/reader/process-entry.h"

#include <fcntl.h>
#include <kj/io.h>

#include <charconv>

namespace portreeve::reader {
namespace {

constexpr size_t TEXT_BYTES = 32768;

}  // namespace

void childrenOf(int proc, pid_t parent, kj::Vector<int>& children) {
  children.clear();
  auto path = NumberName("", parent, "/task/", parent);
  int opened = openat(proc, path.cStr(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  kj::AutoCloseFd thread(opened);
  int fd = openat(thread, "children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  kj::AutoCloseFd file(fd);
  char text[TEXT_BYTES];
  const char* end = text + readWhole(file, text);
  for (const char* at = text; at < end;) {
    int child = 0;
    auto parsed = std::from_chars(at, end, child);
    // A number at the end of what was read may be half of one.
    if (parsed.ec != std::errc() || parsed.ptr == end) return;
    children.add(child);
    at = parsed.ptr + 1;
  }
}

}  // namespace portreeve::reader
