// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/server-lookup.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/debug.h>
#include <kj/timer.h>

namespace portreeve::resolver {
namespace {

struct World final : public NameSource {
  // One name, as it is now.
  std::string four = std::string("\xc0\0\2\1", 4);
  bool six = true;
  uint16_t rcode = RCODE_NOERROR;
  unsigned asked = 0;

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    asked++;
    if (rcode == RCODE_SERVFAIL)
      return servfail(ExtendedError::NO_REACHABLE_AUTHORITY, kj::str("nobody answers"));
    auto& question = lookup.question;
    Answer answer;
    answer.rcode = rcode;
    if (rcode == RCODE_NOERROR && question.type == TYPE_A)
      answer.answer.push_back({question.name, TYPE_A, CLASS_IN, 60, four});
    if (rcode == RCODE_NOERROR && question.type == TYPE_AAAA && six)
      answer.answer.push_back({question.name, TYPE_AAAA, CLASS_IN, 30,
                               std::string("\x20\x01\x0d\xb8", 4) + std::string(12, '\1')});
    return Resolved{kj::mv(answer), nullptr};
  }
};

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  World world;
  CachingNames names{world, timer};
  Settings::Resolver settings;
  kj::Own<NameFilter> filter = kj::heap<NameFilter>(settings, "/nonexistent");
  LocalNames local;

  ServerPlaces find(kj::StringPtr name = "vpn.example.org",
                    Freshness freshness = Freshness::CACHED) {
    ServerLookup lookup(names, *filter, local);
    return lookup.find(KJ_ASSERT_NONNULL(Name::parse(name)), freshness).wait(scope);
  }
};

TEST_CASE("a server's addresses of both families come with the shorter of their TTLs") {
  Fixture f;
  auto found = f.find();
  REQUIRE(found.addresses.size() == 2);
  CHECK_FALSE(found.addresses[0].isV4());
  CHECK(found.addresses[1].toString() == "192.0.2.1");
  CHECK(found.ttl == 30);
  CHECK(found.answered);
  f.find();
  CHECK(f.world.asked == 2);
}

TEST_CASE("asked anew, a server has the address that it has now, and so for whoever asks next") {
  Fixture f;
  f.world.six = false;
  f.find();
  f.world.four = std::string("\xc0\0\2\2", 4);
  CHECK(f.find().addresses[0].toString() == "192.0.2.1");
  CHECK(f.find("vpn.example.org", Freshness::ANEW).addresses[0].toString() == "192.0.2.2");
  CHECK(f.find().addresses[0].toString() == "192.0.2.2");
}

TEST_CASE("what is known holds while nobody can be asked, not when the name is gone") {
  Fixture f;
  f.find();
  f.world.rcode = RCODE_SERVFAIL;
  CHECK(f.find("vpn.example.org", Freshness::ANEW).addresses.size() == 2);
  f.world.rcode = RCODE_NXDOMAIN;
  auto gone = f.find("vpn.example.org", Freshness::ANEW);
  CHECK(gone.addresses.empty());
  CHECK(gone.answered);
  CHECK(gone.reason == "there is no such name");
}

TEST_CASE("a server that is not found has a reason, and whether somebody knew") {
  Fixture f;
  f.world.rcode = RCODE_SERVFAIL;
  auto found = f.find();
  CHECK(found.reason == "the name is not found: nobody answers");
  CHECK_FALSE(found.answered);
}

TEST_CASE("private addresses are refused to the suite as to anybody, where the settings say so") {
  Fixture f;
  f.settings.refusePrivate = true;
  f.filter = kj::heap<NameFilter>(f.settings, "/nonexistent");
  f.world.six = false;
  f.world.four = std::string("\x0a\0\0\1", 4);
  auto found = f.find();
  CHECK(found.addresses.empty());
  CHECK(found.reason.startsWith("the resolver refuses the name: "));
}

TEST_CASE("an address that stands for none is none") {
  Fixture f;
  f.world.six = false;
  f.world.four = std::string(4, '\0');
  CHECK(f.find().reason == "the name has no address");
}

TEST_CASE("names of this machine's own are asked of nobody") {
  Fixture f;
  f.local.takeHosts("192.0.2.9 relay\n"_kj.asArray());
  CHECK(f.find("relay").addresses.size() == 1);
  CHECK(f.find("localhost").addresses.size() == 2);
  CHECK(f.find("hidden.onion").reason == "there is no such name");
  CHECK(f.world.asked == 0);
}

}  // namespace
}  // namespace portreeve::resolver
