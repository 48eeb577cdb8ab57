// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/lists-watch.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

constexpr auto LOOK_AGAIN = 60 * kj::SECONDS;

int openInotify() {
  int fd;
  KJ_SYSCALL(fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  return fd;
}

}  // namespace

ListsWatch::ListsWatch(kj::UnixEventPort& port, kj::Timer& timer, kj::StringPtr path)
    : timer(timer),
      folder(kj::str(path)),
      fd(openInotify()),
      observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {
  watch();
}

void ListsWatch::watch() {
  // The same folder again is the same watch; a folder that is not there is looked for again.
  inotify_add_watch(fd, folder.cStr(), IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
}

kj::Promise<void> ListsWatch::changed() {
  return event().exclusiveJoin(timer.afterDelay(LOOK_AGAIN).then([this]() { watch(); }));
}

kj::Promise<void> ListsWatch::event() {
  if (drain()) return kj::READY_NOW;
  return observer.whenBecomesReadable().then([this]() { return event(); });
}

bool ListsWatch::drain() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return any;
    any = true;
  }
}

}  // namespace portreeve::resolver
