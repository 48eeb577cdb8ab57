// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/dated-context.h"

#include "resolver/wire-reader.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr size_t EXPIRATION_AT = 8;  // in an RRSIG's data
constexpr uint64_t SECOND = 1'000'000'000;

constexpr UbContext::Option UNDATED[] = {{"val-override-date:", "-1"}};  // any date is as good

}  // namespace

DatedContext::DatedContext(UbEventBase& base, kj::Timer& timer, const UbContext::Wanted& wanted,
                           ClockTrust& clock)
    : clock(clock), dated(base, timer, wanted) {
  if (!clock.forgives()) return;
  auto options = joined(wanted.options, UNDATED);
  undated = kj::heap<UbContext>(
      base, timer,
      UbContext::Wanted{wanted.rootAnchor, wanted.rootHints, wanted.forwardTo, options});
}

kj::Promise<UbAnswer> DatedContext::ask(const Question& question) {
  auto asked = dated.ask(question);
  if (undated == nullptr || !clock.forgives()) return asked;
  return asked.then([this, question](UbAnswer&& judged) -> kj::Promise<UbAnswer> {
    if (judged.security != UbAnswer::Security::BOGUS) return kj::mv(judged);
    return KJ_ASSERT_NONNULL(undated)->ask(question).then(
        [this, question, judged = kj::mv(judged)](UbAnswer&& again) mutable {
          return forgiven(question, kj::mv(judged), kj::mv(again));
        });
  });
}

UbAnswer DatedContext::forgiven(const Question& question, UbAnswer bogus, UbAnswer again) {
  if (again.security != UbAnswer::Security::SECURE) return bogus;
  KJ_IF_MAYBE (answer, again.answer) {
    if (hasEnded(*answer, clock.now())) return bogus;
    clock.forgave(kj::str("a signature of ", question.name.text()));
    again.security = UbAnswer::Security::UNDATED;
    return again;
  }
  return bogus;
}

bool hasEnded(const Answer& answer, uint64_t nowNs) {
  auto now = uint32_t(nowNs / SECOND);
  for (auto* section : {&answer.answer, &answer.authority})
    for (auto& record : *section) {
      if (record.type != TYPE_RRSIG) continue;
      WireReader data(
          kj::arrayPtr(reinterpret_cast<const kj::byte*>(record.data.data()), record.data.size()),
          EXPIRATION_AT);
      uint32_t expiration = data.u32();
      if (!data.ok() || int32_t(expiration - now) < 0) return true;
    }
  return false;
}

}  // namespace portreeve::resolver
