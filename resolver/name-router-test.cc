// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-router.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

class Marked final : public NameSource {
public:
  explicit Marked(const char* mark) : mark(mark) {}
  kj::Promise<Resolved> resolve(const Lookup&) override {
    Answer answer;
    answer.server = mark;
    return Resolved{kj::mv(answer), nullptr};
  }

private:
  const char* mark;
};

struct Routing {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  TlsClient tls;
  UpstreamPool pool{io, tls};
  LoopProbe loops{io.provider->getTimer()};
  Marked root{"root"}, links{"links"};
  NameRouter router;

  explicit Routing(Settings::Resolver settings)
      : router(io.provider->getTimer(), pool, loops, root, links, UpstreamChoice::parse(settings)) {
  }

  kj::String ask(kj::StringPtr name, uint16_t type = TYPE_A) {
    // Nothing is sent: of servers it would ask it says "servers".
    Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse(name)), type}};
    auto asked = router.resolve(lookup);
    if (!asked.poll(io.waitScope)) return kj::str("servers");
    auto resolved = asked.wait(io.waitScope);
    if (resolved.answer.rcode == RCODE_NXDOMAIN) return kj::str("no such name");
    return kj::str(resolved.answer.server.c_str());
  }

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

TEST_CASE("names of the links are asked for there, unless a zone of the settings holds them") {
  CHECK(Routing(settings({"198.18.0.1"})).ask("printer.local") == "links");
  CHECK(Routing(settings({"198.18.0.1"})).ask("7.0.254.169.in-addr.arpa", TYPE_PTR) == "links");
  auto without = settings({"198.18.0.1"});
  without.mdns = false;
  CHECK(Routing(kj::mv(without)).ask("printer.local") == "no such name");
}

TEST_CASE("names of this network alone are asked of servers in it, and never of others") {
  for (auto name : {"printer", "nas.lan", "x.home.arpa", "1.0.168.192.in-addr.arpa", "a.internal",
                    "5.31.172.in-addr.arpa", "b.test"}) {
    CAPTURE(name);
    CHECK(Routing(settings({"198.51.100.1"})).ask(name) == "no such name");
    CHECK(Routing(settings({"root"})).ask(name) == "no such name");
    CHECK(Routing(settings({"127.0.0.9"})).ask(name) == "servers");
  }
  // Top-level domains, and addresses of everybody.
  CHECK(Routing(settings({"root"})).ask("com", 2) == "root");
  CHECK(Routing(settings({"root"})).ask("8.8.8.8.in-addr.arpa", TYPE_PTR) == "root");
  CHECK(Routing(settings({"root"})).ask("5.32.172.in-addr.arpa", TYPE_PTR) == "root");
  CHECK(Routing(settings({"root"})).ask("www.home") == "no such name");
  CHECK(Routing(settings({"root"})).ask("home.example") == "root");
}

TEST_CASE("upstreams that cannot be meant are refused with what to write") {
  CHECK_THROWS_WITH_AS(UpstreamChoice::parse(settings({"system", "192.0.2.1"})),
                       doctest::Contains("stands alone"), kj::Exception);
  CHECK_THROWS_WITH_AS(UpstreamChoice::parse(settings({}, {{"no..name", "192.0.2.1"}})),
                       doctest::Contains("not a domain name"), kj::Exception);
}

}  // namespace portreeve::resolver
