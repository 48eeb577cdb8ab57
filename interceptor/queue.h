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
// So many packets of a queue may wait in the kernel; it drops (and counts) further ones.

class Queue {
public:
  explicit Queue(uint16_t number);
  // Binds it; packets come from `start()` on. Throws FAILED with a sentence for a person when
  // another program holds the queue.
  ~Queue() noexcept(false);
  KJ_DISALLOW_COPY(Queue);

  void start();
  // From here on the kernel hands packets over: their first PACKET_START_BYTES, the sending
  // socket's uid, large (GSO) packets whole.

  using OnPacket = kj::Function<void(const PacketFacts&, kj::ArrayPtr<const kj::byte>)>;

  bool read(uint64_t nowNs, OnPacket& onPacket);
  // Reads one batch; `nowNs` becomes the packets' time of arrival. True when there may be more.

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
  size_t answerBytes = 0;
  uint64_t errors = 0;
  uint64_t lastComplaintNs = 0;
  alignas(8) char answers[4096];

  void configure();
  void take(const nlmsghdr* message, uint64_t nowNs, OnPacket& onPacket);
  void countError(int error);
};

kj::Maybe<PacketFacts> decodePacket(const nlmsghdr* message, kj::ArrayPtr<const kj::byte>& start);
// An NFQNL_MSG_PACKET; without queue, hook, family and time of arrival. `start` points into the
// message. nullptr when it has no packet header.

}  // namespace portreeve::interceptor
