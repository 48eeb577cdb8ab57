// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/kernel-origin.h"

#include "attributor/packet-samples.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

PacketHeader v6(uint8_t type) {
  return readSample(ipv6(58, icmp(type, 0, 0)), proto::Family::IPV6);
}

TEST_CASE("what the kernel sends by itself has a name") {
  CHECK(kernelName(v6(135)) == "neighbour discovery");
  CHECK(kernelName(v6(143)) == "multicast membership");
  CHECK(kernelName(v6(129)) == "icmp answer");
  CHECK(kernelName(v6(1)) == "icmp error");
  CHECK(kernelName(readSample(ipv6(50, Octets(8, 0)), proto::Family::IPV6)) == "tunnel");
  auto closed = readSample(ipv4(6, tcp(1, 2, 0x10)), proto::Family::IPV4);
  CHECK(kernelName(closed) == "tcp of a closed socket");
  CHECK(kernelName(readSample(ipv4(89, Octets(8, 0)), proto::Family::IPV4)) == "kernel");
}

TEST_CASE("the kernel takes what nobody has to listen for") {
  for (uint8_t type : {128, 135, 130, 1, 2}) CHECK(takenByKernel(v6(type)));
  CHECK_FALSE(takenByKernel(v6(129)));
  CHECK(takenByKernel(readSample(ipv4(2, Octets(8, 0)), proto::Family::IPV4)));
  CHECK_FALSE(takenByKernel(readSample(ipv4(6, tcp(1, 2, 2)), proto::Family::IPV4)));
  CHECK_FALSE(takenByKernel(readSample(ipv4(89, Octets(8, 0)), proto::Family::IPV4)));
}

}  // namespace
}  // namespace portreeve::attributor
