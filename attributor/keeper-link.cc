// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/keeper-link.h"

namespace portreeve::attributor {

KeeperLink::KeeperLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       kj::StringPtr socket)
    : peer(provider, timer, socket, [this](capnp::Capability::Client client) {
        return establish(client.castAs<proto::Keeper>());
      }) {}

kj::Promise<void> KeeperLink::establish(proto::Keeper::Client keeper) {
  table.forget();
  return keeper.socketOwnersRequest().send().then([this](auto&& answer) -> kj::Promise<void> {
    whyNot = kj::str(answer.getWhyNot());
    if (!answer.hasTable()) return kj::READY_NOW;
    auto given = answer.getTable();
    return given.getFd()
        .then([this](kj::Maybe<int> descriptor) {
          KJ_IF_MAYBE (fd, descriptor) table.use(*fd);
        })
        .attach(kj::mv(given));
  });
}

kj::Maybe<NotedOwner> KeeperLink::find(uint64_t cookie) const {
  if (!peer.connected()) return nullptr;
  return table.find(cookie);
}

kj::Maybe<ClosedSocket> KeeperLink::findClosed(const ClosedQuestion& asked) const {
  if (!peer.connected()) return nullptr;
  return table.findClosed(asked);
}

kj::String KeeperLink::words() const {
  if (!peer.connected()) return kj::str("the keeper is away: owners are looked for in /proc");
  if (table.inUse()) return kj::str("the kernel notes the owners of sockets (BPF)");
  return kj::str("owners are looked for in /proc (no BPF: ", whyNot, ")");
}

}  // namespace portreeve::attributor
