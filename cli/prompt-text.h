// SPDX-License-Identifier: GPL-3.0-or-later
// A question and its answers in words for a terminal.
#pragma once

#include "proto/prompt.capnp.h"

#include <kj/string.h>

namespace portreeve::cli {

kj::String questionText(proto::Prompt::Reader prompt);
// Several lines: who, where to, how long it waits. Printable, whatever a program is called.

kj::String destinationText(proto::Prompt::Reader prompt);  // "example.org (203.0.113.5) tcp 443"

kj::String closedText(proto::PromptClosed::Reader closed);  // one line

struct AnswerWords {
  kj::String action;  // allow, block, drop, dismiss; or skip, quit
  kj::String lifetime = kj::str("once");
  kj::String scope = kj::str("host");
};
kj::Maybe<AnswerWords> parseAnswer(kj::StringPtr line, bool hasDomain);
// "a", "allow always domain", "b 5m", "d", "dismiss", "s", "q": the action (or its first letter),
// then how long and about what, in any order. What is not said: once; the domain where there is
// one, else the host. nullptr: not understood.

}  // namespace portreeve::cli
