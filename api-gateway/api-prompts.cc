// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about questions to a person, and about what holds for a while instead of the
// rules.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"

#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

kj::Maybe<proto::Mode> modeOf(kj::StringPtr text) {
  if (text == "none") return proto::Mode::NONE;
  if (text == "lockdown") return proto::Mode::LOCKDOWN;
  if (text == "pause") return proto::Mode::PAUSE;
  if (text == "learn") return proto::Mode::LEARN;
  return nullptr;
}

Reply affected(uint32_t count) {
  return json(kj::str("{\"affected\":", count, "}"));
}

}  // namespace

kj::Promise<Reply> Api::prompts(kj::Own<Session> session) {
  auto reply = session->prompts.listRequest().send().then([](auto&& answer) {
    return json(kj::str("{\"prompts\":", toJson(answer.getPrompts()), "}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::answerPrompt(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto given = message.initRoot<view::PromptReply>();
  KJ_IF_MAYBE (why, readJson(body, given)) return problem(400, *why);
  auto request = session->prompts.answerRequest();
  request.setId(uint64_t(kj::max(given.getId(), 0.0)));
  auto answer = request.initAnswer();
  answer.setAction(given.getAction());
  answer.setLifetime(given.getLifetime());
  answer.setScope(given.getScope());
  auto reply = request.send().then([](auto&& done) { return json(toJson(done.getAnswered())); });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::dismissPrompt(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto chosen = message.initRoot<view::PromptChosen>();
  KJ_IF_MAYBE (why, readJson(body, chosen)) return problem(400, *why);
  auto request = session->prompts.dismissRequest();
  request.setId(uint64_t(kj::max(chosen.getId(), 0.0)));
  auto reply = request.send().then([](auto&&) { return json(kj::str("{}")); });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::setMode(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<view::ModeWanted>();
  KJ_IF_MAYBE (why, readJson(body, wanted)) return problem(400, *why);
  auto& modes = KJ_ASSERT_NONNULL(session->modes);
  KJ_IF_MAYBE (mode, modeOf(wanted.getMode())) {
    if (*mode == proto::Mode::NONE) {
      auto ended = modes.endRequest().send().then(
          [](auto&& answer) { return affected(answer.getAffected()); });
      return changeOrProblem(kj::mv(session), kj::mv(ended));
    }
    auto begin = modes.beginRequest();
    auto request = begin.initRequest();
    request.setMode(*mode);
    request.setSeconds(wanted.getSeconds());
    request.setConfirmSeconds(wanted.getConfirmSeconds());
    request.setBlock(wanted.getBlock());
    auto begun = begin.send().then([](auto&& answer) { return affected(answer.getAffected()); });
    return changeOrProblem(kj::mv(session), kj::mv(begun));
  }
  return problem(400, "mode is lockdown, pause, learn or none.");
}

kj::Promise<Reply> Api::reviewLearned(kj::Own<Session> session) {
  auto reply = KJ_ASSERT_NONNULL(session->modes).reviewRequest().send().then([](auto&& answer) {
    return json(kj::str("{\"rules\":", toJson(answer.getRules()), "}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::forgetLearned(kj::Own<Session> session) {
  auto reply = KJ_ASSERT_NONNULL(session->modes).forgetRequest().send().then([](auto&& answer) {
    return json(kj::str("{\"kinds\":", answer.getKinds(), "}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::profiles(kj::Own<Session> session) {
  auto reply = session->observer.profilesRequest().send().then(
      [](auto&& answer) { return json(toJson(answer.getProfiles())); });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::useProfile(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<view::ProfileWanted>();
  KJ_IF_MAYBE (why, readJson(body, wanted)) return problem(400, *why);
  auto request = KJ_ASSERT_NONNULL(session->editor).useProfileRequest();
  request.setName(wanted.getName());
  request.setConfirmSeconds(wanted.getConfirmSeconds());
  auto reply = request.send().then([](auto&& answer) { return affected(answer.getAffected()); });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

}  // namespace portreeve::gateway
