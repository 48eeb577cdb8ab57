// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/endpoint.h"

#include "cli/failure.h"
#include "cli/socket-question.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::cli {
namespace {

kj::String parsed(kj::StringPtr text) {
  KJ_IF_MAYBE (endpoint, Endpoint::parse(text)) {
    KJ_IF_MAYBE (address, endpoint->address)
      return kj::str(address->toString(), " port ", endpoint->port);
    return kj::str("any port ", endpoint->port);
  }
  return kj::str("no");
}

TEST_CASE("an endpoint is read in every way that people write one") {
  CHECK(parsed("192.0.2.1") == "192.0.2.1 port 0");
  CHECK(parsed("192.0.2.1:80") == "192.0.2.1 port 80");
  CHECK(parsed("2001:db8::1") == "2001:db8::1 port 0");
  CHECK(parsed("[2001:db8::1]") == "2001:db8::1 port 0");
  CHECK(parsed("[2001:db8::1]:443") == "2001:db8::1 port 443");
  CHECK(parsed(":53") == "any port 53");
  CHECK(parsed("*:53") == "any port 53");
}

TEST_CASE("what is no endpoint is refused whole") {
  for (kj::StringPtr text : {"", "*", ":", "not-an-address", "192.0.2.1:", "192.0.2.1:0",
                             "192.0.2.1:65536", "192.0.2.1:8x", "192.0.2:80", "[192.0.2.1",
                             "[2001:db8::1]443", "[]:53", "2001:db8::1:443:x"})
    CHECK_MESSAGE(parsed(text) == "no", text.cStr());
}

TEST_CASE("an endpoint is written with brackets where it has colons") {
  CHECK(endpointText("2001:db8::1", 443) == "[2001:db8::1]:443");
  CHECK(endpointText("2001:db8::1", 0) == "2001:db8::1");
  CHECK(endpointText("192.0.2.1", 80) == "192.0.2.1:80");
}

TEST_CASE("a port alone asks for both protocols and both families") {
  CHECK(understood({":53"}).sockets.size() == 4);
  CHECK(understood({"udp", ":53"}).sockets.size() == 2);
  auto one = understood({"tcp", "127.0.0.1:80"}).sockets;
  REQUIRE(one.size() == 1);
  CHECK(one[0].sourcePort == 80);
  CHECK(one[0].destinationPort == 0);
  CHECK(one[0].family == proto::Family::IPV4);
}

TEST_CASE("a connected socket is asked for by both of its ends") {
  auto one = understood({"udp", "[2001:db8::1]:4000", "[2001:db8::2]:443"}).sockets;
  REQUIRE(one.size() == 1);
  CHECK(one[0].family == proto::Family::IPV6);
  CHECK(one[0].sourcePort == 4000);
  CHECK(one[0].destinationPort == 443);
}

TEST_CASE("a number alone is a process, and no port") {
  auto question = understood({"4711"});
  CHECK(question.pid.orDefault(0) == 4711);
  CHECK(question.sockets.empty());
  CHECK(understood({":4711"}).pid == nullptr);
  for (auto number : {"0", "99999999999"}) CHECK_THROWS_AS(understood({number}), Failure);
}

TEST_CASE("words that mean no socket are wrong use") {
  for (auto& words : std::vector<std::vector<std::string>>{{},
                                                           {"tcp"},
                                                           {"tcp", "127.0.0.1"},
                                                           {"nonsense", ":1"},
                                                           {":1", ":2", ":3"},
                                                           {"tcp", "127.0.0.1:80", "[::1]:80"}})
    CHECK_THROWS_AS(understood(words), Failure);
}

}  // namespace
}  // namespace portreeve::cli
