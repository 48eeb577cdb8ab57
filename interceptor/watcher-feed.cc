// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/watcher-feed.h"

#include "common/log.h"

namespace portreeve::interceptor {
namespace {

constexpr size_t BATCH = 64;
constexpr auto FLOWS_MAY_WAIT = 20 * kj::MILLISECONDS;
constexpr auto SOCKETS_MAY_WAIT = 5 * kj::MILLISECONDS;
constexpr uint MOST_ON_THE_WAY = 256;  // batches that policy has not answered yet

}  // namespace

WatcherFeed::WatcherFeed(kj::Timer& timer) : timer(timer), tasks(*this) {}

void WatcherFeed::setWatcher(kj::Maybe<proto::KernelWatcher::Client> fresh) {
  watcher = kj::mv(fresh);
  generation++;
  onTheWay = 0;
  owesMissed = false;
  ended.clear();
  closed.clear();
}

void WatcherFeed::flowEnded(const ConntrackEntry& entry) {
  counts.flowsEnded++;
  if (watcher == nullptr) return;
  ended.add(entry);
  if (ended.size() >= BATCH) {
    flushFlows();
  } else if (!flushPlanned) {
    flushPlanned = true;
    tasks.add(timer.afterDelay(FLOWS_MAY_WAIT).then([this]() {
      flushPlanned = false;
      flushFlows();
    }));
  }
}

void WatcherFeed::socketClosed(const ClosedSocket& socket) {
  counts.socketsClosed++;
  if (watcher == nullptr) return;
  closed.add(socket);
  if (closed.size() >= BATCH) tellSockets();
}

void WatcherFeed::flushFlows() {
  if (ended.empty()) return;
  KJ_IF_MAYBE (to, ready()) {
    auto request = to->flowsEndedRequest();
    auto flows = request.initFlows(uint(ended.size()));
    for (uint i = 0; i < ended.size(); i++) {
      ended[i].tuple.to(flows[i].initTuple());
      flows[i].setMark(ended[i].mark);
      flows[i].setOriginalBytes(ended[i].originalBytes);
      flows[i].setReplyBytes(ended[i].replyBytes);
    }
    tell(request.send());
  }
  ended.clear();
}

void WatcherFeed::flushSockets() {
  for (auto& socket : closed)
    if (socket.tuple.destinationPort == 0) return tellSockets();
  if (closed.empty() || socketsPlanned) return;
  socketsPlanned = true;
  tasks.add(timer.afterDelay(SOCKETS_MAY_WAIT).then([this]() {
    socketsPlanned = false;
    tellSockets();
  }));
}

void WatcherFeed::tellSockets() {
  if (closed.empty()) return;
  KJ_IF_MAYBE (to, ready()) {
    auto request = to->socketsClosedRequest();
    auto sockets = request.initSockets(uint(closed.size()));
    for (uint i = 0; i < closed.size(); i++) {
      closed[i].tuple.to(sockets[i].initTuple());
      sockets[i].setInode(closed[i].inode);
    }
    tell(request.send());
  }
  closed.clear();
}

kj::Maybe<proto::KernelWatcher::Client&> WatcherFeed::ready() {
  if (watcher != nullptr && onTheWay >= MOST_ON_THE_WAY) {
    missed();
    return nullptr;
  }
  return watcher;
}

void WatcherFeed::missed() {
  if (!owesMissed) counts.missed++;
  owesMissed = true;
  payMissed();
}

void WatcherFeed::payMissed() {
  // After the events that are on the way, or its reader would compare too early.
  if (!owesMissed || onTheWay > 0) return;
  owesMissed = false;
  KJ_IF_MAYBE (to, watcher) tell(to->missedRequest().send().ignoreResult());
}

void WatcherFeed::tell(kj::Promise<void> sent) {
  onTheWay++;
  tasks.add(sent.then([this, to = generation]() { told(to); },
                      [this, to = generation](kj::Exception&& e) {
                        told(to);
                        // Policy is gone or going: its successor compares the tables.
                        if (e.getType() != kj::Exception::Type::DISCONNECTED)
                          log::exception("telling policy what ended", e);
                      }));
}

void WatcherFeed::told(uint64_t toGeneration) {
  if (toGeneration != generation) return;
  onTheWay--;
  payMissed();
}

void WatcherFeed::taskFailed(kj::Exception&& e) {
  log::exception("telling policy what ended", e);
}

}  // namespace portreeve::interceptor
