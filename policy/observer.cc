// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/observer.h"

#include "common/clock.h"
#include "policy/connection-view.h"
#include "policy/explain.h"
#include "policy/failure.h"
#include "policy/rules/network-view.h"
#include "policy/settings-page.h"

namespace portreeve::policy {
namespace {

constexpr uint MOST_ADDRESSES = 1000;       // as in proto/policy.capnp
constexpr size_t LARGEST_ANSWER = 8 << 20;  // half of what a client of the suite reads

class ObserverServer final : public proto::Observer::Server {
public:
  explicit ObserverServer(Observed observed) : observed(observed) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    return observed.refreshBytes().then([this, context]() mutable {
      ConnectionFilter filter(context.getParams().getFilter());
      auto found = newest(filter);
      auto list = context.getResults().initConnections(uint(found.size()));
      for (uint i = 0; i < list.size(); i++)
        fill(list[i], *found[found.size() - 1 - i], observed.users);
    });
  }

  kj::Promise<void> follow(FollowContext context) override {
    auto params = context.getParams();
    context.getResults().setSubscription(
        observed.followers.add(params.getFilter(), params.getSink()));
    return kj::READY_NOW;
  }

  kj::Promise<void> rules(RulesContext context) override {
    auto& set = observed.rules.inForce();
    set.fill(context.getResults().initRules(uint(set.rules().size())));
    return kj::READY_NOW;
  }

  kj::Promise<void> sources(SourcesContext context) override {
    auto sources = observed.rules.sources();
    auto list = context.getResults().initSources(uint(sources.size()));
    for (uint i = 0; i < list.size(); i++) {
      auto& source = sources[i];
      list[i].setFile(source.file);
      list[i].setText(source.text);
      list[i].setOwn(source.layer == rules::Layer::SUITE);
      list[i].setWritten(source.writtenNs);
      if (source.layer == rules::Layer::USER) list[i].setUser(source.user);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> explain(ExplainContext context) override {
    return observed.refreshBytes().then([this, context]() mutable {
      policy::explain(context.getParams().getQuestion(),
                      ExplainFrom{observed.rules.inForce(), observed.flows, observed.users,
                                  observed.rules.listFolder()},
                      wallNs(), context.getResults().initExplanation());
    });
  }

  kj::Promise<void> rulesStatus(RulesStatusContext context) override {
    observed.rules.fill(context.getResults().initStatus());
    return kj::READY_NOW;
  }

  kj::Promise<void> changes(ChangesContext context) override {
    constexpr uint32_t MOST = 1000;
    auto& log = observed.rules.changes();
    uint32_t wanted = context.getParams().getLimit();
    size_t count = kj::min(log.all().size(), size_t(wanted == 0 ? MOST : kj::min(wanted, MOST)));
    auto results = context.getResults();
    log.fill(results.initChanges(uint(count)), log.all().size() - count);
    results.setBrokenAt(log.brokenAt());
    return kj::READY_NOW;
  }

  kj::Promise<void> profiles(ProfilesContext context) override {
    observed.rules.profiles().fill(context.getResults().initProfiles());
    return kj::READY_NOW;
  }

  kj::Promise<void> settings(SettingsContext context) override {
    fillSettings(observed.rules, context.getResults().initPage());
    return kj::READY_NOW;
  }

  kj::Promise<void> networksOf(NetworksOfContext context) override {
    auto addresses = context.getParams().getAddresses();
    if (addresses.size() > MOST_ADDRESSES)
      fail(addresses.size(), " addresses: ask for ", MOST_ADDRESSES, " at once, at most");
    auto& geography = observed.rules.inForce().geography();
    auto networks = context.getResults().initNetworks(addresses.size());
    for (uint i = 0; i < addresses.size(); i++) {
      KJ_IF_MAYBE (address, Address::parse(addresses[i])) {
        rules::fillNetwork(*address, geography, networks[i]);
        networks[i].setAddress(address->toString());
      } else {
        fail("\"", addresses[i], "\" is no address");
      }
    }
    return kj::READY_NOW;
  }

private:
  Observed observed;

  kj::Vector<const Flow*> newest(const ConnectionFilter& filter) const {
    kj::Vector<const Flow*> found;
    size_t bytes = 0;
    observed.flows.newestFirst([&](const Flow& flow) {
      if (flow.id <= filter.afterId()) return false;
      if (!filter.matches(flow)) return true;
      bytes += roughBytes(flow);
      if (bytes > LARGEST_ANSWER) return false;
      found.add(&flow);
      return found.size() < filter.limit();
    });
    return found;
  }
};

}  // namespace

proto::Observer::Client makeObserver(Observed observed) {
  return kj::heap<ObserverServer>(observed);
}

}  // namespace portreeve::policy
