// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/supervisor.h"

#include "cli/back-off.h"
#include "cli/text-file.h"
#include "common/log.h"

#include <kj/debug.h>
#include <kj/vector.h>
#include <signal.h>

namespace portreeve::cli {
namespace {

constexpr Role START_ORDER[] = {Role::KEEPER,  Role::READER,      Role::ATTRIBUTOR,
                                Role::POLICY,  Role::INTERCEPTOR, Role::RESOLVER,
                                Role::GATEWAY, Role::HISTORIAN,   Role::GATE};
constexpr Role STOP_ORDER[] = {Role::GATEWAY,     Role::GATE,   Role::RESOLVER,
                               Role::INTERCEPTOR, Role::POLICY, Role::HISTORIAN,
                               Role::ATTRIBUTOR,  Role::READER, Role::KEEPER};
// Whoever asks ends before whoever answers.

struct Daemon {
  Role role;
  kj::Maybe<kj::Own<RunningChild>> child;
  kj::TimePoint started = kj::origin<kj::TimePoint>();
  BackOff backOff;
  bool ready = false;     // since it was last started
  bool wasReady = false;  // ever
  uint starts = 0;
  kj::String said;  // its last STATUS=
  kj::String lastEnd;
};

kj::String whyNotReady(const Daemon& daemon) {
  auto who = name(daemon.role);
  auto said = daemon.said.size() > 0 ? kj::str(" (it says: ", daemon.said, ')') : kj::String();
  if (daemon.child == nullptr)
    return kj::str(who, " ended ", daemon.starts, " times, the last time with ", daemon.lastEnd,
                   said, "; its own words stand above");
  return kj::str(who, " runs, but has not said that it is ready", said);
}

}  // namespace

struct Supervisor::Impl final : public kj::TaskSet::ErrorHandler {
  kj::Timer& timer;
  ChildStarter& starter;
  kj::Vector<Daemon> daemons;
  bool enforcing = false;
  bool stopping = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> readiness;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> allEnded;
  kj::TaskSet tasks;  // last: destroyed first

  Impl(kj::Timer& timer, ChildStarter& starter) : timer(timer), starter(starter), tasks(*this) {
    for (Role role : START_ORDER) daemons.add(Daemon{role, nullptr});
  }

  void start(Daemon& daemon) {
    if (stopping) return;
    daemon.starts++;
    daemon.started = timer.now();
    daemon.ready = false;
    auto child = starter.start(daemon.role);
    tasks.add(
        child->whenEnded().then([this, &daemon](kj::String how) { ended(daemon, kj::mv(how)); }));
    daemon.child = kj::mv(child);
  }

  void ended(Daemon& daemon, kj::String how) {
    daemon.child = nullptr;
    daemon.ready = false;
    daemon.lastEnd = kj::mv(how);
    if (stopping) return noteStopped();
    if (!enforcing && !daemon.wasReady && daemon.starts >= TRIES) return giveUp(daemon);
    auto pause = daemon.backOff.next(timer.now() - daemon.started);
    log::warning(kj::str(name(daemon.role), " ended (", daemon.lastEnd, ") and is started again",
                         pause > 0 * kj::SECONDS ? " in a moment" : ""));
    tasks.add(timer.afterDelay(pause).then([this, &daemon]() { start(daemon); }));
  }

  void giveUp(const Daemon& daemon) {
    KJ_IF_MAYBE (fulfiller, readiness) (*fulfiller)->reject(notReady(whyNotReady(daemon)));
  }

  static kj::Exception notReady(kj::StringPtr why) {
    return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                         kj::str("not enforcing: ", why));
  }

  kj::Exception outOfTime() const {
    kj::Vector<kj::String> reasons;
    for (auto& daemon : daemons)
      if (!daemon.ready) reasons.add(whyNotReady(daemon));
    return notReady(
        kj::str("after ", READY_WITHIN / kj::SECONDS, " s ", kj::strArray(reasons, "; ")));
  }

  void heard(Daemon& daemon, kj::StringPtr line) {
    constexpr kj::StringPtr STATUS = "STATUS="_kj;
    if (line.startsWith(STATUS)) daemon.said = kj::str(line.slice(STATUS.size()));
    if (line == "READY=1") becameReady(daemon);
  }

  void becameReady(Daemon& daemon) {
    daemon.ready = daemon.wasReady = true;
    for (auto& other : daemons)
      if (!other.ready) return;
    enforcing = true;
    KJ_IF_MAYBE (fulfiller, readiness) (*fulfiller)->fulfill();
  }

  Daemon& daemonOf(Role role) {
    for (auto& daemon : daemons)
      if (daemon.role == role) return daemon;
    KJ_UNREACHABLE;
  }

  void signalAll(int number) {
    for (Role role : STOP_ORDER)
      KJ_IF_MAYBE (child, daemonOf(role).child) (*child)->signal(number);
  }

  void noteStopped() {
    for (auto& daemon : daemons)
      if (daemon.child != nullptr) return;
    KJ_IF_MAYBE (fulfiller, allEnded) (*fulfiller)->fulfill();
  }

  void killLate() {
    for (auto& daemon : daemons)
      if (daemon.child != nullptr)
        log::warning(kj::str(name(daemon.role), " did not end in ", STOP_WITHIN / kj::SECONDS,
                             " s and is killed"));
    signalAll(SIGKILL);
  }

  void taskFailed(kj::Exception&& e) override { log::exception("supervising", e); }
};

Supervisor::Supervisor(kj::Timer& timer, ChildStarter& starter)
    : impl(kj::heap<Impl>(timer, starter)) {}
Supervisor::~Supervisor() noexcept(false) = default;

void Supervisor::start() {
  for (auto& daemon : impl->daemons) impl->start(daemon);
}

void Supervisor::notified(pid_t from, kj::StringPtr message) {
  for (auto& daemon : impl->daemons) {
    KJ_IF_MAYBE (child, daemon.child) {
      if ((*child)->pid() != from || from == 0) continue;
      for (auto& line : linesOf(message)) impl->heard(daemon, line);
    }
  }
}

kj::Promise<void> Supervisor::whenReady() {
  if (impl->enforcing) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  impl->readiness = kj::mv(paf.fulfiller);
  return paf.promise.exclusiveJoin(impl->timer.afterDelay(READY_WITHIN).then([this]() {
    kj::throwFatalException(impl->outOfTime());
  }));
}

kj::Promise<void> Supervisor::stop() {
  impl->stopping = true;
  auto paf = kj::newPromiseAndFulfiller<void>();
  impl->allEnded = kj::mv(paf.fulfiller);
  impl->noteStopped();
  impl->signalAll(SIGTERM);
  impl->tasks.add(impl->timer.afterDelay(STOP_WITHIN).then([this]() { impl->killLate(); }));
  return kj::mv(paf.promise);
}

void Supervisor::fill(proto::SupervisorStatus::Builder status) const {
  status.setEnforcing(impl->enforcing);
  auto children = status.initChildren(uint(impl->daemons.size()));
  for (uint i = 0; i < children.size(); i++) {
    auto& daemon = impl->daemons[i];
    children[i].setName(name(daemon.role));
    KJ_IF_MAYBE (child, daemon.child) children[i].setPid((*child)->pid());
    children[i].setReady(daemon.ready);
    children[i].setStarts(daemon.starts);
    children[i].setLastEnd(daemon.lastEnd);
  }
}

}  // namespace portreeve::cli
