// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/supervisor.h"

#include "cli/back-off.h"
#include "cli/confirmation.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <signal.h>

namespace portreeve::cli {
namespace {

struct FakeLife {
  // What a test sees and does of one started child; outlives it.
  Role role;
  pid_t pid;
  bool alive = true;
  kj::Vector<int> signals;
  kj::Own<kj::PromiseFulfiller<kj::String>> fulfiller;

  void end(kj::StringPtr how) {
    alive = false;
    fulfiller->fulfill(kj::str(how));
  }
};

class FakeChild final : public RunningChild {
public:
  FakeChild(FakeLife& life, kj::Promise<kj::String> end) : life(life), end(kj::mv(end)) {}
  pid_t pid() const override { return life.alive ? life.pid : 0; }
  kj::Promise<kj::String> whenEnded() override { return kj::mv(end); }
  void signal(int number) override { life.signals.add(number); }

private:
  FakeLife& life;
  kj::Promise<kj::String> end;
};

class FakeStarter final : public ChildStarter {
public:
  kj::Own<RunningChild> start(Role role) override {
    auto paf = kj::newPromiseAndFulfiller<kj::String>();
    lives.add(kj::heap<FakeLife>(FakeLife{role, pid_t(100 + lives.size())}));
    lives.back()->fulfiller = kj::mv(paf.fulfiller);
    return kj::heap<FakeChild>(*lives.back(), kj::mv(paf.promise));
  }

  FakeLife& newest(Role role) {
    for (size_t i = lives.size(); i-- > 0;)
      if (lives[i]->role == role) return *lives[i];
    KJ_FAIL_REQUIRE("never started", name(role));
  }

  size_t starts(Role role) const {
    size_t count = 0;
    for (auto& life : lives)
      if (life->role == role) count++;
    return count;
  }

  kj::Vector<kj::Own<FakeLife>> lives;
};

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  FakeStarter starter;
  Supervisor supervisor{timer, starter};

  void advance(kj::Duration by) {
    timer.advanceTo(timer.now() + by);
    settle();
  }
  void settle() {
    for (int i = 0; i < 10; i++) kj::evalLater([]() {}).wait(scope);
  }
  void sayReady(Role role) { supervisor.notified(starter.newest(role).pid, "READY=1"); }
  void allReady() {
    for (Role role : ROLES) sayReady(role);
  }
};

TEST_CASE("it is ready when every daemon has said so") {
  Fixture f;
  f.supervisor.start();
  CHECK(f.starter.lives.size() == kj::size(ROLES));
  auto ready = f.supervisor.whenReady();
  for (Role role : ROLES) {
    CHECK(!ready.poll(f.scope));
    f.sayReady(role);
  }
  CHECK(ready.poll(f.scope));
  ready.wait(f.scope);
}

TEST_CASE("a stranger's READY is nothing") {
  Fixture f;
  f.supervisor.start();
  auto ready = f.supervisor.whenReady();
  for (Role role : ROLES)
    if (role != Role::POLICY) f.sayReady(role);
  f.supervisor.notified(4711, "READY=1");
  f.supervisor.notified(0, "READY=1");
  CHECK(!ready.poll(f.scope));
}

TEST_CASE("who is not ready in time is named with what he last said") {
  Fixture f;
  f.supervisor.start();
  auto ready = f.supervisor.whenReady();
  for (Role role : ROLES)
    if (role != Role::INTERCEPTOR) f.sayReady(role);
  f.supervisor.notified(f.starter.newest(Role::INTERCEPTOR).pid, "STATUS=waiting for policy\n");
  f.advance(Supervisor::READY_WITHIN);
  CHECK_THROWS_WITH(ready.wait(f.scope), doctest::Contains("interceptor runs"));
}

TEST_CASE("a daemon that dies again and again before it was ready ends the attempt early") {
  Fixture f;
  f.supervisor.start();
  auto ready = f.supervisor.whenReady();
  for (uint i = 0; i < Supervisor::TRIES; i++) {
    CHECK(f.starter.starts(Role::POLICY) == i + 1);
    f.starter.newest(Role::POLICY).end("exit code 1");
    f.settle();
    f.advance(1 * kj::SECONDS);
  }
  CHECK(f.starter.starts(Role::POLICY) == Supervisor::TRIES);
  CHECK_THROWS_WITH(ready.wait(f.scope), doctest::Contains("policy ended 5 times"));
}

TEST_CASE("a dead daemon is started again at once, and the others are left alone") {
  Fixture f;
  f.supervisor.start();
  f.allReady();
  f.advance(1 * kj::HOURS);
  f.starter.newest(Role::ATTRIBUTOR).end("killed by signal 9");
  f.settle();
  f.advance(0 * kj::SECONDS);
  CHECK(f.starter.starts(Role::ATTRIBUTOR) == 2);
  CHECK(f.starter.lives.size() == kj::size(ROLES) + 1);
}

TEST_CASE("status tells of each daemon whether it is ready and how it last ended") {
  Fixture f;
  f.supervisor.start();
  f.allReady();
  f.starter.newest(Role::POLICY).end("killed by signal 9");
  f.settle();
  f.advance(0 * kj::SECONDS);
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::SupervisorStatus>();
  f.supervisor.fill(status);
  CHECK(status.getEnforcing());
  for (auto child : status.getChildren()) {
    bool policy = child.getName() == "policy";
    CHECK(child.getReady() == !policy);
    CHECK(child.getStarts() == (policy ? 2 : 1));
    CHECK(child.getPid() == f.starter.newest(policy ? Role::POLICY : Role::KEEPER).pid * policy +
                                child.getPid() * !policy);
  }
}

TEST_CASE("stopping ends all and starts none again") {
  Fixture f;
  f.supervisor.start();
  f.allReady();
  auto stopped = f.supervisor.stop();
  for (auto& life : f.starter.lives) {
    REQUIRE(life->signals.size() == 1);
    CHECK(life->signals[0] == SIGTERM);
    CHECK(!stopped.poll(f.scope));
    life->end("exit code 0");
  }
  CHECK(stopped.poll(f.scope));
  f.advance(1 * kj::MINUTES);
  CHECK(f.starter.lives.size() == kj::size(ROLES));
}

TEST_CASE("a daemon that was about to be started again is not, once it stops") {
  Fixture f;
  f.supervisor.start();
  for (int i = 0; i < 3; i++) {
    f.starter.newest(Role::READER).end("exit code 1");
    f.settle();
    if (i < 2) f.advance(1 * kj::SECONDS);
  }
  size_t starts = f.starter.starts(Role::READER);
  auto stopped = f.supervisor.stop();
  f.advance(Supervisor::STOP_WITHIN - 1 * kj::SECONDS);
  CHECK(f.starter.starts(Role::READER) == starts);
}

TEST_CASE("who does not end in time is killed") {
  Fixture f;
  f.supervisor.start();
  auto stopped = f.supervisor.stop();
  for (auto& life : f.starter.lives)
    if (life->role != Role::RESOLVER) life->end("exit code 0");
  f.advance(Supervisor::STOP_WITHIN);
  auto& late = f.starter.newest(Role::RESOLVER);
  REQUIRE(late.signals.size() == 2);
  CHECK(late.signals[1] == SIGKILL);
  late.end("killed by signal 9");
  CHECK(stopped.poll(f.scope));
}

TEST_CASE(
    "the pause before a restart grows while lives are short and is forgotten after a long one") {
  BackOff backOff;
  auto young = 10 * kj::MILLISECONDS;
  CHECK(backOff.next(young) == 0 * kj::SECONDS);
  CHECK(backOff.next(young) == 100 * kj::MILLISECONDS);
  CHECK(backOff.next(young) == 200 * kj::MILLISECONDS);
  for (int i = 0; i < 10; i++) backOff.next(young);
  CHECK(backOff.next(young) == 5 * kj::SECONDS);
  CHECK(backOff.next(BackOff::GROWN_UP) == 0 * kj::SECONDS);
  CHECK(backOff.next(young) == 100 * kj::MILLISECONDS);
}

TEST_CASE("what is not confirmed in time is taken back") {
  Fixture f;
  Confirmation confirmation(f.timer);
  CHECK(!confirmation.confirm());
  auto expired = confirmation.wait(60);
  CHECK(confirmation.secondsLeft() == 60);
  f.advance(59500 * kj::MILLISECONDS);
  CHECK(confirmation.secondsLeft() == 1);
  CHECK(!expired.poll(f.scope));
  f.advance(500 * kj::MILLISECONDS);
  CHECK(expired.poll(f.scope));
}

TEST_CASE("what is confirmed stays") {
  Fixture f;
  Confirmation confirmation(f.timer);
  auto expired = confirmation.wait(60);
  CHECK(confirmation.confirm());
  CHECK(!confirmation.confirm());
  CHECK(confirmation.secondsLeft() == 0);
  f.advance(61 * kj::SECONDS);
  CHECK(!expired.poll(f.scope));
}

TEST_CASE("without a time to confirm in, nothing is ever taken back") {
  Fixture f;
  Confirmation confirmation(f.timer);
  auto expired = confirmation.wait(0);
  f.advance(1 * kj::HOURS);
  CHECK(!expired.poll(f.scope));
}

}  // namespace
}  // namespace portreeve::cli
