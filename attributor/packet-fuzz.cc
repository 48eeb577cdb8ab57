// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz-target.h"

#include "attributor/kernel-origin.h"
#include "attributor/packet-header.h"

namespace {

using namespace portreeve;

void check(const attributor::PacketHeader& header, proto::Family family) {
  require(header.tuple.family == family);
  if (family == proto::Family::IPV4)
    require(header.tuple.source.isV4() && header.tuple.destination.isV4());
  if (header.fragment) require(header.tuple.sourcePort == 0 && header.tuple.destinationPort == 0);
  if (header.tcpFlags != 0) require(header.tuple.protocol == PROTOCOL_TCP);
  require(attributor::kernelName(header).size() > 0);
  attributor::takenByKernel(header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto start = kj::arrayPtr(data, size < 256 ? size : 256);
  for (auto family : {proto::Family::IPV4, proto::Family::IPV6})
    for (uint32_t length : {uint32_t(size), uint32_t(0), uint32_t(100000)})
      check(attributor::readPacket(start, length, family), family);
  return 0;
}
