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

}  // namespace

Resolution::Resolution(UbEventBase& base, kj::Timer& timer, kj::StringPtr rootAnchor,
                       kj::StringPtr rootHints, ClockTrust& clock)
    : checked(base, timer, {rootAnchor, rootHints, nullptr, RECURSING}, clock),
      unchecked(base, timer, {nullptr, rootHints, nullptr, RECURSING}) {}

kj::Promise<Resolved> Resolution::resolve(const Lookup& lookup) {
  auto& question = lookup.question;
  auto asked = lookup.checkingDisabled ? unchecked.ask(question) : checked.ask(question);
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

}  // namespace portreeve::resolver
