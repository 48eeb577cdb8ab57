// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/packet-stream.h"

#include "common/address-message.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

class Sink final : public proto::PacketSink::Server {
public:
  explicit Sink(kj::Own<IncomingPackets> incoming) : incoming(kj::mv(incoming)) {}
  ~Sink() noexcept(false) { incoming->end(); }

  kj::Promise<void> send(SendContext context) override {
    auto packet = context.getParams().getPacket();
    KJ_REQUIRE(packet.getName().size() <= LONGEST_NAME, "the name is too long");
    KJ_REQUIRE(packet.getBytes().size() <= LONGEST_DATAGRAM, "the datagram is too long");
    incoming->add(Datagram{
        Target{kj::str(packet.getName()), fromMessage(packet.getAddress()), packet.getPort()},
        kj::heapArray(packet.getBytes().asBytes())});
    return kj::READY_NOW;
  }

private:
  kj::Own<IncomingPackets> incoming;
};

}  // namespace

void IncomingPackets::add(Datagram datagram) {
  if (waiting.size() >= MOST) return;
  waiting.push_back(kj::mv(datagram));
  KJ_IF_MAYBE (reader, arrived) (*reader)->fulfill();
}

void IncomingPackets::end() {
  ended = true;
  KJ_IF_MAYBE (reader, arrived) (*reader)->fulfill();
}

kj::Promise<Datagram> IncomingPackets::receive() {
  if (!waiting.empty()) {
    auto first = kj::mv(waiting.front());
    waiting.pop_front();
    return kj::Promise<Datagram>(kj::mv(first));
  }
  if (ended) return KJ_EXCEPTION(DISCONNECTED, "there are no more datagrams");
  auto next = kj::newPromiseAndFulfiller<void>();
  arrived = kj::mv(next.fulfiller);
  return next.promise.then([this]() { return receive(); });
}

proto::PacketSink::Client makeSink(kj::Own<IncomingPackets> incoming) {
  return kj::heap<Sink>(kj::mv(incoming));
}

PacketStream::PacketStream(kj::Own<IncomingPackets> incoming, proto::PacketSink::Client out)
    : incoming(kj::mv(incoming)), out(kj::mv(out)) {}

void PacketStream::send(const Target& to, kj::ArrayPtr<const kj::byte> bytes) {
  if (underWay >= MOST_UNDER_WAY) return;
  auto request = out.sendRequest();
  auto packet = request.initPacket();
  packet.setName(to.name);
  toMessage(to.address, packet.initAddress());
  packet.setPort(to.port);
  packet.setBytes(bytes);
  underWay++;
  auto sent = request.send();
  sending = sending.then([sent = kj::mv(sent)]() mutable { return kj::mv(sent); })
                .then([this]() { underWay--; }, [this](kj::Exception&&) { incoming->end(); })
                .eagerlyEvaluate(nullptr);
}

kj::Promise<Datagram> PacketStream::receive() {
  return incoming->receive();
}

}  // namespace portreeve::gate17
