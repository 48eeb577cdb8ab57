// SPDX-License-Identifier: GPL-3.0-or-later
// The open questions, bounded in number: a program has one for each of a few hosts and then one for
// all others; a user has so many; of those for which nothing waits the oldest is forgotten first.
#pragma once

#include "policy/prompts/question.h"

#include <kj/function.h>
#include <kj/memory.h>

#include <map>

namespace portreeve::policy {

class QuestionTable {
public:
  static constexpr size_t HOSTS_OF_PROGRAM = 8;  // one question each; what comes then shares one
  static constexpr size_t MOST_OF_USER = 128;
  static constexpr size_t MOST = 1024;

  using Forgotten = kj::Function<void(const Question&)>;
  using Waits = kj::Function<bool(const Question&)>;
  QuestionTable(Waits waits, Forgotten onForgotten)
      : waits(kj::mv(waits)), onForgotten(kj::mv(onForgotten)) {}
  KJ_DISALLOW_COPY(QuestionTable);

  Question* find(const Flow& flow, bool ofReceiver);
  Question* find(uint64_t id);
  Question* add(const Flow& flow, bool ofReceiver, uint64_t nowWallNs);
  // After `find` said that there is none. nullptr: there are too many, and something waits for
  // each.
  void restore(kj::Own<Question> question);
  void remove(uint64_t id);

  uint64_t lastId() const { return last; }
  void setLastId(uint64_t id) { last = kj::max(last, id); }
  size_t size() const { return all.size(); }
  kj::Vector<uint64_t> ids() const;  // the oldest first

  template <typename Each>
  void forEach(Each&& each) const {
    for (auto& entry : all) each(static_cast<const Question&>(*entry.second));
  }

private:
  Waits waits;
  Forgotten onForgotten;
  uint64_t last = 0;
  std::map<uint64_t, kj::Own<Question>> all;

  bool makeRoom(kj::Maybe<uint32_t> owner);
  bool forgetOldest(kj::FunctionParam<bool(const Question&)> candidate);
};

}  // namespace portreeve::policy
