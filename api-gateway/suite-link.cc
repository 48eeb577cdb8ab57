// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/suite-link.h"

#include "common/suite.h"

#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

kj::Promise<void> nothingToDo(capnp::Capability::Client) {
  return kj::READY_NOW;
}

}  // namespace

SocketSuiteLink::SocketSuiteLink(kj::AsyncIoContext& io, Directories folders,
                                 kj::Function<void()> onNew)
    : io(io),
      directories(kj::mv(folders)),
      onPolicyIsNew(kj::mv(onNew)),
      connection(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("policy"),
                 [this](capnp::Capability::Client) -> kj::Promise<void> {
                   onPolicyIsNew();
                   return kj::READY_NOW;
                 }),
      past(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("historian"),
           nothingToDo),
      owners(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("attributor"),
             nothingToDo),
      dns(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("resolver"),
          nothingToDo),
      entrypoint(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("gate"),
                 nothingToDo) {}

kj::Maybe<proto::Policy::Client> SocketSuiteLink::policy() {
  KJ_IF_MAYBE (bootstrap, connection.bootstrap()) return bootstrap->castAs<proto::Policy>();
  return nullptr;
}

kj::Promise<void> SocketSuiteLink::collectStatus(proto::view::Status::Builder status) {
  return portreeve::collectStatus(*io.lowLevelProvider, io.provider->getTimer(), directories,
                                  status);
}

kj::Maybe<proto::Historian::Client> SocketSuiteLink::historian() {
  KJ_IF_MAYBE (bootstrap, past.bootstrap()) return bootstrap->castAs<proto::Historian>();
  return nullptr;
}

kj::Maybe<proto::Resolver::Client> SocketSuiteLink::resolver() {
  KJ_IF_MAYBE (bootstrap, dns.bootstrap()) return bootstrap->castAs<proto::Resolver>();
  return nullptr;
}

kj::Maybe<proto::Attributor::Client> SocketSuiteLink::attributor() {
  KJ_IF_MAYBE (bootstrap, owners.bootstrap()) return bootstrap->castAs<proto::Attributor>();
  return nullptr;
}

kj::Maybe<proto::Gate::Client> SocketSuiteLink::gate() {
  KJ_IF_MAYBE (bootstrap, entrypoint.bootstrap()) return bootstrap->castAs<proto::Gate>();
  return nullptr;
}

kj::Promise<uint32_t> SocketSuiteLink::ownerOf(const Tuple& socket) {
  KJ_IF_MAYBE (asked, attributor()) {
    auto request = asked->whoRequest();
    socket.to(request.initTuple());
    return request.send().then([](auto&& answer) { return answer.getProcess().getUid(); });
  }
  return KJ_EXCEPTION(DISCONNECTED, "the attributor is not there");
}

}  // namespace portreeve::gateway
