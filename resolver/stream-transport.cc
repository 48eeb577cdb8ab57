// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/stream-transport.h"

#include "resolver/chance.h"

#include <kj/debug.h>
#include <kj/vector.h>

#include <cstring>
#include <unordered_map>

namespace portreeve::resolver {
namespace {

kj::Exception gone(kj::StringPtr reason) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str(reason));
}

}  // namespace

class StreamTransport::Stream final : public Connection {
public:
  Stream(kj::Own<Wire> wire, kj::Timer& timer)
      : wire(kj::mv(wire)),
        timer(timer),
        lastUsed(timer.now()),
        running(readNext()
                    .exclusiveJoin(endWhenIdle())
                    .then([this]() { fail(gone("the server closed the connection")); },
                          [this](kj::Exception&& e) { fail(e); })
                    .eagerlyEvaluate(nullptr)) {}

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override {
    KJ_IF_MAYBE (e, ended) return kj::cp(*e);
    uint16_t id;
    do id = chance().u16();
    while (waiting.count(id) > 0);
    auto frame = kj::heapArray<kj::byte>(2 + query.size());
    frame[0] = kj::byte(query.size() >> 8);
    frame[1] = kj::byte(query.size());
    memcpy(frame.begin() + 2, query.begin(), query.size());
    frame[2] = kj::byte(id >> 8);
    frame[3] = kj::byte(id);
    auto paf = kj::newPromiseAndFulfiller<kj::Array<kj::byte>>();
    waiting.emplace(id, Waiting{kj::heapArray(query), kj::mv(paf.fulfiller)});
    lastUsed = timer.now();
    send(kj::mv(frame));
    return paf.promise.attach(
        kj::defer([self = kj::addRef(*this), id]() mutable { self->waiting.erase(id); }));
  }

  bool isOpen() const override { return ended == nullptr; }

private:
  struct Waiting {
    kj::Array<kj::byte> query;
    kj::Own<kj::PromiseFulfiller<kj::Array<kj::byte>>> fulfiller;
  };

  kj::Own<Wire> wire;
  kj::Timer& timer;
  kj::TimePoint lastUsed;
  kj::Maybe<kj::Exception> ended;
  std::unordered_map<uint16_t, Waiting> waiting;
  kj::Vector<kj::byte> toSend;  // gathered while a write is under way
  bool sending = false;
  kj::byte prefix[2];
  kj::Array<kj::byte> message;
  kj::Promise<void> writing = kj::READY_NOW;
  kj::Promise<void> running;

  void send(kj::Array<kj::byte> frame) {
    toSend.addAll(frame);
    if (sending) return;
    sending = true;
    // At the end of this turn, so that questions that come together go together.
    writing = kj::evalLast([this]() {
                return writeGathered();
              }).eagerlyEvaluate([this](kj::Exception&& e) { fail(e); });
  }

  kj::Promise<void> writeGathered() {
    if (toSend.empty()) {
      sending = false;
      return kj::READY_NOW;
    }
    auto octets = toSend.releaseAsArray();
    toSend = kj::Vector<kj::byte>();
    return wire->write(kj::mv(octets)).then([this]() { return writeGathered(); });
  }

  kj::Promise<void> readNext() {
    return wire->read(prefix, 2, 2).then([this](size_t got) -> kj::Promise<void> {
      if (got < 2) return kj::READY_NOW;
      size_t length = size_t(prefix[0]) << 8 | prefix[1];
      if (length < 12) return gone("the server sent something that is no answer");
      message = kj::heapArray<kj::byte>(length);
      return wire->read(message.begin(), length, length)
          .then([this, length](size_t filled) -> kj::Promise<void> {
            if (filled < length) return kj::READY_NOW;
            take();
            return readNext();
          });
    });
  }

  void take() {
    auto found = waiting.find(uint16_t(message[0] << 8 | message[1]));
    if (found == waiting.end() || !sameQuestion(found->second.query, message, false)) return;
    lastUsed = timer.now();
    found->second.fulfiller->fulfill(kj::mv(message));
  }

  kj::Promise<void> endWhenIdle() {
    return timer.afterDelay(IDLE).then([this]() -> kj::Promise<void> {
      if (waiting.empty() && timer.now() - lastUsed >= IDLE) return kj::READY_NOW;
      return endWhenIdle();
    });
  }

  void fail(const kj::Exception& e) {
    if (ended != nullptr) return;
    ended = kj::cp(e);
    for (auto& [id, one] : waiting) one.fulfiller->reject(kj::cp(e));
  }
};

kj::Own<ConnectionTransport::Connection> StreamTransport::open(kj::Own<Wire> wire,
                                                               kj::Timer& timer) {
  return kj::refcounted<Stream>(kj::mv(wire), timer);
}

}  // namespace portreeve::resolver
