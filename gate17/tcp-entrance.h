// SPDX-License-Identifier: GPL-3.0-or-later
// TCP connections that come to the entrypoint: those that the kernel turned here, and those of
// programs that speak SOCKS5 to us. Each leaves by a way that its rule names, or is reset.
#pragma once

#include "common/tuple.h"
#include "gate17/routing.h"
#include "gate17/socket.h"
#include "gate17/socks5-server.h"
#include "gate17/transfer.h"
#include "gate17/ways.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::gate17 {

class TcpEntrance final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t turned = 0;    // connections that the kernel turned here
    uint64_t speakers = 0;  // of programs that speak to us
    uint64_t refused = 0;   // by policy, or because nobody turned them
    uint64_t failed = 0;    // no way took them
    uint64_t broken = 0;    // ended by a reset of either side
    uint64_t cut = 0;       // because policy said that the flow has ended
  };

  TcpEntrance(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways);
  KJ_DISALLOW_COPY(TcpEntrance);

  enum class Expect { TURNED, ANY };
  void take(kj::AutoCloseFd accepted, Expect expect);
  // TURNED: one that was meant for us is reset. ANY: it is taken for a program that speaks SOCKS5.

  void cut(const Tuple& original);
  // Resets the stream of that flow, if there is one.

  size_t open() const { return streams.size(); }
  const Counters& counters() const { return counts; }

private:
  struct TupleHash {
    size_t operator()(const Tuple& tuple) const { return size_t(tuple.hashCode()); }
  };
  using Cutters = std::unordered_map<Tuple, kj::Own<kj::PromiseFulfiller<void>>, TupleHash>;

  kj::UnixEventPort& port;
  kj::Timer& timer;
  Transfer transfer;
  Routing& routing;
  Ways& ways;
  Counters counts;
  Cutters streams;  // by the original tuple
  kj::TaskSet tasks;

  kj::Promise<void> carryTurned(Socket& near, Tuple original, Tuple seen);
  kj::Promise<void> carryRoute(Socket& near, Tuple original, Route route);
  kj::Promise<void> serve(Socket& near, Tuple client);
  kj::Promise<void> serveDatagrams(Socket& near, SocketAddress here);
  kj::Promise<void> serveConnect(Socket& near, Tuple client, Target target);
  kj::Promise<void> carry(Socket& near, const Tuple& key, Ways::Opened opened);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gate17
