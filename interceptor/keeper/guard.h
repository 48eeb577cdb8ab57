// SPDX-License-Identifier: GPL-3.0-or-later
// The second wall: an nf_tables table "inet portreeve-guard" with "flags owner", behind filter. It
// belongs to this process's socket: no other program's `nft flush ruleset` takes it away, and it
// goes when the process does. While C17 is in place nothing that reaches it is ever dropped; while
// C17 is missing, or an ACCEPT of another program stands before it, it drops what is undecided or
// forbidden. docs/kernel-rules.md goes through its lines.
#pragma once

#include "interceptor/keeper/nf-tables.h"

namespace portreeve::keeper {

constexpr kj::StringPtr GUARD_TABLE = "portreeve-guard"_kj;

class Guard {
public:
  Guard() = default;
  KJ_DISALLOW_COPY(Guard);

  bool take();
  // Only once the rules are in force: it closes the machine. Idempotent. False where the kernel
  // does not have what it takes, or somebody else holds it; whyNot() says it.

  void release();
  bool held() const { return mine; }
  kj::StringPtr whyNot() const { return reason; }

  bool heldByAnother();  // another keeper lives in this network namespace

private:
  NfTables kernel;
  bool mine = false;
  kj::String reason;
};

}  // namespace portreeve::keeper
