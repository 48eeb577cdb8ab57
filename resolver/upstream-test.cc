// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream.h"

#include <doctest/doctest.h>
#include <kj/exception.h>

namespace portreeve::resolver {

TEST_CASE("an upstream is an address with or without a port") {
  auto read = [](kj::StringPtr text) { return Upstream::parse(text).toString(); };
  CHECK(read("192.0.2.1") == "192.0.2.1@53");
  CHECK(read("192.0.2.1:5353") == "192.0.2.1@5353");
  CHECK(read("udp://192.0.2.1:53") == "192.0.2.1@53");
  CHECK(read("2001:db8::1") == "2001:db8::1@53");
  CHECK(read("[2001:db8::1]") == "2001:db8::1@53");
  CHECK(read("udp://[2001:db8::1]:5353") == "2001:db8::1@5353");
}

TEST_CASE("what is no plain upstream is refused") {
  for (kj::StringPtr text : {"", "dns.example.org", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:",
                             "[2001:db8::1", "[2001:db8::1]53", "tls://192.0.2.1", "192.0.2.1:5x"})
    CHECK_THROWS_AS(Upstream::parse(text), kj::Exception);
}

}  // namespace portreeve::resolver
