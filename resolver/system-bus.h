// SPDX-License-Identifier: GPL-3.0-or-later
// The system's message bus (sd-bus(3)) in our event loop: questions to its services, and word of
// what changes there. Nobody is started by a question. A bus that is not there, or goes, is dialled
// again; without one the suite works as well.
#pragma once

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <systemd/sd-bus.h>

namespace portreeve::resolver {

class BusMessage {
  // Owns one reference of a message.
public:
  explicit BusMessage(sd_bus_message* message) : message(message) {}
  BusMessage(BusMessage&& other) noexcept : message(other.message) { other.message = nullptr; }
  ~BusMessage() { sd_bus_message_unref(message); }
  KJ_DISALLOW_COPY(BusMessage);

  operator sd_bus_message*() const { return message; }

private:
  sd_bus_message* message;
};

struct BusCall {
  kj::StringPtr service, path, interface, method;
};

class SystemBus {
public:
  static constexpr auto PATIENCE = 5 * kj::SECONDS;  // for an answer

  SystemBus(kj::UnixEventPort& port, kj::Timer& timer);
  ~SystemBus() noexcept(false);
  KJ_DISALLOW_COPY(SystemBus);

  void watch(kj::String match, kj::Function<void()> happened);
  // Before `serve`. `match` as the D-Bus specification has it.

  kj::Promise<void> serve(kj::Function<void()> changed);
  // Never resolves. `changed` is called whenever the bus has come or gone.

  bool connected() const { return link != nullptr; }

  kj::Promise<BusMessage> call(const BusCall& what, kj::StringPtr text,
                               kj::StringPtr more = nullptr);
  kj::Promise<BusMessage> call(const BusCall& what, int32_t number);
  // The answer; rejects with the service's own words, DISCONNECTED where there is no bus or no such
  // service, OVERLOADED when it takes too long.

private:
  class Link;
  struct Watch {
    kj::String match;
    kj::Function<void()> happened;
  };

  kj::UnixEventPort& port;
  kj::Timer& timer;
  kj::Vector<kj::Own<Watch>> watches;
  kj::Maybe<kj::Own<Link>> link;
  kj::Duration delay = 1 * kj::SECONDS;

  kj::Promise<void> cycle(kj::Function<void()>& changed);
  kj::Promise<BusMessage> send(kj::Maybe<BusMessage> message);
  BusMessage compose(const BusCall& what);
};

void eachEntry(sd_bus_message* message, kj::FunctionParam<bool(kj::StringPtr key)> take);
// Walks a{sv}. `take` reads the variant's content (the message stands before the variant) and
// returns true, or leaves it unread and returns false. Throws FAILED when it is no such thing.

}  // namespace portreeve::resolver
