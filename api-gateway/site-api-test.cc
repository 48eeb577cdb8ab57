// SPDX-License-Identifier: GPL-3.0-or-later
// What the API shows and changes, and for whom: whole requests as text.
#include "api-gateway/test-site.h"

namespace portreeve::gateway {
namespace {

constexpr auto OURS = "Origin: http://127.0.0.1:817\r\n"_kj;

struct Admin {
  TestSite test;
  kj::String keys;

  Admin() {
    test.suite.state.mayChange = true;
    keys = test.logIn();
  }

  Answer send(kj::StringPtr method, kj::StringPtr target, kj::StringPtr headers,
              kj::StringPtr body = "") {
    return test.ask(kj::str(method, ' ', target, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys,
                            headers, "Content-Length: ", body.size(), "\r\n\r\n", body));
  }
  kj::String etag() {
    return kj::str("If-Match: ", test.get("/api/v1/rules", keys).between("ETag: ", "\r\n"), "\r\n");
  }
};

TEST_CASE("a session is good for its own user's programs alone, whatever they show") {
  TestSite test;
  auto keys = test.logIn();
  test.suite.state.owner = 1001;
  for (auto path : {"/api/v1/status", "/api/v1/connections", "/api/v1/rules", "/api/v1/events",
                    "/api/v1/metrics", "/api/v1/history/connections", "/api/v1/session"}) {
    auto answer = test.get(path, keys);
    CHECK_MESSAGE(answer.is(403), path);
    CHECK(answer.has("another user's"));
    CHECK_FALSE(answer.has("enforcing"));
  }
  test.suite.state.owner = 4294967295;  // nobody holds it
  auto answer = test.get("/api/v1/status", keys);
  CHECK(answer.is(403));
  CHECK(answer.has("nobody holds its socket"));
  test.suite.state.owner = 1000;
  CHECK(test.get("/api/v1/status", keys).is(200));
}

TEST_CASE("while nobody can tell whose program asks, nothing is shown") {
  TestSite test;
  auto keys = test.logIn();
  test.suite.state.attributorAway = true;
  CHECK(test.get("/api/v1/status", keys).is(503));
  CHECK(test.logInWith(GOOD_SECRET).is(503));
}

TEST_CASE("a link that another user opens is used up and gives nothing") {
  TestSite test;
  test.suite.state.owner = 1001;
  auto answer = test.logInWith(GOOD_SECRET);
  CHECK(answer.is(403));
  CHECK_FALSE(answer.has("Set-Cookie"));
  test.suite.state.owner = 1000;
  CHECK(test.logInWith(GOOD_SECRET).is(401));
}

TEST_CASE("who is logged in is told, and logging out ends it") {
  Admin admin;
  CHECK(admin.test.get("/api/v1/session", admin.keys).body() ==
        "{\"uid\":1000,\"role\":\"change\"}");
  CHECK(admin.send("DELETE", "/api/v1/session", "").is(403));  // no Origin
  auto answer = admin.send("DELETE", "/api/v1/session", OURS);
  CHECK(answer.is(200));
  CHECK(answer.has("portreeve_session=; Max-Age=0"));
  CHECK(admin.test.get("/api/v1/session", admin.keys).is(401));
}

TEST_CASE("rules are added by whoever has seen them as they are") {
  Admin admin;
  auto etag = admin.etag();
  auto headers = kj::str(OURS, etag);
  auto answer = admin.send("POST", "/api/v1/rules", headers, "{\"toml\":\"new\"}");
  CHECK(answer.is(200));
  CHECK(answer.has("\"affected\":2"));
  REQUIRE(admin.test.suite.state.added.size() == 1);
  CHECK(admin.test.suite.state.added[0] == "new");
  // They are others now.
  CHECK(admin.send("POST", "/api/v1/rules", headers, "{\"toml\":\"new\"}").is(412));
  CHECK(admin.send("DELETE", "/api/v1/rules?name=new", headers).is(412));
  CHECK(admin.send("POST", "/api/v1/rules", OURS, "{\"toml\":\"new\"}").is(428));
  CHECK(admin.test.suite.state.added.size() == 1);
  CHECK(admin.send("DELETE", "/api/v1/rules?name=my%20rule", kj::str(OURS, admin.etag())).is(200));
  CHECK(admin.test.suite.state.removed[0] == "my rule");
  CHECK(admin.send("POST", "/api/v1/rules/confirm", OURS).body() == "{\"pending\":true}");
}

TEST_CASE("a rule that is wrong is refused in policy's words") {
  Admin admin;
  auto answer =
      admin.send("POST", "/api/v1/rules", kj::str(OURS, admin.etag()), "{\"toml\":\"wrong\"}");
  CHECK(answer.is(400));
  CHECK(answer.has("rule:1:1: that is no rule"));
  CHECK_FALSE(answer.has("remote exception"));
}

TEST_CASE("a session that may only see changes nothing") {
  TestSite test;
  auto keys = test.logIn();
  auto etag = test.get("/api/v1/rules", keys).between("ETag: ", "\r\n");
  for (auto request :
       {"POST /api/v1/rules", "DELETE /api/v1/rules?name=x", "POST /api/v1/rules/confirm"}) {
    bool post = kj::StringPtr(request).startsWith("POST");
    auto body = post ? "{\"toml\":\"new\"}"_kj : ""_kj;
    auto answer = test.ask(kj::str(request, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, OURS,
                                   "If-Match: ", etag, "\r\nContent-Length: ", body.size(),
                                   "\r\n\r\n", body));
    CHECK_MESSAGE(answer.is(403), request);
  }
  CHECK(test.suite.state.added.empty());
}

TEST_CASE("what changes something is refused without an Origin, or with another's") {
  Admin admin;
  auto etag = admin.etag();
  for (auto origin : {"", "Origin: http://evil.example\r\n", "Origin: null\r\n",
                      "Origin: http://127.0.0.1:8080\r\n", "Origin: https://127.0.0.1:817\r\n"}) {
    auto answer = admin.send("POST", "/api/v1/rules", kj::str(origin, etag), "{\"toml\":\"new\"}");
    CHECK_MESSAGE(answer.is(403), origin);
  }
  CHECK(admin.test.suite.state.added.empty());
}

TEST_CASE("a body that is not the JSON that is described is refused, however it is odd") {
  Admin admin;
  auto headers = kj::str(OURS, admin.etag());
  auto deep = kj::heapString(20'000);
  memset(deep.begin(), '[', deep.size());
  for (kj::StringPtr body :
       {"{"_kj, "[]"_kj, "{\"toml\":1}"_kj, "{\"toml\":\"x\",\"sudo\":true}"_kj, "\"\xff\xfe\""_kj,
        "{\"toml\":\"\xc0\xaf\"}"_kj, "{\"toml\":\"\xed\xa0\x80\"}"_kj, deep.asPtr(),
        "{\"confirm_seconds\":-1,\"toml\":\"x\"}"_kj}) {
    auto answer = admin.send("POST", "/api/v1/rules", headers, body);
    CHECK_MESSAGE(answer.is(400), kj::str(body.slice(0, kj::min(body.size(), size_t(40)))).cStr());
  }
  CHECK(admin.test.suite.state.added.empty());
  CHECK(admin.send("POST", "/api/v1/replay", OURS, "{\"rules\":7}").is(400));
}

TEST_CASE("a body that is too long is refused before it is read") {
  Admin admin;
  auto ask = [&](kj::StringPtr path, uint64_t length) {
    return admin.test.ask(kj::str("POST ", path, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", admin.keys,
                                  OURS, "Content-Length: ", length, "\r\n\r\n"));
  };
  CHECK(ask("/api/v1/rules", MAX_BODY + 1).is(413));
  CHECK(ask("/api/v1/session", 4097).is(413));
  CHECK(ask("/api/v1/rules", 1'000'000'000).is(400));  // more digits than a length has here
}

TEST_CASE("the past is asked with the filter that was said, and its refusal is passed on") {
  TestSite test;
  auto keys = test.logIn();
  auto answer =
      test.get("/api/v1/history/connections?program=curl&port=443&limit=7&order=oldest", keys);
  CHECK(answer.is(200));
  CHECK(answer.body().startsWith("{\"connections\":[{\"id\":17,"));
  CHECK(test.suite.state.historyAsked == "curl 443 7 oldest");
  for (auto wrong : {"?colour=red", "?limit=0", "?limit=1001", "?since=yesterday", "?port=x",
                     "?program=%ff", "?program=%00", "?program=a&program=b", "?order=up"})
    CHECK_MESSAGE(test.get(kj::str("/api/v1/history/connections", wrong), keys).is(400), wrong);
  test.suite.state.historyRefuses = kj::str("remote: it is no network");
  answer = test.get("/api/v1/history/connections?remote=x", keys);
  CHECK(answer.is(400));
  CHECK(answer.has("remote: it is no network"));
  test.suite.state.historianAway = true;
  CHECK(test.get("/api/v1/history/connections", keys).is(503));
}

TEST_CASE("a rule is tried together with the files of those in force") {
  Admin admin;
  auto answer = admin.send("POST", "/api/v1/rules/try", OURS, "{\"toml\":\"maybe\"}");
  CHECK(answer.is(200));
  CHECK(answer.has("\"connections\":4711"));
  CHECK(admin.test.suite.state.historyAsked == "own.toml=[sets]\n# version 0|the new rule=maybe");
  CHECK(admin.test.suite.state.added.empty());
}

TEST_CASE("metrics and the description of the API are served") {
  TestSite test;
  auto keys = test.logIn();
  auto metrics = test.get("/api/v1/metrics", keys);
  CHECK(metrics.has("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK(metrics.has("portreeve_state{state=\"enforcing\"} 1\n"));
  CHECK(test.get("/api/v1/metrics").is(401));
  CHECK(test.get("/api/v1/openapi.json").has("\"openapi\": \"3.1.0\""));
}

TEST_CASE("rules that were only used keep their ETag, others have another") {
  Admin admin;
  auto before = admin.etag();
  CHECK(admin.etag() == before);
  admin.test.suite.state.rulesVersion++;
  CHECK(admin.etag() != before);
}

TEST_CASE("a setting is changed by whoever has seen it as it is, and may change") {
  Admin admin;
  auto shown = admin.test.get("/api/v1/settings", admin.keys);
  CHECK(shown.has("\"value\":\"\\\"allow\\\"\""));
  auto seen = kj::str(OURS, "If-Match: ", shown.between("ETag: ", "\r\n"), "\r\n");
  constexpr auto BODY = "{\"settings\":[{\"name\":\"policy.default\",\"value\":\"block\"}]}"_kj;
  CHECK(admin.send("PATCH", "/api/v1/settings", OURS, BODY).is(428));
  CHECK(admin.send("PATCH", "/api/v1/settings", kj::str(OURS, "If-Match: \"old\"\r\n"), BODY)
            .is(412));
  auto changed = admin.send("PATCH", "/api/v1/settings", seen, BODY);
  CHECK(changed.is(200));
  CHECK(changed.has("\"affected\":5,\"settings\":{"));
  CHECK(admin.test.suite.state.setting == "block");
  CHECK(admin.send("PATCH", "/api/v1/settings", seen, BODY).is(412));
  auto wrong = admin.send("PATCH", "/api/v1/settings", kj::str(OURS, "If-Match: *\r\n"),
                          "{\"settings\":[{\"name\":\"policy.colour\"}]}");
  CHECK(wrong.is(400));
  CHECK(wrong.has("there is no setting"));
}

TEST_CASE("a session that observes sees the settings and changes none") {
  TestSite test;
  auto keys = test.logIn();
  CHECK(test.get("/api/v1/settings", keys).is(200));
  CHECK(test.ask(kj::str("PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, OURS,
                         "If-Match: *\r\nContent-Length: 2\r\n\r\n{}"))
            .is(403));
}

TEST_CASE("an update of the lists is asked for by whoever may change") {
  Admin admin;
  CHECK(admin.send("POST", "/api/v1/lists/update", OURS).is(200));
  CHECK(admin.test.suite.state.listsUpdated == 1);
}

TEST_CASE("with a token of that role a script answers questions, follows them and begins modes") {
  TestSite test;
  auto& state = test.suite.state;
  auto send = [&](kj::StringPtr path, kj::StringPtr body) {
    return test.ask(kj::str("POST /api/v1/", path,
                            " HTTP/1.1\r\nHost: 127.0.0.1:817\r\nAuthorization: Bearer ",
                            GOOD_TOKEN, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  };
  constexpr auto ALLOW = "{\"id\":7,\"action\":\"allow\",\"scope\":\"host\"}"_kj;
  CHECK(send("prompts/answer", ALLOW).is(403));
  CHECK(send("tokens", "{\"name\":\"another\"}").is(403));
  KJ_ASSERT_NONNULL(state.tokenEnd)->fulfill();
  test.settle();
  state.tokenRole = proto::SessionRole::ANSWER;
  CHECK(send("prompts/answer", ALLOW).is(200));
  CHECK(state.answered == "allow host");
  CHECK(send("mode", "{\"mode\":\"lockdown\",\"seconds\":60}").is(403));
  auto client = test.connect();
  test.send(client, kj::str("GET /api/v1/events?present=true HTTP/1.1\r\nHost: 127.0.0.1:817\r\n",
                            "Authorization: Bearer ", GOOD_TOKEN, "\r\n\r\n"))
      .wait(test.scope);
  readUntil(*client.stream, "event: ready\n", test.scope);
  CHECK(state.present);
  KJ_ASSERT_NONNULL(state.tokenEnd)->fulfill();
  test.settle();
  state.tokenRole = proto::SessionRole::CHANGE;
  CHECK(send("mode", "{\"mode\":\"lockdown\",\"seconds\":60}").is(200));
  CHECK(state.mode == "1 60");
  CHECK(send("tokens", "{\"name\":\"another\"}").is(403));
}

}  // namespace
}  // namespace portreeve::gateway
