// SPDX-License-Identifier: GPL-3.0-or-later
// The file that questions, answers for once and who was there survive a restart in: text alone.
#pragma once

#include "policy/prompts/once-answers.h"
#include "policy/prompts/question-table.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <deque>

namespace portreeve::policy {

struct Presence {
  kj::String boot;              // of which boot of the machine it is told (suite-start.h)
  kj::Vector<int64_t> present;  // PromptWatchers::present
};

struct KeptPrompts {
  uint64_t lastId = 0;
  Presence presence;
  kj::Vector<kj::Own<Question>> questions;
  kj::Vector<OnceAnswer> once;
};

kj::String promptsText(const QuestionTable& questions, const std::deque<OnceAnswer>& once,
                       const Presence& presence);
KeptPrompts parsePrompts(kj::StringPtr path, kj::StringPtr text);
// Throws FAILED "<path>: is not what policy has written (<what>)", nothing half read.

}  // namespace portreeve::policy
