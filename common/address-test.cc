// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/address.h"
#include "common/marks.h"
#include "common/tuple.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve {
namespace {

Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

TEST_CASE("an IPv4 address and its v4-mapped form are the same value") {
  CHECK(address("192.0.2.1") == address("::ffff:192.0.2.1"));
  CHECK(address("::ffff:192.0.2.1").toString() == "192.0.2.1");
  CHECK(address("192.0.2.1").isV4());
  CHECK_FALSE(address("::1").isV4());
}

TEST_CASE("what is no address is not parsed") {
  for (kj::StringPtr text :
       {"", "192.0.2", "192.0.2.256", "1::2::3", "fe80::1%eth0", "192.0.2.1:80"}) {
    CAPTURE(text.cStr());
    CHECK(Address::parse(text) == nullptr);
  }
}

TEST_CASE("each address has the scope its registry gives it") {
  struct {
    kj::StringPtr text;
    Scope scope;
  } const cases[] = {{"127.0.0.1", Scope::LOCALHOST}, {"127.255.0.3", Scope::LOCALHOST},
                     {"::1", Scope::LOCALHOST},       {"10.1.2.3", Scope::LAN},
                     {"172.31.255.255", Scope::LAN},  {"172.32.0.0", Scope::INTERNET},
                     {"192.168.1.1", Scope::LAN},     {"169.254.1.1", Scope::LAN},
                     {"100.64.0.1", Scope::LAN},      {"fe80::1", Scope::LAN},
                     {"fd17::1", Scope::LAN},         {"2001:db8::1", Scope::INTERNET},
                     {"192.0.2.1", Scope::INTERNET},  {"224.0.0.251", Scope::MULTICAST},
                     {"ff02::1", Scope::MULTICAST},   {"255.255.255.255", Scope::MULTICAST},
                     {"0.0.0.0", Scope::LAN},         {"::", Scope::LAN}};
  for (auto& expected : cases) {
    CAPTURE(expected.text.cStr());
    CHECK(toText(address(expected.text).scope()) == toText(expected.scope));
  }
}

TEST_CASE("a network contains its own addresses and no others") {
  auto v4 = KJ_ASSERT_NONNULL(Network::parse("192.0.2.128/25"));
  CHECK(v4.contains(address("192.0.2.200")));
  CHECK_FALSE(v4.contains(address("192.0.2.127")));
  CHECK_FALSE(v4.contains(address("2001:db8::1")));
  CHECK(v4.toString() == "192.0.2.128/25");
  auto v6 = KJ_ASSERT_NONNULL(Network::parse("2001:db8::/33"));
  CHECK(v6.contains(address("2001:db8:7fff::1")));
  CHECK_FALSE(v6.contains(address("2001:db8:8000::1")));
  CHECK(KJ_ASSERT_NONNULL(Network::parse("0.0.0.0/0")).contains(address("198.51.100.1")));
  CHECK_FALSE(KJ_ASSERT_NONNULL(Network::parse("0.0.0.0/0")).contains(address("::1")));
}

TEST_CASE("a network with bits behind its prefix is refused") {
  CHECK(Network::parse("192.0.2.1/24") == nullptr);
  CHECK(Network::parse("192.0.2.0/33") == nullptr);
  CHECK(Network::parse("2001:db8::1/64") == nullptr);
  CHECK(Network::parse("192.0.2.0/") == nullptr);
  CHECK(Network::parse("192.0.2.0/a") == nullptr);
}

TEST_CASE("a tuple survives its message form") {
  Tuple tuple;
  tuple.family = proto::Family::IPV6;
  tuple.protocol = PROTOCOL_UDP;
  tuple.source = address("2001:db8::1");
  tuple.destination = address("2001:db8::2");
  tuple.sourcePort = 40000;
  tuple.destinationPort = 53;
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<proto::Tuple>();
  tuple.to(builder);
  CHECK(Tuple::from(builder) == tuple);
  CHECK(tuple.reversed().reversed() == tuple);
  CHECK(tuple.reversed().hashCode() != tuple.hashCode());
  CHECK(tuple.toString() == "udp [2001:db8::1]:40000 -> [2001:db8::2]:53");
}

TEST_CASE("every verdict has the reference's mark, and every mark its verdict") {
  using proto::Verdict;
  for (Verdict verdict :
       {Verdict::ACCEPT_ONCE, Verdict::BLOCK_ONCE, Verdict::DROP_ONCE, Verdict::ACCEPT,
        Verdict::BLOCK, Verdict::DROP, Verdict::GATE17, Verdict::NAMESERVER})
    CHECK(verdictOf(markOf(verdict)) == verdict);
  CHECK(markOf(Verdict::ACCEPT) == 1710);
  CHECK(verdictOf(51820) == Verdict::NONE);
  CHECK(markOf(static_cast<Verdict>(77)) == 0);
}

}  // namespace
}  // namespace portreeve
