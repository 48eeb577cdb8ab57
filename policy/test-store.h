// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a rule store over two folders of one's own, with a clock that stands still.
#pragma once

#include "policy/rule-store.h"
#include "policy/rules/test-facts.h"
#include "policy/test-folders.h"

#include <capnp/message.h>

namespace portreeve::policy {

using rules::ruleText;

struct TestStore {
  TestFolder folder;
  TestLoop loop;
  Settings::Policy settings;
  uint64_t now = wallNs();  // as files are written with the real one
  uint64_t sinceBoot = 1'000'000'000'000'000;
  uint32_t affects = 0;  // what the next Apply says
  uint32_t applied = 0;  // how often it was called
  bool hangs = false;    // it never answers
  kj::Own<RuleStore> store;
  kj::Promise<void> running = nullptr;

  TestStore() {
    folder.make("etc/rules.d");
    folder.make("state/policy/rules.d");
    folder.make("state/policy/users.d");
    settings.defaultAction = DefaultAction::BLOCK;
  }

  void open() {
    // As a new life of policy.
    running = nullptr;
    store = kj::heap<RuleStore>(
        loop.port, loop.timer,
        RuleFolders{folder.path("etc/rules.d"), folder.path("state/policy/rules.d"),
                    folder.path("state/policy/users.d"), folder.path("state/lists"),
                    folder.path("etc/portreeve.toml")},
        settings, rules::testUsers(), [this]() { return now; }, [this]() { return sinceBoot; });
    store->onChange([this]() -> kj::Promise<uint32_t> {
      applied++;
      if (hangs) return kj::NEVER_DONE;
      return affects;
    });
  }
  void start() {
    open();
    store->loadFirst();
    running = store->run().eagerlyEvaluate([](kj::Exception&& e) { KJ_FAIL_ASSERT(e); });
    loop.turn();
  }

  void pass(kj::Duration time) {
    for (auto step = time / 20; time > 0 * kj::SECONDS; time -= step) {
      now += uint64_t(step / kj::NANOSECONDS);
      sinceBoot += uint64_t(step / kj::NANOSECONDS);
      loop.timer.advanceTo(loop.timer.now() + step);
      loop.turn();
    }
  }
  void finishChanges() { loop.finish(store->reload()); }  // it waits for its turn
  void notice() { pass(1 * kj::SECONDS); }

  bool has(kj::StringPtr name) { return store->inForce().find(name) != nullptr; }
  const rules::Rule& rule(kj::StringPtr name) {
    auto& set = store->inForce();
    return set.rules()[KJ_ASSERT_NONNULL(set.find(name), name)];
  }
  void finishKeeping(kj::StringPtr part) {
    // Until the disk has taken what was in force last, with this in it.
    while (!contains(folder.read("state/policy/last-good.toml"), part)) loop.turn();
  }
  kj::Vector<kj::String> ownFiles() { return folder.list("state/policy/rules.d"); }

  RuleStore::Added add(kj::StringPtr toml, kj::Duration confirm = 0 * kj::SECONDS) {
    return loop.finish(store->add(toml, confirm));
  }
  uint32_t remove(kj::StringPtr name, kj::Duration confirm = 0 * kj::SECONDS) {
    return loop.finish(store->remove(name, confirm));
  }

  kj::String replace(kj::StringPtr name, kj::StringPtr toml) {
    return loop.finish(store->replace(name, toml, 0 * kj::SECONDS)).rule;
  }
  void move(kj::StringPtr name, kj::StringPtr before) {
    loop.finish(store->move(name, before, 0 * kj::SECONDS));
  }
  kj::String order() {
    // The names of the suite's own rules as they are asked.
    kj::Vector<kj::StringPtr> names;
    for (auto& one : store->inForce().rules())
      if (one.layer == rules::Layer::SUITE) names.add(one.name);
    return kj::strArray(names, " ");
  }

  struct Status {
    capnp::MallocMessageBuilder message;
    proto::view::RulesStatus::Builder view = message.initRoot<proto::view::RulesStatus>();
  };
  kj::Own<Status> status() {
    auto status = kj::heap<Status>();
    store->fill(status->view);
    return status;
  }
};

}  // namespace portreeve::policy
