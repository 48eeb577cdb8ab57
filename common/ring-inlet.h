// SPDX-License-Identifier: GPL-3.0-or-later
// The receiving end of an arrow of the ring (proto/ring.capnp), as the process that receives has
// it: it makes the socket pair, keeps its end and hands the other over by RPC. Whoever asks anew, a
// restarted sender, replaces the one before.
#pragma once

#include "common/ring.h"
#include "proto/interceptor.capnp.h"

#include <kj/async-unix.h>
#include <kj/function.h>

#include <cstdint>

namespace portreeve {

class RingInlet {
public:
  using OnMessage = RingReceiver::OnMessage;
  using Receive = kj::Function<kj::Promise<void>(RingReceiver&)>;

  RingInlet(kj::UnixEventPort& port, OnMessage onMessage, Receive receive, kj::StringPtr doing);
  // `receive` runs the receiver until its sender closes, RingReceiver::receive at its simplest.
  // `doing` is said in the log when that fails: static text.
  KJ_DISALLOW_COPY(RingInlet);

  struct Opened {
    proto::RingSocket::Client socket;  // carries the sending end
    int sender;                        // the same, owned by `socket`
  };
  Opened open();
  // A new arrow; the old one is closed. Only to be given to whoever is entitled to it: the caller
  // has seen to that.

  bool connected() const { return isOpen; }
  uint64_t malformed() const;  // messages that did not decode, since the start

private:
  kj::UnixEventPort& port;
  OnMessage onMessage;
  Receive receive;
  kj::StringPtr doing;
  bool isOpen = false;
  uint64_t malformedBefore = 0;
  kj::Maybe<kj::Own<RingReceiver>> receiver;
  kj::Promise<void> receiving;  // after `receiver`: it ends first
};

}  // namespace portreeve
