// SPDX-License-Identifier: GPL-3.0-or-later
// What a service manager gives a daemon, and what it is told: sd_listen_fds(3), sd_notify(3).
// systemd and `portreeve up` do the same, so a daemon cannot tell them apart.
#pragma once

#include <kj/async.h>
#include <kj/common.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::service {

struct HandedSocket {
  kj::String name;  // FileDescriptorName=: "rpc", "reader", "dns-udp4", "dns-tcp6", "http4", …
  kj::AutoCloseFd fd;
};

class HandedSockets {
public:
  static HandedSockets take();
  // Call once, early; sets close-on-exec, forgets the environment variables.

  kj::AutoCloseFd require(kj::StringPtr name);
  // Throws FAILED "socket … was not handed over: start this with systemd or portreeve up".
  kj::Vector<HandedSocket> allStartingWith(kj::StringPtr prefix);

private:
  kj::Vector<HandedSocket> sockets;
};

class Notifier {
  // Holds $NOTIFY_SOCKET open (connected), so that it works inside the sandbox.
public:
  Notifier();
  void ready();                     // READY=1
  void status(kj::StringPtr text);  // STATUS=…
  void stopping();                  // STOPPING=1

  kj::Promise<void> keepAlive(kj::Timer& timer);
  // Says WATCHDOG=1 twice in every $WATCHDOG_USEC that the manager allows (sd_watchdog_enabled(3)):
  // a daemon whose event loop hangs is killed and started again. Never resolves; call once.

private:
  kj::Maybe<kj::AutoCloseFd> socket;
  uint64_t watchdogUs = 0;  // 0: the manager does not watch
  void send(kj::StringPtr message);
};

}  // namespace portreeve::service
