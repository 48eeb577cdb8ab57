// SPDX-License-Identifier: GPL-3.0-or-later
// The rules as text: the reference's lines verbatim and in their order, and our numbered additions
// between them. A pure function: what is loaded can be read, diffed and tested without a kernel.
// docs/kernel-rules.md gives each addition its reason; a test removes the additions and compares
// what is left with the reference byte for byte.
#pragma once

#include "common/settings.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::keeper {

enum class IpFamily : uint8_t { V4, V6 };
constexpr IpFamily FAMILIES[] = {IpFamily::V4, IpFamily::V6};
kj::StringPtr toText(IpFamily family);  // "IPv4", "IPv6"

// Conntrack labels (bits beside the mark) that no other program changes.
constexpr unsigned LABEL_ASKED = 17;    // was put to the queue while it bore another's mark
constexpr unsigned LABEL_ALLOWED = 18;  // was allowed for good
constexpr unsigned LABEL_ROOM = 19;     // set only to learn whether the entry has room for labels
constexpr unsigned OWN_LABELS[] = {LABEL_ASKED, LABEL_ALLOWED, LABEL_ROOM};

struct DnsTarget {
  // Where a query marked 1799 is turned to.
  kj::String address;  // without brackets
  uint16_t port = 53;
};

struct RulesetOptions {
  uint32_t queues = 1;            // a hook and family
  bool respectHostRules = false;  // an allowed packet returns to the host's own filter rules
  bool natV4 = true;              // false where the kernel has no nat table for the family:
  bool natV6 = true;              // what would be turned (1799, 1717) is dropped then
  DnsTarget dnsV4{kj::str("127.0.0.1")};
  DnsTarget dnsV6{kj::str("::1")};

  static RulesetOptions from(const Settings& settings);
  // The first IPv4 and the first IPv6 address of resolver.listen; the reference's own where there
  // is none (nobody listens there then, and the stub hears that at once). A wildcard address stands
  // for loopback.
};

struct TableRules {
  kj::StringPtr name;               // "mangle", "filter", "nat"
  kj::Vector<kj::String> chains;    // made by us
  kj::Vector<kj::String> commands;  // "-A …" or "-I …", in order
};

struct Ruleset {
  kj::Vector<TableRules> tables;

  static Ruleset of(IpFamily family, const RulesetOptions& options);
};

kj::Vector<kj::String> ownChains();
// Every chain that any version of the rule set has had, as "table chain": what removal takes away.

bool comesFirst(kj::StringPtr table, kj::StringPtr chain);
// Ours stand before the host's own rules in this main chain. In filter and nat they must: an ACCEPT
// of theirs would end the way to C17.

}  // namespace portreeve::keeper
