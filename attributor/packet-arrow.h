// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's first arrow: packets from the interceptor. This process is the receiver, so it makes
// the socket pair and hands the interceptor its end. Packets of one round are attributed outgoing
// first; of those that arrive only so many a round, so that a flood from outside holds up nobody
// who connects from here.
#pragma once

#include "attributor/attribution.h"
#include "common/ring-inlet.h"
#include "proto/interceptor.capnp.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/timer.h>

#include <deque>

namespace portreeve::attributor {

class PacketQueue {
  // The order in which packets are taken up.
public:
  explicit PacketQueue(Attribution& attribution) : attribution(attribution) {}
  KJ_DISALLOW_COPY(PacketQueue);

  void add(const ArrivedPacket& packet);
  bool work();
  // All that leave, and so many of those that arrive. True when there are more.

  uint64_t overflowed() const { return tooMany; }  // passed on without a look

private:
  Attribution& attribution;
  std::deque<ArrivedPacket> outgoing, incoming;
  uint64_t tooMany = 0;

  void takeFirst(std::deque<ArrivedPacket>& from);
};

class PacketArrow final : private kj::TaskSet::ErrorHandler {
public:
  PacketArrow(kj::UnixEventPort& port, kj::Timer& timer, Attribution& attribution,
              kj::Function<void()> beforeRound, kj::Function<void()> afterRound);
  // `afterRound`: what was attributed at once can be passed on.
  KJ_DISALLOW_COPY(PacketArrow);

  proto::RingSocket::Client open();
  // The sending end of a new arrow; the old one is closed.

  bool connected() const { return inlet.connected(); }
  uint64_t packets() const { return received; }
  uint64_t overflowed() const { return queue.overflowed(); }
  uint64_t malformed() const { return inlet.malformed(); }

private:
  kj::Timer& timer;
  PacketQueue queue;
  kj::Function<void()> beforeRound, afterRound;
  bool workScheduled = false;
  uint64_t received = 0;
  kj::TaskSet tasks;
  RingInlet inlet;

  void take(proto::PacketBatch::Reader batch);
  void work();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::attributor
