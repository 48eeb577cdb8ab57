// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/portal-names.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <map>
#include <string>

namespace portreeve::resolver {
namespace {

class FakeNames final : public NameSource {
  // Each name has the same addresses, or nobody answers.
public:
  kj::Maybe<kj::StringPtr> address, address6;
  bool down = false;
  int asked = 0;

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    asked++;
    if (address == nullptr && address6 == nullptr)
      return servfail(ExtendedError::NO_REACHABLE_AUTHORITY, kj::str("nobody answers"));
    Answer answer;
    bool six = lookup.question.type == TYPE_AAAA;
    KJ_IF_MAYBE (text, six ? address6 : address) {
      auto octets = KJ_ASSERT_NONNULL(Address::parse(*text));
      auto* from = reinterpret_cast<const char*>(octets.bytes.data());
      answer.answer.push_back({lookup.question.name, lookup.question.type, CLASS_IN, 3600,
                               six ? std::string(from, 16) : std::string(from + 12, 4)});
    }
    return Resolved{kj::mv(answer), nullptr};
  }
  bool isDown(const Name&) const override { return down; }
};

constexpr kj::StringPtr PORTAL = "10.1.1.1"_kj, TRUE_ADDRESS = "192.0.2.1"_kj,
                        PORTAL6 = "fd01::1"_kj, TRUE_ADDRESS6 = "2001:db8::1"_kj;

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  FakeNames names, network;
  ProbeResult::Kind page = ProbeResult::Kind::PORTAL, page6 = ProbeResult::Kind::PORTAL;
  bool silent = false;  // nobody answers over IPv4
  const char* login = "login.portal.test";
  int fetched = 0, forgotten = 0;
  PortalNames portal;

  explicit Fixture(bool looks = true)
      : portal(settings(looks),
               {names, network, timer,
                [this](const ProbePage&, const Address& from) { return fetch(from); },
                [this]() { forgotten++; }}) {
    network.address = PORTAL;
    names.down = true;
  }

  kj::Promise<ProbeResult> fetch(const Address& from) {
    bool six = from.toString() == PORTAL6;
    CHECK((six || from.toString() == PORTAL));
    fetched++;
    if (!six && silent) return kj::NEVER_DONE;
    ProbeResult result{six ? page6 : page, nullptr};
    if (result.kind == ProbeResult::Kind::PORTAL) result.name = Name::parse(login);
    return kj::mv(result);
  }

  static PortalNames::Settings settings(bool looks) {
    PortalNames::Settings result;
    if (looks) result.page = ProbePage::parse("http://probe.test/nm");
    return result;
  }

  kj::String ask(kj::StringPtr name, uint16_t type = TYPE_A) {
    // The address, else the reason.
    auto found = portal.resolve({Question{KJ_ASSERT_NONNULL(Name::parse(name)), type}}).wait(scope);
    kj::evalLater([]() {}).wait(scope);
    scope.poll();
    KJ_IF_MAYBE (error, found.error) return kj::str(error->text);
    if (found.answer.answer.empty()) return kj::str("no address");
    CHECK(found.answer.answer[0].ttl ==
          (portal.letsThrough(KJ_ASSERT_NONNULL(Name::parse(name))) ? PortalNames::TTL : 3600u));
    return KJ_ASSERT_NONNULL(addressIn(found.answer.answer[0])).toString();
  }

  void failForAWhile() {
    ask("www.example");
    CHECK(fetched == 0);
    advance(PortalNames::SETTLED);
    CHECK(ask("www.example") == "nobody answers");
  }

  void advance(kj::Duration by) {
    timer.advanceTo(timer.now() + by);
    scope.poll();
  }
  bool isSaid() { return portal.note() != nullptr; }
};

}  // namespace

TEST_CASE("where names work nothing is fetched") {
  Fixture f;
  f.names.down = false;
  f.names.address = TRUE_ADDRESS;
  CHECK(f.ask("www.example") == TRUE_ADDRESS);
  CHECK(f.fetched == 0);
  CHECK(f.network.asked == 0);
}

TEST_CASE("one name that cannot be had, while others can, is no reason to look") {
  Fixture f;
  f.names.down = false;
  for (int i = 0; i < 5; i++) {
    f.names.address = nullptr;
    CHECK(f.ask("broken.example") == "nobody answers");
    f.names.address = TRUE_ADDRESS;
    f.ask("www.example");
  }
  CHECK(f.fetched == 0);
}

TEST_CASE("a network that just comes up is no portal") {
  Fixture f;
  for (int i = 0; i < 5; i++) f.ask("www.example");
  f.advance(PortalNames::SETTLED);
  f.portal.networkChanged();
  for (int i = 0; i < 5; i++) f.ask("www.example");
  CHECK(f.fetched == 0);
}

TEST_CASE("before a portal its names are asked of the network, and no others") {
  Fixture f;
  f.failForAWhile();
  CHECK(f.fetched == 1);
  CHECK(KJ_ASSERT_NONNULL(f.portal.note()).endsWith("for 10 minutes more"));
  CHECK(f.ask("login.portal.test") == PORTAL);
  CHECK(f.ask("img.login.portal.test") == PORTAL);
  CHECK(f.ask("probe.test") == PORTAL);
  CHECK(f.ask("www.example") == "nobody answers");
  CHECK(f.ask("portal.test") == "nobody answers");
}

TEST_CASE(
    "once the portal lets people through all is as before, and what was believed is forgotten") {
  Fixture f;
  f.failForAWhile();
  f.page = ProbeResult::Kind::ONLINE;
  f.names.address = TRUE_ADDRESS;
  f.advance(PortalNames::LOOK_AGAIN);
  CHECK(!f.isSaid());
  CHECK(f.forgotten == 1);
  CHECK(f.ask("login.portal.test") == TRUE_ADDRESS);
}

TEST_CASE("after the time that is set a portal's names are asked of the network no more") {
  Fixture f;
  f.failForAWhile();
  for (int i = 0; i < 61; i++) f.advance(PortalNames::LOOK_AGAIN);
  CHECK(!f.isSaid());
  CHECK(f.ask("login.portal.test") == "nobody answers");
  int before = f.fetched;
  f.advance(kj::HOURS);
  f.ask("www.example");
  CHECK(f.fetched == before);
  f.portal.networkChanged();
  f.fetched = 0;
  f.failForAWhile();
  CHECK_MESSAGE(f.isSaid(), "another network, another portal");
}

TEST_CASE("where the page itself comes it is not fetched again for ten minutes") {
  Fixture f;
  f.page = ProbeResult::Kind::ONLINE;
  f.failForAWhile();
  for (int i = 0; i < 5; i++) f.ask("www.example");
  CHECK(f.fetched == 1);
  CHECK(f.forgotten == 0);
  f.advance(PortalNames::REST);
  f.ask("www.example");
  CHECK(f.fetched == 2);
}

TEST_CASE("a network that says one address of all names is noticed, and not believed") {
  Fixture f;
  f.names.down = false;
  f.names.address = PORTAL;
  for (auto name : {"a.test", "b.test", "www.b.test", "c.test"}) CHECK(f.ask(name) == PORTAL);
  CHECK(f.fetched == 0);
  f.ask("d.test");
  CHECK(f.isSaid());
  CHECK_MESSAGE(f.forgotten == 1, "what it said before it was noticed");
  CHECK(f.ask("www.example") == "a captive portal says 10.1.1.1 of every name");
  CHECK(f.ask("login.portal.test") == PORTAL);
}

TEST_CASE("a network cannot have a page fetched from this machine itself") {
  Fixture f;
  f.network.address = "127.0.0.1"_kj;
  f.failForAWhile();
  CHECK_MESSAGE(f.network.asked == 2, "for an address of either family");
  CHECK(f.fetched == 0);
}

TEST_CASE("a portal on a network of IPv6 alone is found, and its names are let through") {
  Fixture f;
  f.network.address = nullptr;
  f.network.address6 = PORTAL6;
  f.failForAWhile();
  CHECK(f.fetched == 1);
  CHECK(f.isSaid());
  CHECK(f.ask("login.portal.test", TYPE_AAAA) == PORTAL6);
  CHECK(f.ask("login.portal.test") == "no address");
  CHECK(f.ask("www.example", TYPE_AAAA) == "nobody answers");
}

TEST_CASE("where one family is silent the other tells of the portal at once") {
  Fixture f;
  f.network.address6 = PORTAL6;
  f.silent = true;
  f.failForAWhile();
  CHECK(f.fetched == 2);
  CHECK(f.isSaid());
}

TEST_CASE("whoever is online over one family, and before a portal over the other, has to log in") {
  Fixture f;
  f.network.address6 = PORTAL6;
  f.page6 = ProbeResult::Kind::ONLINE;
  f.failForAWhile();
  CHECK(f.isSaid());
  f.page = ProbeResult::Kind::UNKNOWN;
  f.advance(PortalNames::LOOK_AGAIN);
  CHECK_MESSAGE(!f.isSaid(), "over the other the page itself comes, and nothing else");
}

TEST_CASE("programs that ask for both families by turns hide no portal that lies in both") {
  Fixture f;
  f.names.down = false;
  f.names.address = PORTAL;
  f.names.address6 = PORTAL6;
  f.network.address6 = PORTAL6;
  for (auto name : {"a.test", "b.test", "c.test", "d.test"}) {
    f.ask(name);
    f.ask(name, TYPE_AAAA);
  }
  CHECK(f.isSaid());
  CHECK(f.ask("www.example") == "a captive portal says 10.1.1.1 of every name");
  CHECK(f.ask("www.example", TYPE_AAAA) == "a captive portal says fd01::1 of every name");
  CHECK_MESSAGE(f.forgotten == 2, "with each family's lie that came to light");
  CHECK(f.ask("login.portal.test", TYPE_AAAA) == PORTAL6);
}

TEST_CASE("names that have one address in one family and true ones in the other are no lie there") {
  Fixture f;
  f.names.down = false;
  f.names.address = PORTAL;
  f.names.address6 = TRUE_ADDRESS6;
  for (auto name : {"a.test", "b.test", "c.test"}) f.ask(name);
  f.ask("d.test");
  CHECK(f.isSaid());
  CHECK(f.ask("www.example", TYPE_AAAA) == TRUE_ADDRESS6);
}

TEST_CASE("portals are not looked for where that is switched off") {
  Fixture f(false);
  for (int i = 0; i < 5; i++) f.ask("www.example");
  CHECK(f.fetched == 0);
  CHECK(f.network.asked == 0);
}

}  // namespace portreeve::resolver
