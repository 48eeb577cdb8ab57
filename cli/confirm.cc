// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/confirm.h"

#include "cli/session.h"
#include "cli/terminal.h"
#include "proto/policy.capnp.h"
#include "proto/supervisor.capnp.h"

namespace portreeve::cli {
namespace {

bool confirmStart(Session& session) {
  // Under systemd there is no supervisor of ours, and no such confirmation.
  if (!session.listens("supervisor")) return false;
  auto answer = session.await(
      "supervisor", session.dial<proto::Supervisor>("supervisor").confirmRequest().send());
  return answer.getPending();
}

bool confirmRules(Session& session) {
  auto editor = session.dial<proto::Policy>("policy").editRequest().send().getEditor();
  return session.await("policy", editor.confirmRequest().send()).getPending();
}

}  // namespace

int confirm() {
  Session session;
  bool start = confirmStart(session);
  if (start) printLine("confirmed: portreeve stays");
  bool rules = confirmRules(session);
  if (rules) printLine("confirmed: what was changed stays");
  if (!start && !rules) printLine("nothing was waiting to be confirmed");
  return GOOD;
}

}  // namespace portreeve::cli
