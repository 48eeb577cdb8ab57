// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/new-file.h"

#include "cli/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/io.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

[[noreturn]] void failed(kj::StringPtr path, int reason) {
  throw Failure(FAILED, "writing ", path, ": ", strerror(reason));
}

kj::AutoCloseFd create(kj::StringPtr path, mode_t mode) {
  int opened = open(path.cStr(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (opened < 0) failed(path, errno);
  return kj::AutoCloseFd(opened);
}

void fill(int fd, kj::StringPtr path, kj::StringPtr text) {
  KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                      [&]() { kj::FdOutputStream(fd).write(text.begin(), text.size()); })) {
    unlink(path.cStr());
    throw Failure(FAILED, "writing ", path, ": ", e->getDescription());
  }
  if (fsync(fd) != 0) {
    int reason = errno;
    unlink(path.cStr());
    failed(path, reason);
  }
}

}  // namespace

void writeNewFile(kj::StringPtr path, kj::StringPtr text, mode_t mode) {
  auto fd = create(path, mode);
  fill(fd, path, text);
}

void replaceFile(kj::StringPtr path, kj::StringPtr text, mode_t mode, kj::Maybe<uid_t> owner,
                 kj::Maybe<gid_t> group) {
  size_t name = path.findLast('/').map([](size_t at) { return at + 1; }).orDefault(0);
  auto beside = kj::str(path.slice(0, name), '.', path.slice(name), ".new");
  unlink(beside.cStr());
  auto fd = create(beside, mode);
  if (fchown(fd, owner.orDefault(uid_t(-1)), group.orDefault(gid_t(-1))) != 0) failed(path, errno);
  fill(fd, beside, text);
  if (rename(beside.cStr(), path.cStr()) != 0) failed(path, errno);
}

}  // namespace portreeve::cli
