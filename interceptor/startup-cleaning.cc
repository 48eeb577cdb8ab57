// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/startup-cleaning.h"

#include "common/log.h"
#include "common/marks.h"

namespace portreeve::interceptor {
namespace {

constexpr uint16_t DNS_PORT = 53;

}  // namespace

bool keepsQueryFromRedirection(const ConntrackEntry& entry) {
  auto& tuple = entry.tuple;
  return entry.mark == 0 && tuple.destinationPort == DNS_PORT &&
         (tuple.protocol == PROTOCOL_UDP || tuple.protocol == PROTOCOL_TCP) &&
         tuple.destination.scope() != Scope::LOCALHOST;
}

bool isAskedAboutForEver(const ConntrackEntry& entry) {
  return entry.mark != 0 && !isPermanent(verdictOf(entry.mark)) && !entry.translated &&
         !hasConnections(entry.tuple.protocol);
}

kj::Promise<void> StartupCleaning::runOnce() {
  if (ran) return kj::READY_NOW;
  ran = true;
  return kj::evalNow([this]() { return goOn(listing.restart()); }).catch_([](kj::Exception&& e) {
    log::exception("deleting conntrack entries from before the start", e);
  });
}

kj::Promise<void> StartupCleaning::goOn(ConntrackListing::Walk walk) {
  bool more = listing.next(walk, [this](const ConntrackEntry& entry) {
    if (keepsQueryFromRedirection(entry) || isAskedAboutForEver(entry)) found.add(entry.tuple);
  });
  // Through the timer: packets get their turn in between.
  if (more)
    return timer.afterDelay(0 * kj::NANOSECONDS).then([this, walk]() { return goOn(walk); });
  table.remove(found);
  if (!found.empty())
    log::info(kj::str("deleted ", found.size(),
                      " conntrack entries from before the start (DNS queries, other "
                      "programs' marks): the next packet makes them anew"));
  found.clear();
  return kj::READY_NOW;
}

}  // namespace portreeve::interceptor
