// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/token-store.h"

#include "common/clock.h"
#include "common/constant-time.h"
#include "common/log.h"
#include "policy/failure.h"
#include "policy/sha256.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <kj/debug.h>
#include <kj/encoding.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>
#include <string_view>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr size_t LONGEST_NAME = 64;
constexpr size_t BYTES = 32;

kj::String newText() {
  kj::byte bytes[BYTES];
  KJ_ASSERT(getrandom(bytes, sizeof bytes, 0) == ssize_t(sizeof bytes));
  auto text = kj::str(TOKEN_PREFIX, kj::encodeHex(bytes));
  explicit_bzero(bytes, sizeof bytes);
  return text;
}

kj::String textOf(const Token& token) {
  return kj::str("[[token]]\nid = ", token.id, "\nname = ", quoted(token.name),
                 "\nuid = ", token.uid, "\nrole = ", quoted(roleText(token.role)),
                 "\ncreated = ", token.createdNs, "\nexpires = ", token.expiresNs,
                 "\nby = ", quoted(token.by), "\nsha256 = ", quoted(token.hash), "\n\n");
}

kj::String textIn(const toml::table& table, std::string_view key) {
  auto text = table[key].value_or(std::string_view());
  return kj::heapString(text.data(), text.size());
}

Token tokenIn(const toml::table& table) {
  Token token;
  token.id = uint32_t(table["id"].value_or(int64_t(0)));
  token.name = textIn(table, "name");
  token.uid = uid_t(table["uid"].value_or(int64_t(-1)));
  token.role = KJ_REQUIRE_NONNULL(parseRole(textIn(table, "role")), "a token without a role");
  token.createdNs = uint64_t(table["created"].value_or(int64_t(0)));
  token.expiresNs = uint64_t(table["expires"].value_or(int64_t(0)));
  token.by = textIn(table, "by");
  token.hash = textIn(table, "sha256");
  KJ_REQUIRE(token.id != 0 && token.hash.size() == 64, "a token without id or hash");
  return token;
}

bool isName(kj::StringPtr name) {
  if (name.size() == 0 || name.size() > LONGEST_NAME) return false;
  for (char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

}  // namespace

kj::StringPtr roleText(proto::SessionRole role) {
  switch (role) {
    case proto::SessionRole::CHANGE:
      return "change"_kj;
    case proto::SessionRole::ANSWER:
      return "answer"_kj;
    default:
      return "observe"_kj;
  }
}

kj::Maybe<proto::SessionRole> parseRole(kj::StringPtr text) {
  for (auto role :
       {proto::SessionRole::OBSERVE, proto::SessionRole::ANSWER, proto::SessionRole::CHANGE})
    if (text == roleText(role)) return role;
  return nullptr;
}

int rankOf(proto::SessionRole role) {
  return role == proto::SessionRole::CHANGE ? 2 : role == proto::SessionRole::ANSWER ? 1 : 0;
}

void TokenStore::read() {
  if (!state.readOrSetAside(TOKENS_FILE, "no token is good", [this](kj::StringPtr text) {
        auto table = toml::parse(std::string_view(text.begin(), text.size()));
        lastId = uint32_t(table["last"].value_or(int64_t(0)));
        if (auto* list = table["token"].as_array())
          for (auto& one : *list)
            if (auto* token = one.as_table()) tokens.push_back(tokenIn(*token));
      }))
    tokens.clear();
  for (auto& token : tokens) lastId = kj::max(lastId, token.id);
  endExpired();
}

void TokenStore::check(const Wanted& wanted) const {
  if (!isName(wanted.name))
    fail("a token's name has 1 to ", LONGEST_NAME, " bytes and no control characters");
  if (wanted.lifetimeSeconds < SHORTEST || wanted.lifetimeSeconds > LONGEST)
    fail("a token lives from a minute to 366 days");
  size_t ofOne = 0;
  for (auto& token : tokens) {
    if (token.uid != wanted.uid) continue;
    ofOne++;
    if (token.name == wanted.name)
      fail("this user has a token \"", wanted.name, "\" already (", token.id, "): revoke it first");
  }
  if (ofOne >= MOST_OF_ONE || tokens.size() >= MOST) fail("too many tokens: revoke some first");
}

kj::Promise<TokenStore::Created> TokenStore::create(Wanted wanted) {
  endExpired();
  check(wanted);
  auto text = newText();
  Token token;
  token.id = ++lastId;
  token.name = kj::mv(wanted.name);
  token.uid = wanted.uid;
  token.role = wanted.role;
  token.createdNs = clock();
  token.expiresNs = token.createdNs + wanted.lifetimeSeconds * SECOND;
  token.by = kj::mv(wanted.by);
  token.hash = sha256(text);
  uint32_t id = token.id;
  tokens.push_back(kj::mv(token));
  auto kept = write().catch_([this, id](kj::Exception&& e) {
    remove(id);
    kj::throwFatalException(kj::mv(e));
  });
  return kept.then([text = kj::mv(text), id]() mutable { return Created{kj::mv(text), id}; });
}

kj::Promise<void> TokenStore::revoke(uint32_t id) {
  // It is no good from here on, whatever the disk says.
  remove(id);
  return write();
}

kj::Promise<void> TokenStore::write() {
  // One after another: the newest text is the last that is written.
  auto done = writing
                  .then([this]() {
                    auto texts = KJ_MAP(token, tokens) {
                      return textOf(token);
                    };
                    auto text = kj::str("last = ", lastId, "\n\n", kj::strArray(texts, ""));
                    return state.replace(TOKENS_FILE, {kj::mv(text)});
                  })
                  .fork();
  writing = done.addBranch().catch_([](kj::Exception&&) {}).eagerlyEvaluate(nullptr);
  return done.addBranch();
}

kj::Maybe<Token&> TokenStore::open(kj::StringPtr text) {
  endExpired();
  auto hash = sha256(text);
  Token* found = nullptr;
  for (auto& token : tokens)
    if (constantTimeEqual(token.hash, hash)) found = &token;
  if (found == nullptr) return nullptr;
  found->lastUsedNs = clock();
  return *found;
}

kj::Promise<void> TokenStore::whenEnded(uint32_t id) {
  auto* token = entry(id);
  if (token == nullptr) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  token->waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

void TokenStore::endExpired() {
  uint64_t now = clock();
  for (size_t i = tokens.size(); i > 0; i--)
    if (tokens[i - 1].expiresNs <= now) remove(tokens[i - 1].id);
}

kj::Maybe<const Token&> TokenStore::find(uint32_t id) const {
  for (auto& token : tokens)
    if (token.id == id) return token;
  return nullptr;
}

Token* TokenStore::entry(uint32_t id) {
  for (auto& token : tokens)
    if (token.id == id) return &token;
  return nullptr;
}

void TokenStore::remove(uint32_t id) {
  auto* token = entry(id);
  if (token == nullptr) return;
  for (auto& fulfiller : token->waiting) fulfiller->fulfill();
  tokens.erase(tokens.begin() + (token - tokens.data()));
}

void TokenStore::fill(const Token& token, const UserNames& users, proto::TokenView::Builder view) {
  view.setId(token.id);
  view.setName(token.name);
  view.setUid(token.uid);
  view.setUser(users.nameOf(token.uid));
  view.setRole(roleText(token.role));
  view.setCreated(rfc3339(token.createdNs));
  view.setExpires(rfc3339(token.expiresNs));
  if (token.lastUsedNs != 0) view.setLastUsed(rfc3339(token.lastUsedNs));
  view.setBy(token.by);
}

}  // namespace portreeve::policy
