// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/dated-context.h"

#include "resolver/wire-reader.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr size_t EXPIRATION_AT = 8;  // in an RRSIG's data; the inception stands behind it
constexpr uint64_t SECOND = 1'000'000'000;

constexpr UbContext::Option UNDATED[] = {{"val-override-date:", "-1"}};  // any date is as good

uint64_t nsOf(uint32_t serial, uint64_t nowNs) {
  auto now = int64_t(nowNs / SECOND);
  return uint64_t(std::max<int64_t>(0, now + int32_t(serial - uint32_t(now)))) * SECOND;
}

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
    if (judged.security == UbAnswer::Security::SECURE) clock.rootCounts();
    if (judged.security != UbAnswer::Security::BOGUS) return kj::mv(judged);
    return KJ_ASSERT_NONNULL(undated)->ask(question).then(
        [this, question, judged = kj::mv(judged)](UbAnswer&& again) mutable {
          return forgiven(question, kj::mv(judged), kj::mv(again));
        });
  });
}

kj::Promise<UbAnswer> DatedContext::forgiven(const Question& question, UbAnswer bogus,
                                             UbAnswer again) {
  kj::Maybe<Signed> times;
  if (again.security == UbAnswer::Security::SECURE)
    KJ_IF_MAYBE (answer, again.answer) times = signedTime(*answer, clock.now());
  uint64_t until = 0;
  KJ_IF_MAYBE (known, times) until = known->untilNs;
  if (until < clock.earliest()) return kj::mv(bogus);
  if (until >= clock.now()) return taken(question, kj::mv(again), ClockTrust::Fault::NOT_YET);
  if (!clock.mayBeAhead()) return kj::mv(bogus);
  return lookAtRoot().then(
      [this, question, until, bogus = kj::mv(bogus), again = kj::mv(again)]() mutable {
        if (!clock.isAhead() || until < clock.earliest()) return kj::mv(bogus);
        return taken(question, kj::mv(again), ClockTrust::Fault::ENDED);
      });
}

UbAnswer DatedContext::taken(const Question& question, UbAnswer again, ClockTrust::Fault fault) {
  clock.forgave(kj::str("a signature of ", question.name.text()), fault);
  again.security = UbAnswer::Security::UNDATED;
  return again;
}

kj::Promise<void> DatedContext::lookAtRoot() {
  if (clock.isAhead()) return kj::READY_NOW;
  KJ_IF_MAYBE (underWay, looking) return underWay->addBranch();
  // No record is signed more often: twice a day, with each version of the zone.
  Question version{Name(), TYPE_SOA};
  auto asked = dated.ask(version).then([this, version](UbAnswer&& judged) -> kj::Promise<void> {
    if (judged.security == UbAnswer::Security::SECURE) clock.rootCounts();
    if (judged.security != UbAnswer::Security::BOGUS) return kj::READY_NOW;
    return KJ_ASSERT_NONNULL(undated)->ask(version).then(
        [this](UbAnswer&& again) { learn(again); });
  });
  auto shared = asked.then([this]() { looking = nullptr; }).fork();
  auto branch = shared.addBranch();
  looking = kj::mv(shared);
  return branch;
}

void DatedContext::learn(const UbAnswer& version) {
  if (version.security != UbAnswer::Security::SECURE) return;
  KJ_IF_MAYBE (answer, version.answer)
    KJ_IF_MAYBE (times, signedTime(*answer, clock.now()))
      clock.rootEnded(times->fromNs, times->untilNs);
}

kj::Maybe<Signed> signedTime(const Answer& answer, uint64_t nowNs) {
  kj::Maybe<Signed> all;
  for (auto* section : {&answer.answer, &answer.authority})
    for (auto& record : *section) {
      if (record.type != TYPE_RRSIG) continue;
      WireReader data(
          kj::arrayPtr(reinterpret_cast<const kj::byte*>(record.data.data()), record.data.size()),
          EXPIRATION_AT);
      auto until = nsOf(data.u32(), nowNs), from = nsOf(data.u32(), nowNs);
      if (!data.ok()) return nullptr;
      KJ_IF_MAYBE (others, all)
        all = Signed{std::max(others->fromNs, from), std::min(others->untilNs, until)};
      else
        all = Signed{from, until};
    }
  return all;
}

}  // namespace portreeve::resolver
