// SPDX-License-Identifier: GPL-3.0-or-later
// A UDP socket, a datagram at a time, without a buffer of its own while it waits.
#pragma once

#include "common/socket-address.h"

#include <kj/array.h>
#include <kj/async-unix.h>
#include <kj/io.h>

namespace portreeve::gate17 {

class DatagramSocket {
public:
  DatagramSocket(kj::UnixEventPort& port, kj::AutoCloseFd fd);
  KJ_DISALLOW_COPY(DatagramSocket);

  static kj::Own<DatagramSocket> connected(kj::UnixEventPort& port, const SocketAddress& to);
  static kj::Own<DatagramSocket> bound(kj::UnixEventPort& port, const Address& address);
  // To a port that the kernel chooses. Both throw DISCONNECTED when it refuses.

  struct Received {
    SocketAddress from;
    kj::ArrayPtr<const kj::byte> bytes;  // good until the next call of any DatagramSocket
  };
  kj::Maybe<Received> tryReceive();
  // Nullptr: nothing is there now, `whenReadable` tells when. What a peer's ICMP error said about
  // an earlier datagram is passed over.
  kj::Promise<void> whenReadable() { return observer.whenBecomesReadable(); }

  void send(kj::ArrayPtr<const kj::byte> bytes);  // connected
  void sendTo(const SocketAddress& to, kj::ArrayPtr<const kj::byte> bytes);
  // What the kernel does not take is lost.

  SocketAddress local() const;

private:
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
};

}  // namespace portreeve::gate17
