// SPDX-License-Identifier: GPL-3.0-or-later
// A question as people and programs see it (proto/prompt.capnp).
#include "common/clock.h"
#include "policy/connection-view.h"
#include "policy/prompts/prompt-record.h"
#include "policy/prompts/prompts.h"
#include "policy/rules/network-view.h"

namespace portreeve::policy {
namespace {

template <typename List>
void setAll(List list, kj::ArrayPtr<const kj::StringPtr> words) {
  for (uint i = 0; i < list.size(); i++) list.set(i, words[i]);
}

void fillDestinations(proto::Prompt::Builder view, const Question& question) {
  fillDestination(view.initDestination(), question.destination());
  auto more = view.initMore(uint(question.more.size()));
  for (uint i = 0; i < more.size(); i++) fillDestination(more[i], question.more[i]);
  auto& flow = question.flow;
  view.setDomain(flow.judgement.domain);
  auto names = view.initNames(uint(flow.names.size()));
  for (uint i = 0; i < names.size(); i++) names.set(i, flow.names[i].name);
}

void fillAnswers(proto::Prompt::Builder view, const Question& question) {
  auto possible = PossibleAnswers::to(question);
  kj::Vector<kj::StringPtr> lifetimes, scopes;
  lifetimes.add("once");
  if (possible.lasting) lifetimes.add("5m");
  if (possible.exit) lifetimes.add("exit");
  if (possible.lasting) {
    lifetimes.add("restart");
    // A rule about one process says nothing once it has ended.
    if (question.subject().program->path.size() > 0) lifetimes.add("always");
  }
  scopes.add("host");
  if (possible.domain) scopes.add("domain");
  if (possible.port) scopes.add("port");
  scopes.add("program");
  static constexpr kj::StringPtr ACTIONS[] = {"allow"_kj, "block"_kj, "drop"_kj};
  setAll(view.initActions(kj::size(ACTIONS)), ACTIONS);
  setAll(view.initLifetimes(uint(lifetimes.size())), lifetimes);
  setAll(view.initScopes(uint(scopes.size())), scopes);
}

}  // namespace

void Prompts::fill(proto::Prompt::Builder view, const Question& question,
                   const Viewer& viewer) const {
  view.setId(double(question.id));
  view.setAsked(rfc3339(question.askedNs));
  view.setLast(rfc3339(question.lastNs));
  view.setDirection(question.ofReceiver ? "in"_kj : rules::toText(question.flow.direction));
  policy::fill(view.initProgram(), question.subject(), parts.users);
  fillDestinations(view, question);
  if (!question.everything)
    rules::fillNetwork(question.destination().address, parts.deciding.geography(),
                       view.initNetwork());
  view.setEverything(question.everything);
  view.setConnections(double(question.connections));
  view.setWaiting(uint32_t(held.countOf(question.id)));
  KJ_IF_MAYBE (since, held.newestOf(question.id)) {
    uint64_t end = *since + uint64_t(parts.settings.answerSeconds) * 1'000'000'000;
    uint64_t now = nowNs();
    uint64_t leftMs = end > now ? (end - now) / 1'000'000 : 0;
    view.setSecondsLeft(double(leftMs) / 1000);
  }
  view.setDefault(toText(parts.unanswered()));
  view.setRule(question.flow.judgement.rule);
  view.setOrigin(question.flow.judgement.origin);
  view.setMayAnswer(viewer.answers(question));
  fillAnswers(view, question);
}

}  // namespace portreeve::policy
