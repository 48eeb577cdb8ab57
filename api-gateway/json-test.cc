// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/json.h"

#include "api-gateway/fake-suite.h"
#include "api-gateway/problem.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::gateway {
namespace {

TEST_CASE("a secret is read from exactly one shape of JSON") {
  auto body = kj::str("{\"secret\": \"", GOOD_SECRET, "\"}");
  CHECK(KJ_ASSERT_NONNULL(parseSecret(body)) == GOOD_SECRET);
  for (auto odd : {"", "{", "null", "[]", "{}", "{\"secret\":17}", "{\"secret\":\"short\"}",
                   "{\"secret\":{\"a\":{\"b\":{}}}}", "[[[[[[[[[[[[[[[["})
    CHECK_MESSAGE(parseSecret(odd) == nullptr, odd);
  CHECK(parseSecret(kj::str("{\"secret\":\"", GOOD_SECRET, "\",\"uid\":0}")) == nullptr);
  CHECK(parseSecret(kj::str("{\"secret\":\"", GOOD_SECRET, "x\"}")) == nullptr);
}

TEST_CASE("names follow the schema's annotations, numbers are numbers, no line breaks") {
  capnp::MallocMessageBuilder message;
  auto connection = message.initRoot<proto::view::Connection>();
  connection.setId(9007199254740991.0);
  connection.setBytesIn(12);
  connection.initProcess().setCmdline("sh -c 'a\nb'");
  auto text = toJson(connection.asReader());
  CHECK(text.startsWith("{\"id\":9007199254740991,"));
  CHECK(text.findFirst('\n') == nullptr);
  CHECK(kj::str(text).cStr() == doctest::Contains("\"bytes_in\":12"));
}

TEST_CASE("a problem is RFC 9457, and what it repeats is quoted") {
  auto reply = problem(404, "no \"such\" thing");
  CHECK(reply.contentType == "application/problem+json");
  CHECK(reply.body ==
        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
        "\"detail\":\"no \\\"such\\\" thing\"}\n");
}

}  // namespace
}  // namespace portreeve::gateway
