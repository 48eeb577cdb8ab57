// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/suite-link.h"

#include "common/suite.h"

namespace portreeve::gateway {

SocketSuiteLink::SocketSuiteLink(kj::AsyncIoContext& io, Directories folders,
                                 kj::Function<void()> onNew)
    : io(io),
      directories(kj::mv(folders)),
      onPolicyIsNew(kj::mv(onNew)),
      connection(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("policy"),
                 [this](capnp::Capability::Client) -> kj::Promise<void> {
                   onPolicyIsNew();
                   return kj::READY_NOW;
                 }) {}

kj::Maybe<proto::Policy::Client> SocketSuiteLink::policy() {
  KJ_IF_MAYBE (bootstrap, connection.bootstrap()) return bootstrap->castAs<proto::Policy>();
  return nullptr;
}

kj::Promise<void> SocketSuiteLink::collectStatus(proto::view::Status::Builder status) {
  return portreeve::collectStatus(*io.lowLevelProvider, io.provider->getTimer(), directories,
                                  status);
}

}  // namespace portreeve::gateway
