// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about settings, and about having the lists made anew.
#include "api-gateway/api.h"
#include "api-gateway/etag.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"

#include <capnp/message.h>
#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

Reply changedReply(proto::RuleEditor::ChangeSettingsResults::Reader answer) {
  capnp::MallocMessageBuilder made;
  auto changed = made.initRoot<view::SettingsChanged>();
  changed.setAffected(answer.getAffected());
  changed.setSettings(answer.getPage());
  auto told = json(toJson(changed.asReader()));
  told.etag = etagOf(answer.getPage());
  return told;
}

}  // namespace

kj::Promise<Reply> Api::settings(kj::Own<Session> session) {
  auto reply = session->observer.settingsRequest().send().then([](auto&& answer) {
    auto shown = json(toJson(answer.getPage()));
    shown.etag = etagOf(answer.getPage());
    return shown;
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::changeSettings(kj::Own<Session> session, kj::StringPtr ifMatch,
                                       kj::StringPtr body) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto wanted = message->initRoot<view::SettingsChange>();
  KJ_IF_MAYBE (why, readJson(body, wanted)) return problem(400, *why);
  auto present = [](proto::Observer::Client& observer) {
    return observer.settingsRequest().send().then(
        [](auto&& answer) { return etagOf(answer.getPage()); });
  };
  return changeSeen(
      kj::mv(session), ifMatch, "settings", present,
      [wanted = wanted.asReader(), message = kj::mv(message)](proto::RuleEditor::Client& editor) {
        auto request = editor.changeSettingsRequest();
        request.setChanges(wanted.getSettings());
        request.setConfirmSeconds(wanted.getConfirmSeconds());
        return request.send().then([](auto&& answer) { return changedReply(answer); });
      });
}

kj::Promise<Reply> Api::updateLists(kj::Own<Session> session) {
  auto reply = KJ_ASSERT_NONNULL(session->editor).updateListsRequest().send().then([](auto&&) {
    return json(kj::str("{}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

}  // namespace portreeve::gateway
