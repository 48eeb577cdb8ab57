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

kj::Maybe<Answer> noSuchName() {
  Answer answer;
  answer.rcode = RCODE_NXDOMAIN;
  return kj::mv(answer);
}

bool isWithinAny(const Name& name, kj::ArrayPtr<const Name> zones) {
  for (auto& zone : zones)
    if (name.isWithin(zone)) return true;
  return false;
}

Name zone(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Name::parse(text));
}

}  // namespace

kj::Maybe<Answer> answerLocally(const Question& question) {
  static const Name LOCALHOST = zone("localhost");
  // RFC 6761, RFC 7686, RFC 6762: these never leave the machine.
  static const Name NOWHERE[] = {zone("invalid"), zone("onion"), zone("local")};
  if (isWithinAny(question.name, NOWHERE)) return noSuchName();
  if (!question.name.isWithin(LOCALHOST)) return nullptr;
  Answer answer;
  if (question.type == TYPE_A || question.type == TYPE_AAAA)
    answer.answer.push_back(
        {question.name, question.type, CLASS_IN, LOCALHOST_TTL, loopback(question.type)});
  return kj::mv(answer);
}

kj::Maybe<Answer> answerCanary(const Question& question) {
  static const Name FIREFOX = zone("use-application-dns.net");
  static const Name DISCOVERY = zone("resolver.arpa");
  if (question.name.isWithin(FIREFOX)) return noSuchName();
  if (question.name.isWithin(DISCOVERY)) return Answer();
  return nullptr;
}

}  // namespace portreeve::resolver
