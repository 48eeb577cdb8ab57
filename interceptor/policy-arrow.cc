// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/policy-arrow.h"

#include "interceptor/ring-buffer.h"

namespace portreeve::interceptor {

PolicyArrow::PolicyArrow(kj::UnixEventPort& port, PacketLoop& packets, kj::Function<void()> onGone)
    : onGone(kj::mv(onGone)),
      inlet(
          port,
          [&packets](capnp::MessageReader& message) {
            packets.settle(message.getRoot<proto::SettleBatch>());
          },
          [this](RingReceiver& from) { return from.receive().then([this]() { this->onGone(); }); },
          "receiving verdicts") {}

proto::RingSocket::Client PolicyArrow::open() {
  auto opened = inlet.open();
  enlargeSendBuffer(opened.sender);
  return kj::mv(opened.socket);
}

}  // namespace portreeve::interceptor
