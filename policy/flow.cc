// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/flow.h"

namespace portreeve::policy {
namespace {

struct TypePair {
  uint8_t question, answer;
};
constexpr TypePair ICMP_PAIRS[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};
constexpr TypePair ICMPV6_PAIRS[] = {{128, 129}};

uint8_t otherType(kj::ArrayPtr<const TypePair> pairs, uint8_t type) {
  for (auto& pair : pairs) {
    if (pair.question == type) return pair.answer;
    if (pair.answer == type) return pair.question;
  }
  return type;
}

bool isIcmp(uint8_t protocol) {
  return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

rules::ProcessFacts factsOf(const kj::Maybe<Party>& party) {
  KJ_IF_MAYBE (present, party) return present->program->facts();
  return rules::ProcessFacts();
}

}  // namespace

const Address& Flow::localAddress() const {
  return direction == rules::Direction::OUT ? tuple.source : tuple.destination;
}

const Address& Flow::remoteAddress() const {
  return direction == rules::Direction::OUT ? tuple.destination : tuple.source;
}

uint16_t Flow::localPort() const {
  if (isIcmp(tuple.protocol)) return 0;
  return direction == rules::Direction::OUT ? tuple.sourcePort : tuple.destinationPort;
}

uint16_t Flow::remotePort() const {
  if (isIcmp(tuple.protocol)) return 0;
  return direction == rules::Direction::OUT ? tuple.destinationPort : tuple.sourcePort;
}

FactsOf::FactsOf(const Flow& flow) : flow(flow) {
  for (auto& name : flow.names) domains.add(rules::DomainFact{name.name, name.source});
  one.direction = flow.direction;
  one.protocol = flow.tuple.protocol;
  one.icmpType = flow.icmpType;
  one.icmpCode = flow.icmpCode;
  one.local = flow.localAddress();
  one.remote = flow.remoteAddress();
  one.localPort = flow.localPort();
  one.remotePort = flow.remotePort();
  one.interface = flow.interface;
  one.loopback = flow.loopback;
  one.establishedBefore = flow.establishedBefore;
  one.process = flow.process.program->facts();
  one.domains = domains;
  if (!bothEnds()) return;
  two = one;
  two.direction = rules::Direction::IN;
  two.local = one.remote;
  two.remote = one.local;
  two.localPort = one.remotePort;
  two.remotePort = one.localPort;
  two.process = factsOf(flow.peer);
  two.domains = nullptr;
}

rules::Decision FactsOf::decide(const rules::RuleSet& set, uint64_t nowWallNs,
                                rules::Trace* trace) const {
  if (!bothEnds()) return set.decide(one, nowWallNs, trace);
  if (trace == nullptr)
    return rules::stricter(set.decide(one, nowWallNs), set.decide(two, nowWallNs));
  rules::Trace traces[2];
  auto out = set.decide(one, nowWallNs, &traces[0]);
  auto in = set.decide(two, nowWallNs, &traces[1]);
  auto chosen = rules::stricter(out, in);
  // Both may be of one rule; then the way out is the one to tell.
  *trace = kj::mv(traces[chosen.rule == out.rule ? 0 : 1]);
  return chosen;
}

Tuple answerOf(const Tuple& tuple) {
  if (!isIcmp(tuple.protocol)) return tuple.reversed();
  Tuple answer = tuple;
  answer.source = tuple.destination;
  answer.destination = tuple.source;
  auto pairs = tuple.protocol == PROTOCOL_ICMP ? kj::arrayPtr(ICMP_PAIRS, kj::size(ICMP_PAIRS))
                                               : kj::arrayPtr(ICMPV6_PAIRS, kj::size(ICMPV6_PAIRS));
  answer.destinationPort = uint16_t(otherType(pairs, uint8_t(tuple.destinationPort >> 8)) << 8 |
                                    (tuple.destinationPort & 0xff));
  return answer;
}

Party copy(const Party& party) {
  return Party{kj::addRef(*const_cast<Program*>(party.program.get())), party.method,
               party.confidence, party.socketInode};
}

kj::Maybe<Party> copy(const kj::Maybe<Party>& party) {
  KJ_IF_MAYBE (present, party) return copy(*present);
  return nullptr;
}

}  // namespace portreeve::policy
