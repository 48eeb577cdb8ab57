// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/once-answers.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

kj::Own<Question> questionOf(const Flow& flow, bool ofReceiver) {
  auto question = kj::heap<Question>();
  question->flow = copyOf(flow);
  question->ofReceiver = ofReceiver;
  return question;
}

bool isAbout(const OnceAnswer& answer, const Flow& flow, bool ofReceiver) {
  auto& about = *answer.about;
  if (!answer.exact) return about.covers(flow, ofReceiver);
  return about.flow.tuple == flow.tuple && about.ofReceiver == ofReceiver &&
         sameAsker(about.subject(), subjectOf(flow, ofReceiver));
}

}  // namespace

void OnceAnswers::addFor(const Flow& flow, bool ofReceiver, proto::Verdict verdict,
                         kj::StringPtr who, uint64_t nowWallNs) {
  add({questionOf(flow, ofReceiver), true, verdict, kj::str(who), nowWallNs + GOOD_FOR_NS});
}

void OnceAnswers::addForNext(const Question& question, proto::Verdict verdict, kj::StringPtr who,
                             uint64_t nowWallNs) {
  auto about = questionOf(question.flow, question.ofReceiver);
  about->id = question.id;
  about->everything = question.everything;
  add({kj::mv(about), false, verdict, kj::str(who), nowWallNs + GOOD_FOR_NS});
}

void OnceAnswers::add(OnceAnswer answer) {
  if (answers.size() >= MOST) answers.pop_front();
  answers.push_back(kj::mv(answer));
}

bool OnceAnswers::apply(Flow& flow, bool ofReceiver, uint64_t nowWallNs) {
  // The newest word counts.
  for (auto answer = answers.rbegin(); answer != answers.rend(); ++answer) {
    if (answer->untilNs < nowWallNs || !isAbout(*answer, flow, ofReceiver)) continue;
    answer->untilNs = nowWallNs + GOOD_FOR_NS;
    if (!answer->exact) {
      answer->exact = true;
      answer->about = questionOf(flow, ofReceiver);
    }
    flow.judgement.verdict = answer->verdict;
    flow.judgement.origin = kj::str("answered once by ", answer->who);
    return true;
  }
  return false;
}

bool OnceAnswers::forgetOld(uint64_t nowWallNs) {
  auto old = std::remove_if(answers.begin(), answers.end(),
                            [&](const OnceAnswer& one) { return one.untilNs < nowWallNs; });
  bool any = old != answers.end();
  answers.erase(old, answers.end());
  return any;
}

}  // namespace portreeve::policy
