// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/dns-place.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>

namespace portreeve {
namespace {

struct Variables {
  Variables(const char* listen, const char* held) {
    setenv(DNS_LISTEN_VARIABLE.cStr(), listen, 1);
    setenv(DNS_HELD_VARIABLE.cStr(), held, 1);
  }
  ~Variables() {
    unsetenv(DNS_LISTEN_VARIABLE.cStr());
    unsetenv(DNS_HELD_VARIABLE.cStr());
  }
};

}  // namespace

TEST_CASE("without word of another place the settings say where the resolver listens") {
  CHECK(DnsPlace::fromEnvironment() == nullptr);
  auto settings = Settings::load("/nonexistent");
  noteWhoHasDnsPort(settings);
  CHECK_FALSE(settings.policy.othersHaveDnsPort);
}

TEST_CASE("the place that was chosen takes that of the settings, with the reason") {
  Variables given(" 127.0.0.17:53  [::1]:1053", "UDP 127.0.0.1:53 is held by dnsmasq (pid 7)");
  auto place = KJ_ASSERT_NONNULL(DnsPlace::fromEnvironment());
  CHECK(place.held == "UDP 127.0.0.1:53 is held by dnsmasq (pid 7)");
  auto settings = Settings::load("/nonexistent");
  moveTo(place, settings);
  REQUIRE(settings.resolver.listen.size() == 2);
  CHECK(settings.resolver.listen[0] == "127.0.0.17:53");
  CHECK(settings.resolver.listen[1] == "[::1]:1053");
  noteWhoHasDnsPort(settings);
  CHECK(settings.policy.othersHaveDnsPort);
}

}  // namespace portreeve
