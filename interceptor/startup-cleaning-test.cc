// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/startup-cleaning.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

ConntrackEntry entry(kj::StringPtr destination, uint16_t port, uint8_t protocol = PROTOCOL_UDP) {
  ConntrackEntry result;
  result.tuple.destination = KJ_ASSERT_NONNULL(Address::parse(destination));
  result.tuple.destinationPort = port;
  result.tuple.protocol = protocol;
  return result;
}

TEST_CASE("only undecided queries to other hosts are cleared away") {
  CHECK(keepsQueryFromRedirection(entry("192.0.2.53", 53)));
  CHECK(keepsQueryFromRedirection(entry("2001:db8::53", 53, PROTOCOL_TCP)));
  CHECK_FALSE(keepsQueryFromRedirection(entry("127.0.0.53", 53)));
  CHECK_FALSE(keepsQueryFromRedirection(entry("::1", 53)));
  CHECK_FALSE(keepsQueryFromRedirection(entry("192.0.2.53", 54)));
  CHECK_FALSE(keepsQueryFromRedirection(entry("192.0.2.53", 53, PROTOCOL_ICMP)));
  auto decided = entry("192.0.2.53", 53);
  decided.mark = 1710;
  CHECK_FALSE(keepsQueryFromRedirection(decided));
}

TEST_CASE("a datagram flow with another program's mark is made anew, unless it is translated") {
  auto tunnel = entry("192.0.2.53", 51820);
  CHECK_FALSE(isAskedAboutForEver(tunnel));
  tunnel.mark = 51820;
  CHECK(isAskedAboutForEver(tunnel));
  tunnel.translated = true;
  CHECK_FALSE(isAskedAboutForEver(tunnel));
  auto connection = entry("192.0.2.53", 443, PROTOCOL_TCP);
  connection.mark = 51820;
  CHECK_FALSE(isAskedAboutForEver(connection));
  auto decided = entry("192.0.2.53", 51820);
  decided.mark = 1710;
  CHECK_FALSE(isAskedAboutForEver(decided));
}

}  // namespace
}  // namespace portreeve::interceptor
