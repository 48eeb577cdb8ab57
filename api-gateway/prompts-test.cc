// SPDX-License-Identifier: GPL-3.0-or-later
// Questions and modes over the API, as text over memory pipes.
#include "api-gateway/live-stream.h"
#include "api-gateway/test-site.h"

namespace portreeve::gateway {
namespace {

constexpr auto ORIGIN = "Origin: http://127.0.0.1:817\r\n"_kj;

kj::String post(kj::StringPtr path, kj::StringPtr keys, kj::StringPtr body) {
  return kj::str("POST /api/v1/", path, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, ORIGIN,
                 "Content-Length: ", body.size(), "\r\n\r\n", body);
}

struct Changing {
  TestSite test;
  kj::String keys;
  Changing() {
    test.suite.state.mayChange = true;
    keys = test.logIn();
  }
  Answer send(kj::StringPtr path, kj::StringPtr body) { return test.ask(post(path, keys, body)); }
};

TEST_CASE("a question is listed, answered and dismissed by a session that may") {
  Changing one;
  CHECK(one.test.get("/api/v1/prompts", one.keys).has("{\"prompts\":[{\"id\":7,"));
  auto answer =
      one.send("prompts/answer",
               "{\"id\":7,\"action\":\"allow\",\"lifetime\":\"always\",\"scope\":\"domain\"}");
  CHECK(answer.is(200));
  CHECK(answer.has("\"settled\":2"));
  CHECK(one.test.suite.state.answered == "allow domain");
  auto gone = one.send("prompts/answer", "{\"id\":8,\"action\":\"allow\"}");
  CHECK(gone.is(400));
  CHECK(gone.has("no such question"));
  CHECK(one.send("prompts/dismiss", "{\"id\":7}").is(200));
  CHECK(one.test.suite.state.answered == "dismissed 7");
  CHECK(one.send("prompts/answer", "{\"id\":-1}").is(400));
}

TEST_CASE("a session that observes gets no questions to answer") {
  TestSite test;
  auto keys = test.logIn();
  CHECK(test.get("/api/v1/prompts", keys).is(403));
  CHECK(test.ask(post("prompts/answer", keys, "{\"id\":7}")).is(403));
  auto client = test.connect();
  test.send(client, kj::str("GET /api/v1/events?present=true HTTP/1.1\r\nHost: 127.0.0.1:817\r\n",
                            keys, "\r\n"))
      .wait(test.scope);
  readUntil(*client.stream, "event: ready\n", test.scope);
  CHECK(test.suite.state.promptSink == nullptr);
}

TEST_CASE("questions reach the page of who may answer, and it is told when they are closed") {
  Changing one;
  auto& test = one.test;
  auto client = test.connect();
  test.send(client, kj::str("GET /api/v1/events?present=true HTTP/1.1\r\nHost: 127.0.0.1:817\r\n",
                            one.keys, "\r\n"))
      .wait(test.scope);
  readUntil(*client.stream, "event: ready\n", test.scope);
  CHECK(test.suite.state.present);
  auto& sink = KJ_ASSERT_NONNULL(test.suite.state.promptSink);
  auto request = sink.promptsRequest();
  FakePrompts::fill(request.initChanged(1)[0]);
  request.send().wait(test.scope);
  test.pass(GATHER);
  auto text = readUntil(*client.stream, "}\n\n", test.scope);
  CHECK(strstr(text.cStr(), "event: prompt\ndata: {\"id\":7,") != nullptr);
  auto closed = sink.closedRequest();
  closed.initClosed(1)[0].setHow("answered");
  closed.send().wait(test.scope);
  test.pass(GATHER);
  readUntil(*client.stream, "event: prompt_closed\ndata: {", test.scope);
}

TEST_CASE("modes begin and end, what was learned is reviewed and forgotten, profiles are chosen") {
  Changing one;
  CHECK(one.send("mode", "{\"mode\":\"lockdown\",\"seconds\":60}").body() == "{\"affected\":4}");
  CHECK(one.test.suite.state.mode == "1 60");
  CHECK(one.send("mode", "{\"mode\":\"none\"}").is(200));
  CHECK(one.test.suite.state.mode == "ended");
  CHECK(one.send("mode", "{\"mode\":\"party\"}").is(400));
  CHECK(one.test.get("/api/v1/mode/review", one.keys).has("{\"rules\":[{\"name\":\"learned\""));
  CHECK(one.send("mode/forget", "").body() == "{\"kinds\":9}");
  CHECK(one.test.get("/api/v1/gate", one.keys).has("{\"ways\":[{\"name\":\"work\""));
}

}  // namespace
}  // namespace portreeve::gateway
