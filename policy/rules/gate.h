// SPDX-License-Identifier: GPL-3.0-or-later
// The first look at a rule, in one machine word: which of the few values that direction, protocol,
// scope and kind of process can have it takes. Most rules that no key leads to fail here, and
// their operands are never looked at.
#pragma once

#include "common/tuple.h"
#include "policy/rules/facts.h"

#include <cstdint>

namespace portreeve::rules {

class Gate {
  // One bit for each value of each field. A rule has all that it takes; a flow has the one that it
  // has, and none where that is not known (yet).
public:
  static Gate open() { return Gate(~uint32_t(0)); }
  static Gate closed() { return Gate(0); }  // as a flow: nothing is known of it

  static constexpr unsigned DIRECTION = 0;     // 2 bits: rules::Direction
  static constexpr unsigned PROTOCOL = 2;      // 6 bits: those below, then all others
  static constexpr unsigned SCOPE = 8;         // 4 bits: portreeve::Scope
  static constexpr unsigned ESTABLISHED = 12;  // 2 bits: after the start, before it
  static constexpr unsigned KIND = 14;         // 12 bits: ProcessKind, twice; see kindBit
  static constexpr uint8_t PROTOCOLS[] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP,
                                          PROTOCOL_ICMPV6, PROTOCOL_IGMP};
  static constexpr unsigned KINDS = 6;

  static unsigned protocolBit(uint8_t protocol) {
    unsigned bit = 0;
    while (bit < kj::size(PROTOCOLS) && PROTOCOLS[bit] != protocol) bit++;
    return bit;
  }
  static unsigned kindBit(ProcessKind kind, bool suite) {
    return unsigned(kind) + (suite ? KINDS : 0);
  }

  static Gate of(const FlowFacts& facts) {
    Gate flow = closed();
    if (facts.known.direction) flow.add(DIRECTION, unsigned(facts.direction));
    if (facts.known.protocol) flow.add(PROTOCOL, protocolBit(facts.protocol));
    if (facts.known.address) flow.add(SCOPE, unsigned(facts.scope()));
    flow.add(ESTABLISHED, facts.establishedBefore ? 1 : 0);
    if (facts.known.process) flow.add(KIND, kindBit(facts.process.kind, facts.process.suite));
    return flow;
  }

  void add(unsigned field, unsigned bit) { bits |= uint32_t(1) << (field + bit); }
  void only(unsigned field, unsigned count, uint32_t taken) {
    // Of that field these values alone.
    uint32_t mask = ((uint32_t(1) << count) - 1) << field;
    bits &= ~mask | (taken << field & mask);
  }
  bool lets(Gate flow) const { return (flow.bits & ~bits) == 0; }
  // False: an operand of the rule says "no" to the flow.

private:
  explicit Gate(uint32_t bits) : bits(bits) {}
  uint32_t bits;
};

}  // namespace portreeve::rules
