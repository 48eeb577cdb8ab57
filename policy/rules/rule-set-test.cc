// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/builtin.h"
#include "policy/rules/explanation.h"
#include "policy/rules/test-facts.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

#include <string>

namespace portreeve::rules {
namespace {

using proto::Verdict;

kj::String rule(kj::StringPtr name, kj::StringPtr action, kj::StringPtr operands) {
  return kj::str("[[rule]]\nname = \"", name, "\"\naction = \"", action, "\"\n", operands, "\n");
}

bool allows(kj::StringPtr operands, const FlowFacts& facts) {
  // One rule that allows, over a default that blocks.
  auto set = loadRules(rule("test", "allow", operands));
  return set->decide(facts, NOW).rule->name == "test";
}

TEST_CASE("the first matching rule decides, whatever stands below") {
  auto set = loadRules(kj::str(rule("one", "drop", "port = 443"),
                               rule("two", "allow", "port = 443"), rule("three", "gate17", "")));
  FlowFacts facts = curlToExample();
  CHECK(set->decide(facts, NOW).verdict == Verdict::DROP);
  CHECK(set->decide(facts, NOW).rule->name == "one");
  facts.remotePort = 80;
  CHECK(set->decide(facts, NOW).verdict == Verdict::GATE17);
}

TEST_CASE("without a match the default decides") {
  FlowFacts facts = curlToExample();
  CHECK(loadRules("", DefaultAction::ALLOW)->decide(facts, NOW).verdict == Verdict::ACCEPT);
  CHECK(loadRules("", DefaultAction::BLOCK)->decide(facts, NOW).verdict == Verdict::BLOCK);
  auto set = loadRules("", DefaultAction::DROP);
  auto decision = set->decide(facts, NOW);
  CHECK(decision.verdict == Verdict::DROP);
  CHECK(decision.rule->layer == Layer::DEFAULT);
  CHECK(decision.rule->origin() == "policy.default");
}

TEST_CASE("a rule for once decides a packet and not the connection") {
  FlowFacts facts = curlToExample();
  auto verdict = [&](kj::StringPtr action) {
    return loadRules(rule("test", action, "once = true"))->decide(facts, NOW).verdict;
  };
  CHECK(verdict("allow") == Verdict::ACCEPT_ONCE);
  CHECK(verdict("block") == Verdict::BLOCK_ONCE);
  CHECK(verdict("drop") == Verdict::DROP_ONCE);
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

TEST_CASE("a decision says which name matched and who had asked for it") {
  DomainFact domains[] = {{"a.example", NameSource::PROGRAM}, {"b.example", NameSource::PROGRAM}};
  auto set = loadRules(rule("b", "allow", "domain = \"b.example\""));
  auto decision = set->decide(named(domains), NOW);
  CHECK(decision.domain == "b.example");
  CHECK(KJ_ASSERT_NONNULL(decision.named) == NameSource::PROGRAM);
  auto nameless = set->decide(named(nullptr), NOW);
  CHECK(nameless.domain == "");
  CHECK(nameless.named == nullptr);
}

// The DNS stage -----------------------------------------------------------------------------------

bool refused(kj::StringPtr rules, kj::StringPtr name,
             DefaultAction defaultAction = DefaultAction::BLOCK) {
  auto set = loadRules(rules, defaultAction);
  return set->judgeName(curlToExample().process, name, NOW).refuse;
}

TEST_CASE("a name is refused where every flow to it would be") {
  CHECK(refused("", "example.org"));
  CHECK_FALSE(refused("", "example.org", DefaultAction::ALLOW));
  CHECK(refused("", "example.org", DefaultAction::DROP));
  kj::String blocked = rule("ads", "block", "domain = \".ads.example\"");
  CHECK(refused(blocked, "x.ads.example", DefaultAction::ALLOW));
  CHECK_FALSE(refused(blocked, "example.org", DefaultAction::ALLOW));
}

TEST_CASE("a name is answered where some flow to it may pass") {
  kj::String web = rule("web", "allow", "domain = \"example.org\"\nport = 443");
  CHECK_FALSE(refused(web, "example.org"));
  CHECK(refused(web, "example.net"));
  CHECK_FALSE(refused(rule("net", "allow", "address = \"203.0.113.0/24\""), "example.org"));
  CHECK_FALSE(refused(rule("gate", "gate17", "domain = \"example.org\""), "example.org"));
  CHECK_FALSE(refused(kj::str(rule("some ports", "block", "domain = \"example.org\"\nport = 80")),
                      "example.org", DefaultAction::ALLOW));
}

TEST_CASE("a name whose flows may go through Gate17 is asked of nobody on this side") {
  auto far = [](kj::StringPtr rules, kj::StringPtr name) {
    return loadRules(rules, DefaultAction::ALLOW)->goesFarAway(curlToExample().process, name, NOW);
  };
  kj::String gate = rule("gate", "gate17", "process = { path = \"/usr/bin/curl\" }");
  CHECK(far(gate, "example.org"));
  CHECK(far(rule("web", "gate17", "port = 443"), "example.org"));
  CHECK_FALSE(far(rule("wget", "gate17", "process = { path = \"/usr/bin/wget\" }"), "example.org"));
  CHECK_FALSE(far("", "example.org"));
  // Whether it is for the LAN shows only when its address is known: to ask would tell.
  CHECK(far(kj::str(rule("lan", "allow", "scope = \"lan\""), gate), "nas.lan"));
  kj::String lan = rule("lan", "allow", "domain = \"*.lan\"");
  CHECK_FALSE(far(kj::str(lan, gate), "nas.lan"));
  CHECK(far(kj::str(lan, gate), "example.org"));
  // An answer has a say only where a rule asks.
  CHECK(
      far(kj::str(rule("answer", "allow", "answer = true\ndomain = \"*.lan\""), gate), "nas.lan"));
}

TEST_CASE("a rule names ways that the settings have, and the nearest one is suggested") {
  auto options = testOptions();
  kj::String known[] = {kj::str("tor"), kj::str("office")};
  options.ways = kj::ArrayPtr<const kj::String>(known);
  auto problemOf = [&](kj::StringPtr text) {
    RuleSource sources[] = {source(text)};
    auto loaded = RuleSet::load(sources, options);
    return loaded.problems.empty() ? kj::str("none") : loaded.problems[0].toString();
  };
  CHECK(problemOf(rule("a", "gate17", "way = [\"office\", \"tor\"]")) == "none");
  CHECK(problemOf("[[rule]]\nname = \"a\"\naction = \"gate17\"\nway = \"ofice\"") ==
        "test.toml:4:7: unknown way \"ofice\"; did you mean \"office\"?");
  CHECK(problemOf("[[rule]]\nname = \"a\"\naction = \"allow\"\nway = \"tor\"") ==
        "test.toml:4:7: way goes with action = \"gate17\" alone");
}

TEST_CASE("what stands above is asked first at the DNS stage too") {
  kj::String allow = rule("web", "allow", "port = 443");
  kj::String block = rule("ads", "block", "domain = \"ads.example\"");
  CHECK_FALSE(refused(kj::str(allow, block), "ads.example"));
  CHECK(refused(kj::str(block, allow), "ads.example"));
}

TEST_CASE("rules that cannot apply to the asker do not save a name") {
  CHECK(refused(rule("in", "allow", "direction = \"in\""), "example.org"));
  CHECK(refused(rule("wget", "allow", "process = { path = \"/usr/bin/wget\" }"), "example.org"));
  CHECK(refused(rule("root", "allow", "user = \"root\"\nport = 443"), "example.org"));
  CHECK(refused(rule("nameless", "allow", "domain = \"none\""), "example.org"));
  CHECK_FALSE(refused(rule("curl", "allow", "process = { path = \"/usr/bin/curl\" }\nport = 443"),
                      "example.org"));
}

TEST_CASE("not of what is unknown is unknown") {
  CHECK_FALSE(refused(rule("all but ssh", "allow", "not = { port = 22 }"), "example.org"));
  CHECK(refused(rule("others", "allow", "not = { domain = \"example.org\" }"), "example.org"));
  CHECK_FALSE(refused(rule("others", "allow", "not = { domain = \"example.org\", port = 22 }"),
                      "example.org"));
}

TEST_CASE("who asks for everybody is not judged as itself") {
  auto set = loadRules(
      rule("wget", "allow",
           "process = { path = \"/usr/bin/wget\" }\ndomain = \"example.org\"\nnames = \"any\""));
  auto asker = curlToExample().process;
  CHECK(set->judgeName(asker, "example.org", NOW).refuse);
  CHECK_FALSE(set->judgeName(asker, "example.org", NOW, true).refuse);
  CHECK(set->judgeName(asker, "example.net", NOW, true).refuse);
}

TEST_CASE("the DNS stage names the rule and traces what it asked") {
  auto set = loadRules(kj::str(rule("web", "allow", "port = 443\nuser = \"root\""),
                               rule("ads", "block", "domain = \"ads.example\"")));
  Trace trace;
  auto decision = set->judgeName(curlToExample().process, "ads.example", NOW, false, &trace);
  CHECK(decision.refuse);
  CHECK(decision.rule->name == "ads");
  REQUIRE(trace.considered.size() == 2);
  CHECK(trace.considered[0].failed == "user: wants root, has uid 1000");
  CHECK(trace.considered[1].matched);
}

TEST_CASE("at the connection, a fact that is not known matches no operand and no negation") {
  FlowFacts facts = curlToExample();
  facts.known.port = false;
  CHECK_FALSE(allows("port = 443", facts));
  CHECK_FALSE(allows("not = { port = 443 }", facts));
  Trace trace;
  loadRules(rule("web", "allow", "port = 443"))->decide(facts, NOW, &trace);
  CHECK(trace.considered[trace.considered.size() - 3].failed == "port: wants 443, not known yet");
}

// Layers, ends, counts ----------------------------------------------------------------------------

TEST_CASE(
    "built-in rules come first, then the administrator's files, then the suite's own, then the "
    "default") {
  RuleSource sources[] = {
      source(rule("own", "block", ""), Layer::SUITE, "own.toml"),
      source(rule("ten", "allow", "port = 443"), Layer::ADMINISTRATOR, "10.toml"),
      source(rule("twenty", "drop", "port = 443"), Layer::ADMINISTRATOR, "20.toml")};
  auto set = loadRules(sources, testOptions());
  kj::Vector<kj::StringPtr> names;
  Layer last = Layer::BUILT_IN;
  for (auto& one : set->rules()) {
    CHECK(one.layer >= last);
    last = one.layer;
    if (one.layer != Layer::BUILT_IN) names.add(one.name);
  }
  CHECK(kj::strArray(names, " ") == "ten twenty own loopback default");
  CHECK(set->decide(curlToExample(), NOW).rule->name == "ten");
}

TEST_CASE("one bad file among good ones gives no set, and all its problems") {
  RuleSource sources[] = {source(rule("good", "allow", "")),
                          source("[[rule]]\nport = 0\n", Layer::SUITE, "bad.toml")};
  auto loaded = RuleSet::load(sources, testOptions());
  CHECK(loaded.set == nullptr);
  REQUIRE(loaded.problems.size() == 3);
  for (auto& problem : loaded.problems) CHECK(problem.file == "bad.toml");
}

TEST_CASE("where a rule asks, the answers decide, wherever they stand, and nowhere else") {
  auto answer =
      rule("yes, for curl", "allow", "answer = true\nprocess = { path = \"/usr/bin/curl\" }");
  auto asking = loadRules(kj::str(answer, rule("ask", "ask", "direction = \"out\"")));
  CHECK(asking->decide(curlToExample(), NOW).rule->name == "yes, for curl");
  auto other = curlToExample();
  other.process.path = "/usr/bin/wget";
  CHECK(asking->decide(other, NOW).verdict == proto::Verdict::ASK);
  Trace trace;
  CHECK(asking->decide(curlToExample(), NOW, &trace).rule->name == "yes, for curl");
  CHECK(trace.considered.back().rule->name == "yes, for curl");
  auto blocking = loadRules(kj::str(answer, rule("no", "block", "direction = \"out\"")));
  CHECK(blocking->decide(curlToExample(), NOW).rule->name == "no");
  CHECK(loadRules(answer)->decide(curlToExample(), NOW).rule->name == "default");
}

TEST_CASE("what asks by default is answered, too, and never refuses a name") {
  auto set =
      loadRules(rule("no", "block", "answer = true\ndomain = \"example.org\""), DefaultAction::ASK);
  CHECK(set->decide(curlToExample(), NOW).verdict == proto::Verdict::BLOCK);
  CHECK(!set->judgeName(curlToExample().process, "example.org", NOW).refuse);
  auto unnamed = curlToExample();
  unnamed.known.domain = false;
  CHECK(set->hangsOnName(unnamed, NOW));
}

TEST_CASE("a rule that has ended decides nothing, from that very moment") {
  auto set = loadRules(rule("brief", "allow", "for = \"5m\""));
  uint64_t end = NOW + 300 * SECONDS;
  CHECK(set->decide(curlToExample(), end - 1).rule->name == "brief");
  CHECK(set->decide(curlToExample(), end).rule->name == "default");
  CHECK_FALSE(set->judgeName(curlToExample().process, "example.org", end - 1).refuse);
  CHECK(set->judgeName(curlToExample().process, "example.org", end).refuse);
  CHECK(set->nextExpiry(NOW) == end);
  CHECK(set->nextExpiry(end) == 0);
}

TEST_CASE("hits are counted per rule and survive a reload that leaves the rule as it is") {
  auto set =
      loadRules(kj::str(rule("web", "allow", "port = 443"), rule("ssh", "allow", "port = 22")));
  auto decision = set->decide(curlToExample(), NOW);
  set->count(decision, NOW);
  set->count(decision, NOW + 1);
  auto reloaded =
      loadRules(kj::str(rule("new", "block", "port = 1"), rule("web", "allow", "port = 443")));
  reloaded->adoptCounts(*set, reloaded->sameAs(*set));
  size_t web = KJ_ASSERT_NONNULL(reloaded->find("web"));
  CHECK(reloaded->hits(web).hits == 2);
  CHECK(reloaded->hits(web).lastNs == NOW + 1);
  CHECK(reloaded->hits(web - 1).hits == 0);
  auto changed = loadRules(rule("web", "block", "port = 443"));
  changed->adoptCounts(*set, changed->sameAs(*set));
  CHECK(changed->hits(KJ_ASSERT_NONNULL(changed->find("web"))).hits == 0);
}

TEST_CASE("the stricter of a loopback flow's two decisions wins") {
  Decision allow{Verdict::ACCEPT}, block{Verdict::BLOCK}, drop{Verdict::DROP},
      gate{Verdict::GATE17};
  CHECK(stricter(allow, block).verdict == Verdict::BLOCK);
  CHECK(stricter(block, allow).verdict == Verdict::BLOCK);
  CHECK(stricter(block, drop).verdict == Verdict::DROP);
  CHECK(stricter(gate, allow).verdict == Verdict::GATE17);
}

TEST_CASE(
    "of a yes for good and a yes for once the one for once is stricter, of two noes the one for "
    "good") {
  Decision yes{Verdict::ACCEPT}, yesOnce{Verdict::ACCEPT_ONCE}, no{Verdict::BLOCK},
      noOnce{Verdict::BLOCK_ONCE}, gone{Verdict::DROP}, goneOnce{Verdict::DROP_ONCE};
  CHECK(stricter(yes, yesOnce).verdict == Verdict::ACCEPT_ONCE);
  CHECK(stricter(noOnce, no).verdict == Verdict::BLOCK);
  CHECK(stricter(no, goneOnce).verdict == Verdict::DROP_ONCE);
  CHECK(stricter(gone, goneOnce).verdict == Verdict::DROP);
  CHECK(stricter(noOnce, yesOnce).verdict == Verdict::BLOCK_ONCE);
}

TEST_CASE("a trace tells for each rule which operand failed, with both values") {
  auto set =
      loadRules(kj::str(rule("ssh", "allow", "port = 22\nprocess = { path = \"/usr/bin/ssh\" }"),
                        rule("ended", "allow", "expires = 2020-01-01T00:00:00Z"),
                        rule("web", "allow", "port = 443")));
  Trace trace;
  auto decision = set->decide(curlToExample(), NOW, &trace);
  size_t count = trace.considered.size();
  REQUIRE(count > 3);
  CHECK(trace.considered[count - 3].failed == "port: wants 22, has 443");
  CHECK(trace.considered[count - 2].failed == "expired 2020-01-01T00:00:00.000Z");
  CHECK(trace.considered[count - 1].matched);
  CHECK(trace.considered[count - 1].rule->name == "web");

  capnp::MallocMessageBuilder message;
  auto explanation = message.initRoot<proto::view::Explanation>();
  fillDecision(*set, decision, trace, explanation);
  auto list = explanation.getConsidered();
  CHECK(kj::StringPtr(list[uint32_t(count - 1)].getOrigin()) == "test.toml:10");
  CHECK(list[uint32_t(count - 1)].getMatched());
}

TEST_CASE("rules are shown with their position, layer, place and text") {
  auto set = loadRules(rule("web", "allow", "port = 443\nfor = \"1h\""));
  capnp::MallocMessageBuilder message;
  auto orphan = message.getOrphanage().newOrphan<capnp::List<proto::view::RuleView>>(
      uint32_t(set->rules().size()));
  set->fill(orphan.get());
  auto view = orphan.get()[uint32_t(KJ_ASSERT_NONNULL(set->find("web")))];
  CHECK(kj::StringPtr(view.getLayer()) == "suite");
  CHECK(kj::StringPtr(view.getOrigin()) == "test.toml:1");
  CHECK(kj::StringPtr(view.getExpires()) == "2027-01-15T09:00:00.000Z");
  CHECK(kj::StringPtr(view.getText()).startsWith("[[rule]]\nname = \"web\""));
  CHECK(kj::StringPtr(orphan.get()[0].getOrigin()) == "built-in");
  CHECK(orphan.get()[0].getPosition() == 1);
}

TEST_CASE("what a file holds decides only once it is known, and what would hang on it is told") {
  auto set = loadRules(
      "[[rule]]\nname = \"bad\"\naction = \"block\"\n"
      "process = { sha256 = \"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\" "
      "}\n"
      "[[rule]]\nname = \"ours\"\naction = \"allow\"\nprocess = { package = \"curl\" }\n",
      DefaultAction::DROP);
  CHECK(set->usesExamination());
  auto facts = curlToExample();
  facts.process.examined = false;
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::DROP);
  CHECK(set->hangsOnExamination(facts, NOW));
  facts.process.examined = true;
  facts.process.package = "curl";
  CHECK_FALSE(set->hangsOnExamination(facts, NOW));
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::ACCEPT);
  facts.process.sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::BLOCK);
}

TEST_CASE("a set says whether any of its rules is about single processes") {
  CHECK(loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\n"
                  "not = { process = { instance = \"7@123\" } }\n")
            ->tellsProcessesApart());
  CHECK_FALSE(
      loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\nport = 1\n")->tellsProcessesApart());
}

TEST_CASE("nothing hangs on a file behind a rule that decides without") {
  auto set = loadRules(
      "[[rule]]\nname = \"web\"\naction = \"allow\"\nport = 443\n"
      "[[rule]]\nname = \"ours\"\naction = \"allow\"\nnot = { process = { package = \"curl\" } "
      "}\n");
  CHECK(set->usesExamination());
  auto facts = curlToExample();
  facts.process.examined = false;
  CHECK_FALSE(set->hangsOnExamination(facts, NOW));
  facts.remotePort = 80;
  CHECK(set->hangsOnExamination(facts, NOW));
  CHECK_FALSE(
      loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\nport = 1\n")->usesExamination());
}

}  // namespace
}  // namespace portreeve::rules
