// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/service.h"

#include "common/clock.h"
#include "common/log.h"
#include "history/explain.h"
#include "history/failure.h"
#include "history/replay.h"
#include "history/rule-texts.h"

#include <kj/debug.h>

namespace portreeve::history {
namespace {

constexpr uint64_t SECOND_NS = 1'000'000'000;
constexpr uint64_t QUICK_LIMIT = 10 * SECOND_NS;
constexpr uint64_t SLOW_LIMIT = 60 * SECOND_NS;
constexpr size_t MOST_WRITES = 64, MOST_QUICK = 64, MOST_SLOW = 4;

}  // namespace

kj::String databaseFile(const Directories& directories) {
  return kj::str(directories.state, "/history/history.db");
}

class Service::HistoryServer final : public proto::History::Server {
public:
  explicit HistoryServer(Service& service) : service(service) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    Filter filter(context.getParams().getFilter(), service.users);
    return service.quick
        .ask([filter = kj::mv(filter), live = service.live()](Database& database) {
          return findConnections(database, filter, live ? newestLife(database) : 0);
        })
        .then([context](Answer&& answer) mutable {
          context.getResults().setPage(answer->getRoot<proto::view::ConnectionPage>());
        });
  }

  kj::Promise<void> queries(QueriesContext context) override {
    Filter filter(context.getParams().getFilter(), service.users);
    return service.quick
        .ask(
            [filter = kj::mv(filter)](Database& database) { return findQueries(database, filter); })
        .then([context](Answer&& answer) mutable {
          context.getResults().setPage(answer->getRoot<proto::view::NameQueryPage>());
        });
  }

  kj::Promise<void> prompts(PromptsContext context) override {
    Filter filter(context.getParams().getFilter(), service.users);
    return service.quick
        .ask(
            [filter = kj::mv(filter)](Database& database) { return findPrompts(database, filter); })
        .then([context](Answer&& answer) mutable {
          context.getResults().setPage(answer->getRoot<proto::PromptRecordPage>());
        });
  }

  kj::Promise<void> summary(SummaryContext context) override {
    auto params = context.getParams();
    Filter filter(params.getFilter(), service.users);
    return service.quick
        .ask([filter = kj::mv(filter), by = kj::str(params.getBy())](Database& database) {
          return summarize(database, filter, by);
        })
        .then([context](Answer&& answer) mutable {
          auto groups = answer->getRoot<proto::History::SummaryResults>().asReader().getGroups();
          context.getResults().setGroups(groups);
        });
  }

  kj::Promise<void> gaps(GapsContext context) override {
    Filter filter(context.getParams().getFilter(), service.users);
    return service.quick
        .ask([filter = kj::mv(filter)](Database& database) { return findGaps(database, filter); })
        .then([context](Answer&& answer) mutable {
          auto gaps = answer->getRoot<proto::History::GapsResults>().asReader().getGaps();
          context.getResults().setGaps(gaps);
        });
  }

  kj::Promise<void> replay(ReplayContext context) override {
    auto params = context.getParams();
    auto set = supposed(params);
    Span span{int64_t(params.getSince()), int64_t(params.getUntil())};
    auto& accounts = service.accounts;
    return service.slow
        .ask([set = kj::mv(set), span, &accounts](Database& database) {
          return history::replay(database, *set, span, accounts);
        })
        .then([context](Answer&& answer) mutable {
          context.getResults().setOutcome(answer->getRoot<proto::view::ReplayOutcome>());
        });
  }

  kj::Promise<void> explain(ExplainContext context) override {
    auto params = context.getParams();
    auto id = int64_t(params.getConnection());
    auto& accounts = service.accounts;
    return service.quick
        .ask([set = supposed(params), id, live = service.live(), &accounts,
              folder = kj::str(service.listFolder)](Database& database) {
          return history::explain(database, *set, id, live ? newestLife(database) : 0, accounts,
                                  folder);
        })
        .then([context](Answer&& answer) mutable {
          context.getResults().setExplanation(answer->getRoot<proto::view::Explanation>());
        });
  }

private:
  Service& service;

  template <typename Params>
  kj::Own<rules::RuleSet> supposed(Params params) const {
    auto& policy = service.settings.policy;
    auto table = policy.copy();
    readPolicyTable("settings", params.getPolicy(), table);
    PolicySettings settings{table, policy.profiles, policy.othersHaveDnsPort};
    auto set = compile(params.getRules(), settings, service.users, service.listFolder);
    suppose(*set, policy.profiles, params.getProfile(), params.getHere());
    return set;
  }
};

class Service::Bootstrap final : public proto::Historian::Server {
public:
  Bootstrap(Service& service, Entitlement peer) : service(service), peer(kj::mv(peer)) {}

  kj::Promise<void> history(HistoryContext context) override {
    // Of the suite's own only the gateway has a use for it.
    if (!peer.is(Role::GATEWAY)) {
      for (auto role : ROLES)
        if (role != Role::KEEPER && peer.is(role))
          fail("not entitled: the past is not for ", name(role));
      peer.requireObserve();
    }
    context.getResults().setHistory(kj::heap<HistoryServer>(service));
    return kj::READY_NOW;
  }

  kj::Promise<void> purge(PurgeContext context) override {
    peer.requireChange();
    auto params = context.getParams();
    Filter filter(params.getFilter(), service.users);
    if (filter.empty() && !params.getEverything())
      fail("this would forget everything: say so, or say what to forget");
    log::info(kj::str("history is purged by ", peer.peer().toString()));
    return service.writer.purge(kj::mv(filter)).then([context](Pruned&& purged) mutable {
      context.getResults().setConnections(double(purged.connections));
      context.getResults().setQueries(double(purged.queries));
    });
  }

  kj::Promise<void> status(StatusContext context) override {
    service.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  Service& service;
  Entitlement peer;
};

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, const UserNames& users,
                 const Settings& settings, const Directories& directories,
                 kj::AutoCloseFd rpcSocket)
    : accounts(accounts),
      users(users),
      settings(settings),
      file(databaseFile(directories)),
      listFolder(kj::str(directories.state, "/lists")),
      engine(file, Bounds{settings.history.keepDays, uint64_t(settings.history.maxMebibytes) << 20},
             []() { return wallNs(); }),
      writing(MOST_WRITES),
      reading(MOST_QUICK),
      replaying(MOST_SLOW),
      writer(io.provider->getTimer(), writing, engine),
      quick(reading, engine, file, QUICK_LIMIT),
      slow(replaying, engine, file, SLOW_LIMIT),
      ownStatus(Role::HISTORIAN),
      rpc(*io.lowLevelProvider, rpcSocket.release(), accounts,
          [this](Entitlement peer) { return kj::heap<Bootstrap>(*this, kj::mv(peer)); }) {
  if (settings.history.enabled)
    policy = kj::heap<PolicyLink>(*io.lowLevelProvider, io.provider->getTimer(),
                                  directories.socket("policy"), writer);
  addCounters();
}

kj::Promise<void> Service::serve() {
  // Nobody is answered from a file that nobody has looked at yet.
  return writing.run([this]() { engine.prepare(); }).then([this]() {
    return rpc.serve().exclusiveJoin(writer.takeCare());
  });
}

bool Service::live() const {
  KJ_IF_MAYBE (link, policy) return (*link)->connected();
  return false;
}

void Service::addCounters() {
  auto& counts = writer.counters();
  ownStatus.addCounter("connections_written", [&counts]() { return double(counts.connections); });
  ownStatus.addCounter("queries_written", [&counts]() { return double(counts.queries); });
  ownStatus.addCounter("batches_refused", [&counts]() { return double(counts.refused); });
  ownStatus.addCounter("forgotten", [&counts]() { return double(counts.forgotten); });
  ownStatus.addCounter("missed", [this]() {
    KJ_IF_MAYBE (link, policy) return double((*link)->missed());
    return 0.0;
  });
  ownStatus.addCounter("file_bytes", [this]() { return double(engine.fileBytes()); });
  ownStatus.addCounter("files_set_aside", [this]() { return double(engine.setAsideCount()); });
  ownStatus.addCounter("questions", [this]() { return double(quick.answered()); });
  ownStatus.addCounter("replays", [this]() { return double(slow.answered()); });
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (policy == nullptr)
    ownStatus.setState("running", "history is switched off");
  else if (!live())
    ownStatus.setState("degraded", "policy is not there: nothing comes to be recorded");
  else if (writer.trouble().size() > 0)
    ownStatus.setState("degraded", kj::str("nothing is recorded: ", writer.trouble()));
  else
    ownStatus.setState("running");
  ownStatus.fill(builder);
}

}  // namespace portreeve::history
