// SPDX-License-Identifier: GPL-3.0-or-later
// What policy keeps of one flow: who is behind it, where it goes, which names were given for that
// address, and what was decided. Plain values, so that the flow can be judged again when rules
// change, explained and shown long after its packet has gone.
#pragma once

#include "common/tuple.h"
#include "policy/program.h"
#include "policy/rules/facts.h"
#include "policy/rules/rule-set.h"
#include "proto/flow.capnp.h"

#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct Party {
  // One end of a flow on this machine.
  kj::Own<Program> program;  // shared with the other flows of that process
  proto::Method method = proto::Method::NONE;
  proto::Confidence confidence = proto::Confidence::NONE;
  uint64_t socketInode = 0;
};

struct FlowName {
  kj::String name;  // lower case, no trailing dot
  rules::NameSource source = rules::NameSource::PROCESS;
};

struct Judgement {
  // Texts are copies: the rule set they come from may be gone when they are read.
  proto::Verdict verdict = proto::Verdict::NONE;
  kj::String rule;    // its name; empty while undecided
  kj::String origin;  // "file:line" or "built-in"; else why there is no rule, in words
  kj::String domain;  // the name that matched, or the nearest one known; empty: none
  kj::Maybe<rules::NameSource> namedBy;
  kj::Vector<kj::String> ways;  // GATE17: that the rule names, in their order
  bool log = true;              // told to the historian (Rule.log)
};

struct StageTimes {
  // Of the packet that a flow began with, ns; 0: not measured, or there was no such stage.
  uint64_t queue = 0;        // in the kernel's queue; where the kernel stamps packets
  uint64_t attribution = 0;  // read from it until attributed
  uint64_t name = 0;         // of policy's time: waiting for the resolver to tell of a name
  uint64_t question = 0;     // a person was asked
  uint64_t policy = 0;       // attributed until settled, without a question's time
};

struct Flow {
  uint64_t id = 0;  // from 1; never given twice in policy's life
  Tuple tuple;      // as in its first packet: conntrack's original direction
  rules::Direction direction = rules::Direction::OUT;
  bool loopback = false;
  bool establishedBefore = false;  // existed before the suite started
  uint8_t icmpType = 0;
  uint8_t icmpCode = 0;
  kj::String interface;   // "eth0"; empty where none
  Party process;          // out: who sends; in: who receives
  kj::Maybe<Party> peer;  // loopback: who receives
  kj::Vector<FlowName> names;
  Judgement judgement;
  kj::String way;          // GATE17: the one it went; empty before that
  uint64_t startedNs = 0;  // wall clock, ns since the Unix epoch
  uint64_t endedNs = 0;    // 0 while open
  uint64_t bytesIn = 0;    // whole packets; known when conntrack has told
  uint64_t bytesOut = 0;
  StageTimes times;

  // For those who keep the table true, not for showing.
  bool tracked =
      false;  // conntrack has (or is about to have) an entry with its verdict: it tells the end
  uint64_t lastSeenNs = 0;  // CLOCK_MONOTONIC: when a packet of it was judged last
  uint32_t walk = 0;        // the last walk over conntrack that met it

  bool open() const { return endedNs == 0; }
  const Address& localAddress() const;
  const Address& remoteAddress() const;
  uint16_t localPort() const;
  uint16_t remotePort() const;
};

class FactsOf {
  // The facts of one flow, for the rule language. Borrows from the flow, which must outlive it.
public:
  explicit FactsOf(const Flow& flow);
  KJ_DISALLOW_COPY(FactsOf);

  const rules::FlowFacts& first() const { return one; }
  const rules::FlowFacts* second() const { return bothEnds() ? &two : nullptr; }
  // Loopback: the same flow as it arrives. Nullptr also where only the arriving end was seen.

  rules::Decision decide(const rules::RuleSet& set, uint64_t nowWallNs,
                         rules::Trace* trace = nullptr) const;
  // The stricter of both where there are two; `trace` gets the one that decided.

private:
  const Flow& flow;
  kj::Vector<rules::DomainFact> domains;
  rules::FlowFacts one;
  rules::FlowFacts two;

  bool bothEnds() const { return flow.loopback && flow.direction == rules::Direction::OUT; }
};

Tuple answerOf(const Tuple& tuple);
// The tuple of what comes back: ends swapped; for ICMP echo and the like the reply's type (RFC 792,
// RFC 4443).

kj::Maybe<Party> copy(const kj::Maybe<Party>& party);
Party copy(const Party& party);
// The program is shared.

}  // namespace portreeve::policy
