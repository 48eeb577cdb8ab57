// SPDX-License-Identifier: GPL-3.0-or-later
// The session bus (sd-bus(3)) on the KJ event loop: the notification daemon there, and whether the
// screen is locked. What comes is told to a Listener; everything else is a call.
#pragma once

#include "notify/notification-text.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <systemd/sd-bus.h>

#include <cstdint>
#include <memory>

namespace portreeve::notify {

class SessionBus {
public:
  class Listener {
  public:
    virtual void pressed(uint32_t notification, kj::StringPtr key) = 0;
    virtual void closed(uint32_t notification) = 0;
    virtual void locked(bool is) = 0;  // the screen saver is on, or not (any more)
    virtual void daemonCame() = 0;     // another notification daemon: it knows none of ours

  protected:
    ~Listener() noexcept(false) = default;
  };

  static SessionBus open();
  // Connects by $DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus. Throws FAILED in words.
  SessionBus(SessionBus&&) = default;

  void listen(Listener& listener);  // before serve; outlives it
  Capabilities capabilities();
  // Of the daemon there is now; it is started where the bus knows how. Blocks for at most 5 s; all
  // false where nobody answers.

  kj::Promise<void> serve(kj::UnixEventPort& port, kj::Timer& timer);
  // Never resolves; rejects (DISCONNECTED) when the bus has gone.

  uint32_t show(uint32_t replaces, const Notification& notification);
  // Its number; 0 where there is no daemon (said in the log once). `replaces`: 0, or one to change.
  void close(uint32_t notification);

private:
  struct Unref {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  };
  std::unique_ptr<sd_bus, Unref> bus;
  bool saidMissing = false;

  explicit SessionBus(sd_bus* opened) : bus(opened) {}
};

}  // namespace portreeve::notify
