// SPDX-License-Identifier: GPL-3.0-or-later
// From a flow to its judgement by the rules in force, for all who judge: packets as they come, open
// flows when rules change, connections from before the start.
#pragma once

#include "policy/evaluation-time.h"
#include "policy/flow.h"
#include "policy/name-table.h"
#include "policy/rules/rule-set.h"

#include <kj/function.h>

#include <cstdint>

namespace portreeve::policy {

constexpr kj::StringPtr DECIDED_BEFORE = "decided before policy restarted"_kj;
// Judgement.origin of flows that conntrack alone knows of.

class Deciding {
public:
  using InForce = kj::Function<rules::RuleSet&()>;

  Deciding(InForce inForce, const NameTable& names) : inForce(kj::mv(inForce)), names(names) {}
  KJ_DISALLOW_COPY(Deciding);

  void lookUpNames(Flow& flow) const;
  // Only of flows that go out: a name is asked for by who connects. Names that the flow has already
  // stay where none are known any more.

  enum class Need {
    NOTHING,
    TURN,      // a look at what the resolver has told by now
    QUESTION,  // to ask the resolver: the process itself is not known to have asked for any name of
               // that address
  };
  Need needOf(const Flow& flow, bool mayBeBehind, uint64_t nowWallNs);
  // What is to be done about names before deciding: where a name could make another rule decide, or
  // the address stands for one (far-address.h); else, since people read it, where the process asks
  // for names and its own for that address is missing, or may be another by now (mayBeBehind,
  // name-lookups.h).

  bool hangsOnExamination(const Flow& flow, uint64_t nowWallNs);
  // A rule over the program's SHA-256 or package could decide, and they are not known yet: what is
  // decided is for the moment.
  bool usesExamination() { return inForce().usesExamination(); }

  enum class Outcome {
    SAME,
    REWORDED,  // for another reason (rule, name) it is to be as it was
    CHANGED,   // its verdict, or its way through Gate17, is new
    ASKS,      // a person is to be asked; one that was judged before keeps its judgement until then
  };
  Outcome decide(Flow& flow, uint64_t nowWallNs);
  // Fills the judgement and counts the rule's hit; of one that keeps its judgement none. Where
  // conntrack keeps nothing (neighbour discovery, multicast listeners) it is for this packet alone.
  // A connection that goes on is not asked about: questions are for new ones.

  kj::Maybe<kj::String> decidedBy(const Flow& flow, uint64_t nowWallNs) const;
  // The rule that decides a new connection like this one; nullptr where a person is to be asked.
  // Counts nothing.
  bool receiverAsks(const Flow& flow, uint64_t nowWallNs) const;
  // Of one that is asked about: because of who receives it (loopback) and not of who sends it.

  proto::Verdict withoutPorts(const Flow& flow, uint64_t nowWallNs);
  // A later fragment: operands over ports do not match.

  const rules::Geography& geography() const { return inForce().geography(); }

  const EvaluationTime& time() const { return evaluation; }

private:
  mutable InForce inForce;
  const NameTable& names;
  EvaluationTime evaluation;
};

bool letsThrough(proto::Verdict verdict);  // for good or once
bool isTurning(proto::Verdict verdict);    // GATE17, NAMESERVER: acts on the first packet of a
                                           // conntrack entry alone
bool isKept(proto::Verdict
                verdict);  // conntrack keeps it: for good, and the first packet was not lost to it
proto::Verdict once(
    proto::Verdict verdict);  // the same for this packet alone; turning ones are dropped

}  // namespace portreeve::policy
