// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/accounts.h"

#include <errno.h>
#include <grp.h>
#include <kj/debug.h>
#include <pwd.h>
#include <stdio.h>

namespace portreeve {
namespace {

constexpr uid_t FALLBACK_BASE = 61701;
// Inside systemd's range for dynamic users (61184 to 65519), which no account database hands out.

struct FileCloser {
  FILE* file;
  ~FileCloser() {
    if (file != nullptr) fclose(file);
  }
};

template <typename Each>
void eachUser(Each&& each) {
  FileCloser passwd{fopen("/etc/passwd", "re")};
  if (passwd.file == nullptr) KJ_FAIL_SYSCALL("open /etc/passwd", errno);
  while (struct passwd* entry = fgetpwent(passwd.file)) each(*entry);
}

kj::Maybe<gid_t> groupOf(kj::StringPtr wanted) {
  FileCloser groups{fopen("/etc/group", "re")};
  if (groups.file == nullptr) return nullptr;
  while (struct group* entry = fgetgrent(groups.file))
    if (wanted == entry->gr_name) return entry->gr_gid;
  return nullptr;
}

}  // namespace

kj::StringPtr name(Role role) {
  switch (role) {
    case Role::INTERCEPTOR:
      return "interceptor";
    case Role::KEEPER:
      return "keeper";
    case Role::ATTRIBUTOR:
      return "attributor";
    case Role::READER:
      return "reader";
    case Role::RESOLVER:
      return "resolver";
    case Role::POLICY:
      return "policy";
    case Role::GATEWAY:
      return "gateway";
    case Role::HISTORIAN:
      return "historian";
    case Role::GATE:
      return "gate";
  }
  return "unknown";
}

Accounts Accounts::read() {
  Accounts result;
  for (Role role : ROLES) {
    uid_t fallback = FALLBACK_BASE + uid_t(role);
    result.accounts[size_t(role)] = {fallback, fallback};
  }
  eachUser([&](const passwd& entry) {
    for (Role role : ROLES)
      if (kj::str("portreeve-", name(role)) == entry.pw_name)
        result.accounts[size_t(role)] = {entry.pw_uid, entry.pw_gid};
  });
  result.accounts[size_t(Role::KEEPER)] = {0, 0};
  result.observe = groupOf("portreeve-observe");
  result.admin = groupOf("portreeve-admin");
  return result;
}

Account Accounts::of(Role role) const {
  return accounts[size_t(role)];
}
kj::Maybe<gid_t> Accounts::observeGroup() const {
  return observe;
}
kj::Maybe<gid_t> Accounts::adminGroup() const {
  return admin;
}

UserNames UserNames::read() {
  UserNames result;
  eachUser([&](const passwd& entry) {
    result.users.add(Entry{kj::str(entry.pw_name), entry.pw_uid, entry.pw_gid});
  });
  FileCloser file{fopen("/etc/group", "re")};
  if (file.file == nullptr) return result;
  while (struct group* entry = fgetgrent(file.file)) {
    Group group{kj::str(entry->gr_name), entry->gr_gid, {}};
    for (char** member = entry->gr_mem; *member != nullptr; member++)
      group.members.add(kj::str(*member));
    result.groups.add(kj::mv(group));
  }
  return result;
}

namespace {

kj::Maybe<uint32_t> parseId(kj::StringPtr wanted) {
  uint64_t number = 0;
  for (char c : wanted) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + uint64_t(c - '0');
    if (number > 4294967294ull) return nullptr;
  }
  if (wanted.size() == 0) return nullptr;
  return uint32_t(number);
}

}  // namespace

kj::Maybe<uid_t> UserNames::uidOf(kj::StringPtr wanted) const {
  for (auto& user : users)
    if (user.name == wanted) return user.uid;
  return parseId(wanted);
}

kj::Maybe<gid_t> UserNames::gidOf(kj::StringPtr wanted) const {
  for (auto& group : groups)
    if (group.name == wanted) return group.gid;
  return parseId(wanted);
}

kj::Vector<uint32_t> UserNames::membersOf(gid_t gid) const {
  kj::Vector<uint32_t> uids;
  for (auto& user : users)
    if (user.gid == gid) uids.add(user.uid);
  for (auto& group : groups) {
    if (group.gid != gid) continue;
    for (auto& member : group.members)
      for (auto& user : users)
        if (user.name == member && user.gid != gid) uids.add(user.uid);
  }
  return uids;
}

kj::String UserNames::nameOf(uid_t uid) const {
  for (auto& user : users)
    if (user.uid == uid) return kj::str(user.name);
  if (uid == uid_t(-1)) return kj::String();
  return kj::str(uid);
}

}  // namespace portreeve
