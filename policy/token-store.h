// SPDX-License-Identifier: GPL-3.0-or-later
// The tokens of scripts (proto/token.capnp), in a file of policy's own: each as the SHA-256 of its
// 32 random bytes, which need no slow hash. Never logged, never part of an error.
#pragma once

#include "common/accounts.h"
#include "policy/durable-folder.h"
#include "proto/policy.capnp.h"
#include "proto/token.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>
#include <vector>

namespace portreeve::policy {

constexpr kj::StringPtr TOKENS_FILE = "tokens.toml"_kj;
constexpr kj::StringPtr TOKEN_PREFIX = "portreeve_"_kj;  // 64 hexadecimal digits follow

kj::StringPtr roleText(proto::SessionRole role);  // "observe", "answer", "change"
kj::Maybe<proto::SessionRole> parseRole(kj::StringPtr text);
int rankOf(proto::SessionRole role);  // who has a higher one may all that a lower one may

struct Token {
  uint32_t id = 0;
  kj::String name;
  uid_t uid = 0;
  proto::SessionRole role = proto::SessionRole::OBSERVE;
  uint64_t createdNs = 0, expiresNs = 0;  // wall clock
  kj::String by;
  kj::String hash;                                          // hexadecimal
  uint64_t lastUsedNs = 0;                                  // 0: not since the start
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;  // for its end
};

class TokenStore {
public:
  static constexpr size_t MOST = 1024, MOST_OF_ONE = 64;
  static constexpr uint32_t SHORTEST = 60, LONGEST = 366 * 24 * 3600;  // seconds

  using Clock = kj::Function<uint64_t()>;  // wall clock, ns
  TokenStore(DurableFolder& state, Clock clock) : state(state), clock(kj::mv(clock)) {}
  KJ_DISALLOW_COPY(TokenStore);

  void read();
  // What is kept. A file that cannot be read is logged and set aside: no token is good then.

  struct Wanted {
    kj::String name;
    uid_t uid;
    proto::SessionRole role;
    uint32_t lifetimeSeconds;
    kj::String by;
  };
  struct Created {
    kj::String text;
    uint32_t id;
  };
  kj::Promise<Created> create(Wanted wanted);
  // On the disk when it resolves. Rejects with FAILED in words.
  kj::Promise<void> revoke(uint32_t id);

  kj::Maybe<Token&> open(kj::StringPtr text);
  // The one that it is, good now; noted as used. nullptr: unknown, revoked or expired.
  kj::Promise<void> whenEnded(uint32_t id);  // revoked or expired
  void endExpired();                         // to be called now and then

  kj::Maybe<const Token&> find(uint32_t id) const;
  const std::vector<Token>& all() const { return tokens; }
  static void fill(const Token& token, const UserNames& users, proto::TokenView::Builder view);

private:
  DurableFolder& state;
  Clock clock;
  std::vector<Token> tokens;
  uint32_t lastId = 0;
  kj::Promise<void> writing = kj::READY_NOW;

  void check(const Wanted& wanted) const;
  kj::Promise<void> write();
  void remove(uint32_t id);
  Token* entry(uint32_t id);
};

}  // namespace portreeve::policy
