// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/proc-net.h"
#include "tests/fuzz/fuzz-target.h"

#include <stdlib.h>

namespace {

using namespace portreeve;

void require(bool holds) {
  if (!holds) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::arrayPtr(reinterpret_cast<const char*>(data), size);
  auto sockets = attributor::readProcNet(text);
  size_t lines = 1;
  for (char c : text)
    if (c == '\n') lines++;
  require(sockets.size() <= lines);
  for (auto& socket : sockets) {
    require(socket.local.isV4() == socket.remote.isV4());
    // Whoever asks for just that socket gets one of its port.
    Tuple tuple;
    tuple.family = socket.local.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
    tuple.source = socket.local;
    tuple.sourcePort = socket.localPort;
    tuple.destination = socket.remote;
    tuple.destinationPort = socket.remotePort;
    auto table = attributor::ProcNetTable::UDPLITE;
    KJ_IF_MAYBE (choice, attributor::chooseSocket(sockets, table, tuple, socket.uid)) {
      bool known = false;
      for (auto& other : sockets) known = known || other.inode == choice->inode;
      require(known);
    }
  }
  return 0;
}
