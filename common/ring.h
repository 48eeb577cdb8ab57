// SPDX-License-Identifier: GPL-3.0-or-later
// One arrow of the ring (proto/ring.capnp): Cap'n Proto messages as datagrams on a SOCK_SEQPACKET
// socket. The receiver makes the pair, keeps its end and hands the other over by RPC.
#pragma once

#include "proto/ring.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve {

struct RingPair {
  kj::AutoCloseFd receiver;  // non-blocking, close-on-exec
  kj::AutoCloseFd sender;    // non-blocking, close-on-exec
};
RingPair makeRingPair();

class RingSender {
public:
  explicit RingSender(kj::AutoCloseFd socket) : fd(kj::mv(socket)) {}

  enum class Sent { YES, FULL, CLOSED };
  Sent send(capnp::MessageBuilder& message);
  // FULL: back-pressure, nothing was sent. CLOSED: the receiver is gone; ask for a new socket by
  // RPC. Throws only for a message over ringMessageBytes.

  int descriptor() const { return fd.get(); }

private:
  kj::AutoCloseFd fd;
  kj::Array<capnp::word> flat;  // grows to the largest message, then stays
};

class RingReceiver {
public:
  using OnMessage = kj::Function<void(capnp::MessageReader&)>;
  // Called for each datagram; what it reads is valid during the call. An exception it throws (a
  // message that does not decode) is logged once a second at most and counted in `malformed()`.

  RingReceiver(kj::UnixEventPort& port, kj::AutoCloseFd socket, OnMessage onMessage);
  KJ_DISALLOW_COPY(RingReceiver);

  kj::Promise<void> receive();
  // Runs until the sender closes (then resolves). Call once.

  kj::Promise<void> receiveInRounds(kj::Timer& timer, uint32_t messagesARound,
                                    kj::Function<void()> afterRound);
  // The same for a receiver that must stay answerable under a flood: after so many messages
  // `afterRound` is called and every other event of the loop has its turn. It is also called when
  // there is nothing more for the moment. `timer` outlives the promise.

  uint64_t messages() const { return received; }
  uint64_t malformed() const { return bad; }

private:
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  OnMessage onMessage;
  kj::Array<capnp::word> buffer;
  uint64_t received = 0;
  uint64_t bad = 0;
  uint64_t lastComplaintNs = 0;

  enum class Drained { ALL, SOME, CLOSED };
  Drained drain(uint32_t maxMessages);
  kj::Promise<void> nextRound(kj::Timer& timer, uint32_t messagesARound,
                              kj::Function<void()>& afterRound);
  void deliver(size_t bytes);
};

class RingMessage {
  // Builds one message in memory of its own that is used again and again: no allocation once it has
  // grown.
  //   RingMessage message; auto batch = message.begin<proto::SettleBatch>(); …;
  //   sender.send(message.builder());
public:
  RingMessage();
  KJ_DISALLOW_COPY(RingMessage);

  template <typename T>
  typename T::Builder begin() {
    reset();
    return current->template initRoot<T>();
  }
  capnp::MessageBuilder& builder() { return *current; }

private:
  kj::Array<capnp::word> scratch;
  kj::Maybe<capnp::MallocMessageBuilder> held;
  capnp::MallocMessageBuilder* current = nullptr;

  void reset();
};

}  // namespace portreeve
