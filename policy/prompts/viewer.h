// SPDX-License-Identifier: GPL-3.0-or-later
// Who looks at questions, and which of them he may answer: the one table of that.
#pragma once

#include "common/peer.h"
#include "policy/prompts/question.h"
#include "proto/policy.capnp.h"

#include <kj/string.h>

namespace portreeve::policy {

kj::String nameAndUid(uid_t uid, const UserNames& users);  // "alice (uid 1000)"

struct Viewer {
  uid_t uid = uid_t(-1);
  bool seesAll = false;     // root, portreeve-admin, portreeve-observe
  bool answersAll = false;  // root, portreeve-admin
  bool answersOwn = false;  // a person, and not a session that may only look
  kj::String who;           // for the log and for other viewers: "alice (uid 1000)"

  static Viewer of(const Entitlement& peer, const UserNames& users);
  static Viewer ofSession(uid_t uid, proto::SessionRole role, const UserNames& users);
  // Of the web UI: it sees all, as whoever gets one may (Policy.mintSession).

  bool sees(const Question& question) const;
  bool answers(const Question& question) const;
};

}  // namespace portreeve::policy
