// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/follow.h"
#include "policy/test-flows.h"
#include "policy/test-folders.h"
#include "policy/test-sink.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct Fixture {
  TestLoop loop;
  FlowTable flows{FlowTable::OPEN_CAPACITY, 4};
  kj::Own<Followers> followers = kj::heap<Followers>(flows, rules::testUsers(), loop.timer);
  SinkState sink;

  template <typename Set>
  proto::Subscription::Client follow(Set&& set) {
    capnp::MallocMessageBuilder message;
    auto filter = message.initRoot<proto::ConnectionFilter>();
    set(filter);
    return followers->add(filter, kj::heap<TestSink>(sink));
  }
  proto::Subscription::Client follow() {
    return follow([](auto) {});
  }

  Flow& add(uint16_t localPort) {
    auto& flow = flows.add(curlFlow(localPort));
    flows.changed(flow);
    return flow;
  }
};

TEST_CASE("a follower is told of what is new and of what ends") {
  Fixture f;
  auto subscription = f.follow();
  auto& flow = f.add(1);
  f.loop.turn();
  CHECK(f.sink.ids.size() == 1);
  CHECK(f.sink.ids[0] == 1);
  CHECK(f.sink.states[0] == "open");
  f.flows.end(flow, rules::NOW);
  f.loop.pass(Followers::PAUSE);
  CHECK(f.sink.ids.size() == 2);
  CHECK(f.sink.states[1] == "ended");
}

TEST_CASE("many changes of one connection between two messages are told as one") {
  Fixture f;
  auto subscription = f.follow();
  auto& flow = f.add(1);
  for (int i = 0; i < 100; i++) f.flows.changed(flow);
  f.loop.turn();
  for (int i = 0; i < 100; i++) f.flows.changed(flow);
  f.flows.end(flow, rules::NOW);
  f.loop.pass(Followers::PAUSE * 3);
  CHECK(f.sink.ids.size() == 2);
  CHECK(f.sink.states[1] == "ended");
}

TEST_CASE("a flood is sent in batches, none of it is lost while it fits") {
  Fixture f;
  auto subscription = f.follow();
  for (uint16_t i = 0; i < 1000; i++) f.add(i);
  f.loop.pass(Followers::PAUSE * 20);
  CHECK(f.sink.ids.size() == 1000);
  CHECK(f.sink.ids[0] == 1);
  CHECK(f.sink.ids[999] == 1000);
  CHECK(f.sink.messages == 8);
  CHECK(f.sink.missed == 0);
}

TEST_CASE("what does not fit into a slow follower's queue is counted and told") {
  Fixture f;
  auto hold = kj::newPromiseAndFulfiller<void>();
  f.sink.slow = hold.promise.fork();
  auto subscription = f.follow();
  f.add(0);
  f.loop.turn();
  for (uint16_t i = 1; i <= Followers::QUEUE + 100; i++) f.add(i);
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.messages == 1);
  hold.fulfiller->fulfill();
  f.loop.pass(5 * kj::SECONDS);
  f.loop.pass(5 * kj::SECONDS);
  CHECK(f.sink.missed == 100);
  CHECK(f.sink.ids.size() == 1 + Followers::QUEUE);
}

TEST_CASE("a connection that was forgotten before its turn counts as missed") {
  Fixture f;
  auto hold = kj::newPromiseAndFulfiller<void>();
  f.sink.slow = hold.promise.fork();
  auto subscription = f.follow();
  f.add(0);
  f.loop.turn();
  for (uint16_t i = 1; i <= 6; i++) f.flows.end(f.add(i), rules::NOW);
  hold.fulfiller->fulfill();
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.missed == 2);
  CHECK(f.sink.ids.size() == 1 + 4);
}

TEST_CASE("with an id the follower is told first what has come since") {
  Fixture f;
  for (uint16_t i = 0; i < 5; i++) f.add(i);
  auto subscription = f.follow([](auto filter) { filter.setAfterId(2); });
  f.loop.turn();
  CHECK(f.sink.ids.size() == 3);
  CHECK(f.sink.ids[0] == 3);
  CHECK(f.sink.ids[2] == 5);
}

TEST_CASE("without one it is told from now on") {
  Fixture f;
  f.add(1);
  auto subscription = f.follow();
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.ids.empty());
}

TEST_CASE("a follower sees only what it asked for") {
  Fixture f;
  auto subscription = f.follow([](auto filter) { filter.setAction("block"); });
  f.add(1);
  auto& blocked = f.add(2);
  blocked.judgement.verdict = proto::Verdict::BLOCK;
  f.flows.changed(blocked);
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.ids.size() == 1);
  CHECK(f.sink.ids[0] == 2);
}

TEST_CASE("dropping the subscription ends the stream") {
  Fixture f;
  {
    auto subscription = f.follow();
    CHECK(f.followers->count() == 1);
  }
  CHECK(f.followers->count() == 0);
  f.add(1);
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.ids.empty());
}

TEST_CASE("a follower that fails is told nothing more and disturbs nobody") {
  Fixture f;
  f.sink.fails = true;
  auto subscription = f.follow();
  f.add(1);
  f.loop.pass(1 * kj::SECONDS);
  f.sink.fails = false;
  f.add(2);
  f.loop.pass(1 * kj::SECONDS);
  CHECK(f.sink.ids.empty());
}

TEST_CASE("there is an end to how many follow") {
  Fixture f;
  kj::Vector<proto::Subscription::Client> subscriptions;
  for (size_t i = 0; i < Followers::MOST; i++) subscriptions.add(f.follow());
  CHECK(contains(failureOf([&]() { f.follow(); }), "too many"));
  subscriptions.removeLast();
  subscriptions.add(f.follow());
  CHECK(f.followers->count() == Followers::MOST);
}

TEST_CASE("a subscription that outlives policy's parts does no harm") {
  Fixture f;
  auto subscription = f.follow();
  f.add(1);
  f.followers = nullptr;
  f.loop.pass(1 * kj::SECONDS);
}

}  // namespace
}  // namespace portreeve::policy
