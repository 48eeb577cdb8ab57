// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/ruleset.h"

#include "common/address.h"
#include "common/marks.h"

#include <kj/debug.h>

#include <cstdlib>

namespace portreeve::keeper {

namespace {

struct FamilyWords {
  uint16_t outQueue;
  uint16_t inQueue;
  kj::StringPtr rejectWith;
  kj::StringPtr rejectError;  // how the ICMP error of a REJECT is recognised
  kj::StringPtr gateAddress;  // where 1717 is turned to
};

constexpr FamilyWords WORDS_V4{QUEUE_OUT_V4, QUEUE_IN_V4, "icmp-host-prohibited"_kj,
                               "-p icmp -m icmp --icmp-type host-prohibited"_kj, "127.0.0.17"_kj};
constexpr FamilyWords WORDS_V6{QUEUE_OUT_V6, QUEUE_IN_V6, "icmp6-adm-prohibited"_kj,
                               "-p icmpv6 -m icmp6 --icmpv6-type 1/1"_kj, "::1"_kj};

const FamilyWords& wordsOf(IpFamily family) {
  return family == IpFamily::V4 ? WORDS_V4 : WORDS_V6;
}

// "Not 0 and none of ours". One match an excluded mark; the first that fails ends the rule, so an
// unmarked packet and one that is allowed for good cost a comparison or two.
constexpr kj::StringPtr FOREIGN_MARK =
    "-m mark ! --mark 0 -m mark ! --mark 1710 -m mark ! --mark 1700 -m mark ! --mark 1701 "
    "-m mark ! --mark 1702 -m mark ! --mark 1711 -m mark ! --mark 1712 -m mark ! --mark 1717 "
    "-m mark ! --mark 1799"_kj;
// The same behind the reference's first four lines of C17, which 0 and 1700 to 1702 never pass.
constexpr kj::StringPtr FOREIGN_MARK_IN_C17 =
    "-m mark ! --mark 1710 -m mark ! --mark 1711 -m mark ! --mark 1712 -m mark ! --mark 1717 "
    "-m mark ! --mark 1799"_kj;

kj::String queueWords(uint16_t first, uint32_t instances) {
  if (instances == 1) return kj::str("--queue-num ", first);
  return kj::str("--queue-balance ", first, ':', first + instances - 1);
}

class Lines {
  // One table, written line by line.
public:
  explicit Lines(kj::StringPtr table) { rules.name = table; }

  void chain(kj::StringPtr name) { rules.chains.add(kj::str(name)); }

  template <typename... Parts>
  void reference(kj::StringPtr chainName, Parts&&... rule) {
    rules.commands.add(kj::str(place(chainName), ' ', kj::fwd<Parts>(rule)...));
  }

  // `match` and `target` of addition `number`; a rule without target acts by its match alone.
  void addition(unsigned number, kj::StringPtr chainName, kj::StringPtr match,
                kj::StringPtr target = nullptr) {
    rules.commands.add(kj::str(place(chainName), match.size() == 0 ? "" : " ", match,
                               " -m comment --comment portreeve:", number,
                               target.size() == 0 ? "" : " ", target));
  }

  TableRules take() { return kj::mv(rules); }

private:
  TableRules rules;
  kj::Vector<kj::StringPtr> inserted;  // the chain of each rule that was put in front so far

  kj::String place(kj::StringPtr chainName) {
    if (!comesFirst(rules.name, chainName)) return kj::str("-A ", chainName);
    unsigned position = 1;
    for (auto& earlier : inserted) position += earlier == chainName;
    inserted.add(chainName);
    return kj::str("-I ", chainName, ' ', position);
  }
};

struct MangleNumbers {
  // The additions of one direction; C170's and C171's are twins.
  unsigned error, marked, restored, allowed, ours, decided, asked, queue, neighbours;
  kj::StringPtr neighboursOf;
};

constexpr MangleNumbers OUTPUT_NUMBERS{3,  4,  5,  6,  7,
                                       11, 12, 13, 70, " -m owner ! --uid-owner 0-4294967294"_kj};
constexpr MangleNumbers INPUT_NUMBERS{14, 15, 16, 17, 18, 22, 23, 24, 72, ""_kj};

void reactions(Lines& lines, kj::StringPtr chainName, const MangleNumbers& n, kj::StringPtr queue) {
  // Of a packet that bears another program's mark (or connection mark): ours wins unless it allows.
  lines.addition(n.allowed, chainName, "-m connmark --mark 1710"_kj, "-j RETURN"_kj);
  unsigned number = n.ours;
  for (uint32_t mark : {MARK_BLOCK, MARK_DROP, MARK_GATE17, MARK_NAMESERVER})
    lines.addition(number++, chainName, kj::str("-m connmark --mark ", mark), "-g C1709"_kj);
  lines.addition(n.decided, chainName,
                 kj::str("-m connmark ! --mark 0 -m connlabel --label ", LABEL_ALLOWED),
                 "-j RETURN"_kj);
  lines.addition(n.asked, chainName, kj::str("-m connlabel --label ", LABEL_ASKED, " --set"));
  lines.addition(n.queue, chainName, ""_kj, kj::str("-j NFQUEUE ", queue));
}

void neighbourDiscovery(Lines& lines, unsigned number, kj::StringPtr chainName,
                        kj::StringPtr whose) {
  // As ARP, which no rule sees: decided connections need it while nobody answers the queue.
  for (auto type : {"135"_kj, "136"_kj})
    lines.addition(number++, chainName, kj::str("-p icmpv6 -m icmp6 --icmpv6-type ", type, whose),
                   "-g C1708"_kj);
}

void askingChain(Lines& lines, kj::StringPtr chainName, kj::StringPtr foreignChain,
                 const MangleNumbers& n, const FamilyWords& words, kj::StringPtr queue) {
  lines.addition(n.error, chainName, kj::str(words.rejectError, " -m conntrack --ctstate RELATED"),
                 "-g C1708"_kj);
  if (&words == &WORDS_V6) neighbourDiscovery(lines, n.neighbours, chainName, n.neighboursOf);
  lines.addition(n.marked, chainName, FOREIGN_MARK, kj::str("-g ", foreignChain));
  lines.reference(chainName, "-j CONNMARK --restore-mark");
  lines.reference(chainName, "-m mark --mark 0 -j NFQUEUE ", queue, " --queue-bypass");
  lines.addition(n.restored, chainName, FOREIGN_MARK, kj::str("-g ", foreignChain));
}

TableRules mangle(const FamilyWords& words, uint32_t queues) {
  auto out = queueWords(words.outQueue, queues);
  auto in = queueWords(words.inQueue, queues);
  Lines lines("mangle"_kj);
  for (auto name : {"C170"_kj, "C171"_kj, "C1700"_kj, "C1710"_kj, "C1708"_kj, "C1709"_kj})
    lines.chain(name);
  lines.addition(1, "C1708"_kj, ""_kj, "-j MARK --set-mark 1700"_kj);
  lines.addition(2, "C1709"_kj, ""_kj, "-j CONNMARK --restore-mark"_kj);
  askingChain(lines, "C170"_kj, "C1700"_kj, OUTPUT_NUMBERS, words, out);
  reactions(lines, "C1700"_kj, OUTPUT_NUMBERS, out);
  askingChain(lines, "C171"_kj, "C1710"_kj, INPUT_NUMBERS, words, in);
  reactions(lines, "C1710"_kj, INPUT_NUMBERS, in);
  lines.reference("OUTPUT"_kj, "-j C170");
  lines.reference("INPUT"_kj, "-j C171");
  // What is turned to us stays on this machine. A socket bound to a device takes the turned packet
  // out by that device; only behind routing does a rule see it.
  lines.addition(25, "POSTROUTING"_kj, "! -o lo -m mark --mark 1799"_kj, "-j DROP"_kj);
  lines.addition(26, "POSTROUTING"_kj, "! -o lo -m mark --mark 1717"_kj, "-j DROP"_kj);
  return lines.take();
}

void foreignMarks(Lines& lines, kj::StringPtr allow) {
  // Filter's half: the verdict "allow" came without a mark, so the conntrack entry has to tell.
  lines.addition(40, "C172"_kj, "-m connmark --mark 1710"_kj, allow);
  unsigned number = 41;
  for (uint32_t mark : {MARK_BLOCK, MARK_DROP, MARK_GATE17, MARK_NAMESERVER})
    lines.addition(number++, "C172"_kj, kj::str("-m connmark --mark ", mark), "-j DROP"_kj);
  lines.addition(45, "C172"_kj,
                 kj::str("-m connmark ! --mark 0 -m connlabel --label ", LABEL_ALLOWED), allow);
  lines.addition(
      46, "C172"_kj,
      kj::str("-m connlabel --label ", LABEL_ROOM, " --set -m connlabel ! --label ", LABEL_ASKED),
      "-j DROP"_kj);
  lines.addition(47, "C172"_kj, "-m connmark --mark 0"_kj, "-j CONNMARK --set-mark 1710"_kj);
  lines.addition(48, "C172"_kj, kj::str("-m connlabel --label ", LABEL_ALLOWED, " --set"));
  lines.addition(49, "C172"_kj, ""_kj, allow);
}

void closers(Lines& lines, const FamilyWords& words, kj::StringPtr dnsAddress) {
  // Before the mark is saved: a packet that bears 1799 or 1717 but was not turned goes nowhere.
  lines.addition(31, "C17"_kj,
                 kj::str("-m mark --mark 1799 -m conntrack ! --ctreplsrc ", dnsAddress),
                 "-j DROP"_kj);
  lines.addition(32, "C17"_kj,
                 kj::str("-m mark --mark 1717 -m conntrack ! --ctreplsrc ", words.gateAddress),
                 "-j DROP"_kj);
}

TableRules filter(const FamilyWords& words, const RulesetOptions& options,
                  kj::StringPtr dnsAddress) {
  Lines lines("filter"_kj);
  lines.chain("C17"_kj);
  lines.chain("C172"_kj);
  lines.reference("C17"_kj, "-m mark --mark 0 -j DROP");
  if (options.respectHostRules)
    lines.addition(50, "C17"_kj, "-m mark --mark 1700"_kj, "-j RETURN"_kj);
  lines.reference("C17"_kj, "-m mark --mark 1700 -j ACCEPT");
  lines.reference("C17"_kj, "-m mark --mark 1701 -j REJECT --reject-with ", words.rejectWith);
  lines.reference("C17"_kj, "-m mark --mark 1702 -j DROP");
  lines.addition(30, "C17"_kj, FOREIGN_MARK_IN_C17, "-g C172"_kj);
  closers(lines, words, dnsAddress);
  lines.reference("C17"_kj, "-j CONNMARK --save-mark");
  lines.addition(33, "C17"_kj,
                 kj::str("-m mark --mark 1710 -m connlabel --label ", LABEL_ALLOWED, " --set"));
  if (options.respectHostRules)
    lines.addition(51, "C17"_kj, "-m mark --mark 1710"_kj, "-j RETURN"_kj);
  lines.reference("C17"_kj, "-m mark --mark 1710 -j ACCEPT");
  lines.reference("C17"_kj, "-m mark --mark 1711 -j REJECT --reject-with ", words.rejectWith);
  lines.reference("C17"_kj, "-m mark --mark 1712 -j DROP");
  lines.reference("C17"_kj, "-m mark --mark 1717 -j ACCEPT");
  lines.addition(34, "C17"_kj, "-m mark --mark 1799"_kj, "-j ACCEPT"_kj);
  foreignMarks(lines, options.respectHostRules ? "-j RETURN"_kj : "-j ACCEPT"_kj);
  lines.reference("OUTPUT"_kj, "-j C17");
  lines.reference("INPUT"_kj, "-j C17");
  return lines.take();
}

TableRules natV4(const DnsTarget& dns) {
  Lines lines("nat"_kj);
  lines.reference("OUTPUT"_kj, "-p udp --dport 53 -m mark --mark 1799 -j DNAT --to ", dns.address,
                  ':', dns.port);
  lines.addition(60, "OUTPUT"_kj, "-p tcp --dport 53 -m mark --mark 1799"_kj,
                 kj::str("-j DNAT --to-destination ", dns.address, ':', dns.port));
  for (auto protocol : {"tcp"_kj, "udp"_kj})
    lines.reference("OUTPUT"_kj, "-m mark --mark 1717 -p ", protocol,
                    " -j DNAT --to-destination 127.0.0.17:1117");
  lines.addition(61, "OUTPUT"_kj, "-m mark --mark 1717"_kj, "-j RETURN"_kj);
  lines.reference("OUTPUT"_kj, "-m mark --mark 1717 -j DNAT --to-destination 127.0.0.17");
  return lines.take();
}

TableRules natV6(const DnsTarget& dns) {
  Lines lines("nat"_kj);
  lines.reference("OUTPUT"_kj, "-p udp --dport 53 -m mark --mark 1799 -j DNAT --to [", dns.address,
                  "]:", dns.port);
  lines.addition(60, "OUTPUT"_kj, "-p tcp --dport 53 -m mark --mark 1799"_kj,
                 kj::str("-j DNAT --to-destination [", dns.address, "]:", dns.port));
  unsigned number = 62;
  for (auto protocol : {"tcp"_kj, "udp"_kj})
    lines.addition(number++, "OUTPUT"_kj, kj::str("-p ", protocol, " -m mark --mark 1717"),
                   "-j DNAT --to-destination [::1]:717"_kj);
  return lines.take();
}

kj::Maybe<DnsTarget> parseTarget(kj::StringPtr text) {
  // "127.0.0.1:53", "[::1]:53", or an address alone.
  uint16_t port = 53;
  kj::String host = kj::str(text);
  KJ_IF_MAYBE (colon, text.findLast(':')) {
    bool bracketed = text.startsWith("[");
    if (bracketed || text.findFirst(':') == text.findLast(':')) {
      port = static_cast<uint16_t>(strtoul(text.begin() + *colon + 1, nullptr, 10));
      host = kj::str(bracketed ? text.slice(1, *colon - 1) : text.slice(0, *colon));
    }
  }
  KJ_IF_MAYBE (address, Address::parse(host)) {
    if (address->isUnspecified() || *address == Address{})
      return DnsTarget{kj::str(address->isV4() ? "127.0.0.1" : "::1"), port};
    return DnsTarget{address->toString(), port};
  }
  return nullptr;
}

}  // namespace

kj::StringPtr toText(IpFamily family) {
  return family == IpFamily::V4 ? "IPv4"_kj : "IPv6"_kj;
}

RulesetOptions RulesetOptions::from(const Settings& settings) {
  RulesetOptions options;
  options.queues = settings.interceptor.queues;
  options.respectHostRules = settings.interceptor.respectHostRules;
  bool found[2] = {false, false};
  for (auto& listen : settings.resolver.listen) {
    KJ_IF_MAYBE (target, parseTarget(listen)) {
      bool v6 = target->address.findFirst(':') != nullptr;
      if (found[v6]) continue;
      found[v6] = true;
      (v6 ? options.dnsV6 : options.dnsV4) = kj::mv(*target);
    }
  }
  return options;
}

Ruleset Ruleset::of(IpFamily family, const RulesetOptions& options) {
  const auto& words = wordsOf(family);
  const auto& dns = family == IpFamily::V4 ? options.dnsV4 : options.dnsV6;
  Ruleset all;
  all.tables.add(mangle(words, options.queues));
  all.tables.add(filter(words, options, dns.address));
  if (family == IpFamily::V4 && options.natV4) all.tables.add(natV4(dns));
  if (family == IpFamily::V6 && options.natV6) all.tables.add(natV6(dns));
  return all;
}

bool comesFirst(kj::StringPtr table, kj::StringPtr chain) {
  // In mangle's OUTPUT and INPUT we come last: the mark that the host routes by must be there when
  // we look.
  if (table == "mangle"_kj) return chain == "POSTROUTING"_kj;
  return chain == "OUTPUT"_kj || chain == "INPUT"_kj;
}

kj::Vector<kj::String> ownChains() {
  kj::Vector<kj::String> chains;
  for (auto& table : Ruleset::of(IpFamily::V4, RulesetOptions()).tables)
    for (auto& chain : table.chains) chains.add(kj::str(table.name, ' ', chain));
  return chains;
}

}  // namespace portreeve::keeper
