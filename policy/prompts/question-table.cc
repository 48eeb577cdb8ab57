// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/question-table.h"

namespace portreeve::policy {
namespace {

bool sameOwner(const Question& question, kj::Maybe<uint32_t> owner) {
  return question.owner().orDefault(~0u) == owner.orDefault(~0u);
}

}  // namespace

Question* QuestionTable::find(const Flow& flow, bool ofReceiver) {
  // The one for this host before the one for all others.
  Question* wide = nullptr;
  for (auto& entry : all) {
    auto& question = *entry.second;
    if (!question.covers(flow, ofReceiver)) continue;
    if (!question.everything) return &question;
    wide = &question;
  }
  return wide;
}

Question* QuestionTable::find(uint64_t id) {
  auto found = all.find(id);
  return found == all.end() ? nullptr : found->second.get();
}

Question* QuestionTable::add(const Flow& flow, bool ofReceiver, uint64_t nowWallNs) {
  auto& asker = subjectOf(flow, ofReceiver);
  size_t ofProgram = 0;
  for (auto& entry : all) ofProgram += sameAsker(entry.second->subject(), asker);
  if (!makeRoom(asker.program->uid)) return nullptr;
  auto question = kj::heap<Question>();
  question->id = ++last;
  question->flow = copyOf(flow);
  question->ofReceiver = ofReceiver;
  question->everything = ofProgram >= HOSTS_OF_PROGRAM;
  question->askedNs = nowWallNs;
  auto* added = question.get();
  all.emplace(last, kj::mv(question));
  return added;
}

void QuestionTable::restore(kj::Own<Question> question) {
  if (all.size() >= MOST || question->id == 0) return;
  setLastId(question->id);
  all.emplace(question->id, kj::mv(question));
}

void QuestionTable::remove(uint64_t id) {
  all.erase(id);
}

kj::Vector<uint64_t> QuestionTable::ids() const {
  kj::Vector<uint64_t> ids;
  for (auto& entry : all) ids.add(entry.first);
  return ids;
}

bool QuestionTable::makeRoom(kj::Maybe<uint32_t> owner) {
  size_t ofUser = 0;
  for (auto& entry : all) ofUser += sameOwner(*entry.second, owner);
  if (ofUser >= MOST_OF_USER)
    return forgetOldest([&](const Question& one) { return sameOwner(one, owner); });
  return all.size() < MOST || forgetOldest([](const Question&) { return true; });
}

bool QuestionTable::forgetOldest(kj::FunctionParam<bool(const Question&)> candidate) {
  for (auto& entry : all) {
    if (!candidate(*entry.second) || waits(*entry.second)) continue;
    auto gone = kj::mv(entry.second);
    all.erase(gone->id);
    onForgotten(*gone);
    return true;
  }
  return false;
}

}  // namespace portreeve::policy
