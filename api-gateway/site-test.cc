// SPDX-License-Identifier: GPL-3.0-or-later
// Whole requests as text against whole answers as text, over memory pipes.
#include "api-gateway/test-site.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace portreeve::gateway {
namespace {

TEST_CASE("an answer carries every security header") {
  TestSite test;
  CHECK(test.get("/healthz").text ==
        "HTTP/1.1 200 OK\r\n"
        "Content-Length: 3\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
        "font-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:817; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
        "Cross-Origin-Opener-Policy: same-origin\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\n"
        "\r\n"
        "ok\n");
}

TEST_CASE("the page and its parts are served, and hold nothing inline") {
  TestSite test;
  auto page = test.get("/login");
  CHECK(page.is(200));
  CHECK(page.has("Content-Type: text/html"));
  CHECK(page.has("<table"));
  CHECK_FALSE(page.has(" style="));
  CHECK_FALSE(page.has("<style"));
  CHECK_FALSE(page.has(" onclick="));
  CHECK(test.get("/").body() == page.body());
  CHECK(test.get("/page.css").has("Content-Type: text/css"));
  CHECK(test.get("/page.js").has("Content-Type: text/javascript"));
}

TEST_CASE("a built UI takes the plain page's place, its hashed files are kept by browsers") {
  TestSite test;
  std::string folder = "/tmp/portreeve-site-test-" + std::to_string(getpid());
  std::filesystem::create_directories(folder + "/assets");
  std::ofstream(folder + "/index.html") << "<p>built</p>";
  std::ofstream(folder + "/assets/index-9c.css") << "p{}";
  test.ui = StaticFiles::read(folder.c_str());
  std::filesystem::remove_all(folder);
  CHECK(test.get("/").body() == "<p>built</p>");
  CHECK(test.get("/login").body() == "<p>built</p>");
  CHECK(test.get("/login").has("Cache-Control: no-store\r\n"));
  auto style = test.get("/assets/index-9c.css");
  CHECK(style.has("Content-Type: text/css"));
  CHECK(style.has("Cache-Control: public, max-age=31536000, immutable\r\n"));
  CHECK(style.has("frame-ancestors 'none'"));
  CHECK(test.get("/assets/../index.html").is(404));
  CHECK(test.ask("POST /assets/index-9c.css HTTP/1.1\r\nHost: 127.0.0.1:817\r\n"
                 "Content-Length: 0\r\n\r\n")
            .is(405));
}

TEST_CASE("HEAD gives the head alone") {
  TestSite test;
  auto answer = test.ask("HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1:817\r\n\r\n");
  CHECK(answer.is(200));
  CHECK(answer.has("Content-Length: 3\r\n"));
  CHECK(answer.body() == "");
}

TEST_CASE("a name that is not in the table does not exist, whatever it looks like") {
  TestSite test;
  for (auto path : {"/nothing", "/../../etc/passwd", "/page.js/", "//healthz", "/%68ealthz",
                    "/api/v1/status/..", "http://127.0.0.1:817/healthz"}) {
    auto answer = test.get(path);
    CHECK_MESSAGE(answer.is(404), path);
    CHECK(answer.has("Content-Type: application/problem+json\r\n"));
  }
}

TEST_CASE("a route answers to its own methods alone") {
  TestSite test;
  auto answer = test.get("/api/v1/replay");
  CHECK(answer.is(405));
  CHECK(answer.has("Allow: POST\r\n"));
  CHECK(answer.has("Connection: close\r\n"));
  CHECK(test.ask("POST /healthz HTTP/1.1\r\nHost: 127.0.0.1:817\r\nContent-Length: 0\r\n\r\n")
            .has("Allow: GET, HEAD\r\n"));
  CHECK(test.ask("HEAD /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:817\r\n\r\n").is(405));
}

TEST_CASE(
    "what cannot be read, or could be read in two ways, is refused and the connection closed") {
  TestSite test;
  auto post = [&](kj::StringPtr headers, kj::StringPtr body) {
    return test.ask(
        kj::str("POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", headers, "\r\n", body));
  };
  CHECK(post("Content-Length: -1\r\n", "x").is(400));
  CHECK(post("Content-Length: 1\r\nContent-Length: 1\r\n", "x").is(400));
  CHECK(post("Content-Length: 99999999999999999999\r\n", "x").is(400));
  CHECK(post("Content-Length: 5000\r\n", "x").is(413));
  CHECK(post("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n").is(411));
  CHECK(post("Transfer-Encoding: gzip\r\n", "x").is(400));
  CHECK(post("Content-Length: 1\r\nContent-Type: text/plain\r\n", "x").is(415));
  CHECK(test.ask("nonsense\r\n\r\n").is(501));
  CHECK(test.ask("GET / HTTP/1.1\r\nHost 127.0.0.1:817\r\n\r\n").is(400));
  auto refused = test.get("/healthz", "Upgrade: websocket\r\nConnection: Upgrade\r\n");
  CHECK(refused.is(400));
  CHECK(refused.has("Connection: close\r\n"));
}

TEST_CASE("nothing that follows a refused head is taken for a request") {
  TestSite test;
  auto answer = test.ask(
      "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:817\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1:817\r\n\r\n");
  CHECK(answer.is(411));
  CHECK_FALSE(answer.has("ok\n"));
}

TEST_CASE("a connection ends soon after a last answer, also when the client does not") {
  TestSite test;
  auto client = test.connect();
  test.send(client, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").wait(test.scope);
  readUntil(*client.stream, "}\n", test.scope);
  CHECK_FALSE(client.served.poll(test.scope));
  test.pass(LINGER_TIME);
  CHECK(client.served.poll(test.scope));
}

TEST_CASE("a flood of headers is refused, not kept") {
  TestSite test;
  auto flood = kj::heapString(1 << 20);
  memset(flood.begin(), 'a', flood.size());
  auto answer = test.ask(kj::str("GET / HTTP/1.1\r\nX: ", flood, "\r\n\r\n"));
  CHECK_FALSE(answer.is(200));
}

TEST_CASE("a head that does not come in time ends the connection") {
  TestSite test;
  auto client = test.connect();
  test.send(client, "GET / HT").wait(test.scope);
  CHECK_FALSE(client.served.poll(test.scope));
  test.pass(HEADER_TIME);
  auto text = client.stream->readAllText().wait(test.scope);
  CHECK((text.size() == 0 || text.startsWith("HTTP/1.1 408 ")));
}

TEST_CASE("a client that takes no answer is left") {
  TestSite test;
  auto client = test.connect();
  test.send(client, "GET /page.js HTTP/1.1\r\nHost: 127.0.0.1:817\r\n\r\n").wait(test.scope);
  CHECK_FALSE(client.served.poll(test.scope));
  test.pass(ANSWER_TIME);
  CHECK(client.served.poll(test.scope));
}

TEST_CASE("a link's secret buys a cookie and a token, once") {
  TestSite test;
  auto answer = test.logInWith(GOOD_SECRET);
  CHECK(answer.is(200));
  CHECK(answer.has("Set-Cookie: portreeve_session="));
  CHECK(answer.has("; HttpOnly; SameSite=Strict; Path=/\r\n"));
  CHECK(answer.has("\"uid\":1000,\"role\":\"observe\"}"));
  CHECK(answer.between("portreeve_session=", ";") != answer.between("\"token\":\"", "\""));

  auto again = test.logInWith(GOOD_SECRET);
  CHECK(again.is(401));
  CHECK(again.has("portreeve ui"));
  CHECK_FALSE(again.has(GOOD_SECRET));
}

TEST_CASE("whoever shows many wrong links has to wait, the others do not") {
  TestSite test;
  auto wrong = kj::heapString(64);
  memset(wrong.begin(), '0', wrong.size());
  for (uint i = 0; i <= LoginAttempts::FREE; i++) CHECK(test.logInWith(wrong).is(401));
  auto refused = test.logInWith(GOOD_SECRET);
  CHECK(refused.is(429));
  CHECK(refused.has("Retry-After: 1\r\n"));
  CHECK(test.suite.state.redeemed == 0);
  test.pass(LoginAttempts::FIRST);
  CHECK(test.logInWith(GOOD_SECRET).is(200));
}

TEST_CASE("while policy is away or silent nobody is let in, and this is said") {
  TestSite test;
  test.suite.state.away = true;
  CHECK(test.logInWith(GOOD_SECRET).is(503));

  test.suite.state.away = false;
  test.suite.state.silent = true;
  auto client = test.connect();
  auto body = kj::str("{\"secret\":\"", GOOD_SECRET, "\"}");
  auto request = kj::str(
      "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:817\r\n"
      "Content-Type: application/json\r\nContent-Length: ",
      body.size(), "\r\n\r\n", body);
  test.send(client, request).wait(test.scope);
  CHECK_FALSE(client.served.poll(test.scope));
  test.pass(POLICY_TIME);
  CHECK(readUntil(*client.stream, "\r\n\r\n", test.scope).startsWith("HTTP/1.1 503 "));
}

TEST_CASE("without both secrets nothing is shown") {
  TestSite test;
  auto keys = test.logIn();
  auto cookieOnly = kj::heapString(keys.slice(0, KJ_ASSERT_NONNULL(keys.findFirst('\n')) + 1));
  auto tokenOnly = kj::str(keys.slice(cookieOnly.size()));
  for (auto path : {"/api/v1/status", "/api/v1/connections", "/api/v1/rules", "/api/v1/events"}) {
    for (auto shown : {kj::StringPtr(""), cookieOnly.asPtr(), tokenOnly.asPtr()}) {
      auto answer = test.get(path, shown);
      CHECK_MESSAGE(answer.is(401), path);
      CHECK(answer.has("WWW-Authenticate: Bearer\r\n"));
    }
  }
}

TEST_CASE("status is that of the suite with the rules the session may see") {
  TestSite test;
  auto keys = test.logIn();
  auto answer = test.get("/api/v1/status", keys);
  CHECK(answer.is(200));
  CHECK(answer.has("\"state\":\"enforcing\""));
  CHECK(answer.has("\"count\":12"));

  test.suite.state.rulesError = kj::str("a.toml:3:1: no such key");
  test.pass(100 * kj::MILLISECONDS);
  answer = test.get("/api/v1/status", keys);
  CHECK(answer.has("\"state\":\"degraded\""));
  CHECK(answer.has("a.toml:3:1"));
}

TEST_CASE("those who ask for the status within 100 ms get the same one") {
  TestSite test;
  auto keys = test.logIn();
  for (uint i = 0; i < 10; i++) CHECK(test.get("/api/v1/status", keys).has("\"count\":12"));
  CHECK(test.suite.state.statusCollected == 1);
  test.pass(100 * kj::MILLISECONDS);
  CHECK(test.get("/api/v1/status", keys).is(200));
  CHECK(test.suite.state.statusCollected == 2);
}

TEST_CASE("status is shown without the rules when policy hangs") {
  TestSite test;
  auto keys = test.logIn();
  test.suite.state.silent = true;
  auto client = test.connect();
  auto request = kj::str("GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, "\r\n");
  test.send(client, request).wait(test.scope);
  CHECK_FALSE(client.served.poll(test.scope));
  test.pass(POLICY_STATUS_TIME);
  auto text = readUntil(*client.stream, "enforcing", test.scope);
  CHECK(text.startsWith("HTTP/1.1 200 "));
}

TEST_CASE("connections and rules are what the observer shows") {
  TestSite test;
  auto keys = test.logIn();
  auto answer = test.get("/api/v1/connections?limit=5&program=curl", keys);
  CHECK(answer.is(200));
  CHECK(answer.body().startsWith("{\"connections\":[{\"id\":17,"));
  CHECK(test.suite.state.askedLimit == 5);
  CHECK(test.suite.state.askedProgram == "curl");
  CHECK(test.get("/api/v1/connections?limit=many", keys).is(400));
  CHECK(test.get("/api/v1/rules", keys).body().startsWith("{\"rules\":[{"));
}

TEST_CASE("a session ends with the policy process it came from") {
  TestSite test;
  auto keys = test.logIn();
  test.suite.state.gone = true;
  auto answer = test.get("/api/v1/connections", keys);
  CHECK(answer.is(401));
  CHECK(answer.has("The policy process has gone"));
  CHECK(test.sessions.size() == 0);
  test.suite.state.gone = false;
  CHECK(test.get("/api/v1/connections", keys).is(401));
}

}  // namespace
}  // namespace portreeve::gateway
