// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a whole site over memory pipes; requests as text against answers as text.
#pragma once

#include "api-gateway/fake-suite.h"
#include "api-gateway/http-connection.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <string.h>

namespace portreeve::gateway {

struct Answer {
  kj::String text;
  bool is(uint status) const { return text.startsWith(kj::str("HTTP/1.1 ", status, " ")); }
  bool has(kj::StringPtr part) const { return strstr(text.cStr(), part.cStr()) != nullptr; }
  kj::String body() const {
    auto* blank = strstr(text.cStr(), "\r\n\r\n");
    return kj::str(blank == nullptr ? "" : blank + 4);
  }
  kj::String between(const char* before, const char* after) const {
    auto* start = strstr(text.cStr(), before);
    REQUIRE_MESSAGE(start != nullptr, text.cStr());
    start += strlen(before);
    auto* end = strstr(start, after);
    REQUIRE(end != nullptr);
    return kj::heapString(start, size_t(end - start));
  }
};

struct TestSite {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  HttpNames names = HttpNames::make();
  OwnHosts hosts;
  StaticFiles ui;
  SessionStore sessions{timer};
  EventHub events{timer};
  LoginAttempts logins;
  OpenConnections open;
  FakeSuite suite;
  Doorkeeper doorkeeper{timer, suite, sessions, logins};
  UserNames users;
  Api api{suite, sessions, timer, users};
  Site site{timer, names, hosts, ui, sessions, api, events, doorkeeper, {}};

  TestSite() { hosts.add(KJ_ASSERT_NONNULL(Address::parse("127.0.0.1")), 817); }

  struct Client {
    kj::Own<kj::AsyncIoStream> stream;
    kj::Promise<void> served;
  };

  Client connect() {
    auto pipe = kj::newTwoWayPipe();
    auto admitted = KJ_ASSERT_NONNULL(open.admit(timer.now()));
    auto& place = *admitted.entry;
    auto served = serveConnection(site, kj::mv(pipe.ends[0]), Tuple(), place)
                      .attach(kj::mv(admitted.entry))
                      .eagerlyEvaluate(nullptr);
    return {kj::mv(pipe.ends[1]), kj::mv(served)};
  }

  void settle() { kj::Promise<void>(kj::NEVER_DONE).poll(scope); }  // all that can run has run
  void pass(kj::Duration time) {
    settle();  // whoever is about to set a timer has set it
    timer.advanceTo(timer.now() + time);
  }

  kj::Promise<void> send(Client& client, kj::StringPtr text) {
    return client.stream->write(text.begin(), text.size());
  }

  Answer ask(kj::StringPtr request) {
    auto client = connect();
    auto sent =
        send(client, request)
            .then([&]() { client.stream->shutdownWrite(); })
            .eagerlyEvaluate([](kj::Exception&&) {});  // it may close before it has read all
    auto text = client.stream->readAllText();
    if (!text.poll(scope)) pass(2 * kj::SECONDS);  // KJ's grace for the rest of a body
    return {text.wait(scope)};
  }

  Answer get(kj::StringPtr target, kj::StringPtr headers = "") {
    return ask(kj::str("GET ", target, " HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", headers, "\r\n"));
  }

  Answer logInWith(kj::StringPtr secret) {
    auto body = kj::str("{\"secret\":\"", secret, "\"}");
    return ask(
        kj::str("POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:817\r\n"
                "Content-Type: application/json\r\nContent-Length: ",
                body.size(), "\r\n\r\n", body));
  }

  kj::String logIn() {
    // The headers that show the session.
    auto answer = logInWith(GOOD_SECRET);
    REQUIRE_MESSAGE(answer.is(200), answer.text.cStr());
    return kj::str("Cookie: portreeve_session=", answer.between("portreeve_session=", ";"),
                   "\r\nAuthorization: Bearer ", answer.between("\"token\":\"", "\""), "\r\n");
  }
};

inline kj::String readUntil(kj::AsyncIoStream& stream, kj::StringPtr end, kj::WaitScope& scope) {
  kj::String text = kj::str();
  while (strstr(text.cStr(), end.cStr()) == nullptr) {
    char buffer[4096];
    auto got = stream.tryRead(buffer, 1, sizeof buffer).wait(scope);
    REQUIRE_MESSAGE(got > 0, text.cStr());
    text = kj::str(text, kj::heapString(buffer, got));
  }
  return text;
}

}  // namespace portreeve::gateway
