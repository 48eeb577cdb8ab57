// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/builtin.h"

#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

using proto::Verdict;

constexpr uint8_t TCP = 6, UDP = 17, ICMP = 1, ICMPV6 = 58, IGMP = 2;

FlowFacts to(kj::StringPtr remote, uint8_t protocol, uint16_t port) {
  FlowFacts facts = curlToExample();
  facts.remote = address(remote);
  facts.loopback = facts.remote.scope() == Scope::LOCALHOST;
  facts.protocol = protocol;
  facts.remotePort = port;
  facts.domains = nullptr;
  return facts;
}

FlowFacts arriving(FlowFacts facts, uint16_t localPort) {
  facts.direction = Direction::IN;
  facts.localPort = localPort;
  return facts;
}

FlowFacts icmp(uint8_t protocol, uint8_t type) {
  FlowFacts facts = to(protocol == ICMP ? "192.0.2.1" : "fe80::1", protocol, 0);
  facts.icmpType = type;
  facts.process.kind = ProcessKind::KERNEL;
  return facts;
}

Verdict withBlockingDefault(const FlowFacts& facts) {
  return loadRules("")->decide(facts, NOW).verdict;
}

TEST_CASE("questions to any other name server are turned to the suite's resolver, UDP and TCP") {
  CHECK(withBlockingDefault(to("203.0.113.53", UDP, 53)) == Verdict::NAMESERVER);
  CHECK(withBlockingDefault(to("2001:db8::53", TCP, 53)) == Verdict::NAMESERVER);
  CHECK(withBlockingDefault(to("127.0.0.53", UDP, 53)) == Verdict::NAMESERVER);
  CHECK(withBlockingDefault(to("203.0.113.53", UDP, 54)) == Verdict::BLOCK);
}

TEST_CASE("the suite's resolver itself asks the world, and takes questions") {
  FlowFacts upstream = to("203.0.113.53", UDP, 53);
  upstream.process.suite = true;
  CHECK(withBlockingDefault(upstream) == Verdict::ACCEPT);
  FlowFacts question = arriving(to("127.0.0.1", UDP, 40000), 53);
  question.process.suite = true;
  CHECK(withBlockingDefault(question) == Verdict::ACCEPT);
}

TEST_CASE("programs may ask the suite's resolver, whatever people's rules say") {
  auto set = loadRules("[[rule]]\nname = \"nothing\"\naction = \"drop\"\n");
  CHECK(set->decide(to("127.0.0.1", UDP, 53), NOW).verdict == Verdict::ACCEPT);
  CHECK(set->decide(to("::1", TCP, 53), NOW).verdict == Verdict::ACCEPT);
}

TEST_CASE(
    "where another program has port 53 of loopback, questions there come to the suite's too") {
  auto options = testOptions();
  options.othersHaveDnsPort = true;
  auto set = loadRules(nullptr, options);
  CHECK(set->decide(to("127.0.0.1", UDP, 53), NOW).verdict == Verdict::NAMESERVER);
  CHECK(set->decide(to("::1", TCP, 53), NOW).verdict == Verdict::NAMESERVER);
}

TEST_CASE(
    "a name server at a link-local address is refused, because the kernel cannot redirect it") {
  CHECK(withBlockingDefault(to("fe80::1", UDP, 53)) == Verdict::BLOCK);
  CHECK(loadRules("", DefaultAction::ALLOW)->decide(to("fe80::1", UDP, 53), NOW).verdict ==
        Verdict::BLOCK);
}

TEST_CASE("a host gets its address, its neighbours and its ICMP errors under a blocking default") {
  CHECK(withBlockingDefault(to("255.255.255.255", UDP, 67)) == Verdict::ACCEPT);
  CHECK(withBlockingDefault(to("ff02::1:2", UDP, 547)) == Verdict::ACCEPT);
  CHECK(withBlockingDefault(arriving(to("192.0.2.1", UDP, 67), 68)) == Verdict::ACCEPT);
  CHECK(withBlockingDefault(arriving(to("fe80::1", UDP, 547), 546)) == Verdict::ACCEPT);
  for (uint8_t type : {133, 134, 135, 136, 130, 143, 1, 2, 3, 4})
    CHECK(withBlockingDefault(icmp(ICMPV6, type)) == Verdict::ACCEPT);
  for (uint8_t type : {3, 11, 12}) CHECK(withBlockingDefault(icmp(ICMP, type)) == Verdict::ACCEPT);
  CHECK(withBlockingDefault(icmp(IGMP, 0)) == Verdict::ACCEPT);
  CHECK(withBlockingDefault(to("224.0.0.251", UDP, 5353)) == Verdict::ACCEPT);
}

TEST_CASE("what is not needed is not allowed along with it") {
  CHECK(withBlockingDefault(icmp(ICMP, 8)) == Verdict::BLOCK);
  CHECK(withBlockingDefault(icmp(ICMP, 5)) == Verdict::BLOCK);
  CHECK(withBlockingDefault(icmp(ICMPV6, 137)) == Verdict::BLOCK);
  CHECK(withBlockingDefault(to("203.0.113.1", UDP, 5353)) == Verdict::BLOCK);
  CHECK(withBlockingDefault(to("239.255.255.250", UDP, 1900)) == Verdict::BLOCK);
  CHECK(withBlockingDefault(to("192.0.2.1", TCP, 67)) == Verdict::BLOCK);
}

TEST_CASE(
    "loopback is allowed last of all, so that people's rules about local services are heard") {
  FlowFacts database = to("127.0.0.1", TCP, 5432);
  CHECK(withBlockingDefault(database) == Verdict::ACCEPT);
  auto set = loadRules("[[rule]]\nname = \"database\"\naction = \"block\"\nport = 5432\n");
  CHECK(set->decide(database, NOW).verdict == Verdict::BLOCK);
}

TEST_CASE("sessions from before the start go on, unless keep_existing is off") {
  FlowFacts session = curlToExample();
  session.establishedBefore = true;
  CHECK(withBlockingDefault(session) == Verdict::ACCEPT);
  auto options = testOptions();
  options.defaultAction = DefaultAction::BLOCK;
  options.keepExisting = false;
  CHECK(loadRules(nullptr, options)->decide(session, NOW).verdict == Verdict::BLOCK);
}

TEST_CASE("each built-in rule can be switched off by its name") {
  auto options = testOptions();
  options.defaultAction = DefaultAction::BLOCK;
  kj::String off[] = {kj::str("loopback"), kj::str("ICMP errors")};
  options.builtinOff = off;
  auto set = loadRules(nullptr, options);
  CHECK(set->find("loopback") == nullptr);
  CHECK(set->find("ICMP errors") == nullptr);
  CHECK(set->decide(to("127.0.0.1", TCP, 5432), NOW).verdict == Verdict::BLOCK);
}

TEST_CASE("a built-in rule that is asked last may be switched off in any mode") {
  auto options = testOptions();
  kj::String off[] = {kj::str("loopback")};
  options.builtinOff = off;
  for (auto mode : {Mode::NONE, Mode::LOCKDOWN, Mode::PAUSE, Mode::LEARN_ALLOW}) {
    options.mode = mode;
    auto loaded = RuleSet::load(nullptr, options);
    CHECK(loaded.problems.empty());
  }
}

TEST_CASE("a name that no built-in rule has is not switched off silently") {
  auto options = testOptions();
  kj::String off[] = {kj::str("lopback")};
  options.builtinOff = off;
  auto loaded = RuleSet::load(nullptr, options);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].toString() ==
        "settings: policy.builtin_off: no built-in rule is named \"lopback\"; did you mean "
        "\"loopback\"?");
}

TEST_CASE("built-in rules do not let names through at the DNS stage") {
  CHECK(loadRules("")->judgeName(curlToExample().process, "example.org", NOW).refuse);
}

}  // namespace
}  // namespace portreeve::rules
