// SPDX-License-Identifier: GPL-3.0-or-later
// What is read from /proc and from iptables-save, on texts as machines print them.
#include "cli/neighbours.h"

#include "cli/port-holder.h"
#include "cli/processes.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr TCP =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "111 1\n"
    "   1: 00000000:0331 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "222 1\n"
    "   2: 0100007F:0050 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 333 1\n"_kj;
constexpr kj::StringPtr UDP6 =
    "   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 444 2 0000000000000000 0\n"_kj;

Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

TEST_CASE("a listener stands in the way of its own address, one on all addresses of each") {
  auto loopback = socketsOnPort(TCP, Transport::TCP, address("127.0.0.1"), 53);
  REQUIRE(loopback.size() == 1);
  CHECK(loopback[0] == 111);
  CHECK(socketsOnPort(TCP, Transport::TCP, address("192.0.2.1"), 53).empty());
  CHECK(socketsOnPort(TCP, Transport::TCP, address("192.0.2.1"), 817).size() == 1);
  CHECK(socketsOnPort(TCP, Transport::TCP, address("0.0.0.0"), 53).size() == 1);
}

TEST_CASE("a connection stands in nobody's way") {
  CHECK(socketsOnPort(TCP, Transport::TCP, address("127.0.0.1"), 80).empty());
}

TEST_CASE("an IPv6 address is read as the kernel prints it") {
  auto found = socketsOnPort(UDP6, Transport::UDP, address("::1"), 53);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == 444);
}

TEST_CASE("the suite is known by its processes and by systemd, which holds its sockets") {
  CHECK(isTheSuites("portreeve-resol (pid 7, /usr/lib/portreeve/portreeve-resolver)"));
  CHECK(isTheSuites("systemd (pid 1, /usr/lib/systemd/systemd)"));
  CHECK(!isTheSuites("systemd-resolve (pid 11, /usr/lib/systemd/systemd-resolved)"));
}

TEST_CASE("a bound queue leads to its socket") {
  auto queues = parseBoundQueues(
      "17040  29850     0 0 65531     0     0        0  1\n"
      "    0 4294963200  0 2 65531     0     0        0  1\n");
  REQUIRE(queues.size() == 2);
  CHECK(queues[0].queue == 17040);
  CHECK(queues[1].portId == 4294963200u);
  kj::StringPtr netlink =
      "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
      "0000000000000000 0   29850      00000000 0        0        0     2        0        1\n"
      "0000000000000000 12  29850      00000000 0        0        0     2        0        555\n";
  CHECK(KJ_ASSERT_NONNULL(inodeOfNetlinkSocket(netlink, 29850)) == 555);
  CHECK(inodeOfNetlinkSocket(netlink, 1) == nullptr);
}

TEST_CASE("the unit of a process is the innermost of its cgroup") {
  CHECK(unitOfCgroup("0::/system.slice/ssh.service\n") == "ssh.service");
  CHECK(unitOfCgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope/x\n") ==
        "a.scope");
  CHECK(unitOfCgroup("4:memory:/\n1:name=systemd:/system.slice/cron.service\n") == "cron.service");
  CHECK(unitOfCgroup("0::/\n") == "");
}

}  // namespace
}  // namespace portreeve::cli
