// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream, as text over memory pipes: by server-sent events and by a WebSocket.
#include "api-gateway/live-stream.h"

#include "api-gateway/test-site.h"

#include <string>

namespace portreeve::gateway {
namespace {

struct Following {
  TestSite test;
  TestSite::Client client = test.connect();

  kj::String keys = test.logIn();

  Following() {
    auto request = kj::str("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, "\r\n");
    test.send(client, request).wait(test.scope);
    auto head = readUntil("event: ready\n");
    CHECK(strstr(head.cStr(), "Content-Type: text/event-stream\r\n") != nullptr);
  }

  kj::String readUntil(kj::StringPtr end) {
    return gateway::readUntil(*client.stream, end, test.scope);
  }
  void tell(double id) {
    auto request = KJ_ASSERT_NONNULL(test.suite.state.sink).connectionsRequest();
    describeConnection(request.initChanged(1)[0], id);
    request.send().wait(test.scope);
  }
  void gather() { test.pass(GATHER); }
};

TEST_CASE("a changed connection reaches the follower as an event") {
  Following following;
  following.tell(18);
  following.gather();
  auto text = following.readUntil("}\n\n");
  CHECK(strstr(text.cStr(), "-1\nevent: connection\ndata: {\"id\":18,") != nullptr);
}

TEST_CASE("what happens in one moment is sent at once") {
  Following following;
  for (uint id = 18; id < 28; id++) following.tell(id);
  following.gather();
  auto text = following.readUntil("\"id\":27");
  auto first = strstr(text.cStr(), "\"id\":18");
  REQUIRE(first != nullptr);
  auto chunkEnd = strstr(first, "\r\n");  // RFC 9112, 7.1
  CHECK((chunkEnd == nullptr || chunkEnd > strstr(first, "\"id\":27")));
}

TEST_CASE("a follower that comes back goes on behind the event that it names") {
  Following following;
  following.tell(18);
  following.tell(19);
  following.gather();
  auto text = following.readUntil("\"id\":19");
  auto* line = strstr(text.cStr(), "id: ");
  auto first = kj::heapString(line + 4, size_t(strchr(line, '\n') - line - 4));
  auto& test = following.test;
  for (bool asHeader : {true, false}) {
    auto again = test.connect();
    auto request = asHeader ? kj::str("GET /api/v1/events HTTP/1.1\r\nLast-Event-ID: ", first)
                            : kj::str("GET /api/v1/events?after=", first, " HTTP/1.1");
    test.send(again, kj::str(request, "\r\nHost: 127.0.0.1:817\r\n", following.keys, "\r\n"))
        .wait(test.scope);
    auto rest = gateway::readUntil(*again.stream, "\"id\":19", test.scope);
    CHECK(strstr(rest.cStr(), "resumed") == nullptr);
    CHECK(strstr(rest.cStr(), "\"id\":18") == nullptr);
  }
  CHECK(test.suite.state.subscriptions == 1);  // one for all
}

TEST_CASE("a quiet stream shows that it is alive") {
  Following following;
  following.test.pass(HEARTBEAT);
  following.readUntil(": still here\n\n");
}

TEST_CASE("a stream ends with a word when policy lets go of it") {
  Following following;
  following.test.suite.state.sink = nullptr;
  following.gather();
  following.readUntil("event: ended\ndata: {\"reason\":");
}

TEST_CASE("a stream ends when its session does") {
  Following following;
  following.test.sessions.endAll();
  following.test.pass(HEARTBEAT);
  following.readUntil("event: ended\n");
}

TEST_CASE("a follower that goes lets go of policy's subscription") {
  Following following;
  CHECK(following.test.suite.state.subscriptions == 1);
  following.client.stream = nullptr;
  CHECK(following.client.served.poll(following.test.scope));
  CHECK(following.test.site.counters.followers == 0);
  CHECK(following.test.suite.state.subscriptions == 1);  // it may come back
  following.test.pass(EventHub::LINGER);
  following.test.settle();
  CHECK(following.test.suite.state.subscriptions == 0);
}

TEST_CASE("a follower that takes nothing is left") {
  Following following;
  for (uint id = 20; id < 200; id++) following.tell(id);
  following.gather();
  following.test.pass(EVENT_WRITE_TIME);
  CHECK(following.client.served.poll(following.test.scope));
  CHECK(following.test.events.count() == 0);
}

TEST_CASE("followers are bounded") {
  TestSite test;
  auto keys = test.logIn();
  auto request = kj::str("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys, "\r\n");
  kj::Vector<TestSite::Client> clients;
  for (uint i = 0; i < MAX_FOLLOWERS; i++) {
    clients.add(test.connect());
    test.send(clients.back(), request).wait(test.scope);
    readUntil(*clients.back().stream, "event: ready\n", test.scope);
  }
  CHECK(test.get("/api/v1/events", keys).is(503));
}

// By WebSocket -------------------------------------------------------------

struct Socket {
  TestSite test;
  TestSite::Client client = test.connect();
  kj::String keys = test.logIn();

  kj::String open(kj::StringPtr path = "/api/v1/events", kj::StringPtr behind = "") {
    // As a browser does: the token among the protocols, the cookie by itself.
    auto token = Answer{kj::str(keys)}.between("Bearer ", "\r\n");
    auto cookie = kj::heapString(keys.slice(0, KJ_ASSERT_NONNULL(keys.findFirst('\n')) + 1));
    auto request = kj::str("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", cookie,
                           "Origin: http://127.0.0.1:817\r\nConnection: keep-alive, Upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           "Sec-WebSocket-Protocol: portreeve.v1, portreeve.bearer.",
                           token, "\r\n\r\n", behind);
    test.send(client, request).wait(test.scope);
    return readUntil(*client.stream, "\r\n\r\n", test.scope);
  }
  kj::String closedAfter(kj::StringPtr frames) {
    // What the server sends from then on until it ends; its timers run out.
    test.send(client, frames).wait(test.scope);
    auto text = client.stream->readAllText();
    for (uint i = 0; i < 3 && !text.poll(test.scope); i++) test.pass(GOODBYE_TIME);
    REQUIRE(text.poll(test.scope));
    return text.wait(test.scope);
  }
};

kj::String close(uint16_t code) {
  char bytes[] = {char(code >> 8), char(code), 0};
  return kj::heapString(bytes, 2);
}

TEST_CASE("a page follows by WebSocket, its token among the protocols") {
  Socket socket;
  auto head = socket.open();
  CHECK(head.startsWith("HTTP/1.1 101 "));
  CHECK(strstr(head.cStr(), "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != nullptr);
  CHECK(strstr(head.cStr(), "Sec-WebSocket-Protocol: portreeve.v1\r\n") != nullptr);
  CHECK(strstr(head.cStr(), "portreeve.bearer") == nullptr);
  readUntil(*socket.client.stream, "\"event\":\"ready\",\"data\":{}}]", socket.test.scope);
  auto request = KJ_ASSERT_NONNULL(socket.test.suite.state.sink).connectionsRequest();
  describeConnection(request.initChanged(1)[0], 18);
  request.send().wait(socket.test.scope);
  socket.test.pass(GATHER);
  readUntil(*socket.client.stream, "\"event\":\"connection\",\"data\":{\"id\":18,",
            socket.test.scope);
}

TEST_CASE("without the token there is no WebSocket, and none but for the events") {
  Socket socket;
  socket.keys = kj::str(socket.keys.slice(0, socket.keys.size() - 6), "0000\r\n");
  CHECK(socket.open().startsWith("HTTP/1.1 401 "));
}

TEST_CASE("there is no WebSocket but for the events") {
  Socket socket;
  CHECK(socket.open("/api/v1/status").startsWith("HTTP/1.1 400 "));
}

TEST_CASE("frames gone mad end the WebSocket with a word, and nothing else") {
  struct {
    kj::StringPtr what, frames;
    uint16_t code;
  } cases[] = {
      {"not masked", "\x81\x01x"_kj, 1002},
      {"a reserved bit", "\xc1\x81MASKx"_kj, 1002},
      {"an unknown opcode", "\x83\x81MASKx"_kj, 1002},
      {"a continuation of nothing", "\x80\x81MASKx"_kj, 1002},
      {"a ping in pieces", "\x09\x81MASKx"_kj, 1002},
      {"2^63 bytes", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffMASK"_kj, 1002},
      {"a message", "\x81\x81MASKx"_kj, 1008},
      {"a close", "\x88\x82MASK\x4e\xa9"_kj, 1000},
  };
  for (auto& one : cases) {
    INFO(std::string(one.what.cStr()));
    Socket socket;
    socket.open();
    readUntil(*socket.client.stream, "}]", socket.test.scope);
    auto answer = socket.closedAfter(one.frames);
    REQUIRE_MESSAGE(answer.size() >= 4, one.what);
    CHECK_MESSAGE(uint8_t(answer[0]) == 0x88, one.what);
    CHECK_MESSAGE(answer.slice(2).startsWith(close(one.code)), one.what);
    CHECK(socket.client.served.poll(socket.test.scope));
    CHECK(socket.test.get("/healthz").is(200));
  }
}

TEST_CASE("frames that come before the WebSocket is agreed are no frames") {
  Socket socket;
  CHECK(socket.open("/api/v1/events", "\x81\x01x").startsWith("HTTP/1.1 400 "));
}

TEST_CASE("a WebSocket whose session ends is closed in order") {
  Socket socket;
  socket.open();
  readUntil(*socket.client.stream, "}]", socket.test.scope);
  socket.test.sessions.endAll();
  socket.test.pass(HEARTBEAT);
  readUntil(*socket.client.stream, "This session has ended.\"}}]", socket.test.scope);
  auto rest = socket.closedAfter("\x88\x82MASK\x4e\xa9");
  CHECK(rest.slice(2).startsWith(close(1000)));
}

}  // namespace
}  // namespace portreeve::gateway
