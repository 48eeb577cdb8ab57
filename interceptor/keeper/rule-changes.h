// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel tells of changes to nf_tables (NFNLGRP_NFTABLES; net/netfilter/nf_tables_api.c):
// a message for each object that changed, and after all that one program changed in one step a
// generation message that names the program. The end may come a moment later than the rest.
#pragma once

#include <kj/string.h>
#include <libmnl/libmnl.h>

namespace portreeve::keeper {

class RuleChanges {
public:
  void take(const nlmsghdr* message);
  // One message that the kernel sent, which is whole (messageFits).

  void lost();  // the kernel has dropped some: anything may have changed, by anybody

  bool heard() const { return complete; }
  // A change that may concern our rules has been told to its end, since forget().

  void forget() { complete = false; }
  kj::String takeProgram() { return kj::mv(program); }
  // Who made the last such change, as the kernel names it (15 bytes at most); empty when that is
  // not known, or has been taken already.

private:
  bool begun = false;  // a change of our tables is being told
  bool complete = false;
  kj::String program;
};

}  // namespace portreeve::keeper
