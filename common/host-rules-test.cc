// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/host-rules.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve {
namespace {

constexpr kj::StringPtr OURS =
    "*mangle\n:OUTPUT ACCEPT [0:0]\n:C170 - [0:0]\n-A OUTPUT -j C170\n-A INPUT -j C171\n"
    "-A C170 -m mark --mark 0x0 -j NFQUEUE --queue-num 17040 --queue-bypass\nCOMMIT\n"
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:C17 - [0:0]\n-A INPUT -j C17\n"
    "-A OUTPUT -j C17\n-A C17 -m mark --mark 0x0 -j DROP\nCOMMIT\n"_kj;

TEST_CASE("our own rules are not the host's") {
  auto host = HostRules::in(OURS);
  CHECK(host.passedOver == nullptr);
  CHECK(host.ahead == nullptr);
  CHECK(HostRules::in("").passedOver == nullptr);
}

TEST_CASE("a rule or a policy of the host in filter is what an allowed packet passes over") {
  auto rule = HostRules::in(
      "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j C17\n-A INPUT -j ufw-input\nCOMMIT\n");
  CHECK(KJ_ASSERT_NONNULL(rule.passedOver) == "filter: -A INPUT -j ufw-input");
  auto policy = HostRules::in("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT DROP [1:2]\nCOMMIT");
  CHECK(KJ_ASSERT_NONNULL(policy.passedOver) == "filter: :OUTPUT DROP [1:2]");
  CHECK(HostRules::in("*mangle\n-A INPUT -j MARK --set-mark 7\n").passedOver == nullptr);
  CHECK(HostRules::in("*nat\n:OUTPUT DROP [0:0]\n-A OUTPUT -j DOCKER\n").passedOver == nullptr);
}

TEST_CASE("what ends the way in mangle before our queue is said, what stands behind it is not") {
  auto ahead =
      HostRules::in("*mangle\n-A OUTPUT -p udp -j ACCEPT\n-A OUTPUT -j C170\n-A INPUT -j C171\n");
  CHECK(KJ_ASSERT_NONNULL(ahead.ahead) == "mangle: -A OUTPUT -p udp -j ACCEPT");
  auto queue = HostRules::in("*mangle\n-A INPUT -j NFQUEUE --queue-num 0\n-A INPUT -j C171\n");
  CHECK(KJ_ASSERT_NONNULL(queue.ahead) == "mangle: -A INPUT -j NFQUEUE --queue-num 0");
  CHECK(
      HostRules::in("*mangle\n-A OUTPUT -j QOS\n-A OUTPUT -j C170\n-A OUTPUT -j ACCEPT\n").ahead ==
      nullptr);
}

}  // namespace
}  // namespace portreeve
