// SPDX-License-Identifier: GPL-3.0-or-later
// What the change log says of files: how two readings of them differ, and how a change is undone.
#pragma once

#include "common/settings.h"
#include "policy/change-log.h"
#include "policy/durable-folder.h"
#include "policy/own-files.h"
#include "policy/rule-files.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

kj::Vector<ChangedFile> changedBetween(kj::ArrayPtr<const rules::RuleSource> before,
                                       kj::ArrayPtr<const rules::RuleSource> after,
                                       kj::StringPtr ownFolder);
// Files whose text is another one, that came or went.

RuleSources lastGoodSources(const DurableFolder& state);
// What was in force last; none where that cannot be read (it is logged).

kj::String policySettings(const Settings::PolicyTable& settings,
                          kj::ArrayPtr<const Profile> profiles);
// As lines of [policy], every key, and the profiles.

const Change& requireUndoable(const ChangeLog& log, uint32_t number);
// 0: the newest that can be. Throws FAILED in words.

kj::Vector<FileChange> planUndo(const Change& change, const OwnFiles& own);
// Throws FAILED where a file is not as the change left it.

}  // namespace portreeve::policy
