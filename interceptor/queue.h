// SPDX-License-Identifier: GPL-3.0-or-later
// One nfqueue: packets come up in batches, verdicts go down in batches. The kernel checks
// CAP_NET_ADMIN for each message, both of who opened the socket and of who sends, and knows a queue
// by its socket.
#pragma once

#include "interceptor/netlink.h"
#include "interceptor/pending.h"
#include "interceptor/verdict.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/memory.h>

#include <cstdint>

namespace portreeve::interceptor {

constexpr uint32_t QUEUE_MAX_LENGTH = 4096;
// So many packets of a hook and family may wait in the kernel, over all its queues; it drops (and
// counts) further ones.

kj::Vector<uint16_t> queueNumbers(uint32_t instances);
// Of all hooks and families, outgoing ones first; the last digit of the number counts the
// instances of one (1 to 10).

class Queue {
public:
  static constexpr uint32_t READ_AT_ONCE = 32;  // packets, at most

  Queue(uint16_t number, uint32_t maxLength);
  // Binds it, unless another program holds it; packets come from `start()` on.
  ~Queue() noexcept(false);
  KJ_DISALLOW_COPY(Queue);

  bool bound() const { return isBound; }
  bool bind();
  // Tries again; true when it is ours now. Throws FAILED when the kernel has another reason than
  // that another program holds it.

  bool renew();
  // Gives the queue up and takes it anew: the kernel drops all that waits in it and numbers from 1
  // again, so no verdict may follow for what was read before. False: another program was faster.

  void start();
  // When it is bound. From here on the kernel hands packets over: their first
  // PACKET_START_BYTES, the sending socket's uid, large (GSO) packets whole.

  using OnPacket = kj::Function<void(const PacketFacts&, kj::ArrayPtr<const kj::byte>)>;

  bool read(uint64_t nowNs, OnPacket& onPacket);
  // Reads one batch; `nowNs` (CLOCK_MONOTONIC) becomes the packets' time of arrival. True when
  // there may be more.

  void answer(uint32_t kernelId, KernelVerdict verdict);
  // Goes out with the next `flush`, or by itself when many have come together.
  void flush();

  const uint16_t number;
  const bool outgoing;
  const proto::Family family;
  int fd() const { return socket.fd(); }
  uint64_t kernelErrors() const { return errors; }
  // What the kernel refused: mostly ENOENT, a packet that it had given up itself (an interface went
  // down).

private:
  struct Batch;

  NetlinkSocket socket;
  kj::Own<Batch> batch;
  const uint32_t maxLength;
  bool isBound = false;
  size_t answerBytes = 0;
  uint64_t errors = 0;
  uint64_t lastComplaintNs = 0;
  uint64_t emptyNs = 0;  // when it was seen so last
  alignas(8) char answers[4096];

  void take(const nlmsghdr* message, uint64_t nowNs, OnPacket& onPacket);
  void countError(int error);
};

kj::Maybe<PacketFacts> decodePacket(const nlmsghdr* message, kj::ArrayPtr<const kj::byte>& start);
// An NFQNL_MSG_PACKET; without queue, hook, family and time of arrival. `start` points into the
// message. nullptr when it has no packet header.

}  // namespace portreeve::interceptor
