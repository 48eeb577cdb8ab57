// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/watch.h"

#include "common/log.h"
#include "interceptor/keeper/base-chains.h"
#include "interceptor/netlink-attributes.h"

#include <kj/debug.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

namespace portreeve::keeper {
namespace {

using interceptor::Attributes;

constexpr auto POLL_BEHIND_EVENTS = 5 * kj::SECONDS;
constexpr auto POLL_WITHOUT_EVENTS = 500 * kj::MILLISECONDS;

kj::TimePoint now() {
  // Not the loop's clock, which stands still while a look blocks it.
  return kj::systemPreciseMonotonicClock().now();
}

kj::String textIn(const nlmsghdr* message, uint16_t wanted) {
  for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
    if (mnl_attr_get_type(attribute) != wanted) continue;
    auto bytes = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return kj::heapString(bytes, strnlen(bytes, mnl_attr_get_payload_len(attribute)));
  }
  return kj::String();
}

bool isOurs(kj::StringPtr program) {
  // The kernel keeps 15 characters. Other programs run iptables-restore by its plain name.
  return program.startsWith("iptables-nft-re") || program.startsWith("ip6tables-nft-r");
}

bool isAboutOurTables(const nlmsghdr* message) {
  // For tables, chains and rules alike the first attribute is the table's name.
  static_assert(int(NFTA_TABLE_NAME) == int(NFTA_CHAIN_TABLE) &&
                int(NFTA_TABLE_NAME) == int(NFTA_RULE_TABLE));
  switch (message->nlmsg_type & 0xff) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
      break;
    default:
      return false;
  }
  auto family = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family;
  if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6) return false;
  auto table = textIn(message, NFTA_TABLE_NAME);
  for (auto& chain : baseChains())
    if (chain.table == table) return true;
  return false;
}

}  // namespace

interceptor::NetlinkSocket openRuleEvents() {
  const uint32_t groups[] = {NFNLGRP_NFTABLES};
  return interceptor::openEvents(NETLINK_NETFILTER, groups);
}

Watch::Watch(kj::UnixEventPort& port, kj::Timer& timer, interceptor::NetlinkSocket opened,
             RuleKeeper& keeper)
    : timer(timer),
      keeper(keeper),
      pollEvery(keeper.variant() == Variant::NFT ? POLL_BEHIND_EVENTS : POLL_WITHOUT_EVENTS),
      events(port, timer, kj::mv(opened), *this),
      tasks(*this) {}

kj::Promise<void> Watch::run() {
  return events.run().exclusiveJoin(poll());
}

kj::Promise<void> Watch::poll() {
  return timer.afterDelay(pollEvery).then([this]() {
    wake();
    return poll();
  });
}

void Watch::onEvent(const nlmsghdr* message) {
  if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) return;
  if ((message->nlmsg_type & 0xff) == NFT_MSG_NEWGEN) {
    // Ends what one program has changed in one step, and names it.
    auto program = textIn(message, NFTA_GEN_PROC_NAME);
    if (changedInBatch && !isOurs(program)) by = kj::mv(program);
    changedInBatch = false;
  } else if (isAboutOurTables(message)) {
    changed = changedInBatch = true;
  }
}

void Watch::onDrained() {
  if (changed) wake();
}

void Watch::wake() {
  if (!keeper.keeping()) {
    changed = false;
    return;
  }
  if (scheduled) return;
  auto time = now();
  if (time >= pace.notBefore())
    look();
  else
    schedule(pace.notBefore() - time);
}

void Watch::schedule(kj::Duration delay) {
  scheduled = true;
  tasks.add(timer.afterDelay(delay).then([this]() {
    scheduled = false;
    look();
  }));
}

void Watch::look() {
  changed = false;
  auto program = kj::mv(by);
  auto started = now();
  bool wasContested = pace.contested();
  bool putBack = false;
  kj::String failure;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { putBack = keeper.check(program); }))
    failure = kj::str(e->getDescription());
  // Said once, not at every try.
  if (failure.size() > 0 && failure != problem) log::error(failure);
  if (failure.size() == 0 && problem.size() > 0) log::info("the rules are in place again");
  if (failure.size() == 0)
    pace.looked(started, now(), putBack);
  else
    pace.failed(now());
  problem = kj::mv(failure);
  if (putBack && !wasContested)
    log::warning(kj::str("another program changed our rules, they are back: ", keeper.lastChange(),
                         pace.contested() ? "; this happens again and again: from now on they are "
                                            "put back once a second, without a word"
                                          : ""));
  if (problem.size() > 0) wake();  // as soon as the pace allows it
}

kj::StringPtr Watch::trouble() const {
  if (problem.size() > 0) return problem;
  if (pace.contested())
    return "another program goes on changing our rules; they are put back once a second"_kj;
  return ""_kj;
}

void Watch::taskFailed(kj::Exception&& e) {
  log::exception("looking at the rules", e);
}

}  // namespace portreeve::keeper
