// SPDX-License-Identifier: GPL-3.0-or-later
// Answers: what a person may say to a question, and the rule that it becomes.
#pragma once

#include "policy/prompts/question.h"
#include "proto/prompt.capnp.h"

#include <kj/string.h>

namespace portreeve::policy {

enum class Lifetime : uint8_t { ONCE, SPAN, EXIT, RESTART, ALWAYS };
enum class Scope : uint8_t { HOST, DOMAIN, PORT, PROGRAM };

struct Answer {
  proto::Verdict verdict = proto::Verdict::DROP;  // ACCEPT, BLOCK, DROP
  Lifetime lifetime = Lifetime::ONCE;
  Scope scope = Scope::HOST;
  kj::String span;  // "5m", where the lifetime is one

  static Answer from(proto::PromptAnswer::Reader words);
  // Throws FAILED, naming what there is, for a word that it does not know.

  kj::StringPtr action() const;
  kj::String lifetimeText() const;
  kj::StringPtr scopeText() const;
};

struct PossibleAnswers {
  // By what is known of who asks: a rule that could not be told to be about this program alone is
  // none. `once` is always possible.
  bool lasting = false;
  bool exit = false;
  bool domain = false;
  bool port = false;

  static PossibleAnswers to(const Question& question);
  void require(const Answer& answer) const;  // throws FAILED in words
};

bool covers(const Answer& answer, const Question& question, const Flow& other);
// Whether what was said to `question` is also about this other connection of the same program.

kj::String ruleText(const Answer& answer, const Question& question);
// One [[rule]] with `answer = true`, about the program and user of the question alone. For
// lifetimes but ONCE, and possible answers.

kj::String ruleName(const Answer& answer, const Question& question);

}  // namespace portreeve::policy
