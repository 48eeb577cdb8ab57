// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/service.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/timer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace portreeve::service {
namespace {

struct Manager {
  // The other end of $NOTIFY_SOCKET, at an abstract address (unix(7)).
  kj::AutoCloseFd socket;

  explicit Manager(const char* watchdogUs) {
    auto name = kj::str("@portreeve-service-test-", getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name.begin(), name.size());
    address.sun_path[0] = 0;
    int fd;
    KJ_SYSCALL(fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    socket = kj::AutoCloseFd(fd);
    KJ_SYSCALL(bind(socket, reinterpret_cast<sockaddr*>(&address),
                    socklen_t(offsetof(sockaddr_un, sun_path) + name.size())));
    setenv("NOTIFY_SOCKET", name.cStr(), 1);
    if (watchdogUs != nullptr) setenv("WATCHDOG_USEC", watchdogUs, 1);
  }

  kj::String heard() {
    // Everything that waits, one message a word.
    kj::Vector<kj::String> messages;
    char text[64];
    for (ssize_t size; (size = recv(socket, text, sizeof text, 0)) > 0;)
      messages.add(kj::heapString(text, size_t(size)));
    return kj::strArray(messages, " ");
  }
};

TEST_CASE("a daemon that is watched says twice in each period that it is alive") {
  Manager manager("10000000");
  Notifier notifier;
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto alive = notifier.keepAlive(timer).eagerlyEvaluate(nullptr);
  CHECK(manager.heard() == "WATCHDOG=1");
  timer.advanceTo(kj::origin<kj::TimePoint>() + 4 * kj::SECONDS);
  CHECK_FALSE(alive.poll(scope));
  CHECK(manager.heard() == "");
  for (int seconds : {5, 10}) {
    timer.advanceTo(kj::origin<kj::TimePoint>() + seconds * kj::SECONDS);
    CHECK_FALSE(alive.poll(scope));
    CHECK(manager.heard() == "WATCHDOG=1");
  }
}

TEST_CASE("a daemon that nobody watches says it is ready and nothing else") {
  Manager manager(nullptr);
  unsetenv("WATCHDOG_USEC");
  Notifier notifier;
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto alive = notifier.keepAlive(timer).eagerlyEvaluate(nullptr);
  notifier.ready();
  timer.advanceTo(kj::origin<kj::TimePoint>() + 60 * kj::SECONDS);
  CHECK_FALSE(alive.poll(scope));
  CHECK(manager.heard() == "READY=1");
}

}  // namespace
}  // namespace portreeve::service
