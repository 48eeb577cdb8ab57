// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about settings, and about having the lists made anew.
#include "api-gateway/api.h"
#include "api-gateway/etag.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"

#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

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
  if (ifMatch.size() == 0)
    return problem(428, "Send If-Match with the ETag of the settings that you have seen.");
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto wanted = message->initRoot<view::SettingsChange>();
  KJ_IF_MAYBE (why, readJson(body, wanted)) return problem(400, *why);
  auto& held = *session;
  auto reply = held.observer.settingsRequest().send().then(
      [&held, wanted = wanted.asReader(), message = kj::mv(message),
       seen = kj::str(ifMatch)](auto&& shown) -> kj::Promise<Reply> {
        if (!matchesEtag(seen, etagOf(shown.getPage())))
          return problem(412, "The settings have changed since you saw them: look again.");
        auto request = KJ_ASSERT_NONNULL(held.editor).changeSettingsRequest();
        request.setChanges(wanted.getSettings());
        request.setConfirmSeconds(wanted.getConfirmSeconds());
        return request.send().then([](auto&& answer) {
          capnp::MallocMessageBuilder made;
          auto changed = made.initRoot<view::SettingsChanged>();
          changed.setAffected(answer.getAffected());
          changed.setSettings(answer.getPage());
          auto told = json(toJson(changed.asReader()));
          told.etag = etagOf(answer.getPage());
          return told;
        });
      });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::updateLists(kj::Own<Session> session) {
  auto reply = KJ_ASSERT_NONNULL(session->editor).updateListsRequest().send().then([](auto&&) {
    return json(kj::str("{}"));
  });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

}  // namespace portreeve::gateway
