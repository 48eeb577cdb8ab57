// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/viewer.h"

#include "policy/token-store.h"

namespace portreeve::policy {
namespace {

bool owns(uid_t uid, const Question& question) {
  KJ_IF_MAYBE (owner, question.owner()) return *owner == uid;
  return false;
}

}  // namespace

kj::String nameAndUid(uid_t uid, const UserNames& users) {
  return kj::str(users.nameOf(uid), " (uid ", uid, ')');
}

Viewer Viewer::of(const Entitlement& peer, const UserNames& users) {
  uid_t uid = peer.peer().uid;
  return {uid, peer.mayObserve(), peer.mayChange(), isPerson(uid), nameAndUid(uid, users)};
}

Viewer Viewer::ofSession(uid_t uid, proto::SessionRole role, const UserNames& users) {
  bool answers = rankOf(role) >= rankOf(proto::SessionRole::ANSWER);
  return {uid, true, role == proto::SessionRole::CHANGE, answers && isPerson(uid),
          nameAndUid(uid, users)};
}

bool Viewer::sees(const Question& question) const {
  return seesAll || owns(uid, question);
}

bool Viewer::answers(const Question& question) const {
  return answersAll || (answersOwn && owns(uid, question));
}

}  // namespace portreeve::policy
