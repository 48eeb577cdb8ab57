// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/resolution.h"

namespace portreeve::resolver {
namespace {

// There are many servers; their speed is worth knowing.
// clang-format off
constexpr UbContext::Option RECURSING[] = {
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "4m"},
    {"qname-minimisation:", "yes"},       // RFC 9156: each server learns what it must
    {"use-caps-for-id:", "no"},           // ports and ids are random; some servers lose the case
    {"infra-host-ttl:", "30"},
    {"infra-keep-probing:", "yes"},
};
// clang-format on

// libunbound asks a server that was silent ever less often, up to every two minutes, and would be
// the last to see that the network is back. This one gives up soon, and forgets within a second how
// servers have fared.
constexpr UbContext::Option IN_OUTAGE[] = {
    {"msg-cache-size:", "1m"},
    {"rrset-cache-size:", "1m"},
    {"infra-host-ttl:", "1"},
    {"outbound-msg-retry:", "2"},
};
constexpr unsigned OUTAGE_AFTER = 3;

}  // namespace

Resolution::Resolution(UbEventBase& base, kj::Timer& timer, kj::StringPtr rootAnchor,
                       kj::StringPtr rootHints, ClockTrust& clock)
    : checked(base, timer, {rootAnchor, rootHints, nullptr, RECURSING}, clock),
      checkedInOutage(base, timer, {rootAnchor, rootHints, nullptr, joined(RECURSING, IN_OUTAGE)},
                      clock),
      unchecked(base, timer, {nullptr, rootHints, nullptr, RECURSING}) {}

kj::Promise<Resolved> Resolution::resolve(const Lookup& lookup) {
  auto& question = lookup.question;
  auto asked = lookup.checkingDisabled ? unchecked.ask(question) : askChecked(question);
  return asked.then([](UbAnswer&& found) -> Resolved {
    if (found.security == UbAnswer::Security::BOGUS)
      return servfail(ExtendedError::DNSSEC_BOGUS, kj::mv(found.why));
    KJ_IF_MAYBE (answer, found.answer) {
      answer->authentic = found.security == UbAnswer::Security::SECURE;
      return {kj::mv(*answer), nullptr};
    }
    return servfail(ExtendedError::NO_REACHABLE_AUTHORITY,
                    kj::str("the name's servers: ", found.why));
  });
}

kj::Promise<UbAnswer> Resolution::askChecked(const Question& question) {
  auto& context = failures >= OUTAGE_AFTER ? checkedInOutage : checked;
  return context.ask(question).then([this](UbAnswer&& found) {
    bool reached = found.answer != nullptr || found.security == UbAnswer::Security::BOGUS;
    failures = reached ? 0 : failures + 1;
    return kj::mv(found);
  });
}

}  // namespace portreeve::resolver
