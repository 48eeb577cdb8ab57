// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/mode-server.h"

#include "common/clock.h"
#include "policy/modes/proposal.h"

namespace portreeve::policy {
namespace {

rules::Mode from(proto::ModeRequest::Reader request) {
  switch (request.getMode()) {
    case proto::Mode::LOCKDOWN:
      return rules::Mode::LOCKDOWN;
    case proto::Mode::PAUSE:
      return rules::Mode::PAUSE;
    case proto::Mode::LEARN:
      return request.getBlock() ? rules::Mode::LEARN_BLOCK : rules::Mode::LEARN_ALLOW;
    case proto::Mode::NONE:
      break;
  }
  return rules::Mode::NONE;
}

void fill(proto::LearnedRule::Builder view, const Proposal& proposal) {
  view.setName(proposal.name);
  view.setToml(proposal.toml);
  view.setKinds(double(proposal.kinds));
  view.setConnections(double(proposal.count.connections));
  view.setFirst(rfc3339(proposal.count.firstNs));
  view.setLast(rfc3339(proposal.count.lastNs));
  auto examples = view.initExamples(uint(proposal.examples.size()));
  for (uint i = 0; i < examples.size(); i++) examples.set(i, proposal.examples[i]);
}

class ModesServer final : public proto::Modes::Server {
public:
  ModesServer(Modes& modes, Learned& learned, kj::StringPtr who)
      : modes(modes), learned(learned), who(kj::str(who)) {}

  kj::Promise<void> begin(BeginContext context) override {
    auto request = context.getParams().getRequest();
    return modes.begin({from(request), request.getSeconds(), request.getConfirmSeconds()}, who)
        .then([context](uint32_t affected) mutable { context.getResults().setAffected(affected); });
  }

  kj::Promise<void> end(EndContext context) override {
    return modes.end(who).then([context](Modes::Ended ended) mutable {
      context.getResults().setEnded(toProto(ended.mode));
      context.getResults().setAffected(ended.affected);
    });
  }

  kj::Promise<void> review(ReviewContext context) override {
    auto proposals = propose(learned.kinds());
    auto rules = context.getResults().initRules(uint(proposals.size()));
    for (uint i = 0; i < rules.size(); i++) fill(rules[i], proposals[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> forget(ForgetContext context) override {
    context.getResults().setKinds(double(learned.forget()));
    return kj::READY_NOW;
  }

private:
  Modes& modes;
  Learned& learned;
  kj::String who;
};

}  // namespace

proto::Modes::Client makeModes(Modes& modes, Learned& learned, kj::StringPtr who) {
  return kj::heap<ModesServer>(modes, learned, who);
}

}  // namespace portreeve::policy
