// SPDX-License-Identifier: GPL-3.0-or-later
// Random rules and flows for property tests, made so that they often meet.
#pragma once

#include "policy/rules/test-facts.h"

#include <stdlib.h>

#include <random>

namespace portreeve::rules {

using Random = std::mt19937;

inline kj::StringPtr oneOf(Random& random, kj::ArrayPtr<const kj::StringPtr> values) {
  return values[random() % values.size()];
}

inline const kj::StringPtr OPERANDS[] = {
    "process.path = \"/usr/bin/curl\"",
    "process.path = [\"/usr/bin/wget\", \"/usr/bin/curl\"]",
    "process.path = \"/usr/**\"",
    "process.path = [\"/usr/bin/c*\", \"/opt/?\"]",
    "process.path = \"**/wget\"",
    "process.name = \"wget\"",
    "process.unit = \"session-1.scope\"",
    "process.parent = \"/usr/bin/bash\"",
    "process.kind = \"kernel\"",
    "user = \"alice\"",
    "user = [\"root\", 4711]",
    "direction = \"out\"",
    "direction = \"in\"",
    "protocol = \"tcp\"",
    "scope = \"internet\"",
    "address = \"203.0.113.5\"",
    "address = [\"203.0.113.0/24\", \"2001:db8::/32\"]",
    "address = \"0.0.0.0/0\"",
    "address = \"::/0\"",
    "port = 443",
    "port = [80, \"440-450\"]",
    "port = \"1-65535\"",
    "domain = \"example.org\"",
    "domain = \"*.example.org\"",
    "domain = \".example.net\"",
    "domain = \"none\"",
    "domain = [\"none\", \"a.example.org\"]",
    "domain = \".org\"\nnames = \"any\"",
    "not = { port = 443, protocol = \"udp\" }",
    "any-of = [{ port = 443 }, { process.name = \"wget\" }]",
    "any-of = [{ port = 80, domain = \"example.net\" }, { scope = \"lan\" }]",
    "any-of = [{ domain = \".example.org\" }, { address = \"2001:db8::/32\" }, { user = \"root\" "
    "}]",
    "not = { any-of = [{ port = 443 }, { direction = \"in\" }] }",
    "group = \"netdev\"",
    "local_port = \"1-100\"",
    "remote_port = [80, 443]",
    "local_address = \"192.0.2.0/24\"",
    "address = \"203.0.113.5-203.0.113.80\"",
    "domain = '/^a\\./'",
    "process.cmdline_regex = \"curl\"",
    "process.cgroup = \"/user.slice/**\"",
    "time = \"Mon-Fri 07:00-09:00\"",
    "process.instance = \"4711@123456\"",
    "not = { process = { path = \"/usr/bin/curl\" } }",
    "profile = \"home\"",
    "network = [\"none\", \"work\"]",
    "icmp_type = [3, 8]",
    "established = \"before-start\"",
    "process.kind = [\"suite\", \"unknown\"]",
    "protocol = [\"icmp\", \"igmp\", 47]",
    "process.cmdline_regex = \"(^|/)curl https\"",
};
inline const kj::StringPtr ACTIONS[] = {"allow", "block", "drop", "gate17", "ask"};

inline kj::String keyOf(kj::StringPtr line) {
  // Of "process.path = …" the table is a key of its own that may stand once.
  size_t end = line.findFirst(' ').orDefault(line.size());
  return kj::str(line.slice(0, end));
}

inline kj::String randomRules(Random& random, unsigned count) {
  kj::Vector<kj::String> text;
  for (unsigned i = 0; i < count; i++) {
    auto action = oneOf(random, ACTIONS);
    text.add(kj::str("[[rule]]\nname = \"", i, "\"\naction = \"", action, '"'));
    if (action != "gate17" && action != "ask" && random() % 5 == 0)
      text.add(kj::str("answer = true"));
    kj::Vector<kj::String> used;
    for (unsigned operands = random() % 4; operands > 0; operands--) {
      auto operand = oneOf(random, OPERANDS);
      auto key = keyOf(operand);
      bool twice = false;
      for (auto& other : used) twice = twice || other == key;
      if (twice) continue;
      text.add(kj::str(operand));
      used.add(kj::mv(key));
    }
  }
  return kj::strArray(text, "\n");
}

struct RandomFlow {
  FlowFacts facts = curlToExample();
  kj::Vector<DomainFact> domains;
  Circumstances circumstances;

  explicit RandomFlow(Random& random) {
    static const kj::StringPtr PATHS[] = {"/usr/bin/curl", "/usr/bin/wget", "/opt/x", ""};
    static const kj::StringPtr NAMES[] = {"example.org", "a.example.org", "example.net", "org"};
    static const kj::StringPtr ADDRESSES[] = {"203.0.113.5", "203.0.113.77", "2001:db8::7",
                                              "2001:db9::1", "127.0.0.1"};
    static constexpr uint16_t PORTS[] = {443, 80, 445, 9};
    facts.direction = Direction(random() % 2);
    static constexpr uint8_t PROTOCOLS[] = {6, 17, 6, 17, 6, 17, 1, 2, 58, 47};
    facts.protocol = PROTOCOLS[random() % 10];
    facts.icmpType = random() % 2 ? 8 : 3;
    facts.establishedBefore = random() % 8 == 0;
    facts.process.suite = random() % 8 == 0;
    facts.process.path = oneOf(random, PATHS);
    facts.process.name = random() % 2 ? "wget" : "curl";
    facts.process.kind = ProcessKind(random() % 6);
    if (random() % 4 == 0) facts.process.uid = nullptr;
    if (random() % 3 == 0) facts.process.uid = 0u;
    facts.remote = address(oneOf(random, ADDRESSES));
    facts.remotePort = PORTS[random() % 4];
    facts.localPort = PORTS[random() % 4];
    for (unsigned names = random() % 4; names > 0; names--)
      domains.add(DomainFact{oneOf(random, NAMES), NameSource(random() % 4)});
    facts.domains = domains;
    static constexpr kj::StringPtr NETWORKS[] = {"home"_kj, "work"_kj};
    circumstances.profile = random() % 2 ? "home"_kj : ""_kj;
    circumstances.networks = kj::arrayPtr(NETWORKS, random() % 3);
    facts.circumstances = &circumstances;
    if (random() % 8 == 0) facts.known.direction = false;
    if (random() % 8 == 0) facts.known.address = false;
    if (random() % 8 == 0) facts.known.protocol = false;
    if (random() % 4 == 0) facts.known.domain = false;
    if (random() % 8 == 0) facts.known.process = false;
    if (random() % 8 == 0) facts.known.port = false;
  }
};

inline unsigned rounds(unsigned usual) {
  // PORTREEVE_ROUNDS=N: N times as many.
  const char* times = getenv("PORTREEVE_ROUNDS");
  return usual * (times == nullptr ? 1 : unsigned(strtoul(times, nullptr, 10)));
}

}  // namespace portreeve::rules
