// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/watch.h"

#include "common/log.h"

#include <kj/debug.h>
#include <linux/netfilter/nfnetlink.h>

namespace portreeve::keeper {
namespace {

constexpr auto POLL_BEHIND_EVENTS = 5 * kj::SECONDS;
constexpr auto POLL_WITHOUT_EVENTS = 500 * kj::MILLISECONDS;

kj::TimePoint now() {
  // Not the loop's clock, which stands still while a look blocks it.
  return kj::systemPreciseMonotonicClock().now();
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

void Watch::onDrained() {
  if (changes.heard()) wake();
}

void Watch::wake() {
  if (!keeper.keeping()) {
    changes.forget();
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
  changes.forget();
  auto started = now();
  bool wasContested = pace.contested();
  bool putBack = false;
  kj::String failure;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 putBack = keeper.check();
                 // What was found may have been changed while we looked: who did it is heard only
                 // now.
                 if (putBack) events.readAvailable();
               }))
    failure = kj::str(e->getDescription());
  auto program = changes.takeProgram();
  if (putBack) keeper.nameLastChange(program);
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
