// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/neighbours.h"

#include "cli/failure.h"
#include "cli/processes.h"
#include "cli/program-output.h"
#include "cli/text-file.h"
#include "common/host-rules.h"
#include "common/log.h"
#include "common/marks.h"

#include <linux/netlink.h>
#include <stdlib.h>

namespace portreeve::cli {
namespace {

constexpr uint16_t OPENSNITCH_QUEUE = 0;
constexpr uint64_t HIGHEST_PORT_OF_OURS = 817;

struct Rival {
  kj::StringPtr command;  // comm: the first 15 bytes
  kj::StringPtr product;
};
constexpr Rival RIVALS[] = {{"opensnitchd"_kj, "OpenSnitch"_kj},
                            {"portmaster-core"_kj, "Portmaster"_kj},
                            {"portmaster-star"_kj, "Portmaster"_kj}};

void addRivalProcesses(kj::Vector<kj::String>& found) {
  for (pid_t pid : allProcesses()) {
    auto command = commandName(pid);
    for (auto& rival : RIVALS)
      if (command == rival.command && sharesOurNetwork(pid))
        found.add(kj::str(rival.product, " runs here: ", describeProcess(pid)));
  }
}

bool isOurs(uint16_t queue) {
  for (uint16_t ours : QUEUES)
    if (queue - queue % 10 == ours) return true;
  return false;
}

kj::String holderOf(const BoundQueue& bound) {
  KJ_IF_MAYBE (table, readText("/proc/net/netlink"))
    KJ_IF_MAYBE (inode, inodeOfNetlinkSocket(*table, bound.portId))
      KJ_IF_MAYBE (pid, holderOfSocket(*inode)) return describeProcess(*pid);
  return kj::String();
}

bool isTheInterceptor(kj::StringPtr holder) {
  return holder.startsWith("portreeve-inter");
}

void addBoundQueues(kj::Vector<kj::String>& found, bool suiteMay) {
  KJ_IF_MAYBE (table, readText("/proc/net/netfilter/nfnetlink_queue")) {
    for (auto& bound : parseBoundQueues(*table)) {
      auto holder = holderOf(bound);
      // A known program on queue 0 that is not OpenSnitch has rules of its own and may stay.
      bool stranger = bound.queue == OPENSNITCH_QUEUE && holder.size() == 0;
      if (!isOurs(bound.queue) && !stranger) continue;
      if (suiteMay && isTheInterceptor(holder)) continue;
      found.add(kj::str(
          "queue ", bound.queue, " is bound by ",
          holder.size() > 0 ? kj::mv(holder) : kj::str("a process that cannot be seen from here"),
          ": another firewall guards this network namespace (Portmaster, OpenSnitch or "
          "another portreeve)"));
    }
  }
}

void warnOfUnprivilegedPorts() {
  KJ_IF_MAYBE (text, readText("/proc/sys/net/ipv4/ip_unprivileged_port_start")) {
    uint64_t start = strtoull(text->cStr(), nullptr, 10);
    if (start <= HIGHEST_PORT_OF_OURS)
      log::warning(kj::str("net.ipv4.ip_unprivileged_port_start is ", start,
                           ": any program may bind ports 53 and 817 while portreeve does not run, "
                           "and pose as it; set it to 1024"));
  }
}

void warnOfHostRules(const Settings& settings) {
  for (auto program : {"/usr/sbin/iptables-save"_kj, "/usr/sbin/ip6tables-save"_kj}) {
    KJ_IF_MAYBE (saved, outputOf(program)) {
      auto host = HostRules::in(*saved);
      KJ_IF_MAYBE (rule, host.passedOver)
        if (!settings.interceptor.respectHostRules) log::warning(wordsOnPassedOver(*rule));
      KJ_IF_MAYBE (rule, host.ahead) log::warning(wordsOnAhead(*rule));
    }
  }
}

}  // namespace

void refuseRivals() {
  kj::Vector<kj::String> found;
  addRivalProcesses(found);
  if (found.empty()) addBoundQueues(found, false);
  if (!found.empty())
    throw Failure(FAILED, found[0], ": both would decide on the same packets; stop it first");
}

kj::Vector<kj::String> rivals() {
  kj::Vector<kj::String> found;
  addRivalProcesses(found);
  addBoundQueues(found, true);
  return found;
}

void warnOfNeighbours(const Settings& settings) {
  warnOfUnprivilegedPorts();
  warnOfHostRules(settings);
}

kj::Vector<BoundQueue> parseBoundQueues(kj::StringPtr table) {
  // "17040  12345  0  2  256  0  0  7  1": number, port id of the holder's socket, …
  kj::Vector<BoundQueue> queues;
  for (auto& line : linesOf(table)) {
    auto words = wordsOf(line);
    if (words.size() < 2) continue;
    queues.add(BoundQueue{uint16_t(strtoul(words[0].cStr(), nullptr, 10)),
                          uint32_t(strtoul(words[1].cStr(), nullptr, 10))});
  }
  return queues;
}

kj::Maybe<uint64_t> inodeOfNetlinkSocket(kj::StringPtr table, uint32_t portId) {
  // "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode"
  for (auto& line : linesOf(table)) {
    auto words = wordsOf(line);
    if (words.size() < 10 || atoi(words[1].cStr()) != NETLINK_NETFILTER) continue;
    if (strtoul(words[2].cStr(), nullptr, 10) == portId)
      return strtoull(words[9].cStr(), nullptr, 10);
  }
  return nullptr;
}

}  // namespace portreeve::cli
