// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/durable-folder.h"

#include "common/log.h"
#include "policy/failure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr TEMPORARY_END = ".new"_kj;
constexpr uint64_t SECOND = 1'000'000'000;

kj::String temporary(kj::StringPtr name) {
  return kj::str('.', name, TEMPORARY_END);
}

void writeAll(int fd, kj::StringPtr path, kj::ArrayPtr<const char> text) {
  while (text.size() > 0) {
    ssize_t written = write(fd, text.begin(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("writing ", path, ": ", strerror(errno), ": nothing was changed");
    text = text.slice(size_t(written), text.size());
  }
}

void setTime(int fd, uint64_t writtenNs) {
  if (writtenNs == 0) return;
  timespec time{time_t(writtenNs / SECOND), long(writtenNs % SECOND)};
  timespec times[] = {time, time};
  futimens(fd, times);
}

}  // namespace

kj::Promise<void> DurableFolder::replace(kj::StringPtr name, FileContent content) {
  auto written = kj::evalNow([&]() { return disk.sync(writeTemporary(name, content)); });
  return written.then(
      [this, name = kj::str(name)]() {
        putInPlace(name);
        return disk.sync(openFolder());
      },
      [this, name = kj::str(name)](kj::Exception&& e) -> kj::Promise<void> {
        unlink(fullPath(temporary(name)).cStr());
        return kj::mv(e);
      });
}

kj::Promise<void> DurableFolder::remove(kj::StringPtr name) {
  return kj::evalNow([&]() -> kj::Promise<void> {
    if (!unlinked(name)) return kj::READY_NOW;
    return disk.sync(openFolder());
  });
}

void DurableFolder::replaceNow(kj::StringPtr name, FileContent content) {
  auto fd = writeTemporary(name, content);
  if (fsync(fd) != 0) fail("writing ", fullPath(name), ": ", strerror(errno));
  putInPlace(name);
  fsync(openFolder());
}

void DurableFolder::removeNow(kj::StringPtr name) {
  if (unlinked(name)) fsync(openFolder());
}

kj::Maybe<FileContent> DurableFolder::read(kj::StringPtr name) const {
  auto whole = fullPath(name);
  int opened = open(whole.cStr(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0 && errno == ENOENT) return nullptr;
  if (opened < 0) fail("reading ", whole, ": ", strerror(errno));
  kj::FdInputStream stream{kj::AutoCloseFd(opened)};
  struct stat status {};
  if (fstat(opened, &status) != 0) fail("reading ", whole, ": ", strerror(errno));
  return FileContent{stream.readAllText(),
                     uint64_t(status.st_mtim.tv_sec) * SECOND + uint64_t(status.st_mtim.tv_nsec)};
}

bool DurableFolder::readOrSetAside(kj::StringPtr name, kj::StringPtr then, Take take) {
  kj::Maybe<FileContent> content;
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { content = read(name); })) {
    log::error(kj::str(problem->getDescription(), "; ", then));
    return false;
  }
  KJ_IF_MAYBE (kept, content) {
    KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { take(kept->text); })) {
      auto aside = kj::str(name, ".damaged");
      log::error(kj::str(fullPath(name),
                         " is not what policy has written: ", problem->getDescription(),
                         "; it is kept as ", fullPath(aside), ", and ", then));
      replaceNow(aside, FileContent{kj::str(kept->text)});
      removeNow(name);
      return false;
    }
  }
  return true;
}

void DurableFolder::removeTemporary() {
  DIR* folder = opendir(path.cStr());
  if (folder == nullptr) return;
  KJ_DEFER(closedir(folder));
  kj::Vector<kj::String> left;
  while (const dirent* entry = readdir(folder)) {
    kj::StringPtr name = entry->d_name;
    if (name.startsWith(".") && name.endsWith(TEMPORARY_END)) left.add(kj::str(name));
  }
  for (auto& name : left) unlink(fullPath(name).cStr());
}

kj::AutoCloseFd DurableFolder::writeTemporary(kj::StringPtr name, const FileContent& content) {
  auto whole = fullPath(temporary(name));
  int opened = open(whole.cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (opened < 0) fail("writing ", fullPath(name), ": ", strerror(errno), ": nothing was changed");
  kj::AutoCloseFd fd(opened);
  KJ_ON_SCOPE_FAILURE(unlink(whole.cStr()));
  writeAll(fd, fullPath(name), content.text);
  setTime(fd, content.writtenNs);
  return fd;
}

void DurableFolder::putInPlace(kj::StringPtr name) {
  auto from = fullPath(temporary(name));
  auto to = fullPath(name);
  if (rename(from.cStr(), to.cStr()) == 0) return;
  int reason = errno;
  unlink(from.cStr());
  fail("writing ", to, ": ", strerror(reason), ": nothing was changed");
}

bool DurableFolder::unlinked(kj::StringPtr name) {
  auto whole = fullPath(name);
  if (unlink(whole.cStr()) == 0) return true;
  if (errno == ENOENT) return false;
  fail("removing ", whole, ": ", strerror(errno), ": nothing was changed");
}

kj::AutoCloseFd DurableFolder::openFolder() const {
  int opened = open(path.cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) fail("opening ", path, ": ", strerror(errno));
  return kj::AutoCloseFd(opened);
}

}  // namespace portreeve::policy
