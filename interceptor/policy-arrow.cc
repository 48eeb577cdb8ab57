// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/policy-arrow.h"

#include "common/log.h"
#include "interceptor/ring-buffer.h"

namespace portreeve::interceptor {
namespace {

class RingSocketImpl final : public proto::RingSocket::Server {
public:
  explicit RingSocketImpl(kj::AutoCloseFd sender) : sender(kj::mv(sender)) {}
  kj::Maybe<int> getFd() override { return sender.get(); }

private:
  kj::AutoCloseFd sender;
};

}  // namespace

PolicyArrow::PolicyArrow(kj::UnixEventPort& port, PacketLoop& packets, kj::Function<void()> onGone)
    : port(port), packets(packets), onGone(kj::mv(onGone)), receiving(kj::READY_NOW) {}

proto::RingSocket::Client PolicyArrow::open() {
  auto pair = makeRingPair();
  enlargeSendBuffer(pair.sender);
  malformedBefore = malformed();
  receiving = kj::READY_NOW;
  auto fresh =
      kj::heap<RingReceiver>(port, kj::mv(pair.receiver), [this](capnp::MessageReader& message) {
        packets.settle(message.getRoot<proto::SettleBatch>());
      });
  receiving = receive(*fresh).eagerlyEvaluate(
      [](kj::Exception&& e) { log::exception("receiving verdicts", e); });
  receiver = kj::mv(fresh);
  isOpen = true;
  return kj::heap<RingSocketImpl>(kj::mv(pair.sender));
}

kj::Promise<void> PolicyArrow::receive(RingReceiver& from) {
  // Not at once: whoever called open() may still be at it.
  return kj::evalLater([&from]() { return from.receive(); }).then([this]() {
    isOpen = false;
    onGone();
  });
}

uint64_t PolicyArrow::malformed() const {
  KJ_IF_MAYBE (current, receiver) return malformedBefore + (*current)->malformed();
  return malformedBefore;
}

}  // namespace portreeve::interceptor
