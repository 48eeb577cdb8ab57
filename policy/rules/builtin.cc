// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/builtin.h"

namespace portreeve::rules {
namespace {

constexpr kj::StringPtr BUILT_IN = R"toml(
# Whoever was at work before the suite came is not cut off.
[[rule]]
name        = "sessions from before the start go on"
action      = "allow"
established = "before-start"

# Names. The suite's resolver asks the world; everybody else asks the resolver.
[[rule]]
name      = "the suite's own processes may ask upstream"
action    = "allow"
direction = "out"
process   = { kind = "suite" }

[[rule]]
name      = "programs may ask the suite's resolver"
action    = "allow"
direction = "out"
protocol  = ["udp", "tcp"]
address   = ["127.0.0.1", "::1"]
port      = 53

[[rule]]
name      = "the suite's resolver takes questions of this machine"
action    = "allow"
direction = "in"
protocol  = ["udp", "tcp"]
scope     = "localhost"
port      = 53
process   = { kind = "suite" }

# Its validator is a library that asks servers alone: it asks the resolver itself (resolver/validator.h).
[[rule]]
name      = "the suite's resolver validates what it was told"
action    = "allow"
direction = "in"
protocol  = "tcp"
scope     = "localhost"
port      = 1753
process   = { kind = "suite" }

# The kernel cannot turn such a query to ::1 (it would leave its link); refused at once, programs go on to their next server.
[[rule]]
name      = "name servers at link-local addresses are refused"
action    = "block"
direction = "out"
protocol  = ["udp", "tcp"]
address   = "fe80::/10"
port      = 53

[[rule]]
name      = "questions to other name servers come to the suite's resolver"
action    = "nameserver"
direction = "out"
protocol  = ["udp", "tcp"]
port      = 53

# What a host needs to be on a network at all.
[[rule]]
name      = "DHCP asks for an address"
action    = "allow"
direction = "out"
protocol  = "udp"
port      = [67, 547]

[[rule]]
name      = "DHCP gets its answer"
action    = "allow"
direction = "in"
protocol  = "udp"
port      = [68, 546]

# RFC 4861: router and neighbour solicitation and advertisement. Redirects (137) are left out, as IPv4's are: they turn routes.
# The kernel's own neighbour discovery (135, 136) is not asked about: docs/kernel-rules.md, 70 to 73.
[[rule]]
name      = "IPv6 finds its neighbours and routers"
action    = "allow"
protocol  = "icmpv6"
icmp_type = [133, 134, 135, 136]

# RFC 2710, RFC 3810: multicast listener query, report, done, report version 2.
[[rule]]
name      = "IPv6 says which multicast groups it listens to"
action    = "allow"
protocol  = "icmpv6"
icmp_type = [130, 131, 132, 143]

[[rule]]
name     = "IPv4 says which multicast groups it listens to"
action   = "allow"
protocol = "igmp"

# RFC 792: unreachable, time exceeded, parameter problem. RFC 4443: these, and packet too big.
[[rule]]
name      = "ICMP errors"
action    = "allow"
protocol  = "icmp"
icmp_type = [3, 11, 12]

[[rule]]
name      = "ICMPv6 errors"
action    = "allow"
protocol  = "icmpv6"
icmp_type = [1, 2, 3, 4]

# RFC 6762, so that printers and "host.local" are found. Nothing else that calls into the room (SSDP, LLMNR, NetBIOS) is allowed by us.
[[rule]]
name     = "multicast DNS on the local network"
action   = "allow"
protocol = "udp"
scope    = ["lan", "multicast"]
port     = 5353
)toml"_kj;

constexpr kj::StringPtr FALLBACK = R"toml(
# Last of all, so that your rules about local services come first.
[[rule]]
name   = "loopback"
action = "allow"
scope  = "localhost"
)toml"_kj;

}  // namespace

RuleSource builtinRules() {
  return RuleSource{kj::str("built-in"), kj::str(BUILT_IN), Layer::BUILT_IN, 0};
}

RuleSource fallbackRules() {
  return RuleSource{kj::str("built-in"), kj::str(FALLBACK), Layer::DEFAULT, 0};
}

}  // namespace portreeve::rules
