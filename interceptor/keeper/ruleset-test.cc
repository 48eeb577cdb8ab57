// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/ruleset.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <string.h>

#include <set>
#include <string>
#include <vector>

namespace portreeve::keeper {
namespace {

// The reference's own words; {4|6} is what differs between the families, {tcp|udp} is both.
constexpr const char* REFERENCE[] = {
    "mangle C170 -j CONNMARK --restore-mark",
    "mangle C170 -m mark --mark 0 -j NFQUEUE --queue-num {17040|17060} --queue-bypass",
    "mangle C171 -j CONNMARK --restore-mark",
    "mangle C171 -m mark --mark 0 -j NFQUEUE --queue-num {17140|17160} --queue-bypass",
    "mangle OUTPUT -j C170",
    "mangle INPUT -j C171",
    "filter C17 -m mark --mark 0 -j DROP",
    "filter C17 -m mark --mark 1700 -j ACCEPT",
    ("filter C17 -m mark --mark 1701 -j REJECT --reject-with "
     "{icmp-host-prohibited|icmp6-adm-prohibited}"),
    "filter C17 -m mark --mark 1702 -j DROP",
    "filter C17 -j CONNMARK --save-mark",
    "filter C17 -m mark --mark 1710 -j ACCEPT",
    ("filter C17 -m mark --mark 1711 -j REJECT --reject-with "
     "{icmp-host-prohibited|icmp6-adm-prohibited}"),
    "filter C17 -m mark --mark 1712 -j DROP",
    "filter C17 -m mark --mark 1717 -j ACCEPT",
    "filter OUTPUT -j C17",
    "filter INPUT -j C17",
    "nat OUTPUT -p udp --dport 53 -m mark --mark 1799 -j DNAT --to {127.0.0.1:53|[::1]:53}",
};
constexpr const char* REFERENCE_OF_IPV4[] = {
    "nat OUTPUT -m mark --mark 1717 -p tcp -j DNAT --to-destination 127.0.0.17:1117",
    "nat OUTPUT -m mark --mark 1717 -p udp -j DNAT --to-destination 127.0.0.17:1117",
    "nat OUTPUT -m mark --mark 1717 -j DNAT --to-destination 127.0.0.17",
};

std::string ofFamily(std::string line, IpFamily family) {
  auto open = line.find('{');
  if (open == std::string::npos) return line;
  auto bar = line.find('|', open);
  auto close = line.find('}', bar);
  auto choice = family == IpFamily::V4 ? line.substr(open + 1, bar - open - 1)
                                       : line.substr(bar + 1, close - bar - 1);
  return line.substr(0, open) + choice + line.substr(close + 1);
}

std::vector<std::string> reference(IpFamily family) {
  std::vector<std::string> lines;
  for (auto line : REFERENCE) lines.push_back(ofFamily(line, family));
  if (family == IpFamily::V4)
    for (auto line : REFERENCE_OF_IPV4) lines.push_back(line);
  return lines;
}

std::string asTheReferenceWritesIt(kj::StringPtr table, kj::StringPtr command) {
  // "-A C17 …" is "filter C17 …"; "-I OUTPUT 2 …" is "nat OUTPUT …".
  std::string text = command.cStr();
  if (text.substr(0, 3) == "-I ") {
    auto position = text.find(' ', 3);
    text.erase(position, text.find(' ', position + 1) - position);
  }
  return std::string(table.cStr()) + text.substr(2);
}

bool isAddition(kj::StringPtr command) {
  return strstr(command.cStr(), "portreeve:") != nullptr;
}

std::vector<std::string> withoutAdditions(const Ruleset& ruleset) {
  std::vector<std::string> lines;
  for (auto& table : ruleset.tables)
    for (auto& command : table.commands)
      if (!isAddition(command)) lines.push_back(asTheReferenceWritesIt(table.name, command));
  return lines;
}

std::multiset<int> numbersIn(const Ruleset& ruleset) {
  std::multiset<int> numbers;
  for (auto& table : ruleset.tables)
    for (auto& command : table.commands)
      if (auto at = strstr(command.cStr(), "portreeve:")) numbers.insert(atoi(at + 10));
  return numbers;
}

bool contains(const Ruleset& ruleset, const char* text) {
  for (auto& table : ruleset.tables)
    for (auto& command : table.commands)
      if (strstr(command.cStr(), text) != nullptr) return true;
  return false;
}

Ruleset listeningOn(IpFamily family, std::initializer_list<kj::StringPtr> addresses) {
  Settings settings;
  settings.resolver.listen.clear();
  for (auto address : addresses) settings.resolver.listen.add(kj::str(address));
  return Ruleset::of(family, RulesetOptions::from(settings));
}

TEST_CASE("without the additions the rules are the reference's, byte for byte and in its order") {
  for (auto family : FAMILIES)
    CHECK(withoutAdditions(Ruleset::of(family, RulesetOptions())) == reference(family));
}

TEST_CASE("with host_rules = respect nothing of the reference is lost either") {
  RulesetOptions options;
  options.respectHostRules = true;
  for (auto family : FAMILIES) {
    auto ruleset = Ruleset::of(family, options);
    CHECK(withoutAdditions(ruleset) == reference(family));
    CHECK(contains(ruleset, "-m mark --mark 1710 -m comment --comment portreeve:51 -j RETURN"));
  }
}

TEST_CASE("several queues a hook are balanced over the last digit, and nothing else changes") {
  RulesetOptions options;
  options.queues = 3;
  for (auto family : FAMILIES) {
    auto lines = withoutAdditions(Ruleset::of(family, options));
    auto expected = reference(family);
    REQUIRE(lines.size() == expected.size());
    size_t different = 0;
    for (size_t i = 0; i < lines.size(); i++) {
      if (lines[i] == expected[i]) continue;
      different++;
      auto first = expected[i].find("--queue-num ") + strlen("--queue-num ");
      auto number = expected[i].substr(first, 5);
      expected[i].replace(first - strlen("--queue-num "), strlen("--queue-num ") + 5,
                          "--queue-balance " + number + ":" + number.substr(0, 4) + "2");
      CHECK(lines[i] == expected[i]);
    }
    CHECK(different == 2);
    CHECK_FALSE(contains(Ruleset::of(family, options), "--queue-num"));
  }
}

TEST_CASE("each addition of a family has a number of its own") {
  RulesetOptions options;
  options.respectHostRules = true;
  for (auto family : FAMILIES) {
    auto numbers = numbersIn(Ruleset::of(family, options));
    CHECK(numbers.size() > 40);
    for (int number : numbers) CHECK_MESSAGE(numbers.count(number) == 1, number);
  }
}

TEST_CASE("where the kernel has no nat for a family, only that family has no nat rules") {
  RulesetOptions options;
  options.natV6 = false;
  CHECK(Ruleset::of(IpFamily::V4, options).tables.size() == 3);
  auto without = Ruleset::of(IpFamily::V6, options);
  CHECK(without.tables.size() == 2);
  CHECK_FALSE(contains(without, "DNAT"));
  CHECK_MESSAGE(contains(without, "--mark 1799 -m conntrack ! --ctreplsrc ::1"),
                "what cannot be turned is dropped");
}

TEST_CASE("queries are turned to where the resolver listens, a wildcard standing for loopback") {
  CHECK(contains(listeningOn(IpFamily::V4, {"127.0.0.17:5353", "[::1]:53"}),
                 "-j DNAT --to 127.0.0.17:5353"));
  CHECK(contains(listeningOn(IpFamily::V4, {"127.0.0.17:5353"}), "! --ctreplsrc 127.0.0.17 "));
  CHECK(contains(listeningOn(IpFamily::V6, {"127.0.0.1:53", "[fd00::1]:54"}),
                 "-j DNAT --to [fd00::1]:54"));
  CHECK(contains(listeningOn(IpFamily::V4, {"0.0.0.0:53"}), "-j DNAT --to 127.0.0.1:53"));
  CHECK(contains(listeningOn(IpFamily::V6, {"[::]:53"}), "-j DNAT --to [::1]:53"));
  CHECK_MESSAGE(contains(listeningOn(IpFamily::V6, {"127.0.0.1:53"}), "-j DNAT --to [::1]:53"),
                "nobody listens there, and the stub hears that at once");
}

TEST_CASE("ours come first in filter and nat, in their order, and last in mangle") {
  for (auto& table : Ruleset::of(IpFamily::V4, RulesetOptions()).tables) {
    unsigned position = 0;
    for (auto& command : table.commands) {
      bool inOutput = strstr(command.cStr(), " OUTPUT ") != nullptr;
      if (!inOutput) continue;
      if (table.name == "mangle"_kj)
        CHECK(command.startsWith("-A OUTPUT "));
      else
        CHECK(command.startsWith(kj::str("-I OUTPUT ", ++position, ' ')));
    }
  }
}

TEST_CASE("every chain that is jumped to is declared, and known as ours") {
  auto own = ownChains();
  for (auto family : FAMILIES)
    for (auto& table : Ruleset::of(family, RulesetOptions()).tables)
      for (auto& command : table.commands) {
        auto jump = strstr(command.cStr(), " -g C");
        if (jump == nullptr) jump = strstr(command.cStr(), " -j C1");
        if (jump == nullptr) continue;
        auto wanted = kj::str(table.name, ' ', jump + 4);
        bool found = false;
        for (auto& chain : own) found = found || chain == wanted;
        CHECK_MESSAGE(found, wanted.cStr());
      }
}

}  // namespace
}  // namespace portreeve::keeper
