// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/relay.h"

#include "gate17/byte-stream.h"
#include "gate17/socket.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr unsigned PIECES_A_TURN = 8;  // then the other streams have theirs

class SocketToSocket {
public:
  SocketToSocket(RelayParts parts, Socket& from, Socket& to, uint64_t& count)
      : parts(parts), from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    for (unsigned piece = 0; piece < PIECES_A_TURN; piece++) {
      auto moved = parts.transfer.move(from, to, many);
      count += moved.bytes;
      many = moved.bytes >= Transfer::MANY;
      switch (moved.outcome) {
        case Transfer::Outcome::MOVED:
          continue;
        case Transfer::Outcome::REST:
          return writeRest(kj::mv(moved.rest));
        case Transfer::Outcome::EMPTY:
          return from.whenReadable().then([this]() { return run(); });
        case Transfer::Outcome::ENDED:
          to.shutdownWrite();
          return kj::READY_NOW;
      }
    }
    // Through the timer, as the loop looks for other events only when it has nothing left to do.
    return parts.timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
  }

private:
  RelayParts parts;
  Socket& from;
  Socket& to;
  uint64_t& count;
  bool many = false;

  kj::Promise<void> writeRest(kj::Array<kj::byte> rest) {
    auto written = to.write(rest.begin(), rest.size());
    return written.attach(kj::mv(rest)).then([this]() { return run(); });
  }
};

class SocketToStream {
  // The stream's window is what lets the others have their turn.
public:
  SocketToStream(Transfer& transfer, Socket& from, ByteStream& to, uint64_t& count)
      : transfer(transfer), from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    auto taken = transfer.take(from);
    KJ_IF_MAYBE (bytes, taken) {
      count += bytes->size();
      if (bytes->size() > 0) return to.send(*bytes).then([this]() { return run(); });
      to.shutdownWrite();
      return kj::READY_NOW;
    }
    return from.whenReadable().then([this]() { return run(); });
  }

private:
  Transfer& transfer;
  Socket& from;
  ByteStream& to;
  uint64_t& count;
};

class StreamToSocket {
public:
  StreamToSocket(ByteStream& from, Socket& to, uint64_t& count)
      : from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    return from.passTo(to).then([this](size_t got) -> kj::Promise<void> {
      count += got;
      if (got > 0) return run();
      to.shutdownWrite();
      return kj::READY_NOW;
    });
  }

private:
  ByteStream& from;
  Socket& to;
  uint64_t& count;
};

template <typename Pump, typename... Arguments>
kj::Promise<void> pumpWith(Arguments&&... arguments) {
  auto pump = kj::heap<Pump>(arguments...);
  auto done = kj::evalNow([&pump = *pump]() { return pump.run(); });
  return done.attach(kj::mv(pump));
}

kj::Promise<void> pump(RelayParts parts, kj::AsyncIoStream& from, kj::AsyncIoStream& to,
                       uint64_t& count) {
  auto fromSocket = kj::dynamicDowncastIfAvailable<Socket>(from);
  auto toSocket = kj::dynamicDowncastIfAvailable<Socket>(to);
  KJ_IF_MAYBE (source, fromSocket) {
    KJ_IF_MAYBE (sink, toSocket) return pumpWith<SocketToSocket>(parts, *source, *sink, count);
    return pumpWith<SocketToStream>(parts.transfer, *source, kj::downcast<ByteStream>(to), count);
  }
  KJ_IF_MAYBE (sink, toSocket)
    return pumpWith<StreamToSocket>(kj::downcast<ByteStream>(from), *sink, count);
  KJ_FAIL_REQUIRE("one of the two ends is a socket");
}

}  // namespace

kj::Promise<void> relay(RelayParts parts, kj::AsyncIoStream& near, kj::AsyncIoStream& far,
                        Traffic& traffic) {
  // Whichever breaks first ends both; joined alone, the other would be waited for.
  auto broke = kj::newPromiseAndFulfiller<void>();
  auto fail = kj::heap<kj::Own<kj::PromiseFulfiller<void>>>(kj::mv(broke.fulfiller));
  auto direction = [&](kj::AsyncIoStream& from, kj::AsyncIoStream& to, uint64_t& count) {
    return pump(parts, from, to, count)
        .catch_([&fail = *fail](kj::Exception&& e) -> kj::Promise<void> {
          fail->reject(kj::mv(e));
          return kj::NEVER_DONE;
        });
  };
  auto both = kj::heapArrayBuilder<kj::Promise<void>>(2);
  both.add(direction(near, far, traffic.out));
  both.add(direction(far, near, traffic.in));
  return kj::joinPromises(both.finish()).exclusiveJoin(kj::mv(broke.promise)).attach(kj::mv(fail));
}

}  // namespace portreeve::gate17
