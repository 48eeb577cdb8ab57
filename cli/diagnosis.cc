// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/diagnosis.h"

#include "cli/neighbours.h"
#include "cli/text-file.h"
#include "common/clock.h"
#include "common/host-rules.h"
#include "common/marks.h"

#include <stdlib.h>

#include <algorithm>

namespace portreeve::cli {
namespace {

constexpr uint64_t HIGHEST_PORT_OF_OURS = 817;
constexpr uint64_t FULL_PERCENT = 80;

struct Module {
  kj::StringPtr name;  // with _
  kj::StringPtr what;
};
constexpr Module NEEDED[] = {
    {"nf_tables"_kj, "the rules (iptables-nft) and their guard"_kj},
    {"nft_compat"_kj, "matches and targets of iptables"_kj},
    {"nfnetlink_queue"_kj, "packets to be decided"_kj},
    {"xt_NFQUEUE"_kj, "packets to be decided"_kj},
    {"nf_conntrack"_kj, "connections"_kj},
    {"nf_conntrack_netlink"_kj, "connections, as told to the suite"_kj},
    {"xt_connmark"_kj, "verdicts kept with a connection"_kj},
    {"xt_connlabel"_kj, "verdicts kept beside a VPN's mark"_kj},
    {"xt_mark"_kj, "verdicts"_kj},
    {"xt_conntrack"_kj, "verdicts on connections that were turned"_kj},
    {"nf_nat"_kj, "questions to other name servers, turned to the resolver"_kj},
    {"nft_chain_nat"_kj, "questions to other name servers, turned to the resolver"_kj}};

class Diagnosis {
public:
  explicit Diagnosis(const MachineFacts& facts) : facts(facts) {}

  kj::Vector<Finding> run() {
    rivals();
    ports();
    units();
    configuration();
    modules();
    accounts();
    cgroups();
    clock();
    hostRules();
    marks();
    unprivilegedPorts();
    names();
    landlock();
    ipv6();
    conntrack();
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return kj::mv(findings);
  }

private:
  const MachineFacts& facts;
  kj::Vector<Finding> findings;

  void problem(kj::StringPtr subject, kj::String what, kj::String remedy) {
    findings.add(Finding{Severity::PROBLEM, subject, kj::mv(what), kj::mv(remedy)});
  }
  void note(kj::StringPtr subject, kj::String what, kj::String remedy) {
    findings.add(Finding{Severity::NOTE, subject, kj::mv(what), kj::mv(remedy)});
  }

  void rivals() {
    for (auto& rival : facts.rivals)
      problem("other firewall", kj::str(rival, ": both would decide on the same packets"),
              kj::str("stop and disable it, or do not run portreeve here"));
  }

  void ports() {
    for (auto& port : facts.ports) {
      if (port.holder.size() == 0) continue;
      bool name = port.place.endsWith(":53");
      if (port.instead.size() > 0) {
        note("port 53"_kj,
             kj::str(port.place, " is held by ", port.holder, "; portreeve listens on ",
                     port.instead, " instead, and the kernel turns questions there"),
             kj::str("nothing has to be done; to give portreeve that address, stop the other and "
                     "start portreeve again"));
        continue;
      }
      problem(
          name ? "port 53"_kj : "port 817"_kj,
          kj::str(port.place, " is held by ", port.holder, ", and portreeve listens there"),
          name ? kj::str(facts.unitsListen ? "`portreeve settings apply --restart` has portreeve "
                                             "take another address; or "
                                           : "",
                         "stop it, or let it listen elsewhere; for systemd-resolved: "
                         "DNSStubListenerExtra= without this address")
               : kj::str("stop it, or let it listen elsewhere"));
    }
  }

  void units() {
    if (facts.behind.empty()) return;
    for (auto& port : facts.ports)
      if (port.holder.size() > 0) return;  // has been said, with the same to do
    auto apply = kj::str("`portreeve settings apply --restart`");
    auto which = kj::strArray(facts.behind, ", ");
    if (facts.spareIsLeft)
      note("sockets",
           kj::str("nobody else holds the resolver's port any longer: it listens on a spare "
                   "address still (",
                   which, ')'),
           kj::str(apply, " takes it back"));
    else
      problem("sockets",
              kj::str("systemd's units do not listen where portreeve.toml says: ", which),
              kj::mv(apply));
  }

  void configuration() {
    for (auto& error : facts.configurationErrors)
      problem("configuration", kj::str(error),
              kj::str("correct it; `portreeve check` looks again"));
  }

  bool hasModule(kj::StringPtr name) const {
    auto spelled = [&](kj::StringPtr line) {
      // "kernel/net/netfilter/xt-mark.ko.xz: …" names the module xt_mark.
      auto end = line.findFirst('.').orDefault(line.size());
      size_t start = 0;
      for (size_t i = 0; i < end; i++)
        if (line[i] == '/') start = i + 1;
      if (end - start != name.size()) return false;
      for (size_t i = 0; i < name.size(); i++) {
        char c = line[start + i];
        if ((c == '-' ? '_' : c) != name[i]) return false;
      }
      return true;
    };
    for (auto& line : linesOf(facts.loaded))
      if (line.startsWith(kj::str(name, ' '))) return true;
    for (auto& line : linesOf(facts.builtIn))
      if (spelled(line)) return true;
    KJ_IF_MAYBE (modules, facts.modules)
      for (auto& line : linesOf(*modules))
        if (spelled(line)) return true;
    return false;
  }

  void modules() {
    if (!facts.loadsModules) return;  // all that it has is built in, and it does not say what
    kj::Vector<kj::String> missing;
    for (auto& module : NEEDED)
      if (!hasModule(module.name)) missing.add(kj::str(module.name, " (", module.what, ")"));
    if (missing.empty()) return;
    bool folderGone = facts.modules == nullptr;
    auto what =
        kj::str("this kernel, ", facts.kernelRelease, ", has no ", kj::strArray(missing, ", no "));
    if (folderGone)
      problem("modules", kj::mv(what),
              kj::str("/lib/modules/", facts.kernelRelease,
                      " is missing: reboot into the kernel that is installed"));
    else
      problem("modules", kj::mv(what),
              kj::str("install the kernel's modules (Debian: the linux-image package of this "
                      "release), or a kernel built with them"));
  }

  void accounts() {
    if (facts.missingAccounts.empty()) return;
    note("accounts",
         kj::str("there is no account ", kj::strArray(facts.missingAccounts, ", "),
                 ": numbers from 61701 on are used instead"),
         kj::str("`systemd-sysusers portreeve.conf` makes them"));
  }

  void cgroups() {
    if (facts.unifiedCgroups) return;
    note("cgroups",
         kj::str("this machine has cgroups of version 1: a process's unit is found, a container "
                 "often not"),
         kj::str("boot with systemd.unified_cgroup_hierarchy=1"));
  }

  void clock() {
    if (facts.nowNs < WRITTEN_NS)
      problem("clock", kj::str("the clock stands before this program was made"),
              kj::str("set it (`date`, `timedatectl`): rules that expire go by it"));
    else if (!facts.clockIsSet)
      note("clock", kj::str("nothing keeps the clock: rules that expire go by it"),
           kj::str("run systemd-timesyncd, chrony or ntpd"));
  }

  static bool hasDroppingChain(kj::StringPtr ruleset) {
    // Base chains of tables that are neither iptables' nor ours.
    bool others = false;
    for (auto& line : linesOf(ruleset)) {
      auto words = wordsOf(line);
      if (words.size() >= 3 && words[0] == "table") {
        bool iptables = words[1] == "ip" || words[1] == "ip6";
        bool theirs = words[2] == "filter" || words[2] == "nat" || words[2] == "mangle" ||
                      words[2] == "raw" || words[2] == "security";
        others = !(iptables && theirs) && words[2] != "portreeve-guard";
      }
      if (!others || words.size() < 2 || words[0] != "type" || words[1] != "filter") continue;
      for (size_t i = 2; i + 1 < words.size(); i++)
        if (words[i] == "hook" && (words[i + 1] == "input" || words[i + 1] == "output"))
          return true;
    }
    return false;
  }

  void hostRules() {
    bool iptables = false;
    KJ_IF_MAYBE (saved, facts.saved) iptables = HostRules::in(*saved).passedOver != nullptr;
    KJ_IF_MAYBE (saved, facts.saved6) iptables |= HostRules::in(*saved).passedOver != nullptr;
    if (iptables && !facts.respectsHostRules)
      note("host's firewall",
           kj::str("this machine has filter rules of its own (ufw, firewalld or iptables), and a "
                   "packet that portreeve allows does not meet them"),
           kj::str("[interceptor] host_rules = \"respect\" in portreeve.toml lets them have their "
                   "say as well"));
    KJ_IF_MAYBE (ruleset, facts.nftables)
      if (hasDroppingChain(*ruleset))
        note("host's firewall",
             kj::str("an nftables table of this machine filters as well: what portreeve allows may "
                     "still be dropped there"),
             kj::str("`nft list ruleset` shows it; let one of the two decide"));
  }

  void marks() {
    // "32764: not from all fwmark 0xca6c lookup 51820": wg-quick and its like.
    KJ_IF_MAYBE (rules, facts.routing) {
      for (auto& line : linesOf(*rules)) {
        auto words = wordsOf(line);
        for (size_t i = 0; i + 1 < words.size(); i++) {
          if (words[i] != "fwmark") continue;
          uint64_t mark = strtoull(words[i + 1].cStr(), nullptr, 0);
          bool ours = verdictOf(uint32_t(mark)) != proto::Verdict::NONE;
          if (ours)
            problem("VPN's mark",
                    kj::str("a routing rule goes by mark ", mark,
                            ", which is one of portreeve's verdicts: ", line),
                    kj::str("give that program another mark"));
          else
            note("VPN's mark",
                 kj::str("packets with mark ", words[i + 1],
                         " are routed apart (a VPN, such as wg-quick): they keep their mark, and "
                         "are decided all the same"),
                 kj::str("nothing to do"));
        }
      }
    }
  }

  void unprivilegedPorts() {
    if (facts.firstFreePort > HIGHEST_PORT_OF_OURS) return;
    note("ports",
         kj::str("net.ipv4.ip_unprivileged_port_start is ", facts.firstFreePort,
                 ": while portreeve does not run, any program may bind ports 53 and 817 and pose "
                 "as it"),
         kj::str("`sysctl -w net.ipv4.ip_unprivileged_port_start=1024`, and the same in "
                 "/etc/sysctl.d"));
  }

  void names() {
    for (auto& line : linesOf(facts.nameSwitch)) {
      auto words = wordsOf(line);
      if (words.empty() || words[0] != "hosts:") continue;
      for (auto& word : words)
        if (word == "resolve")
          note("names",
               kj::str("programs ask systemd-resolved (\"resolve\" in /etc/nsswitch.conf), which "
                       "asks for all of them: a rule's `domain` cannot tell who asked"),
               kj::str("put \"dns\" before \"resolve\" in the line \"hosts:\" of "
                       "/etc/nsswitch.conf"));
    }
    if (facts.nameCache)
      note("names", kj::str("nscd asks for all programs: a rule's `domain` cannot tell who asked"),
           kj::str("`enable-cache hosts no` in /etc/nscd.conf"));
  }

  void landlock() {
    if (facts.landlockAbi > 0) return;
    note("sandbox",
         kj::str("this kernel has no Landlock: the daemons are locked in by seccomp and by what "
                 "they have given up alone"),
         kj::str("boot with landlock in lsm=, or a kernel from 5.13 on"));
  }

  void ipv6() {
    if (!facts.hasIpv6 || !facts.loadsModules) return;
    if (hasModule("nf_nat") && hasModule("nft_chain_nat")) return;
    problem("IPv6",
            kj::str("this kernel cannot turn IPv6 connections (no NAT): questions to other "
                    "name servers over IPv6 are dropped"),
            kj::str("install the module nft_chain_nat, or let IPv6 name servers out of "
                    "/etc/resolv.conf"));
  }

  void conntrack() {
    if (facts.conntrackMax == 0) return;
    if (facts.conntrackCount * 100 < facts.conntrackMax * FULL_PERCENT) return;
    problem("conntrack",
            kj::str(facts.conntrackCount, " of ", facts.conntrackMax,
                    " connections are in use: when the table is full, the kernel drops new ones"),
            kj::str("`sysctl -w net.netfilter.nf_conntrack_max=", facts.conntrackMax * 2, "`"));
  }
};

}  // namespace

kj::Vector<Finding> diagnose(const MachineFacts& facts) {
  return Diagnosis(facts).run();
}

}  // namespace portreeve::cli
