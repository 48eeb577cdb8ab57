// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/server-lookup.h"

#include "common/dns-words.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr kj::StringPtr NO_SUCH_NAME = "there is no such name"_kj;
constexpr kj::StringPtr NO_ADDRESS = "the name has no address"_kj;

ServerPlaces refusal(kj::StringPtr why) {
  return {{}, 0, kj::str("the resolver refuses the name: ", why), true};
}

ServerPlaces placesIn(const Found& found) {
  auto& answer = *found.answer;
  ServerPlaces places;
  // 0.0.0.0 is how lists elsewhere say "no"; here it would lead to this machine.
  for (auto& address : answer.given.addresses)
    if (!address.isUnspecified()) places.addresses.push_back(address);
  places.answered = answer.rcode == RCODE_NOERROR || answer.rcode == RCODE_NXDOMAIN;
  if (!places.addresses.empty()) {
    places.ttl = found.stale ? CachingNames::STALE_TTL
                             : answer.given.ttl - std::min(answer.given.ttl, found.age);
    return places;
  }
  if (answer.rcode == RCODE_NXDOMAIN)
    places.reason = kj::str(NO_SUCH_NAME);
  else if (answer.rcode == RCODE_NOERROR)
    places.reason = kj::str(NO_ADDRESS);
  else KJ_IF_MAYBE (error, answer.error)
    places.reason = kj::str("the name is not found: ", error->text);
  else
    places.reason = kj::str("the name is not found: its servers say ", dnsRcodeText(answer.rcode));
  return places;
}

ServerPlaces both(ServerPlaces six, ServerPlaces four) {
  if (four.addresses.empty() && six.addresses.empty()) {
    // What nobody could be asked for may be there.
    if (!six.answered) return six;
    return four;
  }
  if (six.addresses.empty()) return four;
  if (four.addresses.empty()) return six;
  six.addresses.insert(six.addresses.end(), four.addresses.begin(), four.addresses.end());
  six.ttl = std::min(six.ttl, four.ttl);
  return six;
}

}  // namespace

kj::Promise<ServerPlaces> ServerLookup::find(const Name& name, Freshness freshness) {
  auto text = name.text();
  KJ_IF_MAYBE (why, filter.refuses({text.begin(), text.size()})) return refusal(*why);
  auto ofSix = findOf(name, TYPE_AAAA, freshness).eagerlyEvaluate(nullptr);
  auto ofFour = findOf(name, TYPE_A, freshness);
  return ofFour.then([ofSix = kj::mv(ofSix)](ServerPlaces four) mutable {
    return ofSix.then([four = kj::mv(four)](ServerPlaces six) mutable {
      return both(kj::mv(six), kj::mv(four));
    });
  });
}

kj::Promise<ServerPlaces> ServerLookup::findOf(const Name& name, uint16_t type,
                                               Freshness freshness) {
  Lookup lookup;
  lookup.question = Question{name, type};
  KJ_IF_MAYBE (answer, local.answer(lookup.question)) {
    Found found;
    found.answer = prepare(lookup.question, false, *answer, nullptr);
    return placesIn(found);
  }
  auto asked = freshness == Freshness::ANEW ? names.findAnew(lookup) : names.find(lookup);
  return asked.then([this, text = name.text()](Found found) {
    KJ_IF_MAYBE (why, filter.refusesAnswer({text.begin(), text.size()}, *found.answer))
      return refusal(*why);
    return placesIn(found);
  });
}

}  // namespace portreeve::resolver
