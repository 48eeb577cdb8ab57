// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/entitlements.h"

#include "policy/failure.h"

namespace portreeve::policy {
namespace {

struct Row {
  Method method;
  kj::StringPtr name;
  kj::Maybe<Role> role;  // that process alone, not even root: its inlet, its secrets
  bool root, admins, observers, people;
  bool suite = false;  // each process of ours
};

// clang-format off
const Row TABLE[] = {
    // method                name               role              root   admins  observers people
    {Method::ATTRIBUTED,   "attributed"_kj,   Role::ATTRIBUTOR, false, false, false, false},
    {Method::NAMES,        "names"_kj,        Role::RESOLVER,   false, false, false, false},
    {Method::OBSERVE,      "observe"_kj,      nullptr,          true,  true,  true , false},
    {Method::EDIT,         "edit"_kj,         nullptr,          true,  true,  false, false},
    {Method::MINT_SESSION, "mintSession"_kj,  nullptr,          true,  true,  true , false},
    {Method::REDEEM,       "redeem"_kj,       Role::GATEWAY,    false, false, false, false},
    {Method::ATTACHMENT,   "attachment"_kj,   Role::RESOLVER,   false, false, false, false},
    {Method::RECORD,       "record"_kj,       Role::HISTORIAN,  false, false, false, false},
    {Method::GATE,         "gate"_kj,         Role::GATE,       false, false, false, false},
    {Method::TOKENS,       "tokens"_kj,       nullptr,          true,  true,  true , false},
    {Method::OPEN_TOKEN,   "tokens"_kj,       Role::GATEWAY,    false, false, false, false},
    {Method::PROMPTS,      "prompts"_kj,      nullptr,          true,  true,  true , true },
    {Method::MODES,        "modes"_kj,        nullptr,          true,  true,  false, false},
    {Method::OWN_RULES,    "ownRules"_kj,     nullptr,          true,  true,  true , true },
    {Method::STATUS,       "status"_kj,       nullptr,          true,  true,  true , false, true},
};
// clang-format on

const Row& rowOf(Method method) {
  for (auto& row : TABLE)
    if (row.method == method) return row;
  KJ_UNREACHABLE;
}

kj::String whoMay(const Row& row) {
  KJ_IF_MAYBE (role, row.role) return kj::str("the suite's ", name(*role), " alone");
  if (row.people) return kj::str("people");
  return kj::str("root", row.observers ? " and the groups portreeve-observe and portreeve-admin"
                                       : " and the group portreeve-admin");
}

}  // namespace

Standing standingOf(const Entitlement& peer) {
  for (Role role : ROLES)
    if (role != Role::KEEPER && peer.is(role)) return Standing{role};  // the keeper is root
  return Standing{nullptr, peer.isRoot(), peer.mayChange(), peer.mayObserve(),
                  isPerson(peer.peer().uid)};
}

bool mayCall(const Standing& who, Method method) {
  auto& row = rowOf(method);
  KJ_IF_MAYBE (role, who.role) {
    KJ_IF_MAYBE (wanted, row.role) return *wanted == *role;
    return row.suite;
  }
  return (who.root && row.root) || (who.admin && row.admins) || (who.observer && row.observers) ||
         (who.person && row.people);
}

void requireMay(const Entitlement& peer, Method method) {
  if (mayCall(standingOf(peer), method)) return;
  auto& row = rowOf(method);
  fail("not entitled: `", row.name, "` is for ", whoMay(row), ", not for ", peer.peer().toString());
}

}  // namespace portreeve::policy
