// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/watcher-feed.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>

namespace portreeve::interceptor {
namespace {

struct Heard {
  kj::Vector<uint> flowBatches, socketBatches;
  uint missed = 0;
  kj::Maybe<kj::Promise<void>> holdBack;  // the answer to the next batch of sockets
};

class Watcher final : public proto::KernelWatcher::Server {
public:
  explicit Watcher(Heard& heard) : heard(heard) {}

  kj::Promise<void> flowsEnded(FlowsEndedContext context) override {
    heard.flowBatches.add(context.getParams().getFlows().size());
    return kj::READY_NOW;
  }
  kj::Promise<void> socketsClosed(SocketsClosedContext context) override {
    heard.socketBatches.add(context.getParams().getSockets().size());
    KJ_IF_MAYBE (answer, heard.holdBack) {
      auto promise = kj::mv(*answer);
      heard.holdBack = nullptr;
      return promise;
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext context) override {
    heard.missed++;
    return kj::READY_NOW;
  }

private:
  Heard& heard;
};

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope waitScope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  Heard heard;
  WatcherFeed feed{timer};

  Fixture() { feed.setWatcher(proto::KernelWatcher::Client(kj::heap<Watcher>(heard))); }

  void settleDown() { kj::Promise<void>(kj::NEVER_DONE).poll(waitScope); }
  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    settleDown();
  }
};

TEST_CASE("flows that ended are told together, 20 ms later at the latest") {
  Fixture f;
  for (int i = 0; i < 5; i++) f.feed.flowEnded(ConntrackEntry());
  f.pass(19 * kj::MILLISECONDS);
  CHECK(f.heard.flowBatches.size() == 0);
  f.pass(1 * kj::MILLISECONDS);
  REQUIRE(f.heard.flowBatches.size() == 1);
  CHECK(f.heard.flowBatches[0] == 5);
}

TEST_CASE("a full batch of flows does not wait") {
  Fixture f;
  for (int i = 0; i < 65; i++) f.feed.flowEnded(ConntrackEntry());
  f.settleDown();
  REQUIRE(f.heard.flowBatches.size() == 1);
  CHECK(f.heard.flowBatches[0] == 64);
}

TEST_CASE("connected sockets that closed are told together, 5 ms later at the latest") {
  Fixture f;
  ClosedSocket connected;
  connected.tuple.destinationPort = 443;
  for (int i = 0; i < 3; i++) {
    f.feed.socketClosed(connected);
    f.feed.flushSockets();
  }
  f.pass(4 * kj::MILLISECONDS);
  CHECK(f.heard.socketBatches.size() == 0);
  f.pass(1 * kj::MILLISECONDS);
  REQUIRE(f.heard.socketBatches.size() == 1);
  CHECK(f.heard.socketBatches[0] == 3);
}

TEST_CASE("a closed socket that was not connected is told at once") {
  Fixture f;
  f.feed.socketClosed(ClosedSocket());
  f.feed.flushSockets();
  f.settleDown();
  CHECK(f.heard.socketBatches.size() == 1);
}

TEST_CASE("events that the kernel lost are told once what is on the way has been heard") {
  Fixture f;
  auto paf = kj::newPromiseAndFulfiller<void>();
  f.heard.holdBack = kj::mv(paf.promise);
  f.feed.socketClosed(ClosedSocket());
  f.feed.flushSockets();
  f.feed.missed();
  f.settleDown();
  CHECK(f.heard.missed == 0);
  paf.fulfiller->fulfill();
  f.settleDown();
  CHECK(f.heard.missed == 1);
}

TEST_CASE("a watcher that does not answer is not buried: it is told that it missed something") {
  Fixture f;
  auto paf = kj::newPromiseAndFulfiller<void>();
  f.heard.holdBack = kj::mv(paf.promise);
  for (int i = 0; i < 1000; i++) {
    f.feed.socketClosed(ClosedSocket());
    f.feed.flushSockets();
  }
  CHECK(f.feed.counters().missed == 1);
  paf.fulfiller->fulfill();
  f.settleDown();
  CHECK(f.heard.socketBatches.size() == 256);
  CHECK(f.heard.missed == 1);
}

TEST_CASE("without a watcher events are counted and forgotten") {
  Fixture f;
  f.feed.setWatcher(nullptr);
  f.feed.flowEnded(ConntrackEntry());
  f.feed.socketClosed(ClosedSocket());
  f.feed.flushSockets();
  f.feed.setWatcher(proto::KernelWatcher::Client(kj::heap<Watcher>(f.heard)));
  f.pass(1 * kj::SECONDS);
  CHECK(f.heard.flowBatches.size() == 0);
  CHECK(f.heard.socketBatches.size() == 0);
  CHECK(f.feed.counters().flowsEnded == 1);
  CHECK(f.feed.counters().socketsClosed == 1);
}

}  // namespace
}  // namespace portreeve::interceptor
