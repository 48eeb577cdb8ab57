// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a table of sockets in /proc/net (proc(5)).
#include "attributor/proc-net.h"
#include "tests/fuzz/fuzz-target.h"

#include <algorithm>

namespace {

using namespace portreeve;
using namespace portreeve::attributor;

Tuple packetOf(const ProcNetSocket& socket, uint8_t protocol) {
  // One that it sends.
  Tuple tuple;
  tuple.protocol = protocol;
  tuple.source = socket.local;
  tuple.destination = socket.remote;
  tuple.sourcePort = socket.localPort;
  tuple.destinationPort = socket.remotePort;
  return tuple;
}

bool canBeFound(const ProcNetSocket& socket, ProcNetTable table) {
  bool raw = table == ProcNetTable::RAW || table == ProcNetTable::RAW6;
  return socket.inode != 0 && (!raw || socket.localPort <= 0xff);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::arrayPtr(reinterpret_cast<const char*>(data), size);
  auto sockets = readProcNet(text);
  require(sockets.size() <= size_t(std::count(text.begin(), text.end(), '\n')) + 1);
  if (sockets.empty()) return 0;
  // Of each table, the last one's own packet belongs to it or to another that would do as well.
  auto& last = sockets.back();
  for (size_t index = 0; index < PROC_NET_TABLES; index++) {
    auto table = ProcNetTable(index);
    auto packet = packetOf(last, uint8_t(last.localPort));
    bool found = chooseSocket(sockets, table, packet, last.uid) != nullptr;
    require(found || !canBeFound(last, table));
  }
  return 0;
}
