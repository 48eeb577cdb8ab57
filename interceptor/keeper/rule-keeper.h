// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the rules in force and keeps them there. Everything here blocks until it is done: some ten
// milliseconds, as it runs iptables-save and iptables-restore.
#pragma once

#include "common/host-rules.h"
#include "interceptor/keeper/conntrack-cleaning.h"
#include "interceptor/keeper/guard.h"
#include "interceptor/keeper/iptables.h"
#include "interceptor/keeper/nf-tables.h"
#include "interceptor/keeper/ruleset.h"
#include "interceptor/keeper/saved-rules.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::keeper {

class RuleKeeper {
public:
  struct Counters {
    uint64_t loads = 0;
    uint64_t restored = 0;
    uint64_t verifications = 0;
  };

  RuleKeeper(Variant variant, RulesetOptions options);
  // Opens its sockets to the kernel. Touches no rule.
  KJ_DISALLOW_COPY(RuleKeeper);

  void adopt();
  // Takes charge of the rules, with guard and all, if an earlier keeper has loaded exactly those
  // that this one would load. Otherwise does nothing: they wait for load().

  void load();
  // As in proto/keeper.capnp. Rules of ours that are there and whole are not touched.
  // Throws FAILED with iptables' own words; then nothing of ours is left, unless there was
  // something before: that stays, so that a failing reload opens nothing.

  void verify();  // looks, and changes nothing

  bool check();
  // Looks, and puts back what is not as it was loaded; true where that was so. Throws FAILED when
  // the rules cannot be read or put back.

  void nameLastChange(kj::StringPtr program);
  // After a check() that was true: who was heard to have made the change; nothing where it is
  // empty.

  void remove();  // as in proto/keeper.capnp

  bool keeping() const { return inCharge; }
  bool present(IpFamily family) const;
  bool allPresent() const;
  bool guarded() const { return guard.held(); }
  kj::StringPtr whyNoGuard() const { return guard.whyNot(); }
  kj::StringPtr lastChange() const { return change; }
  kj::Vector<kj::String> notes() const;
  // What the host's own rules mean beside ours, as they were when last looked at.
  const Counters& counters() const { return count; }
  Variant variant() const { return iptables.variant; }
  bool usesLegacy() const { return legacyToo; }
  // iptables-legacy is run: by choice, or because an earlier run may have left rules in its tables.

private:
  struct Family {
    IpFamily family;
    Ruleset wanted;
    OwnRules expected;     // as iptables-save shows it
    bool inPlace = false;  // when last looked at
    HostRules host;        // then, too
  };

  Iptables iptables;
  RulesetOptions options;
  bool legacyToo;
  NfTables kernel;
  Guard guard;
  ConntrackCleaning conntrack;
  kj::Vector<Family> families;
  bool inCharge = false;
  kj::String change;
  Counters count;

  void findFamilies();
  OwnRules look(Family& family) const;
  bool wholeBefore();
  kj::Maybe<kj::String> putIn(Family& family, const OwnRules& present);
  kj::Maybe<kj::String> putInWithout(Family& family, kj::StringPtr table);
  void readBack(Family& family);
  void takeCharge();
  void removeOtherVariant();
};

}  // namespace portreeve::keeper
