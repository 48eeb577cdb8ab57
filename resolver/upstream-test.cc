// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream.h"

#include <doctest/doctest.h>
#include <kj/exception.h>

namespace portreeve::resolver {

TEST_CASE("an upstream is an address with or without a port") {
  auto read = [](kj::StringPtr text) { return Upstream::parse(text).toString(); };
  CHECK(read("192.0.2.1") == "udp://192.0.2.1");
  CHECK(read("192.0.2.1:5353") == "udp://192.0.2.1:5353");
  CHECK(read("udp://192.0.2.1:53") == "udp://192.0.2.1");
  CHECK(read("2001:db8::1") == "udp://[2001:db8::1]");
  CHECK(read("[2001:db8::1]") == "udp://[2001:db8::1]");
  CHECK(read("udp://[2001:db8::1]:5353") == "udp://[2001:db8::1]:5353");
}

TEST_CASE("an encrypted upstream has the name or the key that it is known by") {
  auto tls = Upstream::parse("tls://192.0.2.1#dns.example");
  CHECK(tls.port == 853);
  CHECK(tls.name == "dns.example");
  CHECK(tls.toString() == "tls://192.0.2.1#dns.example");
  auto pinned =
      Upstream::parse("tls://[2001:db8::1]:8853?pin=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(pinned.port == 8853);
  CHECK(pinned.pin == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  auto https = Upstream::parse("https://192.0.2.1/query#dns.example");
  CHECK(https.path == "/query");
  CHECK(Upstream::parse("https://192.0.2.1").path == "/dns-query");
}

TEST_CASE("a preset stands for its operator's servers") {
  kj::String texts[] = {kj::str("quad9"), kj::str("192.0.2.1")};
  auto all = parseUpstreams(texts);
  CHECK(all.size() == 5);
  CHECK(all[0].name == "dns.quad9.net");
  CHECK(all[0].protocol == Protocol::TLS);
}

TEST_CASE("what is no upstream is refused") {
  for (kj::StringPtr text :
       {"", "dns.example.org", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:", "[2001:db8::1",
        "[2001:db8::1]53", "192.0.2.1:5x", "quic://192.0.2.1", "tcp://192.0.2.1#name",
        "tls://192.0.2.1?pin=short", "tls://dns.example.org", "tls://192.0.2.1/path"})
    CHECK_THROWS_AS(Upstream::parse(text), kj::Exception);
}

}  // namespace portreeve::resolver
