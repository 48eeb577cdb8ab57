// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/problem.h"

#include "api-gateway/json.h"

namespace portreeve::gateway {

Reply problem(uint status, kj::StringPtr detail) {
  Reply reply;
  reply.status = status;
  reply.contentType = "application/problem+json"_kj;
  reply.body = kj::str("{\"type\":\"about:blank\",\"title\":", quoted(reasonPhrase(status)),
                       ",\"status\":", status, ",\"detail\":", quoted(detail), "}\n");
  return reply;
}

Reply problemAndClose(uint status, kj::StringPtr detail) {
  auto reply = problem(status, detail);
  reply.close = true;
  return reply;
}

Reply methodNotAllowed(kj::String allowed) {
  auto reply = problemAndClose(405, kj::str("This answers to ", allowed, " alone."));
  reply.allow = kj::mv(allowed);
  return reply;
}

}  // namespace portreeve::gateway
