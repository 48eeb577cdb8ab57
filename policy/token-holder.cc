// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/token-holder.h"

#include "common/log.h"
#include "policy/failure.h"

namespace portreeve::policy {
namespace {

class TokensServer final : public proto::Tokens::Server {
public:
  TokensServer(TokenStore& tokens, const UserNames& users, TokenHolder holder)
      : tokens(tokens), users(users), holder(holder) {}

  kj::Promise<void> create(CreateContext context) override {
    requireChange();
    auto wanted = context.getParams().getWanted();
    TokenStore::Wanted token{kj::str(wanted.getName()), userOf(wanted.getUser()),
                             roleOf(wanted.getRole()), wanted.getLifetimeSeconds(),
                             users.nameOf(holder.uid)};
    return tokens.create(kj::mv(token)).then([this, context](TokenStore::Created created) mutable {
      auto results = context.getResults();
      results.setToken(created.text);
      KJ_IF_MAYBE (made, tokens.find(created.id)) {
        TokenStore::fill(*made, users, results.initView());
        log::info(kj::str("token ", made->id, " (", roleText(made->role), ", uid ", made->uid,
                          ") was made by uid ", holder.uid));
      }
    });
  }

  kj::Promise<void> list(ListContext context) override {
    tokens.endExpired();
    kj::Vector<const Token*> shown;
    for (auto& token : tokens.all())
      if (isOurs(token)) shown.add(&token);
    auto list = context.getResults().initTokens(unsigned(shown.size()));
    for (unsigned i = 0; i < list.size(); i++) TokenStore::fill(*shown[i], users, list[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> revoke(RevokeContext context) override {
    requireChange();
    uint32_t id = context.getParams().getId();
    KJ_IF_MAYBE (token, tokens.find(id)) {
      if (isOurs(*token)) {
        log::info(kj::str("token ", id, " was revoked by uid ", holder.uid));
        return tokens.revoke(id);
      }
    }
    fail("there is no token ", id, " of yours: `portreeve token list` shows them");
  }

private:
  TokenStore& tokens;
  const UserNames& users;
  TokenHolder holder;

  bool isOurs(const Token& token) const { return holder.uid == 0 || token.uid == holder.uid; }

  void requireChange() const {
    if (!holder.mayChange) fail("not entitled: this session sees tokens and changes none");
  }

  uid_t userOf(kj::StringPtr name) const {
    if (name.size() == 0) return holder.uid;
    KJ_IF_MAYBE (uid, users.uidOf(name)) {
      if (*uid == holder.uid || holder.uid == 0) return *uid;
      fail("not entitled: a token is for your own programs; only root names another user");
    }
    fail("there is no user \"", name, "\"");
  }

  proto::SessionRole roleOf(kj::StringPtr text) const {
    KJ_IF_MAYBE (role, parseRole(text)) {
      if (rankOf(*role) <= rankOf(holder.most)) return *role;
      fail("not entitled: a token that may ", text, " is for root and the group portreeve-admin");
    }
    fail("a token's role is observe, answer or change");
  }
};

class Validity final : public proto::TokenValidity::Server {
public:
  Validity(TokenStore& tokens, uint32_t id) : tokens(tokens), id(id) {}

  kj::Promise<void> ended(EndedContext context) override {
    context.allowCancellation();
    return tokens.whenEnded(id);
  }

private:
  TokenStore& tokens;
  uint32_t id;
};

}  // namespace

proto::Tokens::Client makeTokens(TokenStore& tokens, const UserNames& users, TokenHolder holder) {
  return kj::heap<TokensServer>(tokens, users, holder);
}

proto::TokenValidity::Client makeValidity(TokenStore& tokens, uint32_t id) {
  return kj::heap<Validity>(tokens, id);
}

}  // namespace portreeve::policy
