// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/bootstrap.h"

#include "common/status.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

Target targetOf(kj::StringPtr host, uint16_t port) {
  KJ_IF_MAYBE (address, Address::parse(host)) return Target{kj::String(), *address, port};
  return Target{kj::str(host), {}, port};
}

class Bootstrap final : public proto::Gate::Server {
public:
  Bootstrap(BootstrapParts& parts, Entitlement peer) : parts(parts), peer(kj::mv(peer)) {}

  kj::Promise<void> ways(WaysContext context) override {
    peer.requireObserve();
    auto all = parts.ways.all();
    auto list = context.getResults().initWays(uint(all.size()));
    for (uint i = 0; i < all.size(); i++) all[i]->fill(list[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> test(TestContext context) override {
    peer.requireChange();
    auto asked = context.getParams();
    KJ_REQUIRE(asked.getHost().size() <= LONGEST_NAME, "the host's name is too long");
    kj::Maybe<Target> target;
    if (asked.getHost().size() > 0) target = targetOf(asked.getHost(), asked.getPort());
    KJ_IF_MAYBE (way, parts.ways.find(asked.getWay())) {
      auto tested = way->test(parts.timer, target);
      return tested.attach(kj::mv(target)).then([context](double ms) mutable {
        context.getResults().setLatency(ms);
      });
    }
    KJ_FAIL_REQUIRE("there is no way of that name: `portreeve gate status` shows them");
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
  BootstrapParts& parts;
  Entitlement peer;
};

}  // namespace

proto::Gate::Client makeBootstrap(BootstrapParts& parts, Entitlement peer) {
  return kj::heap<Bootstrap>(parts, kj::mv(peer));
}

}  // namespace portreeve::gate17
