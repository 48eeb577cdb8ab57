// SPDX-License-Identifier: GPL-3.0-or-later
// What would keep portreeve from working on a machine, or would make it mean less than it seems to:
// judged from facts alone, so that a test can make them up.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {

struct PortFact {
  kj::String place;    // "UDP 127.0.0.1:53"
  kj::String holder;   // in words; empty: nobody, or the suite itself
  kj::String instead;  // where the suite's resolver listens in its place; empty: nowhere
};

struct MachineFacts {
  kj::Vector<kj::String> rivals;   // "OpenSnitch: opensnitchd (pid 812, …)"
  kj::Vector<PortFact> ports;      // that the suite listens on
  bool unitsListen = false;        // systemd's units listen, not `portreeve up`
  kj::Vector<kj::String> behind;   // those that do not listen where portreeve.toml says
  bool spareIsLeft = false;        // `behind` only keep a spare place that is needed no longer
  kj::String kernelRelease;        // uname -r
  kj::Maybe<kj::String> modules;   // /lib/modules/RELEASE/modules.dep
  kj::String builtIn;              // /lib/modules/RELEASE/modules.builtin
  bool loadsModules = true;        // the kernel is made of modules: there is /proc/modules
  kj::String loaded;               // its text
  bool hasIpv6 = true;             // addresses of that family exist
  kj::Maybe<kj::String> saved;     // iptables-save
  kj::Maybe<kj::String> saved6;    // ip6tables-save
  kj::Maybe<kj::String> nftables;  // nft list ruleset
  bool respectsHostRules = false;  // [interceptor] host_rules = "respect"
  kj::Maybe<kj::String> routing;   // ip rule list
  bool unifiedCgroups = true;      // /sys/fs/cgroup is cgroup2
  uint64_t firstFreePort = 1024;   // net.ipv4.ip_unprivileged_port_start
  kj::String nameSwitch;           // /etc/nsswitch.conf
  bool nameCache = false;          // nscd runs
  uint64_t nowNs = 0;              // wall clock
  bool clockIsSet = true;          // the kernel says that it is synchronized (adjtimex(2))
  int landlockAbi = 1;             // 0: the kernel has none
  kj::Vector<kj::String> missingAccounts;
  kj::Vector<kj::String> configurationErrors;     // "file:line:column: reason"
  uint64_t conntrackCount = 0, conntrackMax = 0;  // 0: not known
};

enum class Severity : uint8_t { NOTE, PROBLEM };

struct Finding {
  Severity severity;
  kj::StringPtr subject;  // one word or two: "port 53", "modules", …
  kj::String what;        // what was found, and what it means
  kj::String remedy;      // what to do
};

kj::Vector<Finding> diagnose(const MachineFacts& facts);
// Problems first. Nothing where all is well.

}  // namespace portreeve::cli
