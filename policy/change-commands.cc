// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-commands.h"

#include "policy/failure.h"
#include "policy/file-changes.h"

namespace portreeve::policy {
namespace {

Change entry(kj::StringPtr who, kj::String what, kj::Duration confirmWithin) {
  Change made;
  made.who = kj::str(who);
  made.what = kj::mv(what);
  if (confirmWithin > 0 * kj::SECONDS)
    made.what = kj::str(made.what, ", to be confirmed within ", confirmWithin / kj::SECONDS, " s");
  return made;
}

}  // namespace

ChangeContext ChangeCommands::context(kj::ArrayPtr<const rules::RuleSource> current,
                                      const KeptBy& whose) const {
  return ChangeContext{parts.inForce.set(),
                       current,
                       parts.files,
                       parts.ownFolder,
                       whose,
                       parts.users,
                       parts.inForce.started(),
                       parts.inForce.now()};
}

void ChangeCommands::requireMayChange(const KeptBy& whose, kj::Duration confirmWithin) {
  KJ_IF_MAYBE (uid, whose.user) {
    if (confirmWithin > 0 * kj::SECONDS)
      fail("rules of your own are in force at once: nothing of them is to be confirmed");
    quota.take(*uid, parts.sinceBoot());
  }
}

kj::Promise<ChangeCommands::Added> ChangeCommands::add(kj::StringPtr toml,
                                                       kj::Duration confirmWithin,
                                                       kj::StringPtr who, KeptBy whose) {
  requireMayChange(whose, confirmWithin);
  return parts.inForce.readFiles().then([this, toml, confirmWithin, who,
                                         whose](rules::FolderContent content) {
    auto planned = planAddition(context(content.sources, whose), toml);
    auto made = entry(who, kj::str("rule \"", planned.firstRule, "\" was added"), confirmWithin);
    return parts.committer
        .commitIfGood(kj::mv(content), kj::mv(planned.changes), confirmWithin, kj::mv(made), whose)
        .then([first = kj::mv(planned.firstRule)](uint32_t affected) mutable {
          return Added{affected, kj::mv(first)};
        });
  });
}

kj::Promise<uint32_t> ChangeCommands::remove(kj::StringPtr name, kj::Duration confirmWithin,
                                             kj::StringPtr who, KeptBy whose) {
  requireMayChange(whose, confirmWithin);
  return parts.inForce.readFiles().then(
      [this, name, confirmWithin, who, whose](rules::FolderContent content) {
        auto changes = planRemoval(context(content.sources, whose), name);
        return parts.committer.commitIfGood(
            kj::mv(content), kj::mv(changes), confirmWithin,
            entry(who, kj::str("rule \"", name, "\" was removed"), confirmWithin), whose);
      });
}

kj::Promise<ChangeCommands::Added> ChangeCommands::replace(kj::StringPtr name, kj::StringPtr toml,
                                                           kj::Duration confirmWithin,
                                                           kj::StringPtr who) {
  return parts.inForce.readFiles().then([this, name, toml, confirmWithin,
                                         who](rules::FolderContent content) {
    auto planned = planReplacement(context(content.sources, {}), name, toml);
    auto what = kj::str("rule \"", name, "\" was changed",
                        planned.rule == name ? kj::str() : kj::str(" to \"", planned.rule, '"'));
    return parts.committer
        .commitIfGood(kj::mv(content), kj::mv(planned.changes), confirmWithin,
                      entry(who, kj::mv(what), confirmWithin))
        .then([rule = kj::mv(planned.rule)](uint32_t affected) mutable {
          return Added{affected, kj::mv(rule)};
        });
  });
}

kj::Promise<uint32_t> ChangeCommands::move(kj::StringPtr name, kj::StringPtr before,
                                           kj::Duration confirmWithin, kj::StringPtr who) {
  return parts.inForce.readFiles().then(
      [this, name, before, confirmWithin, who](rules::FolderContent content) {
        auto changes = planMove(context(content.sources, {}), name, before);
        auto where =
            before.size() > 0 ? kj::str("before \"", before, '"') : kj::str("behind all others");
        return parts.committer.commitIfGood(
            kj::mv(content), kj::mv(changes), confirmWithin,
            entry(who, kj::str("rule \"", name, "\" was moved ", where), confirmWithin));
      });
}

kj::Promise<ChangeCommands::Undone> ChangeCommands::undo(uint32_t number,
                                                         kj::Duration confirmWithin,
                                                         kj::StringPtr who) {
  return parts.inForce.readFiles().then([this, number, confirmWithin,
                                         who](rules::FolderContent content) {
    auto& change = requireUndoable(parts.changeLog, number);
    auto made = entry(who, kj::str("change ", change.number, " was undone (", change.what, ')'),
                      confirmWithin);
    made.undoes = change.number;
    Undone undone{0, change.number, kj::str(change.what)};
    return parts.committer
        .commitIfGood(kj::mv(content), planUndo(change, parts.files), confirmWithin, kj::mv(made))
        .then([undone = kj::mv(undone)](uint32_t affected) mutable {
          undone.affected = affected;
          return kj::mv(undone);
        });
  });
}

kj::Promise<uint32_t> ChangeCommands::changeSettings(kj::ArrayPtr<const SettingChange> wanted,
                                                     kj::Duration confirmWithin,
                                                     kj::StringPtr who) {
  kj::Vector<FileChange> changes;
  changes.add(parts.settings.planned(wanted));
  if (parts.settings.isAsBefore(changes[0])) return uint32_t(0);
  auto words = KJ_MAP(one, wanted) {
    return one.value.size() > 0 ? kj::str(one.name, " = ", one.value)
                                : kj::str(one.name, " as the file says");
  };
  auto made =
      entry(who, kj::str("settings were changed: ", kj::strArray(words, ", ")), confirmWithin);
  return parts.inForce.readFiles().then([this, changes = kj::mv(changes), made = kj::mv(made),
                                         confirmWithin](rules::FolderContent content) mutable {
    return parts.committer.commitIfGood(kj::mv(content), kj::mv(changes), confirmWithin,
                                        kj::mv(made));
  });
}

kj::Promise<uint32_t> ChangeCommands::useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                                 kj::StringPtr who) {
  kj::Vector<FileChange> changes;
  changes.add(FileChange{kj::str(CHOICE_FILE), parts.profiles.choiceOf(name)});
  auto what = name == "auto"   ? kj::str("the profile goes by the network")
              : name == "none" ? kj::str("no profile was chosen, whatever the network")
                               : kj::str("profile \"", name, "\" was chosen");
  return parts.committer.commit(kj::mv(changes), confirmWithin,
                                entry(who, kj::mv(what), confirmWithin));
}

}  // namespace portreeve::policy
