// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/dns64.h"

#include "common/log.h"

#include <kj/debug.h>
#include <kj/function.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr auto AGAIN = 3600 * kj::SECONDS;
constexpr auto SOON = 15 * kj::SECONDS;  // the network's servers did not answer
constexpr uint8_t LENGTHS[] = {96, 64, 56, 48, 40, 32};
constexpr size_t SKIPPED = 8;  // octet that is always zero (RFC 6052, 2.2)

const Name& wellKnown() {
  static const Name NAME = KJ_ASSERT_NONNULL(Name::parse("ipv4only.arpa"));
  return NAME;
}

void eachOctet(uint8_t length, kj::FunctionParam<void(size_t at, size_t of)> visit) {
  // Where the four octets of an IPv4 address stand behind a prefix of that length.
  size_t at = length / 8;
  for (size_t of = 0; of < 4; of++, at++) {
    if (at == SKIPPED) at++;
    visit(at, of);
  }
}

}  // namespace

kj::Maybe<TranslationPrefix> TranslationPrefix::of(const Address& known) {
  for (uint8_t length : LENGTHS) {
    uint8_t v4[4];
    eachOctet(length, [&](size_t at, size_t octet) { v4[octet] = known.bytes[at]; });
    bool is = v4[0] == 192 && v4[1] == 0 && v4[2] == 0 && (v4[3] == 170 || v4[3] == 171);
    if (!is) continue;
    TranslationPrefix prefix{known, length};
    std::fill(prefix.base.bytes.begin() + length / 8, prefix.base.bytes.end(), uint8_t(0));
    if (prefix.embed(Address::fromV4(v4)) == known) return prefix;
  }
  return nullptr;
}

Address TranslationPrefix::embed(const Address& v4) const {
  Address result = base;
  eachOctet(length, [&](size_t at, size_t octet) { result.bytes[at] = v4.bytes[12 + octet]; });
  return result;
}

void Dns64::discover() {
  prefix = nullptr;  // the other network's, whatever the servers of this one say
  discovering = ask().eagerlyEvaluate(
      [](kj::Exception&& e) { log::exception("looking for a translator to IPv4", e); });
}

kj::Promise<void> Dns64::ask() {
  return network.resolve(Lookup{{wellKnown(), TYPE_AAAA}}).then([this](Resolved&& answer) {
    bool answered = take(answer);
    return timer.afterDelay(answered ? AGAIN : SOON).then([this]() { return ask(); });
  });
}

bool Dns64::take(const Resolved& resolved) {
  auto& answer = resolved.answer;
  if (answer.rcode != RCODE_NOERROR && answer.rcode != RCODE_NXDOMAIN) return false;
  kj::Maybe<TranslationPrefix> found;
  for (auto& record : answer.answer)
    if (record.type == TYPE_AAAA && found == nullptr)
      KJ_IF_MAYBE (address, addressIn(record)) found = TranslationPrefix::of(*address);
  bool before = prefix != nullptr;
  prefix = found;
  KJ_IF_MAYBE (now, prefix) {
    if (!before)
      log::info(
          kj::str("this network reaches IPv4 through ", now->base.toString(), '/', now->length));
  }
  return true;
}

kj::Promise<Resolved> Dns64::resolve(const Lookup& lookup) {
  bool fits = prefix != nullptr && lookup.question.type == TYPE_AAAA &&
              // Such a client validates itself, and synthesizes itself (RFC 6147, 5.5).
              !(lookup.checkingDisabled && lookup.dnssecOk) &&
              !(lookup.question.name == wellKnown());
  if (!fits) return source.resolve(lookup);
  return source.resolve(lookup).then([this, lookup](Resolved&& resolved) -> kj::Promise<Resolved> {
    if (!lacksAddress(resolved)) return kj::mv(resolved);
    return synthesize(lookup, kj::mv(resolved));
  });
}

bool Dns64::lacksAddress(const Resolved& resolved) const {
  auto& answer = resolved.answer;
  // What the network's server made up itself is not signed: it is made anew of what is.
  KJ_IF_MAYBE (error, resolved.error) return error->code == ExtendedError::DNSSEC_BOGUS;
  if (answer.rcode != RCODE_NOERROR) return false;
  auto& own = KJ_ASSERT_NONNULL(prefix);
  for (auto& record : answer.answer)
    if (record.type == TYPE_AAAA)
      KJ_IF_MAYBE (address, addressIn(record)) {
        bool behind = std::equal(own.base.bytes.begin(), own.base.bytes.begin() + own.length / 8,
                                 address->bytes.begin());
        if (!behind && !address->isV4()) return false;  // ::ffff:0:0/96 counts as none (5.1.4)
      }
  return true;
}

kj::Promise<Resolved> Dns64::synthesize(const Lookup& lookup, Resolved original) {
  Lookup v4 = lookup;
  v4.question.type = TYPE_A;
  auto asked = source.resolve(v4);
  return asked.then([this, original = kj::mv(original)](Resolved&& resolved) mutable {
    KJ_IF_MAYBE (own, prefix) {
      bool any = false;
      Answer made;
      made.server = resolved.answer.server;
      for (auto& record : resolved.answer.answer) {
        if (record.type == TYPE_CNAME) made.answer.push_back(record);
        if (record.type != TYPE_A) continue;
        KJ_IF_MAYBE (address, addressIn(record)) {
          any = true;
          auto behind = own->embed(*address);
          made.answer.push_back(
              {record.owner, TYPE_AAAA, CLASS_IN, record.ttl,
               std::string(reinterpret_cast<const char*>(behind.bytes.data()), 16)});
        }
      }
      if (any) return Resolved{kj::mv(made), nullptr};
    }
    return kj::mv(original);
  });
}

}  // namespace portreeve::resolver
