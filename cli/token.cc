// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/token.h"

#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/time-span.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

constexpr uint64_t LONGEST_MS = 366ull * 24 * 3600 * 1000;

uint32_t lifetimeOf(const std::string& span) {
  KJ_IF_MAYBE (ms, parseSpanMs(span.c_str())) {
    if (*ms >= 60'000 && *ms <= LONGEST_MS) return uint32_t(*ms / 1000);
  }
  throw Failure(WRONG_USE, "--expires: \"", printable(span.c_str()),
                "\" is no span from 1m to 366d (as 12h, 90d)");
}

proto::Tokens::Client dialTokens(Session& session) {
  return session.dial<proto::Policy>("policy").tokensRequest().send().getTokens();
}

struct Found {
  uint32_t id;
  kj::String name;
};

Found find(Session& session, proto::Tokens::Client& tokens, kj::StringPtr wanted) {
  // A number is one; a name may be that of several users' tokens, for root.
  auto answer = session.await("policy", tokens.listRequest().send());
  kj::Vector<Found> found;
  for (auto token : answer.getTokens())
    if (kj::str(token.getId()) == wanted || token.getName() == wanted)
      found.add(Found{token.getId(), kj::str(token.getName())});
  if (found.size() == 1) return kj::mv(found[0]);
  if (found.empty())
    throw Failure(FAILED, "there is no token \"", printable(wanted),
                  "\" of yours: `portreeve token list` shows them");
  throw Failure(FAILED, "several tokens are named \"", printable(wanted),
                "\": say the number that `portreeve token list` shows");
}

}  // namespace

int tokenCreate(const TokenOptions& options) {
  uint32_t lifetime = lifetimeOf(options.expires);
  Session session;
  auto request = dialTokens(session).createRequest();
  auto wanted = request.initWanted();
  wanted.setName(options.name.c_str());
  wanted.setRole(options.role.c_str());
  wanted.setLifetimeSeconds(lifetime);
  wanted.setUser(options.user.c_str());
  auto answer = session.await("policy", request.send());
  auto view = answer.getView();
  if (options.json) {
    printLine(kj::str("{\"token\":\"", answer.getToken(), "\",\"view\":", toJson(view), "}"));
    return GOOD;
  }
  printLine(answer.getToken());
  say(kj::str("It is shown this once. It may ", view.getRole(), ", for programs of ",
              printable(view.getUser()), ", until ", localTime(view.getExpires(), wallNs()),
              ". Send it as: Authorization: Bearer TOKEN"));
  return GOOD;
}

int tokenList(const TokenOptions& options) {
  Session session;
  auto answer = session.await("policy", dialTokens(session).listRequest().send());
  if (options.json) {
    for (auto token : answer.getTokens()) printLine(toJson(token));
    return GOOD;
  }
  uint64_t now = wallNs();
  Table table{{"#", true}, {"NAME"}, {"USER"}, {"MAY"}, {"EXPIRES"}, {"LAST USED"}, {"MADE BY"}};
  for (auto token : answer.getTokens())
    table.add(kj::str(token.getId()), kj::StringPtr(token.getName()),
              kj::StringPtr(token.getUser()), kj::StringPtr(token.getRole()),
              localTime(token.getExpires(), now), localTime(token.getLastUsed(), now),
              kj::StringPtr(token.getBy()));
  print(table.text());
  return GOOD;
}

int tokenRevoke(const TokenOptions& options) {
  Session session;
  auto tokens = dialTokens(session);
  auto found = find(session, tokens, options.name.c_str());
  auto request = tokens.revokeRequest();
  request.setId(found.id);
  session.await("policy", request.send());
  say(kj::str("revoked: token ", found.id, ", \"", printable(found.name), "\""));
  return GOOD;
}

}  // namespace portreeve::cli
