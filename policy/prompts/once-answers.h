// SPDX-License-Identifier: GPL-3.0-or-later
// Answers for this once: of connections that waited when they were given, and, where none did, for
// the next one that asks the same. Each is good for two minutes from when it was last used, so that
// a packet that was lost on the way (a daemon was restarted) or is sent again finds it.
#pragma once

#include "policy/prompts/question.h"

#include <kj/memory.h>

#include <deque>

namespace portreeve::policy {

struct OnceAnswer {
  kj::Own<Question> about;
  bool exact = false;  // that very connection, told by its tuple; else the next one of the question
  proto::Verdict verdict = proto::Verdict::DROP;  // ACCEPT, BLOCK, DROP
  kj::String who;
  uint64_t untilNs = 0;  // wall clock: it outlives policy
};

class OnceAnswers {
public:
  static constexpr size_t MOST = 1024;  // past it the oldest is forgotten
  static constexpr uint64_t GOOD_FOR_NS = 120'000'000'000;

  OnceAnswers() = default;
  KJ_DISALLOW_COPY(OnceAnswers);

  void addFor(const Flow& flow, bool ofReceiver, proto::Verdict verdict, kj::StringPtr who,
              uint64_t nowWallNs);
  void addForNext(const Question& question, proto::Verdict verdict, kj::StringPtr who,
                  uint64_t nowWallNs);
  void restore(OnceAnswer answer) { add(kj::mv(answer)); }

  bool apply(Flow& flow, bool ofReceiver, uint64_t nowWallNs);
  // Fills the judgement where one is about this connection.

  bool forgetOld(uint64_t nowWallNs);  // whether there was one
  const std::deque<OnceAnswer>& all() const { return answers; }

private:
  std::deque<OnceAnswer> answers;  // oldest first

  void add(OnceAnswer answer);
};

}  // namespace portreeve::policy
