// SPDX-License-Identifier: GPL-3.0-or-later
// What was recorded of connections, as the rule language wants it: for replay and explain.
#pragma once

#include "common/accounts.h"
#include "common/address.h"
#include "history/sqlite.h"
#include "history/texts.h"
#include "policy/rules/facts.h"
#include "policy/rules/rule-set.h"

#include <capnp/message.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::history {

class PastFacts {
  // What many rows share is made once, and lives as long as this.
public:
  PastFacts(Database& database, const Accounts& accounts) : texts(database), accounts(accounts) {}
  KJ_DISALLOW_COPY(PastFacts);

  Texts texts;

  rules::ProcessFacts process(int64_t program, int64_t parents);
  kj::ArrayPtr<const rules::DomainFact> domains(int64_t names);

private:
  struct Names {
    kj::Vector<kj::String> texts;
    kj::Vector<rules::DomainFact> facts;
  };
  struct Parents {
    kj::Vector<kj::String> texts;
    kj::Vector<kj::StringPtr> paths;
  };
  const Accounts& accounts;
  std::unordered_map<int64_t, Names> domainLists;
  std::unordered_map<int64_t, Parents> parentLists;
  std::unordered_map<int64_t, kj::Own<capnp::MallocMessageBuilder>> details;

  bool isSuite(uint32_t uid) const;
  void addDetails(int64_t program, rules::ProcessFacts& facts);
  Names readNames(int64_t id);
  kj::ArrayPtr<const kj::StringPtr> parentsOf(int64_t id);
};

Address addressOf(kj::ArrayPtr<const kj::byte> bytes);  // of a column; "::" where it is not 16 long

rules::Decision decide(const rules::RuleSet& set, const Statement& row, PastFacts& facts,
                       uint64_t nowWallNs, rules::Trace* trace = nullptr);
// What the set says of one row of `connection` (row.h, COLUMNS), the stricter of both ends' where
// it stayed on this machine; `trace` gets the end that decided.

}  // namespace portreeve::history
