// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/server-address.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <string.h>

namespace portreeve {
namespace {

kj::String longName(size_t length) {
  kj::Vector<char> text;
  for (size_t i = 0; i < length; i++) text.add(i % 32 == 31 ? '.' : 'a');
  return kj::heapString(text.begin(), text.size());
}

TEST_CASE("a server is named by its address or its host name, with a port") {
  for (auto text : {"192.0.2.1:1080", "[2001:db8::1]:17", "vpn.example.org:17", "localhost:9050",
                    "xn--bcher-kva.example:443", "3com.example:1"})
    CHECK(KJ_ASSERT_NONNULL(ServerAddress::parse(text)).toString() == text);
  CHECK(KJ_ASSERT_NONNULL(ServerAddress::parse("VPN.Example.org.:17")).toString() ==
        "vpn.example.org:17");
  CHECK_FALSE(KJ_ASSERT_NONNULL(ServerAddress::parse("192.0.2.1:1080")).named());
}

TEST_CASE("what is neither an address nor a host name, or has no port, is no server") {
  for (auto text : {"", ":17", "vpn.example.org", "vpn.example.org:", "vpn.example.org:0",
                    "vpn.example.org:65536", "vpn..example.org:17", ".example.org:17",
                    "-vpn.example.org:17", "vpn-.example.org:17", "vpn_1.example.org:17",
                    "192.0.2.300:17", "10.1:17", "2001:db8::1:17",
                    "b\xc3\xbc"
                    "cher.example:17",
                    "a b:17", "http://vpn:17", "unix:/run/x:17", "*.example.org:17"})
    CHECK_MESSAGE(ServerAddress::parse(text) == nullptr, text);
}

TEST_CASE("labels and names have the lengths of RFC 1035") {
  auto label = kj::heapString(64);
  memset(label.begin(), 'a', label.size());
  CHECK(parseHostName(label) == nullptr);
  CHECK(parseHostName(label.slice(1)) != nullptr);
  CHECK(parseHostName(longName(253)) != nullptr);
  CHECK(parseHostName(longName(254)) == nullptr);
}

}  // namespace
}  // namespace portreeve
