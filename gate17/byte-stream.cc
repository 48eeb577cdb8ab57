// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/byte-stream.h"

#include "common/log.h"

#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

constexpr int CARRIED_WINDOW = 512 << 10;

kj::Exception brokenOff() {
  return KJ_EXCEPTION(DISCONNECTED, "the stream broke off");
}

class Sink final : public proto::ByteSink::Server {
public:
  explicit Sink(kj::Own<IncomingBytes> incoming) : incoming(kj::mv(incoming)) {}
  ~Sink() noexcept(false) { incoming->breakOff(brokenOff()); }

  kj::Promise<void> write(WriteContext context) override {
    auto bytes = context.getParams().getBytes();
    if (bytes.size() == 0) return kj::READY_NOW;
    // Where the call is given up (the connection has ended) its bytes go with it.
    return incoming->write(bytes).attach(
        kj::defer([kept = kj::addRef(*incoming)]() mutable { kept->forget(); }));
  }

  kj::Promise<void> end(EndContext) override {
    incoming->end();
    return kj::READY_NOW;
  }

private:
  kj::Own<IncomingBytes> incoming;
};

}  // namespace

kj::Promise<size_t> IncomingBytes::tryRead(kj::byte* buffer, size_t minBytes, size_t maxBytes) {
  return readMore(buffer, minBytes, maxBytes, 0);
}

kj::Promise<size_t> IncomingBytes::readMore(kj::byte* buffer, size_t minBytes, size_t maxBytes,
                                            size_t done) {
  size_t part = kj::min(pending.size(), maxBytes - done);
  if (part > 0) {
    memcpy(buffer + done, pending.begin(), part);
    done += part;
    consume(part);
  }
  if ((done >= minBytes && done > 0) || done == maxBytes) return done;
  KJ_IF_MAYBE (why, broken) return kj::cp(*why);
  if (ended) return done;
  return whenChanged().then([this, buffer, minBytes, maxBytes, done]() {
    return readMore(buffer, minBytes, maxBytes, done);
  });
}

kj::Promise<size_t> IncomingBytes::passTo(kj::AsyncOutputStream& to) {
  if (size_t size = pending.size()) {
    auto passed = passing.wrap(to.write(pending.begin(), size));
    return passed.then([this, size]() {
      consume(size);
      return size;
    });
  }
  KJ_IF_MAYBE (why, broken) return kj::cp(*why);
  if (ended) return size_t(0);
  return whenChanged().then([this, &to]() { return passTo(to); });
}

kj::Promise<void> IncomingBytes::whenChanged() {
  auto waiting = kj::newPromiseAndFulfiller<void>();
  arrived = kj::mv(waiting.fulfiller);
  return kj::mv(waiting.promise);
}

void IncomingBytes::consume(size_t bytes) {
  pending = pending.slice(bytes, pending.size());
  if (pending.size() == 0)
    KJ_IF_MAYBE (writer, taken) (*writer)->fulfill();
}

kj::Promise<void> IncomingBytes::write(kj::ArrayPtr<const kj::byte> bytes) {
  if (abandoned || ended) return brokenOff();
  if (pending.size() > 0) return KJ_EXCEPTION(FAILED, "one write at a time");
  pending = bytes;
  auto waiting = kj::newPromiseAndFulfiller<void>();
  taken = kj::mv(waiting.fulfiller);
  wake();
  return kj::mv(waiting.promise);
}

void IncomingBytes::forget() {
  pending = nullptr;
  if (!passing.isEmpty()) passing.cancel(brokenOff());
}

void IncomingBytes::end() {
  ended = true;
  wake();
}

void IncomingBytes::breakOff(kj::Exception&& why) {
  if (ended || broken != nullptr) return;
  broken = kj::mv(why);
  wake();
}

void IncomingBytes::stopReading() {
  abandoned = true;
  pending = nullptr;
  arrived = nullptr;
  KJ_IF_MAYBE (writer, taken) (*writer)->reject(brokenOff());
  taken = nullptr;
}

void IncomingBytes::wake() {
  KJ_IF_MAYBE (reader, arrived) (*reader)->fulfill();
}

proto::ByteSink::Client makeSink(kj::Own<IncomingBytes> incoming) {
  return kj::heap<Sink>(kj::mv(incoming));
}

ByteStream::ByteStream(kj::Own<IncomingBytes> incoming, proto::ByteSink::Client out)
    : incoming(kj::mv(incoming)), out(kj::mv(out)) {}

ByteStream::~ByteStream() noexcept(false) {
  incoming->stopReading();
}

kj::Promise<size_t> ByteStream::read(void* buffer, size_t minBytes, size_t maxBytes) {
  return tryRead(buffer, minBytes, maxBytes).then([minBytes](size_t got) -> kj::Promise<size_t> {
    if (got < minBytes) return brokenOff();
    return got;
  });
}

kj::Promise<size_t> ByteStream::tryRead(void* buffer, size_t minBytes, size_t maxBytes) {
  return incoming->tryRead(static_cast<kj::byte*>(buffer), minBytes, maxBytes);
}

kj::Promise<void> ByteStream::write(const void* buffer, size_t size) {
  return writeMore(kj::arrayPtr(static_cast<const kj::byte*>(buffer), size));
}

kj::Promise<void> ByteStream::writeMore(kj::ArrayPtr<const kj::byte> rest) {
  if (rest.size() == 0) return kj::READY_NOW;
  size_t part = kj::min(rest.size(), LONGEST_WRITE);
  auto sent = send(rest.slice(0, part));
  if (part == rest.size()) return sent;
  return sent.then([this, rest = rest.slice(part, rest.size())]() { return writeMore(rest); });
}

kj::Promise<void> ByteStream::send(kj::ArrayPtr<const kj::byte> bytes) {
  KJ_IREQUIRE(bytes.size() <= LONGEST_WRITE);
  KJ_IF_MAYBE (sink, out) {
    auto request =
        sink->writeRequest(capnp::MessageSize{bytes.size() / sizeof(capnp::word) + 16, 0});
    request.setBytes(bytes);
    return request.send();
  }
  return brokenOff();
}

kj::Promise<void> ByteStream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  if (pieces.size() == 0) return kj::READY_NOW;
  auto first = pieces[0];
  return writeMore(first).then([this, pieces]() { return write(pieces.slice(1, pieces.size())); });
}

kj::Promise<void> ByteStream::whenWriteDisconnected() {
  // Whoever writes is told by the write.
  return kj::NEVER_DONE;
}

void ByteStream::shutdownWrite() {
  KJ_IF_MAYBE (sink, out) {
    // That the stream has broken off is told by whoever reads it.
    sink->endRequest().send().ignoreResult().detach(
        [](kj::Exception&& e) { log::debug(kj::str("ending a stream: ", e.getDescription())); });
  }
  out = nullptr;
}

void ByteStream::getsockopt(int level, int option, void* value, kj::uint* length) {
  KJ_REQUIRE(level == SOL_SOCKET && option == SO_SNDBUF && *length == sizeof CARRIED_WINDOW);
  memcpy(value, &CARRIED_WINDOW, sizeof CARRIED_WINDOW);
}

}  // namespace portreeve::gate17
