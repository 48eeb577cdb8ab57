// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/service.h"

#include "common/descriptor-capability.h"

#include <kj/debug.h>

namespace portreeve::keeper {
class Service::Bootstrap final : public proto::Keeper::Server {
  // The RPC server lets only those in who may observe; what acts is for root and the interceptor.
public:
  Bootstrap(Service& service, Entitlement entitlement)
      : service(service), entitlement(kj::mv(entitlement)) {}

  kj::Promise<void> load(LoadContext context) override {
    entitlement.require(Role::INTERCEPTOR);
    service.keeper.load();
    service.fillPresence(context.getResults().initPresence());
    return kj::READY_NOW;
  }

  kj::Promise<void> verify(VerifyContext context) override {
    entitlement.require(Role::INTERCEPTOR);
    service.keeper.verify();
    if (!service.keeper.allPresent()) service.watch.wake();
    service.fillPresence(context.getResults().initPresence());
    return kj::READY_NOW;
  }

  kj::Promise<void> remove(RemoveContext context) override {
    entitlement.require(Role::INTERCEPTOR);
    service.keeper.remove();
    return kj::READY_NOW;
  }

  kj::Promise<void> presence(PresenceContext context) override {
    service.fillPresence(context.getResults().initPresence());
    return kj::READY_NOW;
  }

  kj::Promise<void> socketOwners(SocketOwnersContext context) override {
    entitlement.require(Role::ATTRIBUTOR);
    auto results = context.getResults();
    KJ_IF_MAYBE (table, service.forAttributor.socketOwners.table())
      results.setTable(kj::heap<DescriptorCapability<proto::SocketOwnerTable>>(*table));
    results.setWhyNot(service.forAttributor.socketOwners.whyNot());
    return kj::READY_NOW;
  }

  kj::Promise<void> processEvents(ProcessEventsContext context) override {
    entitlement.require(Role::ATTRIBUTOR);
    auto& events = service.forAttributor.processEvents;
    auto results = context.getResults();
    KJ_IF_MAYBE (socket, events.socket())
      results.setEvents(kj::heap<DescriptorCapability<proto::ProcessEventSocket>>(*socket));
    results.setWhyNot(events.whyNot());
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    service.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  Service& service;
  Entitlement entitlement;
};

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, kj::AutoCloseFd rpcSocket,
                 interceptor::NetlinkSocket ruleEvents, RuleKeeper& keeper,
                 const ForAttributor& forAttributor)
    : keeper(keeper),
      forAttributor(forAttributor),
      watch(io.unixEventPort, io.provider->getTimer(), kj::mv(ruleEvents), keeper),
      ownStatus(Role::KEEPER),
      rpc(*io.lowLevelProvider, rpcSocket.release(), accounts, [this](Entitlement entitlement) {
        return kj::heap<Bootstrap>(*this, kj::mv(entitlement));
      }) {
  auto& counters = keeper.counters();
  ownStatus.addCounter("loads", [&counters]() { return double(counters.loads); });
  ownStatus.addCounter("restored", [&counters]() { return double(counters.restored); });
  ownStatus.addCounter("verifications", [&counters]() { return double(counters.verifications); });
  ownStatus.addCounter("guard", [&keeper]() { return keeper.guarded() ? 1.0 : 0.0; });
}

kj::Promise<void> Service::serve() {
  return watch.run().exclusiveJoin(rpc.serve());
}

void Service::fillPresence(proto::RulesPresence::Builder builder) const {
  builder.setLoaded(keeper.allPresent());
  builder.setIpv4(keeper.present(IpFamily::V4));
  builder.setIpv6(keeper.present(IpFamily::V6));
  builder.setVariant(toText(keeper.variant()));
  builder.setGuard(keeper.guarded());
  builder.setRestored(keeper.counters().restored);
  builder.setLastChange(keeper.lastChange());
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  kj::Vector<kj::String> words;
  bool degraded = watch.trouble().size() > 0;
  if (degraded) words.add(kj::str(watch.trouble()));
  if (keeper.keeping() && !keeper.guarded()) {
    // Legacy may stand on a kernel without nf_tables: it is said, but nothing is amiss.
    degraded = degraded || keeper.variant() == Variant::NFT;
    words.add(kj::str("no guard: ", keeper.whyNoGuard()));
  }
  if (keeper.lastChange().size() > 0) words.add(kj::str("last change: ", keeper.lastChange()));
  ownStatus.setState(degraded ? "degraded" : "running", kj::strArray(words, "; "));
  ownStatus.setNotes(keeper.notes());
  ownStatus.fill(builder);
}

}  // namespace portreeve::keeper
