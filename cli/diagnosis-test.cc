// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/diagnosis.h"

#include <doctest/doctest.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr MODULES =
    "kernel/net/netfilter/nf_tables.ko: kernel/net/netfilter/nfnetlink.ko\n"
    "kernel/net/netfilter/nft_compat.ko:\n"
    "kernel/net/netfilter/nfnetlink_queue.ko.xz:\n"
    "kernel/net/netfilter/xt_NFQUEUE.ko:\n"
    "kernel/net/netfilter/nf_conntrack_netlink.ko:\n"
    "kernel/net/netfilter/xt_connmark.ko:\n"
    "kernel/net/netfilter/xt_connlabel.ko:\n"
    "kernel/net/netfilter/xt_mark.ko:\n"
    "kernel/net/netfilter/xt_conntrack.ko:\n"
    "kernel/net/netfilter/nft_chain_nat.ko:\n"_kj;

MachineFacts soundMachine() {
  MachineFacts facts;
  facts.kernelRelease = kj::str("6.1.0-test");
  facts.modules = kj::str(MODULES);
  facts.builtIn = kj::str("kernel/net/netfilter/nf-conntrack.ko\n");
  facts.loaded = kj::str("nf_nat 57344 1 nft_chain_nat, Live 0x0000000000000000\n");
  facts.saved = kj::str("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
  facts.routing = kj::str("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n");
  facts.nowNs = 1'800'000'000ull * 1'000'000'000;
  facts.ports.add(PortFact{kj::str("UDP 127.0.0.1:53"), kj::String(), kj::String()});
  return facts;
}

bool says(const Finding& finding, kj::StringPtr words) {
  auto text = kj::str(finding.what, '\n', finding.remedy);
  for (size_t i = 0; i + words.size() <= text.size(); i++)
    if (kj::StringPtr(text.cStr() + i).startsWith(words)) return true;
  return false;
}

void expectOne(const MachineFacts& facts, Severity severity, kj::StringPtr subject,
               kj::StringPtr what, kj::StringPtr remedy) {
  auto findings = diagnose(facts);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == severity);
  CHECK(findings[0].subject == subject);
  CHECK(says(findings[0], what));
  CHECK(says(findings[0], remedy));
}

TEST_CASE("a sound machine has nothing to be said about it") {
  CHECK(diagnose(soundMachine()).empty());
}

TEST_CASE("another application firewall is a problem") {
  auto facts = soundMachine();
  facts.rivals.add(kj::str("OpenSnitch runs here: opensnitchd (pid 812)"));
  expectOne(facts, Severity::PROBLEM, "other firewall", "opensnitchd (pid 812)",
            "stop and disable");
}

TEST_CASE("whoever holds port 53 is named") {
  auto facts = soundMachine();
  facts.ports.add(PortFact{kj::str("TCP 127.0.0.1:53"), kj::str("dnsmasq (pid 7)"), kj::String()});
  expectOne(facts, Severity::PROBLEM, "port 53", "dnsmasq (pid 7)", "listen elsewhere");
}

TEST_CASE("whoever holds port 817 is named") {
  auto facts = soundMachine();
  facts.ports.add(PortFact{kj::str("TCP [::1]:817"), kj::str("nginx (pid 7)"), kj::String()});
  expectOne(facts, Severity::PROBLEM, "port 817", "nginx (pid 7)", "listen elsewhere");
}

TEST_CASE("a module that is neither loaded, nor built in, nor there to be loaded is missing") {
  auto facts = soundMachine();
  facts.loaded = kj::str("nf_nat_other 1 0 - Live\n");
  facts.hasIpv6 = false;
  expectOne(facts, Severity::PROBLEM, "modules", "no nf_nat", "linux-image");
}

TEST_CASE("a kernel without modules is not said to miss any") {
  auto facts = soundMachine();
  facts.loadsModules = false;
  facts.loaded = kj::String();
  facts.modules = nullptr;
  CHECK(diagnose(facts).empty());
}

TEST_CASE("after the kernel's folder was replaced it takes a reboot") {
  auto facts = soundMachine();
  facts.modules = nullptr;
  facts.hasIpv6 = false;
  expectOne(facts, Severity::PROBLEM, "modules", "6.1.0-test", "reboot");
}

TEST_CASE("without NAT for IPv6 it is said what is lost") {
  auto facts = soundMachine();
  facts.loaded = kj::String();
  auto findings = diagnose(facts);
  REQUIRE(findings.size() == 2);
  CHECK(findings[1].subject == "IPv6");
  CHECK(says(findings[1], "dropped"));
}

TEST_CASE("a VPN's mark is explained, and one of ours in a routing rule is a problem") {
  auto facts = soundMachine();
  facts.routing = kj::str("32764:\tnot from all fwmark 0xca6c lookup 51820\n");
  expectOne(facts, Severity::NOTE, "VPN's mark", "0xca6c", "nothing to do");
  facts.routing = kj::str("100:\tfrom all fwmark 0x6ae lookup 7\n");
  expectOne(facts, Severity::PROBLEM, "VPN's mark", "mark 1710", "another mark");
}

TEST_CASE("the host's own filter rules are worth a note until they are respected") {
  auto facts = soundMachine();
  facts.saved = kj::str("*filter\n:INPUT DROP [0:0]\n-A INPUT -j ufw-before-input\nCOMMIT\n");
  expectOne(facts, Severity::NOTE, "host's firewall", "ufw", "host_rules");
  facts.respectsHostRules = true;
  CHECK(diagnose(facts).empty());
}

TEST_CASE(
    "a filter of nftables' own is seen, iptables' tables and the guard are not taken for one") {
  auto facts = soundMachine();
  facts.nftables = kj::str(
      "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy "
      "accept;\n\t}\n}\ntable inet portreeve-guard {\n\tchain undecided {\n\t\ttype filter hook "
      "output priority 10;\n\t}\n}\n");
  CHECK(diagnose(facts).empty());
  facts.nftables = kj::str(
      "table inet mine {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n"
      "}\n");
  expectOne(facts, Severity::NOTE, "host's firewall", "nftables", "nft list ruleset");
}

TEST_CASE("where the resolver listens elsewhere, who holds its port is worth a note") {
  auto facts = soundMachine();
  facts.ports.add(PortFact{kj::str("UDP 127.0.0.1:53"), kj::str("dnsmasq (pid 7, dnsmasq.service)"),
                           kj::str("127.0.0.17:53")});
  expectOne(facts, Severity::NOTE, "port 53",
            "dnsmasq (pid 7, dnsmasq.service); portreeve listens on 127.0.0.17:53",
            "nothing has to be done");
}

TEST_CASE("under systemd the command that moves the resolver off a taken port is named") {
  auto facts = soundMachine();
  facts.unitsListen = true;
  facts.ports.add(PortFact{kj::str("UDP 127.0.0.1:53"), kj::str("dnsmasq (pid 7)"), kj::String()});
  facts.behind.add(kj::str("portreeve-resolver-udp4.socket"));
  expectOne(facts, Severity::PROBLEM, "port 53", "dnsmasq (pid 7)",
            "portreeve settings apply --restart");
}

TEST_CASE("units that listen elsewhere than the settings say are a problem, a spare place a note") {
  auto facts = soundMachine();
  facts.unitsListen = true;
  facts.behind.add(kj::str("portreeve-gateway-http4.socket"));
  expectOne(facts, Severity::PROBLEM, "sockets", "portreeve-gateway-http4.socket",
            "portreeve settings apply --restart");
  facts.spareIsLeft = true;
  expectOne(facts, Severity::NOTE, "sockets", "spare address", "takes it back");
}

TEST_CASE("cgroups of version 1, free low ports and a missing Landlock are worth a note") {
  auto facts = soundMachine();
  facts.unifiedCgroups = false;
  expectOne(facts, Severity::NOTE, "cgroups", "version 1", "unified_cgroup_hierarchy");
  facts = soundMachine();
  facts.firstFreePort = 53;
  expectOne(facts, Severity::NOTE, "ports", "is 53", "sysctl");
  facts = soundMachine();
  facts.landlockAbi = 0;
  expectOne(facts, Severity::NOTE, "sandbox", "Landlock", "5.13");
}

TEST_CASE("a clock that was never set is a problem, one that nobody keeps a note") {
  auto facts = soundMachine();
  facts.nowNs = 1'000'000'000;
  expectOne(facts, Severity::PROBLEM, "clock", "before", "timedatectl");
  facts = soundMachine();
  facts.clockIsSet = false;
  expectOne(facts, Severity::NOTE, "clock", "nothing keeps", "chrony");
}

TEST_CASE("whoever asks for names on behalf of all programs is worth a note") {
  auto facts = soundMachine();
  facts.nameSwitch = kj::str("passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n");
  expectOne(facts, Severity::NOTE, "names", "systemd-resolved", "nsswitch.conf");
  facts.nameSwitch = kj::str("hosts: files dns\n");
  facts.nameCache = true;
  expectOne(facts, Severity::NOTE, "names", "nscd", "nscd.conf");
}

TEST_CASE("a conntrack table that is nearly full is a problem") {
  auto facts = soundMachine();
  facts.conntrackCount = 900;
  facts.conntrackMax = 1000;
  expectOne(facts, Severity::PROBLEM, "conntrack", "900 of 1000", "nf_conntrack_max=2000");
}

TEST_CASE("missing accounts and bad files are said with what to do") {
  auto facts = soundMachine();
  facts.missingAccounts.add(kj::str("portreeve-policy"));
  expectOne(facts, Severity::NOTE, "accounts", "portreeve-policy", "systemd-sysusers");
  facts = soundMachine();
  facts.configurationErrors.add(kj::str("portreeve.toml:1:1: nonsense"));
  expectOne(facts, Severity::PROBLEM, "configuration", "portreeve.toml:1:1", "portreeve check");
}

TEST_CASE("problems come before notes") {
  auto facts = soundMachine();
  facts.landlockAbi = 0;
  facts.conntrackCount = facts.conntrackMax = 10;
  auto findings = diagnose(facts);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].severity == Severity::PROBLEM);
}

}  // namespace
}  // namespace portreeve::cli
