// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-bootstrap.h"

#include "common/status.h"

namespace portreeve::gate17 {
namespace {

class Bootstrap final : public proto::NodeObserver::Server {
public:
  Bootstrap(NodeBootstrapParts& parts, Entitlement peer) : parts(parts), peer(kj::mv(peer)) {}

  kj::Promise<void> node(NodeContext context) override {
    peer.requireObserve();
    parts.fillNode(context.getResults().initNode());
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    parts.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  NodeBootstrapParts& parts;
  Entitlement peer;
};

}  // namespace

proto::NodeObserver::Client makeNodeBootstrap(NodeBootstrapParts& parts, Entitlement peer) {
  return kj::heap<Bootstrap>(parts, kj::mv(peer));
}

}  // namespace portreeve::gate17
