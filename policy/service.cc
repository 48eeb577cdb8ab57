// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/service.h"

#include "common/clock.h"
#include "common/lists-update.h"
#include "common/log.h"
#include "common/marks.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

constexpr auto BETWEEN_SWEEPS = 10 * kj::SECONDS;
constexpr auto BEFORE_RECONCILING = 100 * kj::MILLISECONDS;  // several reasons, one walk
constexpr size_t COMPILER_JOBS = 64;  // changes of rules come one after the other
constexpr uint SWEEPS_A_WALK = 30;    // conntrack is compared every five minutes, whatever was told

}  // namespace

RuleFolders ruleFolders(const Directories& directories) {
  return RuleFolders{kj::str(directories.configuration, "/rules.d"),
                     kj::str(directories.state, "/policy/rules.d"),
                     kj::str(directories.state, "/policy/users.d"),
                     kj::str(directories.state, "/lists"), directories.settingsFile()};
}

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings& settings,
                 const UserNames& users, const Directories& directories, kj::AutoCloseFd rpcSocket,
                 service::Notifier& notifier)
    : timer(io.provider->getTimer()),
      notifier(notifier),
      ownStatus(Role::POLICY),
      rules(io.unixEventPort, timer, ruleFolders(directories), settings.policy, users),
      programs(accounts),
      transient(flows),
      probe([this](proto::Hook hook, proto::Family family) { repair(hook, family); }),
      lookups(timer, names, askers),
      deciding([this]() -> rules::RuleSet& { return rules.inForce(); }, names),
      settle(timer, [this]() { interceptor.renew(); }),
      attributor(*io.lowLevelProvider, timer, directories.socket("attributor"),
                 [this]() { interceptor.renew(); }),
      interceptor(*io.lowLevelProvider, timer, directories.socket("interceptor"), settle,
                  [this]() { return events.watcher(); },
                  {[this]() { return attributor.whenReady(); },
                   [this](bool rulesPresent) {
                     askers.socketsUnknown();
                     return existing.begin(rulesPresent);
                   },
                   [this]() { enforcing(); }, [this]() { reconcileSoon(); }}),
      events(flows, lateEnds, earlier, askers, interceptor, [this]() { reconcileSoon(); }),
      walk(timer, flows, transient, deciding, interceptor),
      existing({programs, headings, flows, deciding, walk, interceptor, earlier}, attributor),
      disk(io.unixEventPort),
      state(kj::str(directories.state, "/policy"), disk),
      prompts({timer, deciding, settle, users, state, rules.settings().now(),
               settings.interceptor.timeoutMs, [this]() { return rules.unanswered(); },
               [this](kj::StringPtr toml, kj::StringPtr who) {
                 return rules.add(toml, 0 * kj::SECONDS, who).then([](RuleStore::Added added) {
                   return kj::mv(added.rule);
                 });
               },
               [this](Arrival&& arrival) { judge.resume(kj::mv(arrival)); }}),
      modes({timer, rules, state, []() { return wallNs(); }, []() { return sinceBootNs(); }}),
      learned(flows, timer, state),
      judge(timer, {programs, flows, transient, lateEnds, headings, askers, lookups, deciding,
                    settle, interceptor, earlier, probe, prompts}),
      rejudge(timer, flows, transient, lateEnds, deciding, interceptor),
      nameJudges(
          timer, flows, askers, names, lookups, probe,
          [this]() -> rules::RuleSet& { return rules.inForce(); },
          [this](const Tuple& localFirst) { return findProcess(localFirst); }),
      attributed(io.unixEventPort,
                 [this](proto::AttributedBatch::Reader batch) { judge.receive(batch); }),
      tokens(state, wallNs),
      followers(flows, users, timer),
      history(flows, users, timer, {settings.history.enabled, settings.history.queries}, wallNs()),
      gateRoutes(
          timer, flows, deciding, [this]() -> rules::RuleSet& { return rules.inForce(); },
          [this](const Tuple& localFirst) { return findProcess(localFirst); }),
      bootstrap{
          rules,
          flows,
          followers,
          secrets,
          tokens,
          users,
          [this](proto::view::ProcessStatus::Builder builder) { fillStatus(builder); },
          [this]() { return attributed.open(); },
          [this]() { return nameJudges.make(); },
          [this]() { return walk.refreshBytes(); },
          history,
          [this](proto::RouteWatcher::Client watcher) { return gateRoutes.make(kj::mv(watcher)); },
          prompts,
          modes,
          learned,
          [this]() {
            return state.replace(LISTS_WANTED, FileContent{kj::str(rfc3339(wallNs()), '\n')});
          }},
      rpc(
          *io.lowLevelProvider, rpcSocket.release(), accounts,
          [this](Entitlement peer) { return makeBootstrap(bootstrap, kj::mv(peer)); },
          RpcServer::Admits::PEOPLE),
      tasks(*this) {
  rules.onFill([this](proto::view::RulesStatus::Builder status) {
    modes.fill(status);
    status.setLearned(double(learned.kinds().size()));
  });
  rules.onChange([this]() {
    judgeNamesAnew();
    prompts.rulesChanged(modes.mode() != rules::Mode::NONE);
    return rejudge.run();
  });
  judge.onLearned([this]() {
    judgeNamesAnew();
    rejudgeSoon();
  });
  nameJudges.onAsked(
      [this](const Program& asker, kj::StringPtr name, uint16_t type, bool refused,
             kj::StringPtr rule) { history.asked(asker, name, type, refused, rule); });
  if (settings.history.enabled) told.emplace(flows, users, timer, journal.emplace());
  prompts.onAsked([this](const Question& question) {
    history.prompted(question, nullptr);
    KJ_IF_MAYBE (events, told) events->asked(question);
  });
  prompts.onClosed([this](const Question& question, const Closed& how) {
    history.prompted(question, &how);
    KJ_IF_MAYBE (events, told) events->closed(question, how);
  });
  modes.onTurn([this](const Modes::Turn& turn) {
    KJ_IF_MAYBE (events, told) events->turned(turn);
  });
  rules.onNoted([this](const Change& change) {
    KJ_IF_MAYBE (events, told) events->changed(change);
  });
  addCounters();
}

void Service::startCompiler() {
  auto& worker = *compiler.emplace(kj::heap<Worker>(COMPILER_JOBS));
  rules.workAside([&worker](kj::Function<void()> job) { return worker.run(kj::mv(job)); });
}

void Service::loadRules() {
  modes.restore();
  learned.restore();
  rules.loadFirst();
  judgeNamesAnew();
  prompts.restore();
}

kj::Promise<void> Service::serve() {
  return rpc.serve().exclusiveJoin(rules.run()).exclusiveJoin(modes.run()).exclusiveJoin(sweep());
}

kj::Promise<void> Service::sweep() {
  return timer.afterDelay(BETWEEN_SWEEPS).then([this]() {
    transient.sweep(monotonicNs());
    tokens.endExpired();
    if (++sweeps % SWEEPS_A_WALK == 0) tasks.add(walk.compare());
    return sweep();
  });
}

void Service::reconcileSoon() {
  askers.socketsUnknown();
  if (reconciling) return;
  reconciling = true;
  tasks.add(timer.afterDelay(BEFORE_RECONCILING).then([this]() {
    reconciling = false;
    return existing.begin(true);
  }));
}

void Service::repair(proto::Hook hook, proto::Family family) {
  tasks.add(interceptor.repair(hook, family));
}

void Service::taskFailed(kj::Exception&& e) {
  // With a peer that comes back everything begins anew.
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("having the kernel's tables compared or its queues repaired", e);
}

void Service::rejudgeSoon() {
  // Many programs may be examined at once.
  constexpr auto PAUSE = 100 * kj::MILLISECONDS;
  if (rejudging) return;
  rejudging = true;
  tasks.add(timer.afterDelay(PAUSE).then([this]() {
    rejudging = false;
    return rejudge.run().ignoreResult();
  }));
}

void Service::judgeNamesAnew() {
  auto& set = rules.inForce();
  askers.judgeAnew({set.tellsProcessesApart(), set.usesExamination()});
}

void Service::enforcing() {
  if (rejudge.owesActs()) tasks.add(rejudge.run().ignoreResult());
  if (saidReady) return;
  saidReady = true;
  log::info("judging");
  notifier.ready();
}

kj::Promise<kj::Own<Program>> Service::findProcess(const Tuple& localFirst) {
  return attributor.who(localFirst).then([this](AttributorLink::Who&& answer) {
    return programs.of(answer.getProcess());
  });
}

void Service::addCounters() {
  auto counter = [this](kj::StringPtr name, const uint64_t& value) {
    ownStatus.addCounter(name, [&value]() { return double(value); });
  };
  auto& judged = judge.counters();
  counter("packets", judged.packets);
  counter("flows", judged.flows);
  counter("packets_of_known_flows", judged.again);
  counter("settled", settle.counters().settled);
  for (auto verdict :
       {proto::Verdict::ACCEPT, proto::Verdict::BLOCK, proto::Verdict::DROP, proto::Verdict::GATE17,
        proto::Verdict::NAMESERVER, proto::Verdict::ACCEPT_ONCE, proto::Verdict::BLOCK_ONCE,
        proto::Verdict::DROP_ONCE})
    counter(kj::str("verdicts_", markOf(verdict)), judged.verdicts[static_cast<size_t>(verdict)]);
  addPromptCounters();
  counter("malformed_packets", judged.malformed);
  counter("fragments", judged.fragments);
  counter("begun_anew", judged.restarted);
  counter("unnamed_for_the_moment", judged.unnamed);
  counter("waited_for_name", judged.waitedForName);
  ownStatus.addCounter("waiting_for_name", [this]() { return double(judge.waiting()); });
  ownStatus.addCounter("open_flows", [this]() { return double(flows.openCount()); });
  ownStatus.addCounter("flows_not_kept", [this]() { return double(flows.notKept()); });
  ownStatus.addCounter("names", [this]() { return double(names.size()); });
  ownStatus.addCounter("name_lookups", [this]() { return double(lookups.asked()); });
  ownStatus.addCounter("name_lookups_late", [this]() { return double(lookups.timedOut()); });
  counter("names_asked_for", nameJudges.counters().asked);
  counter("names_refused", nameJudges.counters().refused);
  counter("names_of_unknown_askers", nameJudges.counters().unknownAskers);
  counter("names_answered", nameJudges.counters().answers);
  counter("ring_full", settle.counters().full);
  counter("verdicts_given_up", settle.counters().givenUp);
  ownStatus.addCounter("ring_malformed", [this]() { return double(attributed.malformed()); });
  counter("kernel_flows_ended", events.counters().flowsEnded);
  counter("kernel_sockets_closed", events.counters().socketsClosed);
  counter("kernel_entries_deleted", events.counters().entriesDeleted);
  counter("kernel_events_missed", events.counters().missed);
  counter("self_probes", probe.counters().concluded);
  counter("self_probes_failed", probe.counters().failed);
  counter("self_probe_repairs", probe.counters().repairs);
  ownStatus.addCounter("history_waiting", [this]() { return double(history.waitingCount()); });
  ownStatus.addCounter("history_missed", [this]() { return double(history.missedCount()); });
  ownStatus.addCounter("conntrack_walks", [this]() { return double(walk.walks()); });
  ownStatus.addCounter("evaluate_p50_us", [this]() { return deciding.time().percentileUs(50); });
  ownStatus.addCounter("evaluate_p99_us", [this]() { return deciding.time().percentileUs(99); });
  ownStatus.addLatency("attribution", judge.attribution());
  ownStatus.addLatency("policy", judge.judging());
}

void Service::addPromptCounters() {
  auto& counts = prompts.counters();
  auto counter = [this](kj::StringPtr name, const uint64_t& value) {
    ownStatus.addCounter(name, [&value]() { return double(value); });
  };
  ownStatus.addCounter("prompts_pending", [this]() { return double(prompts.pending()); });
  ownStatus.addCounter("prompts_packets_waiting", [this]() { return double(prompts.waiting()); });
  ownStatus.addCounter("prompts_watchers", [this]() { return double(prompts.watchers().count()); });
  counter("prompts_asked", counts.asked);
  counter("prompts_answered", counts.answered);
  counter("prompts_unanswered", counts.unanswered);
  counter("prompts_too_many", counts.tooMany);
  counter("prompts_forgotten", counts.forgotten);
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (!rules.good())
    ownStatus.setState("degraded", rules.problem());
  else if (!attributed.connected())
    ownStatus.setState("degraded", "the attributor is not there: nothing comes to be judged");
  else if (!interceptor.enforcing())
    ownStatus.setState(saidReady ? "degraded" : "starting",
                       "the interceptor is not there, or the rules are not in force yet");
  else
    ownStatus.setState(probe.failure() == nullptr ? "running" : "degraded",
                       probe.failure().orDefault(nullptr));
  ownStatus.fill(builder);
  probe.fill(builder);
}

}  // namespace portreeve::policy
