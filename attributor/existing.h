// SPDX-License-Identifier: GPL-3.0-or-later
// The connections that exist already (proto/attributor.capnp, `existing`): sockets from sock_diag,
// their holders from the reader (whose first look passes all of them and remembers), their
// direction told by who listens.
#pragma once

#include "attributor/attribution.h"
#include "proto/attributor.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <memory>

namespace portreeve::attributor {

struct ExistingFlow {
  DiagSocket socket;
  DiagSocket held;  // whose holder is to be named: the socket, or the listener that it waits with
  proto::Hook hook = proto::Hook::OUTPUT;
  bool loopback = false;
  kj::Maybe<size_t> peer;  // loopback, output: which flow's socket is the other end

  Named nameAs(const Holder& holder) const;
};

kj::Vector<ExistingFlow> connectionsAmong(kj::ArrayPtr<const DiagSocket> sockets);
// Of all the sockets of this network namespace, those that are connected: input where something
// listens on the local end (or takes anybody's datagrams there), else output. What a process has
// closed already is left out. A pure function.

class Existing {
public:
  Existing(SocketTable& sockets, ProcessCache& processes, kj::Timer& timer);
  KJ_DISALLOW_COPY(Existing);

  kj::Promise<kj::Vector<AttributedFlow>> list();
  // A process that cannot be named is unknown, with the reason. Packets have their turn in between.

private:
  struct Naming;

  SocketTable& sockets;
  ProcessCache& processes;
  kj::Timer& timer;

  kj::Promise<kj::Vector<AttributedFlow>> nameAll(kj::Vector<DiagSocket> found);
  kj::Promise<void> nameFrom(std::shared_ptr<Naming> naming, size_t first);
};

class ExistingPages {
  // What one peer is listing, in messages that are not too long.
public:
  void begin(kj::Vector<AttributedFlow> listed) { flows = kj::mv(listed); }
  void fill(uint64_t after, proto::Attributor::ExistingResults::Builder results);
  // The page that begins with flow number `after`; with the last page the list is forgotten.

private:
  kj::Vector<AttributedFlow> flows;
};

}  // namespace portreeve::attributor
