// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/changes.h"

#include "cli/change-effects.h"
#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/remote-login.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/text-file.h"
#include "common/clock.h"
#include "common/json.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

void showTable(capnp::List<view::ChangeView>::Reader changes) {
  uint64_t now = wallNs();
  Table table{{"#", true}, {"TIME"}, {"WHO"}, {"WHAT"}};
  for (auto change : changes)
    table.add(kj::str(change.getNumber()), localTime(change.getTime(), now), change.getWho(),
              Cell(kj::str(change.getWhat(), change.getUndone() ? " (undone)" : ""),
                   change.getUndone() ? Colour::DIM : Colour::NONE));
  print(table.text());
}

void showDiffs(capnp::List<view::ChangeView>::Reader changes) {
  uint64_t now = wallNs();
  for (auto change : changes) {
    printLine(painted(kj::str("change ", change.getNumber(), ", ", localTime(change.getTime(), now),
                              ", ", printable(change.getWho()), ": ", printable(change.getWhat())),
                      Colour::BOLD));
    for (auto& line : linesOf(change.getDiff())) printLine(printable(line));
    print("\n");
  }
}

}  // namespace

int changes(const ChangesOptions& options) {
  Session session;
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto request = observer.changesRequest();
  request.setLimit(options.limit);
  auto answer = session.await("policy", request.send());
  auto list = answer.getChanges();
  if (options.json) {
    for (auto change : list) printLine(toJson(change));
  } else if (options.diff) {
    showDiffs(list);
  } else {
    showTable(list);
  }
  if (answer.getBrokenAt() == 0) return GOOD;
  say(kj::str("change ", answer.getBrokenAt(),
              " is not as it was written: the chain of hashes is broken there"));
  return FAILED;
}

int undo(const UndoOptions& options) {
  Session session;
  auto editor = session.dial<proto::Policy>("policy").editRequest().send().getEditor();
  auto request = editor.undoRequest();
  request.setNumber(options.number);
  uint32_t seconds = confirmSeconds(options.confirmSeconds, "the change");
  request.setConfirmSeconds(seconds);
  auto answer = session.await("policy", request.send());
  say(kj::str("undone: change ", answer.getNumber(), ", ", printable(answer.getWhat())));
  sayAffected(answer.getAffected());
  sayConfirm(seconds);
  return GOOD;
}

}  // namespace portreeve::cli
