// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/peer.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve {
namespace {

constexpr uid_t FIRST_PERSON = 1000;
constexpr uid_t FIRST_DYNAMIC = 61184, LAST_DYNAMIC = 65519;  // systemd's DynamicUser=
constexpr uid_t NOBODY = 65534, NONE16 = 65535, NONE = uid_t(-1);

}  // namespace

bool isPerson(uid_t uid) {
  if (uid == 0) return true;
  return uid >= FIRST_PERSON && !(uid >= FIRST_DYNAMIC && uid <= LAST_DYNAMIC) && uid != NOBODY &&
         uid != NONE16 && uid != NONE;
}

Peer Peer::of(int socketFd) {
  ucred credentials;
  socklen_t size = sizeof credentials;
  KJ_SYSCALL(getsockopt(socketFd, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
  Peer peer;
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  peer.groups.add(credentials.gid);

  // The kernel tells the size wanted by ERANGE.
  gid_t few[64];
  socklen_t bytes = sizeof few;
  if (getsockopt(socketFd, SOL_SOCKET, SO_PEERGROUPS, few, &bytes) == 0) {
    for (gid_t group : kj::arrayPtr(few, bytes / sizeof(gid_t))) peer.groups.add(group);
    return peer;
  }
  if (errno != ERANGE) KJ_FAIL_SYSCALL("getsockopt(SO_PEERGROUPS)", errno);
  auto many = kj::heapArray<gid_t>(bytes / sizeof(gid_t));
  KJ_SYSCALL(getsockopt(socketFd, SOL_SOCKET, SO_PEERGROUPS, many.begin(), &bytes));
  for (gid_t group : many.slice(0, bytes / sizeof(gid_t))) peer.groups.add(group);
  return peer;
}

bool Peer::inGroup(kj::Maybe<gid_t> group) const {
  KJ_IF_MAYBE (wanted, group) {
    for (gid_t held : groups)
      if (held == *wanted) return true;
  }
  return false;
}

kj::String Peer::toString() const {
  return kj::str("uid ", uid, ", pid ", pid);
}

bool Entitlement::is(Role role) const {
  return who.uid == accounts.of(role).uid;
}

bool Entitlement::mayObserve() const {
  if (mayChange() || who.inGroup(accounts.observeGroup())) return true;
  for (Role role : ROLES)
    if (is(role)) return true;
  return false;
}

bool Entitlement::mayChange() const {
  return isRoot() || who.inGroup(accounts.adminGroup());
}

void Entitlement::require(Role role) const {
  KJ_REQUIRE(isRoot() || is(role), kj::str("not entitled: this is for the suite's ", name(role),
                                           " alone, not for ", who.toString()));
}

void Entitlement::requireObserve() const {
  KJ_REQUIRE(mayObserve(), kj::str("not entitled: ", who.toString(),
                                   " is neither root nor in group portreeve-observe"));
}

void Entitlement::requireChange() const {
  KJ_REQUIRE(mayChange(), kj::str("not entitled: ", who.toString(),
                                  " is neither root nor in group portreeve-admin"));
}

}  // namespace portreeve
