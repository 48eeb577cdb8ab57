// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api that changes rules.
#include "api-gateway/api.h"
#include "api-gateway/etag.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"
#include "api-gateway/remote-words.h"

#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

struct Removal {
  kj::String name;
  uint32_t confirmSeconds = 0;
};

kj::OneOf<Removal, Wrong> parseRemoval(kj::StringPtr query) {
  auto parsed = parseQuery(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  Removal removal;
  for (auto& pair : parsed.get<kj::Vector<QueryPair>>()) {
    if (pair.key == "name")
      removal.name = kj::str(pair.value);
    else if (pair.key == "confirm_seconds" && parseDigits(pair.value).orDefault(86401) <= 86400)
      removal.confirmSeconds = uint32_t(parseDigits(pair.value).orDefault(0));
    else
      return Wrong{kj::str("The parameters here are name and confirm_seconds (0 to 86400).")};
  }
  if (removal.name.size() == 0) return Wrong{kj::str("Say the rule's name: ?name=…")};
  return kj::mv(removal);
}

Reply changedReply(view::RuleView::Reader rule, uint32_t affected) {
  capnp::MallocMessageBuilder message;
  auto changed = message.initRoot<view::RuleChanged>();
  if (rule.getName().size() > 0) changed.setRule(rule);
  changed.setAffected(affected);
  return json(toJson(changed.asReader()));
}

}  // namespace

kj::Promise<Reply> Api::changeOrProblem(kj::Own<Session> session, kj::Promise<Reply> reply) {
  // Policy's refusal is for whoever asked: it names the line that is wrong.
  return timer.timeoutAfter(POLICY_TIME, kj::mv(reply))
      .catch_([this, session = kj::mv(session)](kj::Exception&& e) mutable {
        if (e.getType() == kj::Exception::Type::FAILED) return problem(400, remoteWords(e));
        return policyFailed(*session, e);
      });
}

kj::Promise<Reply> Api::changeSeen(kj::Own<Session> session, kj::StringPtr ifMatch,
                                   kj::StringPtr what, Etag present, Change change) {
  if (ifMatch.size() == 0)
    return problem(428,
                   kj::str("Send If-Match with the ETag of the ", what, " that you have seen."));
  auto& held = *session;
  auto reply =
      present(held.observer)
          .then([&held, what, seen = kj::str(ifMatch),
                 change = kj::mv(change)](kj::String etag) mutable -> kj::Promise<Reply> {
            if (!matchesEtag(seen, etag))
              return problem(
                  412, kj::str("The ", what, " have changed since you saw them: look again."));
            return change(KJ_ASSERT_NONNULL(held.editor));
          });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::changeRules(kj::Own<Session> session, kj::StringPtr ifMatch,
                                    Change change) {
  auto present = [](proto::Observer::Client& observer) {
    return observer.rulesRequest().send().then(
        [](auto&& answer) { return etagOf(answer.getRules()); });
  };
  return changeSeen(kj::mv(session), ifMatch, "rules", present, kj::mv(change));
}

kj::Promise<Reply> Api::addRules(kj::Own<Session> session, kj::StringPtr ifMatch,
                                 kj::StringPtr body) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto change = message->initRoot<view::RuleChange>();
  KJ_IF_MAYBE (why, readJson(body, change)) return problem(400, *why);
  return changeRules(
      kj::mv(session), ifMatch,
      [change, message = kj::mv(message)](proto::RuleEditor::Client& editor) mutable {
        auto request = editor.addRequest();
        request.setToml(change.getToml());
        request.setConfirmSeconds(change.getConfirmSeconds());
        return request.send().then(
            [](auto&& answer) { return changedReply(answer.getRule(), answer.getAffected()); });
      });
}

kj::Promise<Reply> Api::removeRule(kj::Own<Session> session, kj::StringPtr ifMatch,
                                   kj::StringPtr query) {
  auto parsed = parseRemoval(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  return changeRules(kj::mv(session), ifMatch,
                     [removal = kj::mv(parsed.get<Removal>())](proto::RuleEditor::Client& editor) {
                       auto request = editor.removeRequest();
                       request.setName(removal.name);
                       request.setConfirmSeconds(removal.confirmSeconds);
                       return request.send().then([](auto&& answer) {
                         return changedReply(view::RuleView::Reader(), answer.getAffected());
                       });
                     });
}

kj::Promise<Reply> Api::replaceRule(kj::Own<Session> session, kj::StringPtr ifMatch,
                                    kj::StringPtr body) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto change = message->initRoot<view::RuleReplacement>();
  KJ_IF_MAYBE (why, readJson(body, change)) return problem(400, *why);
  return changeRules(
      kj::mv(session), ifMatch,
      [change, message = kj::mv(message)](proto::RuleEditor::Client& editor) mutable {
        auto request = editor.replaceRequest();
        request.setName(change.getName());
        request.setToml(change.getToml());
        request.setConfirmSeconds(change.getConfirmSeconds());
        return request.send().then(
            [](auto&& answer) { return changedReply(answer.getRule(), answer.getAffected()); });
      });
}

kj::Promise<Reply> Api::moveRule(kj::Own<Session> session, kj::StringPtr ifMatch,
                                 kj::StringPtr body) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto change = message->initRoot<view::RuleMove>();
  KJ_IF_MAYBE (why, readJson(body, change)) return problem(400, *why);
  return changeRules(
      kj::mv(session), ifMatch,
      [change, message = kj::mv(message)](proto::RuleEditor::Client& editor) mutable {
        auto request = editor.moveRequest();
        request.setName(change.getName());
        request.setBefore(change.getBefore());
        request.setConfirmSeconds(change.getConfirmSeconds());
        return request.send().then(
            [](auto&& answer) { return changedReply(answer.getRule(), answer.getAffected()); });
      });
}

kj::Promise<Reply> Api::changes(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = parseQuery(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto request = session->observer.changesRequest();
  for (auto& pair : parsed.get<kj::Vector<QueryPair>>()) {
    auto limit = parseDigits(pair.value).orDefault(0);
    if (pair.key != "limit" || limit < 1 || limit > 1000)
      return problem(400, "The parameter here is limit: the newest that many, from 1 to 1000.");
    request.setLimit(uint32_t(limit));
  }
  auto reply = request.send().then([](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto log = message.initRoot<view::ChangeLog>();
    log.setChanges(answer.getChanges());
    log.setBrokenAt(answer.getBrokenAt());
    return json(toJson(log.asReader()));
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::undo(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto asked = message.initRoot<view::UndoRequest>();
  KJ_IF_MAYBE (why, readJson(body, asked)) return problem(400, *why);
  auto request = KJ_ASSERT_NONNULL(session->editor).undoRequest();
  request.setNumber(asked.getNumber());
  request.setConfirmSeconds(asked.getConfirmSeconds());
  auto reply = request.send().then([](auto&& answer) {
    capnp::MallocMessageBuilder made;
    auto undone = made.initRoot<view::ChangeUndone>();
    undone.setNumber(answer.getNumber());
    undone.setWhat(answer.getWhat());
    undone.setAffected(answer.getAffected());
    return json(toJson(undone.asReader()));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::confirm(kj::Own<Session> session) {
  auto request = KJ_ASSERT_NONNULL(session->editor).confirmRequest();
  auto reply = request.send().then([](auto&& answer) {
    return json(kj::str("{\"pending\":", answer.getPending() ? "true" : "false", "}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

}  // namespace portreeve::gateway
