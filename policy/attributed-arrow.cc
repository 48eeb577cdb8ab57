// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attributed-arrow.h"

#include "common/log.h"

namespace portreeve::policy {
namespace {

class RingSocketImpl final : public proto::RingSocket::Server {
public:
  explicit RingSocketImpl(kj::AutoCloseFd sender) : sender(kj::mv(sender)) {}
  kj::Maybe<int> getFd() override { return sender.get(); }

private:
  kj::AutoCloseFd sender;
};

}  // namespace

AttributedArrow::AttributedArrow(kj::UnixEventPort& port, OnBatch onBatch)
    : port(port), onBatch(kj::mv(onBatch)), receiving(kj::READY_NOW) {}

proto::RingSocket::Client AttributedArrow::open() {
  auto pair = makeRingPair();
  malformedBefore = malformed();
  receiving = kj::READY_NOW;
  auto fresh =
      kj::heap<RingReceiver>(port, kj::mv(pair.receiver), [this](capnp::MessageReader& message) {
        onBatch(message.getRoot<proto::AttributedBatch>());
      });
  receiving = receive(*fresh).eagerlyEvaluate(
      [](kj::Exception&& e) { log::exception("receiving attributed packets", e); });
  receiver = kj::mv(fresh);
  isOpen = true;
  return kj::heap<RingSocketImpl>(kj::mv(pair.sender));
}

kj::Promise<void> AttributedArrow::receive(RingReceiver& from) {
  // Not at once: whoever called open() may still be at it.
  return kj::evalLater([&from]() { return from.receive(); }).then([this]() { isOpen = false; });
}

uint64_t AttributedArrow::malformed() const {
  KJ_IF_MAYBE (current, receiver) return malformedBefore + (*current)->malformed();
  return malformedBefore;
}

}  // namespace portreeve::policy
