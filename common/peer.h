// SPDX-License-Identifier: GPL-3.0-or-later
// Who is at the other end of a Unix socket: SO_PEERCRED and SO_PEERGROUPS (unix(7), socket(7)).
// On a handed-over listening socket only the accepting side learns who it talks to; a client trusts
// the path instead (the directory is root's alone to write).
#pragma once

#include "common/accounts.h"

#include <kj/string.h>
#include <kj/vector.h>
#include <sys/types.h>

namespace portreeve {

struct Peer {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  kj::Vector<gid_t> groups;  // primary and supplementary

  static Peer of(int socketFd);
  // Throws FAILED when the kernel does not say.

  bool inGroup(kj::Maybe<gid_t> group) const;
  kj::String toString() const;  // "uid 1000, pid 4711"
};

bool isPerson(uid_t uid);
// Root, or an account that people log in with (by systemd's ranges: 1000 and up, but dynamic users
// and nobody). A service's account is none: whoever breaks into a service must not be asked whether
// it may talk home.

class Entitlement {
  // Who may have what, for one peer. `require…` throw FAILED with a sentence that says who is asked
  // for.
public:
  Entitlement(Peer peer, const Accounts& accounts) : who(kj::mv(peer)), accounts(accounts) {}

  bool is(Role role) const;
  bool isRoot() const { return who.uid == 0; }
  bool mayObserve() const;        // root, observe or admin group, any of the suite's own uids
  bool mayChange() const;         // root, admin group
  void require(Role role) const;  // that role's uid, or root
  void requireObserve() const;
  void requireChange() const;
  const Peer& peer() const { return who; }

private:
  Peer who;
  const Accounts& accounts;
};

}  // namespace portreeve
