// SPDX-License-Identifier: GPL-3.0-or-later
// Hears of every change to nf_tables (NFNLGRP_NFTABLES) and has the rules looked at when it may
// concern them. iptables-legacy says nothing to anybody: there the rules are looked at twice a
// second. A slow look every five seconds stands behind both.
#pragma once

#include "interceptor/keeper/iptables.h"
#include "interceptor/keeper/pace.h"
#include "interceptor/keeper/rule-changes.h"
#include "interceptor/keeper/rule-keeper.h"
#include "interceptor/netlink-events.h"

#include <kj/async-unix.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve::keeper {

interceptor::NetlinkSocket openRuleEvents();

class Watch final : private interceptor::NetlinkEvents::Receiver,
                    private kj::TaskSet::ErrorHandler {
public:
  Watch(kj::UnixEventPort& port, kj::Timer& timer, interceptor::NetlinkSocket opened,
        RuleKeeper& keeper);
  KJ_DISALLOW_COPY(Watch);

  kj::Promise<void> run();  // never resolves
  void wake();              // look as soon as the pace allows it

  kj::StringPtr trouble() const;
  // Why the rules cannot be relied upon, in words; empty when all is well.

private:
  kj::Timer& timer;
  RuleKeeper& keeper;
  Pace pace;
  kj::Duration pollEvery;
  RuleChanges changes;
  bool scheduled = false;
  kj::String problem;
  interceptor::NetlinkEvents events;
  kj::TaskSet tasks;

  void onEvent(const nlmsghdr* message) override { changes.take(message); }
  void onDrained() override;
  void onLost() override { changes.lost(); }
  void taskFailed(kj::Exception&& e) override;

  kj::Promise<void> poll();
  void look();
  void schedule(kj::Duration delay);
};

}  // namespace portreeve::keeper
