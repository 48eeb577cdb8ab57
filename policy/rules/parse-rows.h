// SPDX-License-Identifier: GPL-3.0-or-later
// A table of a rule file that is read by a row a key.
#pragma once

#include "policy/rules/operand.h"
#include "policy/rules/parse-operands.h"
#include "policy/rules/toml-value.h"

#include <kj/array.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::rules {

using Operands = kj::Vector<kj::Own<Operand>>;

struct Site {
  // One key and where it stands.
  kj::StringPtr key;
  const toml::table& table;
  const toml::node& value;
  const OperandContext& context;
  Operands& out;
};

struct Row {
  kj::StringPtr key;
  void (*parse)(const Site&);  // adds what the value says to `out`, or complains
};

void parseRows(kj::ArrayPtr<const Row> rows, kj::StringPtr prefix, const toml::table& table,
               kj::ArrayPtr<const kj::StringPtr> otherKeys, const OperandContext& context,
               Operands& out);
// `prefix` is that of the keys in complaints: "process.", or empty for a rule's own table. Keys in
// otherKeys are somebody else's.

}  // namespace portreeve::rules
