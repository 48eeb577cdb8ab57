// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/name-judge.h"

#include "common/clock.h"
#include "common/descriptor-capability.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

constexpr size_t LONGEST_NAME = 1024;  // RFC 1035: 255 octets, each at most four characters as text
constexpr auto FINDING_PATIENCE = 200 * kj::MILLISECONDS;

}  // namespace

class NameJudges::Server final : public proto::NameJudge::Server {
public:
  explicit Server(NameJudges& all) : all(all) {}

  kj::Promise<void> mayAsk(MayAskContext context) override {
    auto asked = context.getParams();
    KJ_REQUIRE(asked.getName().size() <= LONGEST_NAME, "the name is too long");
    all.counts.asked++;
    return all.askerOf(Tuple::from(asked.getClient()))
        .then([this, context](kj::Maybe<kj::Own<Program>>&& asker) mutable {
          KJ_IF_MAYBE (program, asker) {
            rule(**program, speaksForOthers(**program), context.getParams(), context.getResults());
          } else {
            all.counts.unknownAskers++;
            rule(*Program::unknown("no packet of the query was seen"), true, context.getParams(),
                 context.getResults());
          }
        });
  }

  kj::Promise<void> mayAskAll(MayAskAllContext context) override {
    auto queries = context.getParams().getQueries();
    auto rulings = context.getResults().initRulings(queries.size());
    for (uint i = 0; i < queries.size(); i++) {
      if (queries[i].getName().size() > LONGEST_NAME) continue;
      KJ_IF_MAYBE (program, all.askers.find(Tuple::from(queries[i].getClient()))) {
        all.counts.asked++;
        rulings[i].setKnown(true);
        rule(**program, speaksForOthers(**program), queries[i], rulings[i]);
      }
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> answered(AnsweredContext context) override {
    for (auto answer : context.getParams().getAnswers()) {
      all.counts.answers++;
      rememberAnswer(all.names, all.askers, answer);
      if (answer.getAgain() && answer.hasAsker()) askedAgain(answer);
    }
    all.lookups.toldUpTo(context.getParams().getRetoldUpTo());
    return kj::READY_NOW;
  }

  kj::Promise<void> askers(AskersContext context) override {
    context.getResults().setTable(
        kj::heap<DescriptorCapability<proto::SharedTable>>(all.askers.table()));
    return kj::READY_NOW;
  }

  kj::Promise<void> offerLookup(OfferLookupContext context) override {
    auto offered = context.getParams();
    if (!offered.hasRetold()) {
      all.lookups.offered(offered.getLookup(), nullptr);
      return kj::READY_NOW;
    }
    return descriptorOf(offered.getRetold())
        .then([this, context](kj::Maybe<kj::AutoCloseFd> retold) mutable {
          all.lookups.offered(context.getParams().getLookup(),
                              retold.map([](auto& fd) { return fd.get(); }));
        });
  }

  kj::Promise<void> probing(ProbingContext context) override {
    all.probe.expect(Tuple::from(context.getParams().getDatagram()));
    return kj::READY_NOW;
  }

  kj::Promise<void> probed(ProbedContext context) override {
    auto params = context.getParams();
    all.probe.concluded(Tuple::from(params.getDatagram()), params.getArrived(), wallNs());
    return kj::READY_NOW;
  }

private:
  NameJudges& all;

  void askedAgain(proto::NameAnswer::Reader answer) {
    KJ_REQUIRE(answer.getName().size() <= LONGEST_NAME, "the name is too long");
    KJ_IF_MAYBE (tell, all.tellAsked)
      (*tell)(*programOf(answer.getAsker()), answer.getName(), answer.getType(), false, nullptr);
  }

  template <typename Query, typename Results>
  void rule(const Program& asker, bool forOthers, Query query, Results results) {
    auto decision = all.inForce().judgeName(asker.facts(), query.getName(), wallNs(), forOthers);
    describe(asker, results.initAsker());
    results.setFarAway(!decision.refuse && all.inForce().goesFarAway(asker.facts(), query.getName(),
                                                                     wallNs(), forOthers));
    results.setVerdict(decision.refuse ? proto::NameVerdict::REFUSE : proto::NameVerdict::ANSWER);
    if (decision.refuse) {
      all.counts.refused++;
      results.setRule(decision.rule->name);
    }
    KJ_IF_MAYBE (tell, all.tellAsked)
      (*tell)(asker, query.getName(), query.getType(), decision.refuse, results.getRule());
  }
};

NameJudges::NameJudges(kj::Timer& timer, FlowTable& flows, Askers& askers, NameTable& names,
                       NameLookups& lookups, SelfProbe& probe, Deciding::InForce inForce,
                       FindProcess findProcess)
    : timer(timer),
      flows(flows),
      askers(askers),
      names(names),
      lookups(lookups),
      probe(probe),
      inForce(kj::mv(inForce)),
      findProcess(kj::mv(findProcess)) {}

proto::NameJudge::Client NameJudges::make() {
  probe.forget();  // those of the resolver that was there before
  return kj::heap<Server>(*this);
}

kj::Promise<kj::Maybe<kj::Own<Program>>> NameJudges::askerOf(const Tuple& client) {
  KJ_IF_MAYBE (program, askers.find(client)) return kj::Maybe<kj::Own<Program>>(kj::mv(*program));
  // Its socket is older than we are: conntrack knew its verdict, so no packet came up.
  return timer.timeoutAfter(FINDING_PATIENCE, findProcess(queryOf(client)))
      .then(
          [this, client](kj::Own<Program>&& found) -> kj::Maybe<kj::Own<Program>> {
            if (found->pid == 0) return nullptr;
            askers.note(client, *found);
            return kj::mv(found);
          },
          [](kj::Exception&& e) -> kj::Maybe<kj::Own<Program>> {
            log::debug(kj::str("finding who asks for a name: ", e.getDescription()));
            return nullptr;
          });
}

Tuple NameJudges::queryOf(const Tuple& client) {
  // The kernel may have turned it to us: the socket itself is connected to the server that it
  // meant.
  Tuple query = client;
  bool found = false;
  auto look = [&](Flow& flow) {
    if (found || flow.tuple.protocol != client.protocol ||
        flow.tuple.sourcePort != client.sourcePort)
      return;
    if (!(flow.tuple.source == client.source) || !isDnsQuery(flow.tuple)) return;
    query = flow.tuple;
    found = true;
  };
  if (client.protocol == PROTOCOL_UDP)
    flows.forEachOpenAt(PROTOCOL_UDP, client.sourcePort, look);
  else
    flows.forEachOpen(look);
  return query;
}

}  // namespace portreeve::policy
