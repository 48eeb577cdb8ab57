// SPDX-License-Identifier: GPL-3.0-or-later
// Where a way's server is, and connections to it. An address of the settings is connected to. A
// host name is asked for at the start, when its TTL is over, and when none of its addresses
// answers; they are tried side by side (connect-race.h), the one that answered last before the
// others. A name without an address is a way of no use: nobody else is connected to.
#pragma once

#include "common/server-address.h"
#include "gate17/connect-race.h"
#include "gate17/server-names.h"
#include "gate17/socket.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

class WayServer {
public:
  WayServer(kj::UnixEventPort& port, kj::Timer& timer, ServerNames& names,
            const ServerAddress& where);
  // `where` is copied; all else outlives it.
  KJ_DISALLOW_COPY(WayServer);

  kj::Promise<kj::Own<Socket>> connect();
  // Rejects with DISCONNECTED and why. Without a limit in time.

  kj::Promise<void> find();
  // Asks for the name where what is known of it is too old; where there is none, nothing. Rejects
  // as `connect`.

  kj::Maybe<SocketAddress> reached() const { return last; }  // by the last connection

private:
  kj::UnixEventPort& port;
  kj::Timer& timer;
  ServerNames& names;
  const ServerAddress where;
  kj::Vector<Address> known;
  bool failed = false;  // when it was asked for last
  kj::TimePoint validUntil;
  kj::TimePoint anewFrom;  // not sooner again: a server that is away is tried every few seconds
  kj::Maybe<SocketAddress> last;
  bool underWay = false;  // is being asked for
  kj::ForkedPromise<void> asking = nullptr;

  kj::Promise<void> ask(Freshness freshness);
  void learn(ServerNames::Found found);
  kj::Promise<ConnectRace::Addresses> askAnew();
  ConnectRace::Addresses candidates() const;
};

}  // namespace portreeve::gate17
