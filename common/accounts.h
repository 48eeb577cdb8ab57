// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's accounts and groups. Read from /etc/passwd and /etc/group alone (no NSS, which may
// need the network), once, before the sandbox. Where an account does not exist (`portreeve up` from
// a build folder), a fixed number is used instead, so that separation does not depend on an
// installation.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve {

enum class Role : uint8_t {
  INTERCEPTOR,
  KEEPER,
  ATTRIBUTOR,
  READER,
  RESOLVER,
  POLICY,
  GATEWAY,
  HISTORIAN,
  GATE
};
constexpr Role ROLES[] = {Role::INTERCEPTOR, Role::KEEPER,    Role::ATTRIBUTOR,
                          Role::READER,      Role::RESOLVER,  Role::POLICY,
                          Role::GATEWAY,     Role::HISTORIAN, Role::GATE};

kj::StringPtr name(Role role);  // "interceptor", …

struct Account {
  uid_t uid;
  gid_t gid;
};

class Accounts {
public:
  static Accounts read();
  // Throws FAILED when /etc/passwd cannot be read.

  Account of(Role role) const;
  // Account "portreeve-<role>", else the number 61701 + role. The keeper is root.
  kj::Maybe<gid_t> observeGroup() const;  // "portreeve-observe"
  kj::Maybe<gid_t> adminGroup() const;    // "portreeve-admin"

private:
  Account accounts[kj::size(ROLES)];
  kj::Maybe<gid_t> observe;
  kj::Maybe<gid_t> admin;
};

struct UserNames {
  // /etc/passwd and /etc/group as they were when read: for rules and for showing.
  struct Entry {
    kj::String name;
    uid_t uid;
    gid_t gid;
  };
  struct Group {
    kj::String name;
    gid_t gid;
    kj::Vector<kj::String> members;  // besides those whose primary group it is
  };
  kj::Vector<Entry> users;
  kj::Vector<Group> groups;  // /etc/group; none where it cannot be read

  static UserNames read();
  kj::Maybe<uid_t> uidOf(kj::StringPtr name) const;   // a name or a decimal number
  kj::Maybe<gid_t> gidOf(kj::StringPtr group) const;  // a name or a decimal number
  kj::Vector<uint32_t> membersOf(gid_t gid) const;
  // The uids of all who are in it, by /etc/group or as their primary group.
  kj::String nameOf(uid_t uid) const;  // the number where there is no name
};

}  // namespace portreeve
