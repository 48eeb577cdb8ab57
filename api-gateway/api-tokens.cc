// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about tokens of scripts.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"

namespace portreeve::gateway {
namespace {

constexpr auto NOT_BY_TOKEN = "A token makes and shows no tokens: log in with `portreeve ui`."_kj;

}  // namespace

kj::Promise<Reply> Api::tokens(kj::Own<Session> session) {
  KJ_IF_MAYBE (own, session->tokens) {
    auto reply = own->listRequest().send().then([](auto&& answer) {
      return json(kj::str("{\"tokens\":", toJson(answer.getTokens()), "}"));
    });
    return changeOrProblem(kj::mv(session), kj::mv(reply));
  }
  return problem(403, NOT_BY_TOKEN);
}

kj::Promise<Reply> Api::createToken(kj::Own<Session> session, kj::StringPtr body) {
  KJ_IF_MAYBE (own, session->tokens) {
    auto request = own->createRequest();
    KJ_IF_MAYBE (why, readJson(body, request.initWanted())) return problem(400, *why);
    auto reply = request.send().then([](auto&& answer) {
      return json(kj::str("{\"token\":", quoted(answer.getToken()),
                          ",\"view\":", toJson(answer.getView()), "}"));
    });
    return changeOrProblem(kj::mv(session), kj::mv(reply));
  }
  return problem(403, NOT_BY_TOKEN);
}

kj::Promise<Reply> Api::revokeToken(kj::Own<Session> session, kj::StringPtr query) {
  KJ_IF_MAYBE (own, session->tokens) {
    auto parsed = parseQuery(query);
    KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
    auto& pairs = parsed.get<kj::Vector<QueryPair>>();
    auto request = own->revokeRequest();
    uint64_t id = 0;
    if (pairs.size() == 1 && pairs[0].key == "id") id = parseDigits(pairs[0].value).orDefault(0);
    if (id == 0 || id > 0xffffffff) return problem(400, "Say which token: ?id=…");
    request.setId(uint32_t(id));
    auto reply = request.send().then([](auto&&) { return json(kj::str("{}")); });
    return changeOrProblem(kj::mv(session), kj::mv(reply));
  }
  return problem(403, NOT_BY_TOKEN);
}

}  // namespace portreeve::gateway
