// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/portal-probe.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

ProbePage page() {
  return KJ_ASSERT_NONNULL(ProbePage::parse("http://probe.example/nm"));
}

kj::String read(kj::StringPtr reply) {
  auto result = readProbe(page(), reply.asArray());
  KJ_IF_MAYBE (name, result.name) return kj::str("portal ", name->text());
  switch (result.kind) {
    case ProbeResult::Kind::ONLINE:
      return kj::str("online");
    case ProbeResult::Kind::PORTAL:
      return kj::str("portal");
    case ProbeResult::Kind::UNKNOWN:
      break;
  }
  return kj::str("unknown");
}

}  // namespace

TEST_CASE("a page to look for is a name and a path over plain HTTP") {
  CHECK(page().hostText == "probe.example");
  CHECK(page().path == "/nm");
  CHECK(KJ_ASSERT_NONNULL(ProbePage::parse("http://probe.example")).path == "/");
  for (auto text : {"https://probe.example/", "http:///nm", "http://192.0.2.1/", "probe.example",
                    "http://probe.example:8080/", "http://probe.example/a b", ""})
    CHECK_MESSAGE(ProbePage::parse(text) == nullptr, text);
}

TEST_CASE("who gets the page itself is online") {
  CHECK(read("HTTP/1.1 204 No Content\r\n\r\n") == "online");
  CHECK(read("HTTP/1.1 200 OK\r\nA: b\r\n\r\nNetworkManager is online\n") == "online");
  CHECK(read("HTTP/1.1 301 Moved\r\nLocation: https://probe.example/nm\r\n\r\n") == "online");
}

TEST_CASE("who gets another page, or the way to one, is before a portal") {
  CHECK(read("HTTP/1.1 200 OK\r\n\r\n<html>Log in") == "portal");
  CHECK(read("HTTP/1.1 511 Network Authentication Required\r\n\r\n") == "portal");
  CHECK(read("HTTP/1.0 302 Found\r\nLOCATION:  https://Login.Portal.example:8443/?a=b\r\n\r\n") ==
        "portal login.portal.example");
  CHECK(read("HTTP/1.1 307 x\nLocation: http://u@hotel.example?x\n\n") == "portal hotel.example");
  CHECK(read("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/login\r\n\r\n") == "portal");
  CHECK(read("HTTP/1.1 302 Found\r\nLocation: http://[2001:db8::1]/login\r\n\r\n") == "portal");
  CHECK(read("HTTP/1.1 302 Found\r\nLocation: https://[2001:db8::1]:8443/\r\n\r\n") == "portal");
  CHECK(read("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n") == "portal");
  CHECK(read("HTTP/1.1 302 Found\r\nLocation: http://probe.example/login\r\n\r\n") == "portal");
}

TEST_CASE("what is no answer of HTTP means nothing") {
  for (auto text : {"", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/2 200 OK\r\n\r\n", "SSH-2.0-x\r\n",
                    "HTTP/1.1 500 Oops\r\n\r\n", "HTTP/1.1 302 Found\r\n\r\n"})
    CHECK_MESSAGE(read(text) == "unknown", text);
}

}  // namespace portreeve::resolver
