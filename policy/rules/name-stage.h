// SPDX-License-Identifier: GPL-3.0-or-later
// The rules at the DNS stage: a program wants to know the addresses of a name, and protocol,
// address and port of what follows are unknown. A "no" has to be certain, a "yes" only possible.
// Built-in rules are not asked: they are about the machine's housekeeping, not about names. Answers
// are not asked either: at this stage whatever asks lets through.
#pragma once

#include "policy/rules/rule-index.h"
#include "policy/rules/rule.h"
#include "policy/rules/trace.h"
#include "policy/rules/users-rules.h"

#include <kj/array.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::rules {

struct NameDecision {
  bool refuse = false;
  const Rule* rule =
      nullptr;  // the rule that decided: refuses for certain, or may let a flow through
};

struct NameQuery {
  const ProcessFacts& asker;
  kj::StringPtr name;  // lower case, no trailing dot
  uint64_t nowWallNs;
  bool askerSpeaksForOthers;  // a system-wide stub: the process and user are unknown too
  const Circumstances& circumstances;
};

class NameStage {
public:
  NameStage(kj::ArrayPtr<const Rule> rules, const UsersRules& users);
  // Both outlive it. The last rule has no operands.

  NameDecision judge(const NameQuery& query, Trace* trace) const;
  // Refused only if every flow to it would be blocked or dropped, whatever they turn out to be.

  bool goesFarAway(const NameQuery& query) const;
  // Whether a flow to it may be one for Gate17. Users' own rules have no say: they let nothing
  // through.

private:
  kj::ArrayPtr<const Rule> all;
  const UsersRules& users;
  RuleIndex known;      // of an asker who is known,
  RuleIndex forOthers;  // and of one who asks for others
  bool anyGate = false;

  const RuleIndex& indexOf(const NameQuery& query) const {
    return query.askerSpeaksForOthers ? forOthers : known;
  }
  NameDecision judgeForAll(const NameQuery& query, const FlowFacts& facts) const;
  NameDecision judgeForAll(const FlowFacts& facts, Trace& trace) const;
};

bool mayJudgeNames(const Rule& rule);
// False only where it surely decides nothing at this stage: what is about arriving flows alone, and
// a "no" that hangs on a port or an address, which is never certain here.

}  // namespace portreeve::rules
