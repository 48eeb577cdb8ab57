// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attributed-arrow.h"

namespace portreeve::policy {

AttributedArrow::AttributedArrow(kj::UnixEventPort& port, OnBatch onBatch)
    : onBatch(kj::mv(onBatch)),
      inlet(
          port,
          [this](capnp::MessageReader& message) {
            this->onBatch(message.getRoot<proto::AttributedBatch>());
          },
          [](RingReceiver& from) { return from.receive(); }, "receiving attributed packets") {}

proto::RingSocket::Client AttributedArrow::open() {
  return inlet.open().socket;
}

}  // namespace portreeve::policy
