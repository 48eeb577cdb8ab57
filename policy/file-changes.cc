// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/file-changes.h"

#include "common/log.h"
#include "policy/failure.h"
#include "policy/last-good-file.h"
#include "policy/toml-text.h"

namespace portreeve::policy {
namespace {

using rules::Layer;
using rules::RuleSource;

const RuleSource* find(kj::ArrayPtr<const RuleSource> sources, const RuleSource& like) {
  for (auto& source : sources)
    if (source.layer == like.layer && source.file == like.file) return &source;
  return nullptr;
}

ChangedFile changedFile(const RuleSource& source, kj::StringPtr ownFolder) {
  ChangedFile file;
  bool ofUser = source.layer == Layer::USER;
  file.own = ofUser || (source.layer == Layer::SUITE && source.file.startsWith(ownFolder));
  file.file = ofUser     ? kj::str(USERS_PREFIX, fileName(source.file))
              : file.own ? kj::str(fileName(source.file))
                         : kj::str(source.file);
  return file;
}

kj::String textOf(const Profile& profile) {
  auto action = [](kj::StringPtr key, const kj::Maybe<DefaultAction>& value) {
    KJ_IF_MAYBE (given, value) return kj::str(key, " = \"", toText(*given), "\"\n");
    return kj::String();
  };
  auto when = KJ_MAP(condition, profile.when) {
    return condition.toString();
  };
  return kj::str("[profile.", profile.name, "]\n", action("default", profile.defaultAction),
                 action("unanswered", profile.unanswered), "when = [", kj::strArray(when, ", "),
                 "]\n");
}

}  // namespace

kj::Vector<ChangedFile> changedBetween(kj::ArrayPtr<const RuleSource> before,
                                       kj::ArrayPtr<const RuleSource> after,
                                       kj::StringPtr ownFolder) {
  kj::Vector<ChangedFile> files;
  for (auto& source : before) {
    const RuleSource* now = find(after, source);
    if (now != nullptr && now->text == source.text) continue;
    auto file = changedFile(source, ownFolder);
    file.before = kj::str(source.text);
    file.beforeWrittenNs = source.writtenNs;
    if (now != nullptr) file.after = kj::str(now->text);
    files.add(kj::mv(file));
  }
  for (auto& source : after) {
    if (find(before, source) != nullptr) continue;
    auto file = changedFile(source, ownFolder);
    file.after = kj::str(source.text);
    files.add(kj::mv(file));
  }
  return files;
}

RuleSources lastGoodSources(const DurableFolder& state) {
  RuleSources sources;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 KJ_IF_MAYBE (content, state.read(LAST_GOOD_FILE))
                   sources = parseLastGood(state.fullPath(LAST_GOOD_FILE), content->text);
               }))
    log::exception("reading what was in force last", *e);
  return sources;
}

kj::String policySettings(const Settings::PolicyTable& settings, kj::ArrayPtr<const Profile> from) {
  auto off = KJ_MAP(name, settings.builtinOff) {
    return quoted(name);
  };
  auto profiles = KJ_MAP(profile, from) {
    return textOf(profile);
  };
  return kj::str("default = \"", toText(settings.defaultAction),
                 "\"\nkeep_existing = ", settings.keepExisting ? "true" : "false",
                 "\nbuiltin_off = [", kj::strArray(off, ", "), "]\nunanswered = \"",
                 toText(settings.unanswered), "\"\nanswer_seconds = ", settings.answerSeconds, "\n",
                 kj::strArray(profiles, ""));
}

const Change& requireUndoable(const ChangeLog& log, uint32_t number) {
  if (number == 0) {
    KJ_IF_MAYBE (change, log.newestToUndo()) return *change;
    fail("there is no change of the suite's own rules and settings that could be undone");
  }
  KJ_IF_MAYBE (change, log.find(number)) {
    if (log.undone(number)) fail("change ", number, " was undone already");
    if (change->files.empty()) fail("change ", number, " changed no file");
    for (auto& file : change->files)
      if (!file.own)
        fail("change ", number, " is about ", file.file,
             ", which only people write: `portreeve changes` shows what it was before");
    return *change;
  }
  fail("there is no change ", number, ": `portreeve changes` lists them");
}

kj::Vector<FileChange> planUndo(const Change& change, const OwnFiles& own) {
  kj::Vector<FileChange> back;
  for (auto& file : change.files) {
    kj::Maybe<kj::String> present;
    KJ_IF_MAYBE (content, own.read(file.file)) present = kj::mv(content->text);
    if (present != file.after)
      fail(own.fullPath(file.file), " was changed since: undo the later change first");
    kj::Maybe<FileContent> content;
    KJ_IF_MAYBE (text, file.before) content = FileContent{kj::str(*text), file.beforeWrittenNs};
    back.add(FileChange{kj::str(file.file), kj::mv(content)});
  }
  return back;
}

}  // namespace portreeve::policy
