// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/spelling.h"

#include <doctest/doctest.h>
#include <string.h>

namespace portreeve::keeper {
namespace {

struct Pair {
  const char* command;
  const char* saved;  // by iptables 1.8.9, nft and legacy alike
};

constexpr Pair SAME[] = {
    {"-A C170 -m mark --mark 0 -j NFQUEUE --queue-num 17040 --queue-bypass",
     "-A C170 -m mark --mark 0x0 -j NFQUEUE --queue-num 17040 --queue-bypass"},
    {"-A C170 -j CONNMARK --restore-mark",
     "-A C170 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"},
    {"-A C1708 -m comment --comment portreeve:1 -j MARK --set-mark 1700",
     "-A C1708 -m comment --comment \"portreeve:1\" -j MARK --set-xmark 0x6a4/0xffffffff"},
    {"-A C170 -p icmp -m icmp --icmp-type host-prohibited -m conntrack --ctstate RELATED -g C1708",
     "-A C170 -p icmp -m icmp --icmp-type 3/10 -m conntrack --ctstate RELATED -g C1708"},
    {"-A C170 -p icmpv6 -m icmp6 --icmpv6-type 1/1 -g C1708",
     "-A C170 -p ipv6-icmp -m icmp6 --icmpv6-type 1/1 -g C1708"},
    {"-I OUTPUT 1 -p udp --dport 53 -m mark --mark 1799 -j DNAT --to [::1]:53",
     "-A OUTPUT -p udp -m udp --dport 53 -m mark --mark 0x707 -j DNAT --to-destination [::1]:53"},
    {"-I OUTPUT 3 -m mark --mark 1717 -p tcp -j DNAT --to-destination 127.0.0.17:1117",
     "-A OUTPUT -p tcp -m mark --mark 0x6b5 -j DNAT --to-destination 127.0.0.17:1117"},
    {"-A C172 -m connlabel --label 19 --set -m connlabel ! --label 17 -j DROP",
     "-A C172 -m connlabel --label \"19\" --set -m connlabel ! --label \"17\" -j DROP"},
};

kj::String saved(const Ruleset& ruleset) {
  // As a save would show it, main chains first.
  kj::Vector<kj::String> lines;
  for (auto& table : ruleset.tables) {
    lines.add(kj::str('*', table.name));
    for (auto& chain : table.chains) lines.add(kj::str(':', chain, " - [0:0]"));
    for (bool main : {true, false})
      for (auto& command : table.commands) {
        bool inMain = !command.startsWith("-A C");
        if (inMain != main) continue;
        auto text = kj::str(command);
        if (text.startsWith("-I ")) {
          auto position = strchr(text.begin() + 3, ' ');
          text = kj::str("-A ", text.slice(3, size_t(position - text.begin())),
                         strchr(position + 1, ' '));
        }
        // The reference's nat rules are known by the spelling of their mark.
        if (auto mark = strstr(text.cStr(), "--mark 1799 -j DNAT"))
          text = kj::str(text.slice(0, size_t(mark - text.begin())), "--mark 0x707", mark + 11);
        if (auto mark = strstr(text.cStr(), "--mark 1717 "))
          text = kj::str(text.slice(0, size_t(mark - text.begin())), "--mark 0x6b5", mark + 11);
        lines.add(kj::mv(text));
      }
    lines.add(kj::str("COMMIT"));
  }
  lines.add(kj::str());
  return kj::strArray(lines, "\n");
}

kj::String replaced(kj::StringPtr text, const char* what, kj::StringPtr by) {
  auto at = strstr(text.cStr(), what);
  return kj::str(kj::heapString(text.begin(), size_t(at - text.begin())), by, at + strlen(what));
}

TEST_CASE("a command and what iptables-save makes of it have one common spelling") {
  for (auto& pair : SAME)
    CHECK_MESSAGE(commonSpelling(pair.command) == commonSpelling(pair.saved), pair.command);
}

TEST_CASE("rules that differ in a value, a negation or a target differ in the common spelling") {
  auto spelled = commonSpelling("-A C17 -m mark --mark 1710 -j ACCEPT"_kj);
  for (auto other :
       {"-A C17 -m mark --mark 1711 -j ACCEPT"_kj, "-A C17 -m mark ! --mark 1710 -j ACCEPT"_kj,
        "-A C17 -m mark --mark 1710 -j DROP"_kj, "-A C171 -m mark --mark 1710 -j ACCEPT"_kj,
        "-A C17 -m mark --mark 1710 -g ACCEPT"_kj, "-A C17 -j ACCEPT"_kj,
        "-A C17 -m connmark --mark 1710 -m mark --mark 1710 -j ACCEPT"_kj})
    CHECK_MESSAGE(commonSpelling(other) != spelled, other.cStr());
}

TEST_CASE("rules that an earlier keeper loaded are known as those that this one would load") {
  for (auto family : FAMILIES) {
    auto ruleset = Ruleset::of(family, RulesetOptions());
    CHECK(holdsExactly(OwnRules::in(saved(ruleset)), ruleset));
  }
}

TEST_CASE("rules of another number of queues are not those we would load") {
  RulesetOptions two;
  two.queues = 2;
  for (auto family : FAMILIES) {
    auto ruleset = Ruleset::of(family, two);
    CHECK(holdsExactly(OwnRules::in(saved(ruleset)), ruleset));
    CHECK_FALSE(holdsExactly(OwnRules::in(saved(ruleset)), Ruleset::of(family, RulesetOptions())));
  }
}

TEST_CASE("rules with a line less, more, elsewhere or otherwise are not those we would load") {
  auto ruleset = Ruleset::of(IpFamily::V4, RulesetOptions());
  auto text = saved(ruleset);
  const kj::String CHANGED[] = {
      replaced(text, "-A INPUT -j C17\n", ""_kj),
      replaced(text, "-A C17 -m mark --mark 0 -j DROP\n", "-A C17 -j DROP\n"_kj),
      replaced(text, "-A C17 -m mark --mark 0 -j DROP\n",
               "-A C17 -j ACCEPT\n-A C17 -m mark --mark 0 -j DROP\n"_kj),
      replaced(text, "-A OUTPUT -j C17\n", "-A OUTPUT -j ACCEPT\n-A OUTPUT -j C17\n"_kj),
      replaced(text, "127.0.0.1:53", "127.0.0.2:53"_kj),
      replaced(text, ":C172 - [0:0]\n", ""_kj)};
  for (auto& changed : CHANGED) CHECK_FALSE(holdsExactly(OwnRules::in(changed), ruleset));
  CHECK_FALSE(holdsExactly(OwnRules(), ruleset));
  CHECK_FALSE(holdsExactly(OwnRules::in(text), Ruleset::of(IpFamily::V6, RulesetOptions())));
}

}  // namespace
}  // namespace portreeve::keeper
