// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/local-names.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr uint32_t LOCALHOST_TTL = 86400;

std::string loopback(uint16_t type) {
  if (type == TYPE_A) return {127, 0, 0, 1};
  std::string data(16, '\0');
  data.back() = 1;
  return data;
}

}  // namespace

kj::Maybe<Answer> answerLocally(const Question& question) {
  static const Name LOCALHOST = KJ_ASSERT_NONNULL(Name::parse("localhost"));
  if (!question.name.isWithin(LOCALHOST)) return nullptr;
  Answer answer;
  if (question.type == TYPE_A || question.type == TYPE_AAAA)
    answer.answer.push_back(
        {question.name, question.type, CLASS_IN, LOCALHOST_TTL, loopback(question.type)});
  return kj::mv(answer);
}

}  // namespace portreeve::resolver
