// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-watch.h"

#include "common/log.h"
#include "common/name-list.h"

#include <errno.h>
#include <kj/debug.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

// The same for all, because two paths may be one folder, which has one mask.
constexpr uint32_t MASK = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                          IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR;

int openInotify() {
  int fd;
  KJ_SYSCALL(fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  return fd;
}

kj::StringPtr nameOf(const inotify_event& event) {
  return event.len == 0 ? ""_kj : kj::StringPtr(event.name);
}

bool isBeingWritten(kj::StringPtr path) {
  // A file that was just made by open(2) is told of again when it is closed; a link is not.
  struct stat status {};
  return lstat(path.cStr(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

RuleWatch::RuleWatch(kj::UnixEventPort& port, kj::ArrayPtr<const kj::StringPtr> paths)
    : fd(openInotify()), observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {
  for (auto path : paths) {
    size_t slash = path.findLast('/').orDefault(0);
    folders.add(
        Folder{kj::str(path), kj::str(path.slice(0, slash)), kj::str(path.slice(slash + 1))});
  }
  arm();
}

kj::Promise<void> RuleWatch::changed() {
  if (drain()) return kj::READY_NOW;
  return observer.whenBecomesReadable().then([this]() { return changed(); });
}

void RuleWatch::arm() {
  for (auto& folder : folders) {
    folder.parentWatch = watch(folder.parent, folder.parentWatch);
    folder.watch = watch(folder.path, folder.watch);
  }
}

int RuleWatch::watch(kj::StringPtr path, int previous) {
  int added = inotify_add_watch(fd, path.cStr(), MASK);
  if (added < 0 && errno == ENOSPC && !saidFull) {
    saidFull = true;
    log::warning(kj::str("watching ", path,
                         ": this user's inotify watches are used up: changed rules are noticed "
                         "once a minute, or at `portreeve rule reload`"));
  }
  if (previous >= 0 && previous != added) inotify_rm_watch(fd, previous);
  return added;
}

bool RuleWatch::drain() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (const char* at = buffer; at < buffer + got;) {
      auto& event = *reinterpret_cast<const inotify_event*>(at);
      any = any || matters(event);
      at += sizeof(inotify_event) + event.len;
    }
  }
  // Before the files are read: what is changed from here on is told of again.
  if (any) arm();
  return any;
}

bool RuleWatch::matters(const inotify_event& event) const {
  if (event.mask & IN_Q_OVERFLOW) return true;
  auto name = nameOf(event);
  for (auto& folder : folders) {
    bool itself = event.wd == folder.parentWatch && (name.size() == 0 || name == folder.name);
    if (itself && !(event.mask & IN_CREATE && isBeingWritten(folder.path))) return true;
    if (event.wd != folder.watch) continue;
    if (name.size() == 0) return true;
    if (name.startsWith(".") || !(name.endsWith(".toml") || name.endsWith(NameListFolder::ENDING)))
      continue;
    if (event.mask & IN_CREATE && isBeingWritten(kj::str(folder.path, '/', name))) continue;
    return true;
  }
  return false;
}

}  // namespace portreeve::policy
