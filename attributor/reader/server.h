// SPDX-License-Identifier: GPL-3.0-or-later
// The sockets: a plain loop, because a question stands in the way of a packet and an event loop
// would cost as much as the answer.
#pragma once

#include "attributor/reader/responder.h"
#include "common/peer.h"

#include <kj/common.h>
#include <kj/io.h>
#include <kj/vector.h>

namespace portreeve::reader {

bool mayAsk(const Entitlement& peer);
// The attributor's uid, and root.

bool exchange(int socket, Responder& responder);
// Receives one question from a SOCK_SEQPACKET socket and sends its answer. False when the
// connection is to be closed: the peer has gone, it sent what is no question, or it does not take
// its answers.

kj::AutoCloseFd takeSignals();
// Whatever was inherited: SIGTERM comes by the signalfd(2) that this returns, SIGALRM (the watchdog
// over each question) ends the process, the others do what they do by themselves.

class Server {
public:
  Server(kj::AutoCloseFd listening, kj::AutoCloseFd termination, const Accounts& accounts,
         Responder& responder);
  // `listening`: SOCK_SEQPACKET. The last two outlive this object.
  KJ_DISALLOW_COPY(Server);

  void serve();
  // Until `termination` is readable. Throws FAILED when waiting itself fails.

private:
  static constexpr size_t CONNECTIONS_AT_MOST = 8;

  kj::AutoCloseFd listening;
  kj::AutoCloseFd termination;
  const Accounts& accounts;
  Responder& responder;
  kj::Vector<kj::AutoCloseFd> connections;

  void accept();
};

}  // namespace portreeve::reader
