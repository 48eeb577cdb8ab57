// SPDX-License-Identifier: GPL-3.0-or-later
// Questions over RPC (proto/prompt.capnp, interface Prompts).
#include "policy/failure.h"
#include "policy/prompts/prompts.h"

namespace portreeve::policy {
namespace {

class PromptsServer final : public proto::Prompts::Server {
public:
  PromptsServer(Prompts& prompts, Viewer viewer) : prompts(prompts), viewer(kj::mv(viewer)) {}

  kj::Promise<void> list(ListContext context) override {
    kj::Vector<const Question*> seen;
    for (auto id : prompts.ids())
      if (auto* question = prompts.find(id))
        if (viewer.sees(*question)) seen.add(question);
    auto list = context.getResults().initPrompts(uint(seen.size()));
    for (uint i = 0; i < list.size(); i++) prompts.fill(list[i], *seen[i], viewer);
    return kj::READY_NOW;
  }

  kj::Promise<void> watch(WatchContext context) override {
    auto params = context.getParams();
    context.getResults().setSubscription(
        prompts.watchers().add(viewer, params.getSink(), params.getPresent()));
    return kj::READY_NOW;
  }

  kj::Promise<void> answer(AnswerContext context) override {
    auto params = context.getParams();
    return prompts.answer(params.getId(), Answer::from(params.getAnswer()), viewer)
        .then([context](Prompts::Answered done) mutable {
          auto answered = context.getResults().initAnswered();
          answered.setRule(done.rule);
          answered.setSettled(done.settled);
          auto closed = answered.initAlsoClosed(uint(done.alsoClosed.size()));
          for (uint i = 0; i < closed.size(); i++) closed.set(i, done.alsoClosed[i]);
        });
  }

  kj::Promise<void> dismiss(DismissContext context) override {
    prompts.dismiss(context.getParams().getId(), viewer);
    return kj::READY_NOW;
  }

private:
  Prompts& prompts;
  Viewer viewer;
};

}  // namespace

proto::Prompts::Client makePrompts(Prompts& prompts, Viewer viewer) {
  return kj::heap<PromptsServer>(prompts, kj::mv(viewer));
}

}  // namespace portreeve::policy
