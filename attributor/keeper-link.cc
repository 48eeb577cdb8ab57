// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/keeper-link.h"

#include "common/descriptor-capability.h"

namespace portreeve::attributor {

KeeperLink::KeeperLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       kj::StringPtr socket, OnProcessEvents onProcessEvents)
    : onProcessEvents(kj::mv(onProcessEvents)),
      peer(provider, timer, socket, [this](capnp::Capability::Client client) {
        return establish(client.castAs<proto::Keeper>());
      }) {}

kj::Promise<void> KeeperLink::establish(proto::Keeper::Client keeper) {
  table.forget();
  return takeTable(keeper).then([this, keeper]() mutable {
    return takeEvents(kj::mv(keeper)).catch_([this](kj::Exception&& e) {
      // One of before this request, for instance; it is the keeper all the same.
      if (e.getType() == kj::Exception::Type::DISCONNECTED) kj::throwFatalException(kj::mv(e));
      whyNoEvents = kj::str(e.getDescription());
    });
  });
}

kj::Promise<void> KeeperLink::takeTable(proto::Keeper::Client keeper) {
  return keeper.socketOwnersRequest().send().then([this](auto&& answer) -> kj::Promise<void> {
    whyNot = kj::str(answer.getWhyNot());
    if (!answer.hasTable()) return kj::READY_NOW;
    return descriptorOf(answer.getTable()).then([this](kj::Maybe<kj::AutoCloseFd> descriptor) {
      KJ_IF_MAYBE (fd, descriptor) table.use(*fd);
    });
  });
}

kj::Promise<void> KeeperLink::takeEvents(proto::Keeper::Client keeper) {
  return keeper.processEventsRequest().send().then([this](auto&& answer) -> kj::Promise<void> {
    whyNoEvents = kj::str(answer.getWhyNot());
    if (!answer.hasEvents()) return kj::READY_NOW;
    return descriptorOf(answer.getEvents()).then([this](kj::Maybe<kj::AutoCloseFd> descriptor) {
      KJ_IF_MAYBE (fd, descriptor) onProcessEvents(kj::mv(*fd));
    });
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
