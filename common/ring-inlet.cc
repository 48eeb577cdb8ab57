// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/ring-inlet.h"

#include "common/log.h"

namespace portreeve {
namespace {

class RingSocketImpl final : public proto::RingSocket::Server {
public:
  explicit RingSocketImpl(kj::AutoCloseFd sender) : sender(kj::mv(sender)) {}
  kj::Maybe<int> getFd() override { return sender.get(); }

private:
  kj::AutoCloseFd sender;
};

}  // namespace

RingInlet::RingInlet(kj::UnixEventPort& port, OnMessage onMessage, Receive receive,
                     kj::StringPtr doing)
    : port(port),
      onMessage(kj::mv(onMessage)),
      receive(kj::mv(receive)),
      doing(doing),
      receiving(kj::READY_NOW) {}

RingInlet::Opened RingInlet::open() {
  auto pair = makeRingPair();
  malformedBefore = malformed();
  receiving = kj::READY_NOW;
  auto fresh = kj::heap<RingReceiver>(
      port, kj::mv(pair.receiver), [this](capnp::MessageReader& message) { onMessage(message); });
  // Not at once: whoever called open() may still be at it.
  receiving = kj::evalLater([this, &from = *fresh]() {
                return receive(from);
              }).then([this]() {
                  isOpen = false;
                }).eagerlyEvaluate([this](kj::Exception&& e) { log::exception(doing, e); });
  receiver = kj::mv(fresh);
  isOpen = true;
  int sender = pair.sender;
  return {kj::heap<RingSocketImpl>(kj::mv(pair.sender)), sender};
}

uint64_t RingInlet::malformed() const {
  KJ_IF_MAYBE (current, receiver) return malformedBefore + (*current)->malformed();
  return malformedBefore;
}

}  // namespace portreeve
