// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/relay.h"

#include "gate17/byte-stream.h"
#include "gate17/socket.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

constexpr size_t PIECE = ByteStream::LONGEST_WRITE;
constexpr unsigned PIECES_A_TURN = 8;  // then the other streams have theirs

kj::byte* sharedBuffer() {
  // Filled and emptied within one turn of the loop, by whoever has it.
  static kj::byte buffer[PIECE];
  return buffer;
}

kj::Exception broken(int error) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str("carrying bytes: ", strerror(error)));
}

class SocketToSocket {
public:
  SocketToSocket(kj::Timer& timer, Socket& from, Socket& to, uint64_t& count)
      : timer(timer), from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    auto* buffer = sharedBuffer();
    for (unsigned piece = 0; piece < PIECES_A_TURN; piece++) {
      ssize_t got = recv(from.fd(), buffer, PIECE, 0);
      if (got == 0) {
        to.shutdownWrite();
        return kj::READY_NOW;
      }
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return from.whenReadable().then([this]() { return run(); });
      if (got < 0) return broken(errno);
      count += uint64_t(got);
      // What does not fit (or fails) is for the stream's own write to wait for (or to say).
      ssize_t put = std::max<ssize_t>(send(to.fd(), buffer, size_t(got), MSG_NOSIGNAL), 0);
      if (put < got) return writeRest(kj::arrayPtr(buffer + put, size_t(got - put)));
    }
    // Through the timer, as the loop looks for other events only when it has nothing left to do.
    return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
  }

private:
  kj::Timer& timer;
  Socket& from;
  Socket& to;
  uint64_t& count;

  kj::Promise<void> writeRest(kj::ArrayPtr<const kj::byte> bytes) {
    auto rest = kj::heapArray(bytes);
    auto written = to.write(rest.begin(), rest.size());
    return written.attach(kj::mv(rest)).then([this]() { return run(); });
  }
};

class SocketToStream {
  // The stream's window is what lets the others have their turn.
public:
  SocketToStream(Socket& from, ByteStream& to, uint64_t& count)
      : from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    auto* buffer = sharedBuffer();
    ssize_t got = recv(from.fd(), buffer, PIECE, 0);
    if (got == 0) {
      to.shutdownWrite();
      return kj::READY_NOW;
    }
    if (got < 0 && errno == EAGAIN) return from.whenReadable().then([this]() { return run(); });
    if (got < 0 && errno != EINTR) return broken(errno);
    size_t size = got < 0 ? 0 : size_t(got);
    count += size;
    return to.send(kj::arrayPtr(buffer, size)).then([this]() { return run(); });
  }

private:
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

template <typename Pump, typename... Parts>
kj::Promise<void> pumpWith(Parts&&... parts) {
  auto pump = kj::heap<Pump>(parts...);
  auto done = pump->run();
  return done.attach(kj::mv(pump));
}

kj::Promise<void> pump(kj::Timer& timer, kj::AsyncIoStream& from, kj::AsyncIoStream& to,
                       uint64_t& count) {
  auto fromSocket = kj::dynamicDowncastIfAvailable<Socket>(from);
  auto toSocket = kj::dynamicDowncastIfAvailable<Socket>(to);
  KJ_IF_MAYBE (source, fromSocket) {
    KJ_IF_MAYBE (sink, toSocket) return pumpWith<SocketToSocket>(timer, *source, *sink, count);
    return pumpWith<SocketToStream>(*source, kj::downcast<ByteStream>(to), count);
  }
  KJ_IF_MAYBE (sink, toSocket)
    return pumpWith<StreamToSocket>(kj::downcast<ByteStream>(from), *sink, count);
  KJ_FAIL_REQUIRE("one of the two ends is a socket");
}

}  // namespace

kj::Promise<void> relay(kj::Timer& timer, kj::AsyncIoStream& near, kj::AsyncIoStream& far,
                        Traffic& traffic) {
  // Whichever breaks first ends both; joined alone, the other would be waited for.
  auto broke = kj::newPromiseAndFulfiller<void>();
  auto fail = kj::heap<kj::Own<kj::PromiseFulfiller<void>>>(kj::mv(broke.fulfiller));
  auto direction = [&](kj::AsyncIoStream& from, kj::AsyncIoStream& to, uint64_t& count) {
    return pump(timer, from, to, count)
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
