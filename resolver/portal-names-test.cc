// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/portal-names.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <map>
#include <string>

namespace portreeve::resolver {
namespace {

class FakeNames final : public NameSource {
  // Each name has the same address, or nobody answers.
public:
  kj::Maybe<kj::StringPtr> address;
  bool down = false;
  int asked = 0;

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    asked++;
    KJ_IF_MAYBE (text, address) {
      Answer answer;
      auto octets = KJ_ASSERT_NONNULL(Address::parse(*text));
      answer.answer.push_back(
          {lookup.question.name, TYPE_A, CLASS_IN, 3600,
           std::string(reinterpret_cast<const char*>(octets.bytes.data() + 12), 4)});
      return Resolved{kj::mv(answer), nullptr};
    }
    return servfail(ExtendedError::NO_REACHABLE_AUTHORITY, kj::str("nobody answers"));
  }
  bool isDown(const Name&) const override { return down; }
};

constexpr kj::StringPtr PORTAL = "10.1.1.1"_kj, TRUE_ADDRESS = "192.0.2.1"_kj;

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  FakeNames names, network;
  ProbeResult::Kind page = ProbeResult::Kind::PORTAL;
  const char* login = "login.portal.test";
  int fetched = 0, forgotten = 0;
  PortalNames portal;

  explicit Fixture(bool looks = true)
      : portal(settings(looks), {names, network, timer,
                                 [this](const ProbePage&, const Address& from) {
                                   CHECK(from.toString() == PORTAL);
                                   fetched++;
                                   ProbeResult result{page, nullptr};
                                   if (page == ProbeResult::Kind::PORTAL)
                                     result.name = Name::parse(login);
                                   return kj::Promise<ProbeResult>(kj::mv(result));
                                 },
                                 [this]() { forgotten++; }}) {
    network.address = PORTAL;
    names.down = true;
  }

  static PortalNames::Settings settings(bool looks) {
    PortalNames::Settings result;
    if (looks) result.page = ProbePage::parse("http://probe.test/nm");
    return result;
  }

  kj::String ask(kj::StringPtr name) {
    // The address, else the reason.
    auto found =
        portal.resolve({Question{KJ_ASSERT_NONNULL(Name::parse(name)), TYPE_A}}).wait(scope);
    kj::evalLater([]() {}).wait(scope);
    scope.poll();
    KJ_IF_MAYBE (error, found.error) return kj::str(error->text);
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
  CHECK(f.isSaid());
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
  CHECK(f.network.asked == 1);
  CHECK(f.fetched == 0);
}

TEST_CASE("portals are not looked for where that is switched off") {
  Fixture f(false);
  for (int i = 0; i < 5; i++) f.ask("www.example");
  CHECK(f.fetched == 0);
  CHECK(f.network.asked == 0);
}

}  // namespace portreeve::resolver
