// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/way-server.h"

#include "gate17/test-listening.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

struct FakeNames final : public ServerNames {
  kj::Vector<kj::String> addresses;
  uint32_t ttl = 60;
  bool answers = true;  // false: the resolver is away
  bool found = true;    // false: nobody could be asked
  unsigned asked = 0, anew = 0;

  kj::Promise<Found> find(kj::StringPtr, Freshness freshness) override {
    asked++;
    if (freshness == Freshness::ANEW) anew++;
    if (!answers) return KJ_EXCEPTION(OVERLOADED, "no answer in time");
    Found result;
    result.answered = found;
    result.ttl = ttl;
    for (auto& address : addresses)
      result.addresses.add(KJ_ASSERT_NONNULL(Address::parse(address)));
    if (addresses.empty()) result.reason = kj::str("there is no such name");
    return kj::mv(result);
  }

  void are(std::initializer_list<kj::StringPtr> now) {
    addresses.clear();
    for (auto one : now) addresses.add(kj::str(one));
  }
};

struct Site {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  FakeNames names;
  SocketAddress listens;
  kj::AutoCloseFd listener = listening(listens);  // 127.0.0.1; at 127.0.0.2 nobody listens
  WayServer server{io.unixEventPort, timer, names,
                   ServerAddress{kj::str("vpn.example.org"), {}, listens.port}};

  kj::String reached() {
    server.connect().wait(io.waitScope);
    return KJ_ASSERT_NONNULL(server.reached()).address.toString();
  }
  kj::String failure() {
    auto e = KJ_ASSERT_NONNULL(
        kj::runCatchingExceptions([&]() { server.connect().wait(io.waitScope); }));
    CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
    return kj::str(e.getDescription());
  }
  void pass(kj::Duration time) { timer.advanceTo(timer.now() + time); }
};

TEST_CASE("a server's name is asked for once within its TTL, and again when that is over") {
  Site site;
  site.names.are({"127.0.0.1"});
  CHECK(site.reached() == "127.0.0.1");
  site.reached();
  CHECK(site.names.asked == 1);
  site.pass(61 * kj::SECONDS);
  site.reached();
  CHECK(site.names.asked == 2);
  CHECK(site.names.anew == 0);
}

TEST_CASE("of several addresses the one that answers is taken, and first the next time") {
  Site site;
  site.names.are({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  CHECK(site.reached() == "127.0.0.1");
  CHECK(site.names.asked == 1);
}

TEST_CASE("a server that has moved is asked for anew within its TTL") {
  Site site;
  site.names.are({"127.0.0.2"});
  CHECK(site.failure().endsWith("Connection refused"));
  CHECK(site.names.anew == 1);
  site.pass(6 * kj::SECONDS);
  site.names.are({"127.0.0.1"});
  CHECK(site.reached() == "127.0.0.1");
  CHECK(site.names.anew == 2);
}

TEST_CASE("a server that is away is not asked for anew at each connection") {
  Site site;
  site.names.are({"127.0.0.2"});
  for (unsigned i = 0; i < 10; i++) site.failure();
  CHECK(site.names.asked == 2);
}

TEST_CASE("a name that is not there says so, and is found when it is there") {
  Site site;
  CHECK(site.failure() == "vpn.example.org: there is no such name");
  CHECK(site.server.reached() == nullptr);
  site.names.are({"127.0.0.1"});
  CHECK(site.reached() == "127.0.0.1");
}

TEST_CASE("a name that is gone is connected to no more") {
  Site site;
  site.names.are({"127.0.0.1"});
  site.reached();
  site.pass(61 * kj::SECONDS);
  site.names.are({});
  CHECK(site.failure() == "vpn.example.org: there is no such name");
}

TEST_CASE("while nobody can be asked a server is where it was, and one never found is nowhere") {
  Site site;
  SUBCASE("the resolver is away") {
    site.names.answers = false;
  }
  SUBCASE("the resolver reaches nobody") {
    site.names.found = false;
  }
  CHECK(site.failure().startsWith("vpn.example.org: "));
  bool answers = site.names.answers, found = site.names.found;
  site.names.answers = site.names.found = true;
  site.names.are({"127.0.0.1"});
  CHECK(site.reached() == "127.0.0.1");
  site.pass(61 * kj::SECONDS);
  site.names.answers = answers;
  site.names.found = found;
  site.names.are({});
  CHECK(site.reached() == "127.0.0.1");
}

TEST_CASE("connections that begin at once share one question") {
  Site site;
  site.names.are({"127.0.0.1"});
  auto first = site.server.connect(), second = site.server.connect();
  first.wait(site.io.waitScope);
  second.wait(site.io.waitScope);
  CHECK(site.names.asked == 1);
}

TEST_CASE("an address of the settings is asked of nobody") {
  Site site;
  WayServer server{site.io.unixEventPort, site.timer, site.names,
                   ServerAddress{kj::String(), site.listens.address, site.listens.port}};
  server.find().wait(site.io.waitScope);
  server.connect().wait(site.io.waitScope);
  CHECK(KJ_ASSERT_NONNULL(server.reached()) == site.listens);
  CHECK(site.names.asked == 0);
}

}  // namespace
}  // namespace portreeve::gate17
