// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/worker.h"
#include "policy/test-road.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

#include <mutex>

namespace portreeve::policy {
namespace {

struct BusyStore : TestStore {
  // Its rules are compiled on a thread that can be held up; packets are judged by what is in force.
  Accounts accounts = Accounts::read();
  FakeKernel kernel;
  FakeSettler settler;
  ProgramCache programs{accounts};
  FlowTable flows;
  TransientFlows transient{flows};
  LateEnds lateEnds;
  EarlierSessions earlier;
  SelfProbe probe{[](proto::Hook, proto::Family) {}};
  Headings headings;
  Askers askers;
  NameTable names;
  NameLookups lookups{loop.timer, names, askers};
  Deciding deciding{[this]() -> rules::RuleSet& { return store->inForce(); }, names};
  FakeAsking asking;
  Judge judge{loop.timer,
              {programs, flows, transient, lateEnds, headings, askers, lookups, deciding, settler,
               kernel, earlier, probe, asking}};
  std::mutex compiling;
  Worker worker{8};
  uint16_t nextPort = 40000;

  void begin(kj::StringPtr rules) {
    folder.write("etc/rules.d/10.toml", rules);
    start();
    store->workAside([this](kj::Function<void()> job) {
      return worker.run([this, job = kj::mv(job)]() mutable {
        std::lock_guard<std::mutex> held(compiling);
        job();
      });
    });
  }

  kj::String verdict() {
    // On a connection that is new.
    FakePacket packet{tcp("192.0.2.10", nextPort++, "203.0.113.5", 443)};
    capnp::MallocMessageBuilder message;
    packet.to(message.initRoot<proto::AttributedBatch>().initFlows(1)[0]);
    judge.receive(message.getRoot<proto::AttributedBatch>().asReader());
    return settler.said();
  }
};

TEST_CASE("while new rules are read and compiled, verdicts are settled by those before") {
  BusyStore t;
  t.begin(ruleText("old", "allow"));
  CHECK(t.verdict() == "1 1710");
  t.compiling.lock();
  t.folder.write("etc/rules.d/10.toml", ruleText("new", "block"));
  auto reload = t.store->reload();
  t.loop.turn();
  for (int i = 0; i < 100; i++) CHECK(t.verdict() == "1 1710");
  CHECK_FALSE(reload.poll(t.loop.scope));
  t.compiling.unlock();
  t.loop.finish(kj::mv(reload));
  CHECK(t.verdict() == "1 1711");
}

TEST_CASE("rules that are added while others are compiled come after them, and none is lost") {
  BusyStore t;
  t.begin(ruleText("old"));
  t.compiling.lock();
  t.folder.write("etc/rules.d/20.toml", ruleText("by hand"));
  auto reload = t.store->reload();
  auto added = t.store->add(ruleText("by command"), 0 * kj::SECONDS);
  auto again = t.store->add(ruleText("by command"), 0 * kj::SECONDS);
  t.loop.turn();
  CHECK_FALSE(t.has("by hand"));
  t.compiling.unlock();
  t.loop.finish(kj::mv(reload));
  CHECK(t.has("by hand"));
  CHECK(t.loop.finish(kj::mv(added)).rule == "by command");
  CHECK(t.has("by command"));
  CHECK(contains(failureOf([&]() { t.loop.finish(kj::mv(again)); }), "is there already"));
}

TEST_CASE("a clock that is set while rules are compiled leaves them their time") {
  BusyStore t;
  t.begin(ruleText("old"));
  t.folder.write("etc/rules.d/20.toml", ruleText("for a while", "allow", "for = \"1h\""));
  t.loop.finish(t.store->reload());
  auto endsAt = t.rule("for a while").expiresNs;
  t.compiling.lock();
  t.folder.write("etc/rules.d/30.toml", ruleText("new"));
  auto reload = t.store->reload();
  t.loop.turn();
  constexpr uint64_t DAY = 86'400'000'000'000;
  t.now += DAY;
  t.loop.timer.advanceTo(t.loop.timer.now() + 61 * kj::SECONDS);
  t.loop.turn();
  t.compiling.unlock();
  t.loop.finish(kj::mv(reload));
  CHECK(t.has("new"));
  CHECK(t.rule("for a while").expiresNs == endsAt + DAY);
}

}  // namespace
}  // namespace portreeve::policy
