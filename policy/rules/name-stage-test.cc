// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

bool refused(kj::StringPtr rules, kj::StringPtr name,
             DefaultAction defaultAction = DefaultAction::BLOCK) {
  auto set = loadRules(rules, defaultAction);
  return set->judgeName(curlToExample().process, name, NOW).refuse;
}

TEST_CASE("a name is refused where every flow to it would be") {
  CHECK(refused("", "example.org"));
  CHECK_FALSE(refused("", "example.org", DefaultAction::ALLOW));
  CHECK(refused("", "example.org", DefaultAction::DROP));
  kj::String blocked = ruleText("ads", "block", "domain = \".ads.example\"");
  CHECK(refused(blocked, "x.ads.example", DefaultAction::ALLOW));
  CHECK_FALSE(refused(blocked, "example.org", DefaultAction::ALLOW));
}

TEST_CASE("a name is answered where some flow to it may pass") {
  kj::String web = ruleText("web", "allow", "domain = \"example.org\"\nport = 443");
  CHECK_FALSE(refused(web, "example.org"));
  CHECK(refused(web, "example.net"));
  CHECK_FALSE(refused(ruleText("net", "allow", "address = \"203.0.113.0/24\""), "example.org"));
  CHECK_FALSE(refused(ruleText("gate", "gate17", "domain = \"example.org\""), "example.org"));
  CHECK_FALSE(
      refused(kj::str(ruleText("some ports", "block", "domain = \"example.org\"\nport = 80")),
              "example.org", DefaultAction::ALLOW));
}

TEST_CASE("a name whose flows may go through Gate17 is asked of nobody on this side") {
  auto far = [](kj::StringPtr rules, kj::StringPtr name) {
    return loadRules(rules, DefaultAction::ALLOW)->goesFarAway(curlToExample().process, name, NOW);
  };
  kj::String gate = ruleText("gate", "gate17", "process = { path = \"/usr/bin/curl\" }");
  CHECK(far(gate, "example.org"));
  CHECK(far(ruleText("web", "gate17", "port = 443"), "example.org"));
  CHECK_FALSE(
      far(ruleText("wget", "gate17", "process = { path = \"/usr/bin/wget\" }"), "example.org"));
  CHECK_FALSE(far("", "example.org"));
  // Whether it is for the LAN shows only when its address is known: to ask would tell.
  CHECK(far(kj::str(ruleText("lan", "allow", "scope = \"lan\""), gate), "nas.lan"));
  kj::String lan = ruleText("lan", "allow", "domain = \"*.lan\"");
  CHECK_FALSE(far(kj::str(lan, gate), "nas.lan"));
  CHECK(far(kj::str(lan, gate), "example.org"));
  // An answer has a say only where a rule asks.
  CHECK(far(kj::str(ruleText("answer", "allow", "answer = true\ndomain = \"*.lan\""), gate),
            "nas.lan"));
}

TEST_CASE("what stands above is asked first at the DNS stage too") {
  kj::String allow = ruleText("web", "allow", "port = 443");
  kj::String block = ruleText("ads", "block", "domain = \"ads.example\"");
  CHECK_FALSE(refused(kj::str(allow, block), "ads.example"));
  CHECK(refused(kj::str(block, allow), "ads.example"));
}

TEST_CASE("rules that cannot apply to the asker do not save a name") {
  CHECK(refused(ruleText("in", "allow", "direction = \"in\""), "example.org"));
  CHECK(
      refused(ruleText("wget", "allow", "process = { path = \"/usr/bin/wget\" }"), "example.org"));
  CHECK(refused(ruleText("root", "allow", "user = \"root\"\nport = 443"), "example.org"));
  CHECK(refused(ruleText("nameless", "allow", "domain = \"none\""), "example.org"));
  CHECK_FALSE(
      refused(ruleText("curl", "allow", "process = { path = \"/usr/bin/curl\" }\nport = 443"),
              "example.org"));
}

TEST_CASE("not of what is unknown is unknown") {
  CHECK_FALSE(refused(ruleText("all but ssh", "allow", "not = { port = 22 }"), "example.org"));
  CHECK(refused(ruleText("others", "allow", "not = { domain = \"example.org\" }"), "example.org"));
  CHECK_FALSE(refused(ruleText("others", "allow", "not = { domain = \"example.org\", port = 22 }"),
                      "example.org"));
}

TEST_CASE("who asks for everybody is not judged as itself") {
  auto set = loadRules(ruleText(
      "wget", "allow",
      "process = { path = \"/usr/bin/wget\" }\ndomain = \"example.org\"\nnames = \"any\""));
  auto asker = curlToExample().process;
  CHECK(set->judgeName(asker, "example.org", NOW).refuse);
  CHECK_FALSE(set->judgeName(asker, "example.org", NOW, true).refuse);
  CHECK(set->judgeName(asker, "example.net", NOW, true).refuse);
}

TEST_CASE("the DNS stage names the rule and traces what it asked") {
  auto set = loadRules(kj::str(ruleText("web", "allow", "port = 443\nuser = \"root\""),
                               ruleText("ads", "block", "domain = \"ads.example\"")));
  Trace trace;
  auto decision = set->judgeName(curlToExample().process, "ads.example", NOW, false, &trace);
  CHECK(decision.refuse);
  CHECK(decision.rule->name == "ads");
  REQUIRE(trace.considered.size() == 2);
  CHECK(trace.considered[0].failed == "user: wants root, has uid 1000");
  CHECK(trace.considered[1].matched);
}

}  // namespace
}  // namespace portreeve::rules
