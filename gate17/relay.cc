// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/relay.h"

#include "gate17/socket.h"

#include <errno.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <kj/vector.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t PIECE = 128 << 10;
constexpr size_t BUFFERED_PIECE = 16 << 10;  // of a stream that has to be lent a buffer to wait
constexpr unsigned PIECES_A_TURN = 8;        // then the other streams have theirs

kj::byte* sharedBuffer() {
  // Filled and emptied within one turn of the loop, by whoever has it.
  static kj::byte buffer[PIECE];
  return buffer;
}

kj::Exception broken(int error) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str("carrying bytes: ", strerror(error)));
}

class SocketPump {
  // From a socket to any stream.
public:
  SocketPump(kj::Timer& timer, Socket& from, kj::AsyncIoStream& to, uint64_t& count)
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
      size_t put = 0;
      KJ_IF_MAYBE (socket, toSocket) put = sendNow(*socket, buffer, size_t(got));
      if (put < size_t(got)) return writeRest(kj::arrayPtr(buffer + put, size_t(got) - put));
    }
    // Through the timer, as the loop looks for other events only when it has nothing left to do.
    return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
  }

private:
  kj::Timer& timer;
  Socket& from;
  kj::AsyncIoStream& to;
  uint64_t& count;
  kj::Maybe<Socket&> toSocket = kj::dynamicDowncastIfAvailable<Socket>(to);

  static size_t sendNow(Socket& socket, const kj::byte* bytes, size_t size) {
    // What does not fit (or fails) is for the stream's own write to wait for (or to say).
    ssize_t put = send(socket.fd(), bytes, size, MSG_NOSIGNAL);
    return put < 0 ? 0 : size_t(put);
  }

  kj::Promise<void> writeRest(kj::ArrayPtr<const kj::byte> bytes) {
    auto rest = kj::heapArray(bytes);
    auto written = to.write(rest.begin(), rest.size());
    return written.attach(kj::mv(rest)).then([this]() { return run(); });
  }
};

class BufferedPump {
  // From a stream that knows no descriptor.
public:
  BufferedPump(kj::Timer&, kj::AsyncIoStream& from, kj::AsyncIoStream& to, uint64_t& count)
      : from(from), to(to), count(count) {}

  kj::Promise<void> run() {
    return from.tryRead(buffer.begin(), 1, buffer.size())
        .then([this](size_t got) -> kj::Promise<void> {
          if (got == 0) {
            to.shutdownWrite();
            return kj::READY_NOW;
          }
          count += got;
          return to.write(buffer.begin(), got).then([this]() { return run(); });
        });
  }

private:
  kj::AsyncIoStream& from;
  kj::AsyncIoStream& to;
  uint64_t& count;
  kj::Array<kj::byte> buffer = kj::heapArray<kj::byte>(BUFFERED_PIECE);
};

template <typename Pump, typename From>
kj::Promise<void> pumpWith(kj::Timer& timer, From& from, kj::AsyncIoStream& to, uint64_t& count) {
  auto pump = kj::heap<Pump>(timer, from, to, count);
  auto done = pump->run();
  return done.attach(kj::mv(pump));
}

kj::Promise<void> pump(kj::Timer& timer, kj::AsyncIoStream& from, kj::AsyncIoStream& to,
                       uint64_t& count) {
  KJ_IF_MAYBE (socket, kj::dynamicDowncastIfAvailable<Socket>(from))
    return pumpWith<SocketPump>(timer, *socket, to, count);
  return pumpWith<BufferedPump>(timer, from, to, count);
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
