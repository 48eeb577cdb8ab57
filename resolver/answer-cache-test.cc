// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/answer-cache.h"

#include "resolver/caching-names.h"
#include "resolver/judged-query-fakes.h"
#include "resolver/quick-question.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <unistd.h>

#include <string>

namespace portreeve::resolver {
namespace {

constexpr uint64_t SECOND = 1000000000;

Question question(kj::StringPtr name, uint16_t type = TYPE_A) {
  return {KJ_ASSERT_NONNULL(Name::parse(name)), type};
}

Answer address(kj::StringPtr name, uint32_t ttl = 60) {
  Answer answer;
  answer.answer.push_back(
      {question(name).name, TYPE_A, CLASS_IN, ttl, std::string("\xc0\0\2\1", 4)});
  return answer;
}

Prepared prepared(kj::StringPtr name, uint32_t ttl = 60) {
  return prepare(question(name), false, address(name, ttl), nullptr);
}

std::string key(kj::StringPtr name) {
  return cacheKey(question(name), false, false);
}

uint32_t u32At(kj::ArrayPtr<const kj::byte> octets, size_t at) {
  return uint32_t(octets[at]) << 24 | uint32_t(octets[at + 1]) << 16 |
         uint32_t(octets[at + 2]) << 8 | octets[at + 3];
}

kj::ArrayPtr<const kj::byte> octetsOf(kj::StringPtr text, size_t size) {
  return {reinterpret_cast<const kj::byte*>(text.begin()), size};
}

}  // namespace

TEST_CASE("an answer is written for the client: its id, its letters, what is left of the TTL") {
  auto answer = prepared("www.example");
  Asked asked;
  asked.id = 0x1234;
  asked.recursionDesired = true;
  auto spelled = kj::StringPtr("\3WwW\7ExAmPlE\0\0\1\0\1", 17);
  asked.question = octetsOf(spelled, 17);
  kj::byte out[512];
  size_t size = answer->write(asked, 13, nullptr, nullptr, kj::arrayPtr(out, sizeof out));
  CHECK(size == 12 + 17 + 16);
  CHECK((out[0] << 8 | out[1]) == 0x1234);
  CHECK((out[2] << 8 | out[3]) == 0x8180);
  CHECK(kj::heapString(reinterpret_cast<char*>(out) + 13, 3) == "WwW");
  CHECK(u32At(kj::arrayPtr(out, size), 12 + 17 + 6) == 47);
  asked.edns = true;
  size = answer->write(asked, 100, uint32_t(30), nullptr, kj::arrayPtr(out, sizeof out));
  CHECK(size == 12 + 17 + 16 + 11);
  CHECK(out[11] == 1);
  CHECK(u32At(kj::arrayPtr(out, size), 12 + 17 + 6) == 30);
}

TEST_CASE("what does not fit is left out and said") {
  Answer many = address("www.example");
  for (int i = 0; i < 60; i++) many.answer.push_back(many.answer[0]);
  auto answer = prepare(question("www.example"), false, many, nullptr);
  Asked asked;
  asked.question = octetsOf(kj::StringPtr("\3www\7example\0\0\1\0\1", 17), 17);
  kj::byte out[2000];
  size_t size = answer->write(asked, 0, nullptr, nullptr, kj::arrayPtr(out, sizeof out));
  CHECK(size == 29);
  CHECK((out[2] & 2) != 0);
  CHECK(out[7] == 0);
  asked.limit = sizeof out;
  CHECK(answer->write(asked, 0, nullptr, nullptr, kj::arrayPtr(out, sizeof out)) == 29 + 61 * 16);
}

TEST_CASE("how long an answer holds is its smallest TTL, and for a negative one the SOA's say") {
  CHECK(timeToKeep(address("a.example", 60)) == 60);
  Answer none;
  CHECK(timeToKeep(none) == 0);
  std::string soa(2 + 16, '\0');
  soa.append("\0\0\0\5", 4);
  none.rcode = RCODE_NXDOMAIN;
  none.authority.push_back({question("example").name, TYPE_SOA, CLASS_IN, 900, soa});
  CHECK(timeToKeep(none) == 5);
  none.rcode = RCODE_SERVFAIL;
  CHECK(timeToKeep(none) == 0);
}

TEST_CASE("the cache gives what it was given, until it has to make room for newer answers") {
  AnswerCache cache(10000);
  cache.store(key("a.example"), prepared("a.example"), SECOND);
  REQUIRE(cache.find(key("A.EXAMPLE")) != nullptr);
  auto& entry = KJ_ASSERT_NONNULL(cache.find(key("a.example")));
  CHECK(entry.fresh(60 * SECOND));
  CHECK_FALSE(entry.fresh(61 * SECOND));
  CHECK(cache.find(key("b.example")) == nullptr);
  cache.store(key("none.example"), prepared("none.example", 0), SECOND);
  CHECK(cache.find(key("none.example")) == nullptr);
  for (int i = 0; i < 100; i++) {
    auto name = kj::str("n", i, ".example");
    cache.find(key("a.example"));
    cache.store(key(name), prepared(name), SECOND);
    CHECK(cache.bytes() <= 10000);
  }
  CHECK(cache.find(key("a.example")) != nullptr);
  CHECK(cache.find(key("n0.example")) == nullptr);
  CHECK(cache.find(key("n99.example")) != nullptr);
}

TEST_CASE("a name is flushed with what is below it, and nothing else") {
  AnswerCache cache;
  for (auto name : {"example", "www.example", "bexample", "other.test"})
    cache.store(key(name), prepared(name), SECOND);
  CHECK(cache.flush(question("example").name) == 2);
  CHECK(cache.find(key("bexample")) != nullptr);
  CHECK(cache.flush(nullptr) == 2);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("equal questions that come together are asked once") {
  Fixture f;
  Lookup lookup{question("www.test")};
  auto one = f.cached.find(lookup), two = f.cached.find(lookup);
  CHECK(one.wait(f.scope).answer == two.wait(f.scope).answer);
  CHECK(f.seen() == "resolve www.test");
  CHECK(f.cached.find(lookup).wait(f.scope).cached);
  CHECK(f.seen() == "resolve www.test");
}

TEST_CASE("while nobody answers an old answer is given, and a failure is not kept") {
  Fixture f;
  Lookup lookup{question("www.test")};
  // Stored so long ago that it is past its TTL.
  f.cached.cache().store(key("www.test"), prepared("www.test", 1), 0);
  f.names.broken = true;
  auto found = f.cached.find(lookup).wait(f.scope);
  CHECK(found.stale);
  CHECK(found.answer->rcode == RCODE_NOERROR);
  f.names.broken = false;
  CHECK_FALSE(f.cached.find(lookup).wait(f.scope).stale);
  Lookup other{question("other.test")};
  f.names.broken = true;
  CHECK(f.cached.find(other).wait(f.scope).answer->rcode == RCODE_SERVFAIL);
  f.names.broken = false;
  CHECK(f.cached.find(other).wait(f.scope).answer->rcode == RCODE_NOERROR);
}

struct QuickFixture : Fixture {
  Sample sample;
  kj::ArrayPtr<const kj::byte> message;
  kj::byte out[EDNS_UDP_LIMIT];

  explicit QuickFixture(kj::StringPtr name = "www.test", uint16_t type = TYPE_A) {
    link.policy = policy();
    link.table.set(client.source, client.sourcePort, {7, 7});
    sample.header(RECURSION_DESIRED, {1, 0, 0, 1}).question(name, type).opt(1232);
    message = sample.message();
  }
  size_t quick(const Tuple& who) {
    return queries.quick(who, message, kj::arrayPtr(out, sizeof out));
  }
  kj::Array<kj::byte> slow(const Tuple& who) {
    auto reply = queries.answer(who, message).wait(scope);
    return kj::mv(KJ_ASSERT_NONNULL(reply));
  }
};

TEST_CASE("the same question by the same program is answered at once, another's is not") {
  QuickFixture f;
  CHECK(f.quick(f.client) == 0);
  auto answer = f.slow(f.client);
  CHECK(kj::heapArray(f.out, f.quick(f.client)) == answer);
  auto other = f.client;
  other.sourcePort++;
  CHECK(f.quick(other) == 0);
  f.link.table.set(other.source, other.sourcePort, {8, 7});
  CHECK(f.quick(other) == 0);
  f.link.table.set(other.source, other.sourcePort, {7, 8});
  CHECK(kj::heapArray(f.out, f.quick(other)) == answer);
  f.queries.forgetRulings();
  CHECK(f.quick(f.client) == 0);
  CHECK(f.queries.log().count() == 3);
}

TEST_CASE("thousands of names of one program do not drive out each other") {
  RulingCache rulings;
  AskerTableReader::Client who{1, {7, 7}};
  for (int i = 0; i < 4000; i++)
    rulings.store(who, std::string(kj::str("n", i, ".test").cStr()), uint64_t(i + 1), nullptr, 1);
  int kept = 0;
  for (int i = 0; i < 4000; i++)
    if (rulings.find(who, std::string(kj::str("n", i, ".test").cStr()), uint64_t(i + 1), 2) !=
        nullptr)
      kept++;
  CHECK(kept > 3990);
}

TEST_CASE("what policy said is good no longer once it judges names anew, or the socket is closed") {
  QuickFixture f;
  f.slow(f.client);
  CHECK(f.quick(f.client) > 0);
  f.link.table.beginGeneration();
  CHECK(f.quick(f.client) == 0);
  f.slow(f.client);
  CHECK(f.quick(f.client) > 0);
  f.link.table.forget(f.client.sourcePort);
  CHECK(f.quick(f.client) == 0);
}

TEST_CASE("without policy nothing is answered at once") {
  QuickFixture f;
  f.slow(f.client);
  f.link.policy = nullptr;
  CHECK(f.quick(f.client) == 0);
}

TEST_CASE("what was said of a port whose socket is another's by then is not kept") {
  QuickFixture f;
  auto answer = f.queries.answer(f.client, f.message);
  f.link.table.set(f.client.source, f.client.sourcePort, {8, 7});
  answer.wait(f.scope);
  CHECK(f.quick(f.client) == 0);
}

TEST_CASE(
    "what is answered at once is told to policy at most once a second, ahead of what comes later") {
  RulingCache::Ruling ruling;
  ruling.toldOf = 7;
  ruling.toldNs = 1;
  CHECK_FALSE(ruling.isToBeTold(7, RulingCache::TOLD_AGAIN_NS));
  CHECK(ruling.isToBeTold(7, RulingCache::TOLD_AGAIN_NS + 1));
  CHECK_FALSE(ruling.isToBeTold(7, RulingCache::TOLD_AGAIN_NS + 2));
  CHECK(ruling.isToBeTold(8, RulingCache::TOLD_AGAIN_NS + 2));

  QuickFixture f;
  f.slow(f.client);
  f.quick(f.client);
  RetoldTableReader retold(f.retold.descriptor());
  CHECK(retold.latest(7) == 0);
  usleep(1100000);
  f.events.clear();
  CHECK(f.quick(f.client) > 0);
  CHECK(retold.latest(7) == 1);
  CHECK(f.seen() == "");
  f.ask("other.test", TYPE_A).wait(f.scope);
  CHECK(f.seen() ==
        "ask other.test 1 4711, resolve other.test, told www.test 1 again up to 1, told other.test "
        "1");
  f.advance(PolicyExchange::TELLING_AGAIN);
  f.scope.poll();
  CHECK(f.events.size() == 4);
}

TEST_CASE("what another process of the program is answered is told of that process") {
  QuickFixture f;
  f.slow(f.client);
  auto other = f.client;
  other.sourcePort++;
  f.link.table.set(other.source, other.sourcePort, {7, 8});
  f.events.clear();
  CHECK(f.quick(other) > 0);
  CHECK(f.quick(other) > 0);
  f.advance(PolicyExchange::TELLING_AGAIN);
  f.scope.poll();
  CHECK(f.seen() == "told www.test 1 again up to 1");
}

TEST_CASE("what is answered at once is told to policy before long") {
  QuickFixture f;
  f.slow(f.client);
  usleep(1100000);
  f.events.clear();
  f.quick(f.client);
  f.advance(PolicyExchange::TELLING_AGAIN);
  f.scope.poll();
  CHECK(f.seen() == "told www.test 1 again up to 1");
}

TEST_CASE("a refused name is never answered quickly") {
  QuickFixture f("forbidden.test");
  f.slow(f.client);
  CHECK(f.quick(f.client) == 0);
}

TEST_CASE("questions that come in one turn go to policy in one message where it can take them") {
  Fixture f;
  f.link.policy = f.policy();
  auto one = f.ask("a.test", TYPE_A), two = f.ask("b.test", TYPE_A);
  CHECK(one.wait(f.scope) != nullptr);
  CHECK(two.wait(f.scope) != nullptr);
  // This policy knows no mayAskAll: each was put by itself.
  CHECK(f.seen() ==
        "ask a.test 1 4711, ask b.test 1 4711, resolve a.test, resolve b.test, "
        "told a.test 1, told b.test 1");
}

TEST_CASE("the quick reader takes what the careful one takes, and nothing odd") {
  QuickQuestion quick;
  Sample sample;
  sample.header(RECURSION_DESIRED, {1, 0, 0, 1}).question("Www.Test", TYPE_AAAA).opt(4096);
  auto message = sample.message();
  REQUIRE(quick.read(message));
  CHECK(quick.key() == cacheKey(question("www.test", TYPE_AAAA), false, false));
  CHECK(std::string(quick.text()) == "www.test");
  CHECK(quick.asked.limit == EDNS_UDP_LIMIT);
  for (size_t size = 0; size < message.size(); size++)
    CHECK_FALSE(quick.read(message.slice(0, size)));
  Sample any;
  any.header(RECURSION_DESIRED, {1, 0, 0, 0}).question("www.test", TYPE_ANY);
  CHECK_FALSE(quick.read(any.message()));
}

}  // namespace portreeve::resolver
