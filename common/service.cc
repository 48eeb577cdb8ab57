// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/service.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace portreeve::service {

HandedSockets HandedSockets::take() {
  char** names = nullptr;
  int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) KJ_FAIL_SYSCALL("sd_listen_fds_with_names", -count);
  HandedSockets result;
  for (int i = 0; i < count; i++) {
    // sd_listen_fds(3) has set close-on-exec already.
    result.sockets.add(HandedSocket{kj::str(names[i]), kj::AutoCloseFd(SD_LISTEN_FDS_START + i)});
    free(names[i]);
  }
  free(names);
  return result;
}

kj::AutoCloseFd HandedSockets::require(kj::StringPtr name) {
  for (auto& socket : sockets)
    if (socket.name == name && socket.fd.get() >= 0) return kj::mv(socket.fd);
  KJ_FAIL_REQUIRE(
      kj::str("socket \"", name,
              "\" was not handed over: start this daemon with systemd or `portreeve up`"));
}

kj::Vector<HandedSocket> HandedSockets::allStartingWith(kj::StringPtr prefix) {
  kj::Vector<HandedSocket> result;
  for (auto& socket : sockets)
    if (socket.name.startsWith(prefix) && socket.fd.get() >= 0)
      result.add(HandedSocket{kj::str(socket.name), kj::mv(socket.fd)});
  return result;
}

Notifier::Notifier() {
  // Where $WATCHDOG_USEC is not a number, or is another process's, nobody watches.
  (void)sd_watchdog_enabled(1, &watchdogUs);
  const char* path = getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t length = strlen(path);
  KJ_REQUIRE(length < sizeof address.sun_path, "NOTIFY_SOCKET is too long");
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;  // abstract: sd_notify(3)
  int fd;
  KJ_SYSCALL(fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd opened(fd);
  KJ_SYSCALL(connect(fd, reinterpret_cast<sockaddr*>(&address),
                     socklen_t(offsetof(sockaddr_un, sun_path) + length)));
  socket = kj::mv(opened);
  unsetenv("NOTIFY_SOCKET");
}

void Notifier::send(kj::StringPtr message) {
  KJ_IF_MAYBE (fd, socket) {
    // A manager that has gone is not this daemon's failure.
    (void)::send(*fd, message.begin(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

void Notifier::ready() {
  send("READY=1");
}
void Notifier::status(kj::StringPtr text) {
  send(kj::str("STATUS=", text));
}
void Notifier::stopping() {
  send("STOPPING=1");
}

kj::Promise<void> Notifier::keepAlive(kj::Timer& timer) {
  if (watchdogUs == 0) return kj::NEVER_DONE;
  send("WATCHDOG=1");
  return timer.afterDelay(watchdogUs / 2 * kj::MICROSECONDS).then([this, &timer]() {
    return keepAlive(timer);
  });
}

}  // namespace portreeve::service
