// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/machine-facts.h"

#include "cli/configuration-check.h"
#include "cli/endpoint.h"
#include "cli/failure.h"
#include "cli/neighbours.h"
#include "cli/port-holder.h"
#include "cli/processes.h"
#include "cli/program-output.h"
#include "cli/settings-apply.h"
#include "cli/spare-dns-place.h"
#include "cli/systemd.h"
#include "cli/text-file.h"
#include "common/accounts.h"
#include "common/clock.h"
#include "common/settings.h"

#include <kj/debug.h>
#include <kj/exception.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

kj::String textOr(kj::StringPtr path) {
  KJ_IF_MAYBE (text, readText(path)) return kj::mv(*text);
  return kj::String();
}

uint64_t numberOr(kj::StringPtr path, uint64_t fallback) {
  KJ_IF_MAYBE (text, readText(path)) return strtoull(text->cStr(), nullptr, 10);
  return fallback;
}

void addPorts(MachineFacts& facts, const kj::Vector<kj::String>& listen, bool datagrams) {
  for (auto& text : listen) {
    KJ_IF_MAYBE (endpoint, Endpoint::parse(text)) {
      KJ_IF_MAYBE (address, endpoint->address) {
        for (auto transport : {Transport::UDP, Transport::TCP}) {
          if (transport == Transport::UDP && !datagrams) continue;
          PortFact fact{kj::str(toText(transport), ' ', text), kj::String(), kj::String()};
          KJ_IF_MAYBE (holder, otherHolderOfPort(transport, *address, endpoint->port))
            fact.holder = kj::mv(*holder);
          if (datagrams && fact.holder.size() > 0)
            fact.instead = spareDnsPlaceInUse(transport, address->isV4());
          facts.ports.add(kj::mv(fact));
        }
      }
    }
  }
}

void addUnits(MachineFacts& facts, const Settings& settings) {
  facts.unitsListen = systemdRunsHere() && suiteUnitsInstalled();
  if (!facts.unitsListen) return;
  try {
    auto plan = planForThisMachine(settings);
    if (!plan.problems.empty()) return;  // is said of the ports
    for (auto& change : changesIn(UNIT_CHANGES_FOLDER, plan.dropIns)) {
      if (change.unit.endsWith(".socket"))
        facts.behind.add(kj::str(change.unit));
      else if (change.act == DropInAct::REMOVE)
        facts.spareIsLeft = true;
    }
  } catch (const Failure& failure) {
    facts.configurationErrors.add(kj::str(failure.sentence));
  }
}

void addConfiguration(MachineFacts& facts, const Directories& directories) {
  auto report = checkConfiguration(directories);
  for (auto& error : report.errors) facts.configurationErrors.add(kj::str(error));
  // What is wrong with the settings has just been said; the defaults are looked at instead.
  Settings settings;
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions(
                            [&]() { settings = Settings::load(directories.settingsFile()); })) {
    settings = Settings::load("/nonexistent");
    (void)problem;
  }
  facts.respectsHostRules = settings.interceptor.respectHostRules;
  addPorts(facts, settings.resolver.listen, true);
  addPorts(facts, settings.gateway.listen, false);
  addUnits(facts, settings);
}

void addKernel(MachineFacts& facts) {
  utsname name{};
  uname(&name);
  facts.kernelRelease = kj::str(name.release);
  auto folder = kj::str("/lib/modules/", name.release);
  facts.modules = readText(kj::str(folder, "/modules.dep"));
  facts.builtIn = textOr(kj::str(folder, "/modules.builtin"));
  facts.loadsModules = access("/proc/modules", F_OK) == 0;
  facts.loaded = textOr("/proc/modules");
  facts.landlockAbi =
      int(syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  facts.unifiedCgroups = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
  facts.hasIpv6 = textOr("/proc/net/if_inet6").size() > 0;
  facts.firstFreePort = numberOr("/proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);
  facts.conntrackCount = numberOr("/proc/sys/net/netfilter/nf_conntrack_count", 0);
  facts.conntrackMax = numberOr("/proc/sys/net/netfilter/nf_conntrack_max", 0);
}

void addClock(MachineFacts& facts) {
  timex clock{};
  facts.clockIsSet = adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) == 0;
  facts.nowNs = wallNs();
}

void addAccounts(MachineFacts& facts) {
  auto users = UserNames::read();
  for (Role role : ROLES) {
    auto account = kj::str("portreeve-", name(role));
    if (role != Role::KEEPER && users.uidOf(account) == nullptr)
      facts.missingAccounts.add(kj::mv(account));
  }
}

}  // namespace

MachineFacts collectFacts(const Directories& directories) {
  MachineFacts facts;
  facts.rivals = rivals();
  addConfiguration(facts, directories);
  addKernel(facts);
  addClock(facts);
  addAccounts(facts);
  facts.saved = outputOf("/usr/sbin/iptables-save");
  facts.saved6 = outputOf("/usr/sbin/ip6tables-save");
  facts.nftables = outputOf("/usr/sbin/nft", {"list"_kj, "ruleset"_kj});
  facts.routing = outputOf("/usr/sbin/ip", {"rule"_kj, "list"_kj});
  if (facts.routing == nullptr) facts.routing = outputOf("/bin/ip", {"rule"_kj, "list"_kj});
  facts.nameSwitch = textOr("/etc/nsswitch.conf");
  facts.nameCache = access("/run/nscd/socket", F_OK) == 0;
  return facts;
}

}  // namespace portreeve::cli
