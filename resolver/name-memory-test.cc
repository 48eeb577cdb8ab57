// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-memory.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr uint64_t SECOND = 1000000000;
constexpr uint64_t HOUR = 3600 * SECOND;

Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

GivenName given(kj::StringPtr name, std::initializer_list<kj::StringPtr> addresses,
                uint16_t port = 1000) {
  GivenName result;
  result.client.source = address("127.0.0.1");
  result.client.sourcePort = port;
  result.name = kj::str(name);
  for (auto text : addresses) result.addresses.push_back(address(text));
  result.ttl = 60;
  result.type = 1;
  return result;
}

kj::String namesOf(const std::vector<const GivenName*>& all) {
  kj::Vector<kj::StringPtr> names;
  for (auto* one : all) names.add(one->name);
  return kj::strArray(names, " ");
}

}  // namespace

TEST_CASE("names are found by address, newest first") {
  NameMemory memory;
  memory.remember(given("a.test", {"192.0.2.1", "192.0.2.2"}), 0);
  memory.remember(given("b.test", {"192.0.2.2"}), 1);
  memory.remember(given("c.test", {"192.0.2.2"}), 2);
  CHECK(namesOf(memory.namesFor(address("192.0.2.1"), 32, 3)) == "a.test");
  CHECK(namesOf(memory.namesFor(address("192.0.2.2"), 32, 3)) == "c.test b.test a.test");
  CHECK(namesOf(memory.namesFor(address("192.0.2.2"), 2, 3)) == "c.test b.test");
  CHECK(memory.namesFor(address("192.0.2.3"), 32, 3).empty());
  CHECK(namesOf(memory.oldestFirst(3)) == "a.test b.test c.test");
}

TEST_CASE("a name is kept for its TTL and an hour") {
  NameMemory memory;
  memory.remember(given("a.test", {"192.0.2.1"}), 0);
  CHECK(memory.namesFor(address("192.0.2.1"), 32, HOUR + 59 * SECOND).size() == 1);
  CHECK(memory.namesFor(address("192.0.2.1"), 32, HOUR + 60 * SECOND).empty());
  CHECK(memory.oldestFirst(HOUR + 60 * SECOND).empty());
  memory.remember(given("b.test", {"192.0.2.2"}), HOUR + 60 * SECOND);
  CHECK(memory.size() == 1);
}

TEST_CASE("the same answer to the same address is remembered once, for the newest client") {
  NameMemory memory;
  memory.remember(given("a.test", {"192.0.2.1", "192.0.2.2"}, 1000), 0);
  memory.remember(given("b.test", {"192.0.2.1"}), 1);
  memory.remember(given("a.test", {"192.0.2.2", "192.0.2.1"}, 1001), 2);
  CHECK(memory.size() == 2);
  auto names = memory.namesFor(address("192.0.2.1"), 32, 3);
  CHECK(namesOf(names) == "a.test b.test");
  CHECK(names[0]->client.sourcePort == 1001);
}

TEST_CASE("each program that was given a name is remembered, each user of it too") {
  NameMemory memory;
  for (uint32_t uid : {1000u, 1001u, 1000u}) {
    for (auto path : {"/usr/bin/a", "/usr/bin/b"}) {
      auto name = given("a.test", {"192.0.2.1"});
      name.asker.uid = uid;
      name.asker.path = kj::str(path);
      memory.remember(kj::mv(name), 0);
    }
  }
  CHECK(memory.size() == 4);
}

TEST_CASE("addresses that a name had before are still its own") {
  NameMemory memory;
  memory.remember(given("a.test", {"192.0.2.1"}), 0);
  memory.remember(given("a.test", {"192.0.2.2"}), 1);
  CHECK(namesOf(memory.namesFor(address("192.0.2.1"), 32, 2)) == "a.test");
}

TEST_CASE("the oldest go when there is no room") {
  NameMemory memory(3);
  for (int i = 0; i < 10; i++)
    memory.remember(given(kj::str("n", i, ".test"), {"192.0.2.1"}), uint64_t(i));
  CHECK(memory.size() == 3);
  CHECK(namesOf(memory.namesFor(address("192.0.2.1"), 32, 11)) == "n9.test n8.test n7.test");
}

TEST_CASE("what is told to policy is all that was given") {
  auto name = given("a.test", {"192.0.2.1"});
  name.chain.push_back(kj::str("b.test"));
  name.wallNs = 5;
  name.asker = Asker{7, 1000, proto::ProcessKind::PROGRAM, kj::str("/usr/bin/a")};
  capnp::MallocMessageBuilder message;
  auto told = message.initRoot<proto::NameAnswer>();
  name.to(told);
  CHECK(Tuple::from(told.getClient()) == name.client);
  CHECK(told.getName() == "a.test");
  auto asker = Asker::from(told.getAsker());
  CHECK(asker.instance == 7);
  CHECK(asker.uid == 1000);
  CHECK(asker.kind == proto::ProcessKind::PROGRAM);
  CHECK(asker.path == "/usr/bin/a");
  CHECK(told.getChain()[0] == "b.test");
  auto first = told.getAddresses()[0];
  CHECK(Address::fromHalves(first.getUpper(), first.getLower()) == address("192.0.2.1"));
  CHECK(told.getTtl() == 60);
  CHECK(told.getType() == 1);
  CHECK(told.getTime() == 5);
}

}  // namespace portreeve::resolver
