// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

bool allows(kj::StringPtr operands, const FlowFacts& facts) {
  // One rule that allows, over a default that blocks.
  auto set = loadRules(ruleText("test", "allow", operands));
  return set->decide(facts, NOW).rule->name == "test";
}

TEST_CASE("all operands of a rule must match, and any value of a list will do") {
  FlowFacts facts = curlToExample();
  CHECK(allows("port = [80, 443]\nprotocol = \"tcp\"\nuser = [\"root\", \"alice\"]", facts));
  CHECK_FALSE(allows("port = [80, 443]\nprotocol = \"udp\"", facts));
  CHECK(allows("", facts));
}

TEST_CASE("a port is the remote one going out and the local one coming in") {
  FlowFacts facts = curlToExample();
  CHECK(allows("port = \"400-500\"", facts));
  CHECK_FALSE(allows("port = 40000", facts));
  facts.direction = Direction::IN;
  CHECK(allows("port = 40000", facts));
  CHECK_FALSE(allows("port = 443", facts));
}

TEST_CASE("a path matches the host's own files alone") {
  FlowFacts facts = curlToExample();
  kj::StringPtr curl = "process = { path = \"/usr/bin/curl\" }";
  CHECK(allows(curl, facts));
  facts.process.kind = ProcessKind::REPLACED;
  CHECK(allows(curl, facts));
  for (auto kind : {ProcessKind::FOREIGN_ROOT, ProcessKind::UNKNOWN, ProcessKind::KERNEL,
                    ProcessKind::NO_SOCKET}) {
    facts.process.kind = kind;
    CHECK_FALSE(allows(curl, facts));
  }
}

TEST_CASE("the other operands over the process") {
  FlowFacts facts = curlToExample();
  CHECK(allows("process = { name = \"cu*\" }", facts));
  CHECK(allows("process = { cmdline = \"*example.org*\" }", facts));
  CHECK(allows("process = { unit = \"session-*.scope\" }", facts));
  CHECK(allows("process = { parent = \"/usr/sbin/sshd\" }", facts));
  CHECK_FALSE(allows("process = { parent = \"/usr/bin/curl\" }", facts));
  CHECK(allows("process = { kind = [\"kernel\", \"program\"] }", facts));
  CHECK_FALSE(allows("process = { kind = \"suite\" }", facts));
  CHECK(allows("user = 1000", facts));
  facts.process.uid = nullptr;
  CHECK_FALSE(allows("user = 1000", facts));
  CHECK(allows("not = { user = 1000 }", facts));
}

TEST_CASE("a process of the suite is of kind suite besides what it else is") {
  FlowFacts facts = curlToExample();
  facts.direction = Direction::IN;  // going out, a built-in rule would allow it
  facts.process.suite = true;
  CHECK(allows("process = { kind = \"suite\" }", facts));
  CHECK(allows("process = { kind = \"program\" }", facts));
  CHECK_FALSE(allows("process = { kind = \"kernel\" }", facts));
}

TEST_CASE("an empty text is matched by no pattern, however wide") {
  FlowFacts facts = curlToExample();
  facts.process.unit = "";
  facts.interface = "";
  CHECK_FALSE(allows("process = { unit = \"*\" }", facts));
  CHECK_FALSE(allows("interface = \"*\"", facts));
}

TEST_CASE("addresses match by network, and IPv6 networks hold no IPv4") {
  FlowFacts facts = curlToExample();
  CHECK(allows("address = [\"2001:db8::/32\", \"203.0.113.0/24\"]", facts));
  CHECK_FALSE(allows("address = \"203.0.112.0/24\"", facts));
  CHECK_FALSE(allows("address = \"::/0\"", facts));
  CHECK(allows("address = \"0.0.0.0/0\"", facts));
  facts.remote = address("2001:db8::1");
  CHECK(allows("address = \"::/0\"", facts));
  CHECK_FALSE(allows("address = \"0.0.0.0/0\"", facts));
}

TEST_CASE("what never leaves the machine is localhost, whatever its address") {
  FlowFacts facts = curlToExample();
  facts.remote = address("192.168.1.2");
  CHECK(allows("scope = \"lan\"", facts));
  facts.loopback = true;
  CHECK_FALSE(allows("scope = \"lan\"", facts));
  CHECK(allows("scope = [\"internet\", \"localhost\"]", facts));
}

TEST_CASE("icmp_type is for ICMP alone") {
  FlowFacts facts = curlToExample();
  CHECK_FALSE(allows("icmp_type = 0", facts));
  facts.protocol = 58;
  facts.icmpType = 128;
  CHECK(allows("icmp_type = [8, 128]", facts));
}

TEST_CASE("not negates the conjunction of what stands in it") {
  FlowFacts facts = curlToExample();
  kj::StringPtr notCurlAs443 = "not = { process = { path = \"/usr/bin/curl\" }, port = 443 }";
  CHECK_FALSE(allows(notCurlAs443, facts));
  facts.remotePort = 80;
  CHECK(allows(notCurlAs443, facts));
  CHECK_FALSE(allows("not = { not = { port = 443 } }", facts));
  CHECK(allows("not = { not = { port = 80 } }", facts));
}

TEST_CASE("at the connection, a fact that is not known matches no operand and no negation") {
  FlowFacts facts = curlToExample();
  facts.known.port = false;
  CHECK_FALSE(allows("port = 443", facts));
  CHECK_FALSE(allows("not = { port = 443 }", facts));
  Trace trace;
  loadRules(ruleText("web", "allow", "port = 443"))->decide(facts, NOW, &trace);
  CHECK(trace.considered[trace.considered.size() - 3].failed == "port: wants 443, not known yet");
}

// Names -----------------------------------------------------------------------------------------

FlowFacts named(kj::ArrayPtr<const DomainFact> domains) {
  FlowFacts facts = curlToExample();
  facts.domains = domains;
  return facts;
}

TEST_CASE("a domain is exact, any subdomain, or both") {
  DomainFact top[] = {{"example.org"}}, sub[] = {{"a.b.example.org"}},
             other[] = {{"badexample.org"}};
  CHECK(allows("domain = \"Example.org.\"", named(top)));
  CHECK_FALSE(allows("domain = \"example.org\"", named(sub)));
  CHECK_FALSE(allows("domain = \"*.example.org\"", named(top)));
  CHECK(allows("domain = \"*.example.org\"", named(sub)));
  CHECK(allows("domain = \".example.org\"", named(top)));
  CHECK(allows("domain = \".example.org\"", named(sub)));
  CHECK_FALSE(
      allows("domain = [\".example.org\", \"*.example.org\", \"example.org\"]", named(other)));
}

TEST_CASE("a flow without a name is matched by none, and by nothing else") {
  CHECK(allows("domain = \"none\"", named(nullptr)));
  CHECK_FALSE(allows("domain = \".org\"", named(nullptr)));
  CHECK_FALSE(allows("domain = \"none\"", curlToExample()));
  CHECK(allows("not = { domain = \"none\" }", curlToExample()));
}

TEST_CASE("names of the process, the program and the user count by default, anybody's do not") {
  for (auto source : {NameSource::PROCESS, NameSource::PROGRAM, NameSource::USER}) {
    DomainFact domains[] = {{"example.org", source}};
    CHECK(allows("domain = \"example.org\"", named(domains)));
  }
  DomainFact anybodys[] = {{"example.org", NameSource::ANY}};
  CHECK_FALSE(allows("domain = \"example.org\"", named(anybodys)));
  CHECK(allows("domain = \"none\"", named(anybodys)));
  CHECK(allows("domain = \"example.org\"\nnames = \"any\"", named(anybodys)));
}

TEST_CASE("a rule narrows whose names count") {
  DomainFact users[] = {{"example.org", NameSource::USER}};
  CHECK_FALSE(allows("domain = \"example.org\"\nnames = \"process\"", named(users)));
  CHECK_FALSE(allows("domain = \"example.org\"\nnames = \"program\"", named(users)));
  CHECK(allows("domain = \"example.org\"\nnames = \"user\"", named(users)));
}

TEST_CASE("who asked for the address itself is not judged by another's name for it") {
  DomainFact domains[] = {{"tracker.example", NameSource::USER},
                          {"example.org", NameSource::PROCESS}};
  CHECK(allows("domain = \"example.org\"", named(domains)));
  CHECK_FALSE(allows("domain = \"tracker.example\"", named(domains)));
  CHECK_FALSE(allows("domain = \"tracker.example\"\nnames = \"any\"", named(domains)));
}

}  // namespace
}  // namespace portreeve::rules
