// SPDX-License-Identifier: GPL-3.0-or-later
// Scripts with a token, as text over memory pipes.
#include "api-gateway/test-site.h"

namespace portreeve::gateway {
namespace {

const auto SHOWN = kj::str("Authorization: Bearer ", GOOD_TOKEN, "\r\n");

kj::String post(kj::StringPtr path, kj::StringPtr headers, kj::StringPtr body) {
  return kj::str("POST ", path, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", headers,
                 "Content-Length: ", body.size(), "\r\n\r\n", body);
}

TEST_CASE("a script's token needs no cookie, and is opened once") {
  TestSite test;
  CHECK(test.get("/api/v1/status", SHOWN).is(200));
  CHECK(test.get("/api/v1/session", SHOWN).body() == "{\"uid\":1000,\"role\":\"observe\"}");
  CHECK(test.suite.state.tokensOpened == 1);
}

TEST_CASE(
    "a token may what its role says, and a change needs no Origin but no foreign one either") {
  TestSite test;
  auto remove = "DELETE /api/v1/rules?name=x HTTP/1.1\r\nHost: 127.0.0.1:817\r\nIf-Match: *\r\n"_kj;
  CHECK(test.ask(kj::str(remove, SHOWN, "\r\n")).is(403));
}

TEST_CASE("a change by token needs no Origin, but a foreign one is refused") {
  auto remove = "DELETE /api/v1/rules?name=x HTTP/1.1\r\nHost: 127.0.0.1:817\r\nIf-Match: *\r\n"_kj;
  TestSite other;
  other.suite.state.tokenRole = proto::SessionRole::CHANGE;
  CHECK(other.ask(kj::str(remove, SHOWN, "\r\n")).is(200));
  CHECK(other.ask(kj::str(remove, SHOWN, "Origin: http://evil.example\r\n\r\n")).is(403));
  CHECK(other.suite.state.removed.size() == 1);
}

TEST_CASE("a token that is not good is refused, and many cost their user time") {
  TestSite test;
  auto wrong = "Authorization: Bearer portreeve_00\r\n"_kj;
  auto first = test.get("/api/v1/status", wrong);
  CHECK(first.is(401));
  CHECK_FALSE(first.has("portreeve_00"));
  for (uint i = 0; i < LoginAttempts::FREE; i++) test.get("/api/v1/status", wrong);
  CHECK(test.get("/api/v1/status", wrong).is(429));
  CHECK(test.get("/api/v1/status", SHOWN).is(429));  // the same user's
  test.pass(LoginAttempts::FIRST);
  CHECK(test.get("/api/v1/status", SHOWN).is(200));
}

TEST_CASE("a token is for the programs of its user alone") {
  TestSite test;
  test.suite.state.tokenUid = 1001;
  CHECK(test.get("/api/v1/status", SHOWN).is(403));
  CHECK(test.sessions.size() == 0);
  test.suite.state.owner = 1001;
  CHECK(test.get("/api/v1/status", SHOWN).is(200));
  test.suite.state.owner = 1000;
  CHECK(test.get("/api/v1/status", SHOWN).is(403));
  test.suite.state.attributorAway = true;
  CHECK(test.get("/api/v1/status", SHOWN).is(503));
}

TEST_CASE(
    "who has shown a good session keeps the place while it is not known whose program it is") {
  TestSite test;
  auto session = test.logIn();
  test.suite.state.attributorHangs = true;
  auto client = test.connect();
  auto sent = test.send(
      client, kj::str("GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", session, "\r\n"));
  test.settle();
  kj::Vector<OpenConnections::Admitted> later;
  while (test.open.size() <= OpenConnections::MOST)
    later.add(KJ_ASSERT_NONNULL(test.open.admit(test.timer.now())));
  CHECK(later[0].pushedOut.poll(test.scope));  // not the older one
}

TEST_CASE("what a token opened ends when it is revoked") {
  TestSite test;
  CHECK(test.get("/api/v1/status", SHOWN).is(200));
  KJ_ASSERT_NONNULL(test.suite.state.tokenEnd)->fulfill();
  test.settle();
  CHECK(test.get("/api/v1/status", SHOWN).is(200));
  CHECK(test.suite.state.tokensOpened == 2);  // asked anew: policy says whether it is good
}

TEST_CASE("a session lists, makes and revokes its user's tokens; a token none") {
  TestSite test;
  test.suite.state.mayChange = true;
  auto keys = kj::str(test.logIn(), "Origin: http://127.0.0.1:817\r\n");
  CHECK(test.get("/api/v1/tokens", keys).has("{\"tokens\":[{\"id\":0,\"name\":\"prometheus\""));
  auto made =
      test.ask(post("/api/v1/tokens", keys,
                    "{\"name\":\"backup\",\"role\":\"observe\",\"lifetime_seconds\":3600}"));
  CHECK(made.is(200));
  CHECK(made.has(GOOD_TOKEN));
  CHECK(made.has("\"name\":\"backup\""));
  CHECK(test.ask(post("/api/v1/tokens", keys, "{\"role\":\"change\"}")).is(400));
  CHECK(test.ask(post("/api/v1/tokens", keys, "{\"colour\":1}")).is(400));
  auto revoke = [&](kj::StringPtr query) {
    return test.ask(kj::str("DELETE /api/v1/tokens", query, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n",
                            keys, "\r\n"));
  };
  CHECK(revoke("?id=7").is(200));
  CHECK(revoke("?id=8").is(400));
  CHECK(revoke("").is(400));
  CHECK(test.get("/api/v1/tokens", SHOWN).is(403));
}

}  // namespace
}  // namespace portreeve::gateway
