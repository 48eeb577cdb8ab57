// SPDX-License-Identifier: GPL-3.0-or-later
// The operands of one table of a rule file: a row a key.
#pragma once

#include "policy/rules/operand.h"
#include "policy/rules/parse.h"
#include "policy/rules/toml-value.h"

#include <kj/memory.h>
#include <kj/vector.h>

namespace portreeve::rules {

struct OperandContext {
  const ParseOptions& options;
  Complaints& complaints;
};

void parseFileProfile(const toml::node& value, const OperandContext& context,
                      kj::Vector<kj::Own<Operand>>& out);
// `profile` at the head of a file: an operand of each of its rules.

kj::Vector<kj::Own<Operand>> parseOperands(const toml::table& table,
                                           kj::ArrayPtr<const kj::StringPtr> otherKeys,
                                           const OperandContext& context);
// Keys in otherKeys are somebody else's and passed over; what no one knows is complained about. The
// result is sorted, cheap ones first.

}  // namespace portreeve::rules
