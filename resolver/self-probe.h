// SPDX-License-Identifier: GPL-3.0-or-later
// Sends a datagram to itself over loopback now and then, and tells policy what became of it
// (proto/policy.capnp, NameJudge.probing): the proof that packets come up by the queues and go on.
#pragma once

#include "common/tuple.h"
#include "resolver/policy-link.h"

#include <kj/async-unix.h>
#include <kj/io.h>
#include <kj/timer.h>

namespace portreeve::resolver {

class SelfProbe {
public:
  static constexpr auto PATIENCE = 2 * kj::SECONDS;
  // A datagram that has not arrived by then is lost.

  SelfProbe(kj::UnixEventPort& port, kj::Timer& timer, Judge& judge, kj::Duration interval);
  // `interval` 0: none is ever sent.
  KJ_DISALLOW_COPY(SelfProbe);

  void add(proto::Family family);
  // Of whose packets proof is wanted.

  kj::Promise<void> run();
  // Never resolves. While policy is away it waits; what fails is tried again the next time.

private:
  struct Sockets;

  kj::UnixEventPort& port;
  kj::Timer& timer;
  Judge& judge;
  kj::Duration interval;
  kj::Vector<proto::Family> families;
  uint16_t turn = 0;

  kj::Promise<void> probeAll();
  kj::Promise<void> probe(proto::NameJudge::Client policy, proto::Family family);
  kj::Promise<bool> sendOnce(Sockets& sockets);
};

}  // namespace portreeve::resolver
