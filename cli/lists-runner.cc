// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lists-runner.h"

#include "cli/child.h"
#include "cli/daemon-environment.h"
#include "cli/daemon-paths.h"
#include "common/lists-update.h"
#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

int openWatch(kj::StringPtr folder) {
  int fd;
  KJ_SYSCALL(fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  kj::AutoCloseFd opened(fd);
  KJ_SYSCALL(inotify_add_watch(fd, folder.cStr(), IN_MOVED_TO | IN_ONLYDIR), folder);
  return opened.release();
}

}  // namespace

ListsRunner::ListsRunner(kj::UnixEventPort& port, const Directories& directories)
    : port(port),
      directories(directories),
      watch(openWatch(kj::str(directories.state, "/policy"))),
      observer(port, watch, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

kj::Promise<void> ListsRunner::run() {
  return wanted()
      .then([this]() { return update(); })
      .catch_([](kj::Exception&& e) { log::exception("updating the lists", e); })
      .then([this]() { return run(); });
}

kj::Promise<void> ListsRunner::wanted() {
  if (drain()) return kj::READY_NOW;
  return observer.whenBecomesReadable().then([this]() { return wanted(); });
}

bool ListsRunner::drain() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    ssize_t got = read(watch, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return any;
    for (const char* at = buffer; at < buffer + got;) {
      auto& event = *reinterpret_cast<const inotify_event*>(at);
      any = any || (event.len > 0 && LISTS_WANTED == static_cast<const char*>(event.name));
      at += sizeof(inotify_event) + event.len;
    }
  }
}

kj::Promise<void> ListsRunner::update() {
  ChildCommand command;
  command.program = listsProgram();
  command.arguments.add(kj::str("--now"));
  command.environment = toolEnvironment(directories);
  auto pid = kj::heap<kj::Maybe<pid_t>>(startChild(command));
  auto ended = port.onChildExit(*pid);
  return ended
      .then([](int status) {
        if (status != 0)
          log::warning(kj::str("portreeve-lists ended: ", describeEnd(status),
                               ": `portreeve dns lists` says why"));
      })
      .attach(kj::mv(pid));
}

}  // namespace portreeve::cli
