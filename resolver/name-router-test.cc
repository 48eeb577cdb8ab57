// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-router.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

class Root final : public NameSource {
public:
  kj::Promise<Resolved> resolve(const Lookup&) override {
    Answer answer;
    answer.server = "root";
    return Resolved{kj::mv(answer), nullptr};
  }
};

struct Routing {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  TlsClient tls;
  UpstreamPool pool{io, tls};
  LoopProbe loops{io.provider->getTimer()};
  Root root;
  NameRouter router;

  explicit Routing(Settings::Resolver settings)
      : router(io.provider->getTimer(), pool, loops, root, UpstreamChoice::parse(settings)) {}

  kj::String shown() {
    auto lines = KJ_MAP(route, router.all()) {
      kj::String zone = kj::str("*");
      KJ_IF_MAYBE (name, route->zone) zone = name->text();
      return kj::str(zone, "=", route->describe());
    };
    return kj::strArray(lines, " ");
  }
};

Settings::Resolver settings(std::initializer_list<const char*> upstreams,
                            std::initializer_list<std::pair<const char*, const char*>> zones = {}) {
  Settings::Resolver result;
  for (auto one : upstreams) result.upstreams.add(kj::str(one));
  for (auto& [name, server] : zones) {
    auto& zone = result.zones.add();
    zone.name = kj::str(name);
    zone.upstreams.add(kj::str(server));
  }
  return result;
}

LinkServers link(kj::StringPtr origin, kj::StringPtr server, kj::StringPtr zone = nullptr,
                 bool forAll = true) {
  LinkServers result;
  result.origin = kj::str(origin);
  result.servers.add(Upstream::parse(server));
  if (zone != nullptr) result.zones.add(KJ_ASSERT_NONNULL(Name::parse(zone)));
  result.forAll = forAll;
  return result;
}

kj::String texts(kj::ArrayPtr<const Name> names) {
  auto all = KJ_MAP(name, names) {
    return name.text();
  };
  return kj::strArray(all, " ");
}

}  // namespace

TEST_CASE("a network's servers are asked for all names, a VPN's for its zones alone") {
  Routing r(settings({}));
  CHECK(r.shown() == "*=");
  NetworkServers given;
  given.links.add(link("eth0", "192.0.2.1"));
  given.links.add(link("tun0", "192.0.2.2", "corp.example", false));
  CHECK(texts(r.router.take(given)) == "corp.example");
  CHECK(r.shown() == "corp.example=udp://192.0.2.2 *=udp://192.0.2.1");
  CHECK(texts(r.router.take(given)) == "");
}

TEST_CASE("settings come before what the network says, and their zones before its zones") {
  Routing r(settings({"192.0.2.53"}, {{"corp.example", "192.0.2.54"}}));
  NetworkServers given;
  given.links.add(link("tun0", "192.0.2.2", "corp.example"));
  given.links.add(link("tun1", "192.0.2.3", "other.example"));
  r.router.take(given);
  CHECK(r.shown() ==
        "corp.example=udp://192.0.2.54 other.example=udp://192.0.2.3 *=udp://192.0.2.53");
}

TEST_CASE("without split_dns no network takes names away from the servers that are set") {
  auto chosen = settings({"192.0.2.53"});
  chosen.splitDns = false;
  Routing r(kj::mv(chosen));
  NetworkServers given;
  given.links.add(link("tun0", "192.0.2.2", "corp.example"));
  r.router.take(given);
  CHECK(r.shown() == "*=udp://192.0.2.53");
}

TEST_CASE(
    "only what is asked elsewhere from now on is forgotten, and nothing when a network goes") {
  Routing r(settings({}));
  NetworkServers given;
  given.links.add(link("eth0", "192.0.2.1"));
  r.router.take(given);
  given.links.add(link("tun0", "192.0.2.2", "corp.example", false));
  CHECK(texts(r.router.take(given)) == "corp.example");
  NetworkServers less;
  less.links.add(link("eth0", "192.0.2.1"));
  CHECK(texts(r.router.take(less)) == "corp.example");
  CHECK(texts(r.router.take(NetworkServers())) == "");
  CHECK(texts(r.router.take(less)) == "");
  NetworkServers other;
  other.links.add(link("wlan0", "192.0.2.9"));
  CHECK(texts(r.router.take(other)) == ".");
}

TEST_CASE("where the network gives no server, names are found from the root") {
  Routing r(settings({"system"}));
  Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse("www.example.org")), TYPE_A}};
  CHECK(r.router.resolve(lookup).wait(r.io.waitScope).answer.server == "root");
}

TEST_CASE("what is known of a server outlives a change of the network") {
  Routing r(settings({}));
  NetworkServers given;
  given.links.add(link("eth0", "192.0.2.1"));
  r.router.take(given);
  auto* before = r.router.all()[0]->forwarder.all()[0].get();
  given.links.add(link("eth1", "192.0.2.9"));
  r.router.take(given);
  CHECK(r.router.all()[0]->forwarder.all()[0].get() == before);
}

TEST_CASE("servers that all ask us in turn are left aside, and the root is asked") {
  Routing r(settings({}));
  NetworkServers given;
  given.links.add(link("eth0", "192.0.2.1"));
  r.router.take(given);
  r.pool.get(Upstream::parse("192.0.2.1"))->asksUs = true;
  Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse("www.example.org")), TYPE_A}};
  CHECK(r.router.resolve(lookup).wait(r.io.waitScope).answer.server == "root");
}

TEST_CASE("upstreams that cannot be meant are refused with what to write") {
  CHECK_THROWS_WITH_AS(UpstreamChoice::parse(settings({"system", "192.0.2.1"})),
                       doctest::Contains("stands alone"), kj::Exception);
  CHECK_THROWS_WITH_AS(UpstreamChoice::parse(settings({}, {{"no..name", "192.0.2.1"}})),
                       doctest::Contains("not a domain name"), kj::Exception);
}

}  // namespace portreeve::resolver
