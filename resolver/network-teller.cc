// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/network-teller.h"

#include "common/log.h"

namespace portreeve::resolver {

void NetworkTeller::meet(proto::Policy::Client policy) {
  listener = policy.attachmentRequest().send().getListener();
  tell();
}

kj::Promise<void> NetworkTeller::follow() {
  return watch.changed().then([this]() {
    auto seen = watch.look();
    if (!(seen == now)) {
      now = kj::mv(seen);
      tell();
    }
    return follow();
  });
}

void NetworkTeller::tell() {
  KJ_IF_MAYBE (client, listener) {
    auto request = client->attachedRequest();
    now.to(request.initAttachment());
    tasks.add(request.send().ignoreResult());
  }
}

void NetworkTeller::taskFailed(kj::Exception&& e) {
  // A policy that goes is told when it comes back; one of an older version does not want to know.
  if (e.getType() != kj::Exception::Type::DISCONNECTED &&
      e.getType() != kj::Exception::Type::UNIMPLEMENTED)
    log::exception("telling policy which networks this machine is on", e);
}

}  // namespace portreeve::resolver
