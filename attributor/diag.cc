// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/diag.h"

#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>

namespace portreeve::attributor {
namespace {

constexpr uint PARTS_AT_ONCE = 4;  // some hundred sockets, a fraction of a millisecond

constexpr uint32_t bit(uint8_t state) {
  return 1u << state;
}
// What a process has open: not what waits for time to pass, nor for a handshake's third part.
constexpr uint32_t HELD_STATES =
    ~(bit(STATE_TIME_WAIT) | bit(STATE_NEW_SYN_RECEIVED) | bit(STATE_SYN_RECEIVED));
constexpr uint32_t LISTENING_STATES = bit(STATE_LISTEN);

uint32_t listeningStates(uint8_t protocol) {
  // A UDP socket listens by being there.
  return protocol == PROTOCOL_TCP ? LISTENING_STATES : HELD_STATES;
}

}  // namespace

SocketTable::SocketTable(bool used) : exact(NETLINK_SOCK_DIAG), dumping(NETLINK_SOCK_DIAG) {
  knowsTcp = used && tells(PROTOCOL_TCP);
  knowsUdp = used && tells(PROTOCOL_UDP);
}

bool SocketTable::knows(uint8_t protocol) const {
  return protocol == PROTOCOL_TCP ? knowsTcp : protocol != PROTOCOL_UDP || knowsUdp;
}

bool SocketTable::tells(uint8_t protocol) {
  // An exact question has one answer, ENOENT, to "no such socket" and "no such module". To a list
  // only the latter has it.
  constexpr uint16_t ANY_PORT = 1;
  kj::Vector<DiagSocket> sockets;
  return dumpAll(
             dumpQuestion(proto::Family::IPV4, protocol, LISTENING_STATES, ANY_PORT, ++sequence),
             sockets) == 0;
}

kj::Maybe<DiagSocket> SocketTable::find(const Tuple& localToRemote, uint32_t interface) {
  KJ_IF_MAYBE (found, ask(localToRemote, interface)) return *found;
  if (interface == 0) return nullptr;
  return ask(localToRemote, 0);
}

kj::Maybe<DiagSocket> SocketTable::ask(const Tuple& localToRemote, uint32_t interface) {
  questions++;
  auto question = exactQuestion(localToRemote, interface, ++sequence);
  exact.send(&question, sizeof question);
  alignas(8) kj::byte buffer[4096];
  kj::Maybe<DiagSocket> found;
  for (;;) {
    ssize_t got = exact.receive(buffer);
    if (got < 0) {
      // The kernel's memory is short (ENOBUFS), or it never heard of the protocol.
      failed++;
      return nullptr;
    }
    bool answered = false;
    readAnswers(kj::arrayPtr(buffer, size_t(got)), localToRemote.protocol,
                [&](const DiagAnswer& answer) {
                  if (answer.sequence != question.header.nlmsg_seq) return;
                  answered = true;
                  if (answer.kind == DiagAnswer::Kind::SOCKET) found = answer.socket;
                  if (answer.kind == DiagAnswer::Kind::ERROR && answer.error != ENOENT) failed++;
                });
    if (answered) return found;
  }
}

int SocketTable::dumpAll(const DiagQuestion& question, kj::Vector<DiagSocket>& into) {
  exact.send(&question, sizeof question);
  auto buffer = kj::heapArray<kj::byte>(NETLINK_READ_BYTES);
  int error = 0;
  for (bool done = false; !done;) {
    ssize_t got = exact.receive(buffer);
    if (got < 0) return int(-got);
    readAnswers(buffer.slice(0, size_t(got)), question.request.sdiag_protocol,
                [&](const DiagAnswer& answer) {
                  if (answer.sequence != question.header.nlmsg_seq) return;
                  if (answer.kind == DiagAnswer::Kind::SOCKET) into.add(answer.socket);
                  if (answer.kind == DiagAnswer::Kind::ERROR) error = answer.error;
                  done = done || answer.kind == DiagAnswer::Kind::DONE ||
                         answer.kind == DiagAnswer::Kind::ERROR;
                });
  }
  return error;
}

kj::Maybe<DiagSocket> SocketTable::findOnPort(const Tuple& localToRemote) {
  kj::Maybe<DiagSocket> best;
  for (auto family : {proto::Family::IPV4, proto::Family::IPV6}) {
    kj::Vector<DiagSocket> candidates;
    dumpAll(dumpQuestion(family, localToRemote.protocol, listeningStates(localToRemote.protocol),
                         localToRemote.sourcePort, ++sequence),
            candidates);
    for (auto& socket : candidates) {
      auto& local = socket.tuple.source;
      bool fits =
          local == localToRemote.source || local.isUnspecified() ||
          (localToRemote.source.isUnspecified() && socket.tuple.family == localToRemote.family);
      bool connected = socket.tuple.destinationPort != 0;
      if (fits && !connected && best == nullptr) best = socket;
    }
  }
  return best;
}

struct SocketTable::Listing {
  struct Part {
    proto::Family family;
    uint8_t protocol;
  };
  static constexpr Part PARTS[] = {{proto::Family::IPV4, PROTOCOL_TCP},
                                   {proto::Family::IPV6, PROTOCOL_TCP},
                                   {proto::Family::IPV4, PROTOCOL_UDP},
                                   {proto::Family::IPV6, PROTOCOL_UDP}};
  kj::Vector<DiagSocket> sockets;
  kj::Array<kj::byte> buffer = kj::heapArray<kj::byte>(NETLINK_READ_BYTES);
  size_t part = 0;
  bool asked = false;
  uint32_t sequence = 0;
};

kj::Promise<kj::Vector<DiagSocket>> SocketTable::list(kj::Timer& timer) {
  auto listing = kj::heap<Listing>();
  auto& here = *listing;
  kj::Promise<void> turn = kj::READY_NOW;
  KJ_IF_MAYBE (last, lastList) turn = last->addBranch();
  auto done = turn.then([this, &here, &timer]() { return readPieces(here, timer); })
                  .then([listing = kj::mv(listing)]() mutable { return kj::mv(listing->sockets); });
  // The next one begins when this one has ended, however it ended.
  auto paf = kj::newPromiseAndFulfiller<void>();
  lastList = paf.promise.fork();
  return done.attach(kj::defer([f = kj::mv(paf.fulfiller)]() mutable { f->fulfill(); }));
}

kj::Promise<void> SocketTable::readPieces(Listing& listing, kj::Timer& timer) {
  for (uint i = 0; i < PARTS_AT_ONCE; i++)
    if (!readPiece(listing)) return kj::READY_NOW;
  // Through the timer, not evalLater: the loop must look at every other descriptor in between.
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this, &listing, &timer]() {
    return readPieces(listing, timer);
  });
}

bool SocketTable::readPiece(Listing& listing) {
  while (listing.part < kj::size(Listing::PARTS) && !knows(Listing::PARTS[listing.part].protocol))
    listing.part++;
  if (listing.part == kj::size(Listing::PARTS)) return false;
  auto& part = Listing::PARTS[listing.part];
  if (!listing.asked) {
    auto question = dumpQuestion(part.family, part.protocol, HELD_STATES, 0, ++sequence);
    listing.sequence = question.header.nlmsg_seq;
    dumping.send(&question, sizeof question);
    listing.asked = true;
  }
  ssize_t got = dumping.receive(listing.buffer);
  bool over = got < 0;
  if (over) log::warning(kj::str("listing the sockets that exist: ", strerror(int(-got))));
  if (!over)
    readAnswers(listing.buffer.slice(0, size_t(got)), part.protocol, [&](const DiagAnswer& answer) {
      if (answer.sequence != listing.sequence) return;
      if (answer.kind == DiagAnswer::Kind::SOCKET) listing.sockets.add(answer.socket);
      over =
          over || answer.kind == DiagAnswer::Kind::DONE || answer.kind == DiagAnswer::Kind::ERROR;
    });
  if (over) {
    listing.part++;
    listing.asked = false;
  }
  return true;
}

}  // namespace portreeve::attributor
