// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of this folder: a machine with two users, flows to change, rules from text.
#pragma once

#include "policy/rules/rule-set.h"

#include <kj/debug.h>

namespace portreeve::rules {

constexpr uint64_t SECONDS = 1'000'000'000;
constexpr uint64_t NOW = 1'800'000'000 * SECONDS;  // 2027-01-15T08:00:00Z

inline const UserNames& testUsers() {
  static const UserNames users = []() {
    UserNames made;
    made.users.add(UserNames::Entry{kj::str("root"), 0, 0});
    made.users.add(UserNames::Entry{kj::str("alice"), 1000, 1000});
    made.groups.add(UserNames::Group{kj::str("staff"), 50, {}});
    made.groups.add(UserNames::Group{kj::str("netdev"), 106, {}});
    made.groups.back().members.add(kj::str("alice"));
    return made;
  }();
  return users;
}

inline RuleOptions testOptions() {
  return RuleOptions{.users = testUsers()};
}

inline kj::String ruleText(kj::StringPtr name, kj::StringPtr action = "allow",
                           kj::StringPtr operands = "") {
  return kj::str("[[rule]]\nname = \"", name, "\"\naction = \"", action, "\"\n", operands, "\n");
}

inline RuleSource source(kj::StringPtr text, Layer layer = Layer::SUITE,
                         kj::StringPtr file = "test.toml") {
  return RuleSource{kj::str(file), kj::str(text), layer, NOW};
}

inline kj::Own<RuleSet> loadRules(kj::ArrayPtr<const RuleSource> sources,
                                  const RuleOptions& options) {
  auto loaded = RuleSet::load(sources, options);
  KJ_IF_MAYBE (set, loaded.set) {
    return kj::mv(*set);
  }
  KJ_FAIL_ASSERT("rules do not load", loaded.problems[0].toString());
}

inline kj::Own<RuleSet> loadRules(kj::StringPtr text,
                                  DefaultAction defaultAction = DefaultAction::BLOCK) {
  auto options = testOptions();
  options.defaultAction = defaultAction;
  RuleSource sources[] = {source(text)};
  return loadRules(sources, options);
}

inline Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

inline FlowFacts curlToExample() {
  // alice's curl to a web server.
  FlowFacts facts;
  facts.protocol = 6;
  facts.local = address("192.0.2.10");
  facts.localPort = 40000;
  facts.remote = address("203.0.113.5");
  facts.remotePort = 443;
  facts.interface = "eth0";
  facts.process.kind = ProcessKind::PROGRAM;
  facts.process.path = "/usr/bin/curl";
  facts.process.name = "curl";
  facts.process.commandLine = "curl https://example.org/";
  facts.process.uid = 1000;
  facts.process.gid = 1000;
  facts.process.pid = 4711;
  facts.process.startTicks = 123456;
  facts.process.cgroup = "/user.slice/user-1000.slice/session-1.scope";
  facts.process.unit = "session-1.scope";
  static const kj::StringPtr PARENTS[] = {"/usr/bin/bash", "/usr/sbin/sshd"};
  facts.process.parents = PARENTS;
  static const DomainFact DOMAINS[] = {{"example.org", NameSource::PROCESS}};
  facts.domains = DOMAINS;
  return facts;
}

}  // namespace portreeve::rules
