// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's sockets of this network namespace, through sock_diag(7): which socket does a packet
// belong to? The kernel answers before send() returns, so an exact question is asked and answered
// within one call, in 3 µs whatever the number of sockets (kernel-facts, 7).
#pragma once

#include "attributor/diag-message.h"
#include "attributor/netlink.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::attributor {

class SocketSearch {
public:
  virtual kj::Maybe<DiagSocket> find(const Tuple& localToRemote, uint32_t interface) = 0;
  // The socket that the kernel itself would choose: connected, else listening or unconnected.
  // nullptr where there is none, or where the kernel has no sock_diag for the protocol.

  virtual kj::Maybe<DiagSocket> findOnPort(const Tuple& localToRemote) = 0;
  // For people's questions, not for packets: whoever listens on that port, also where it is bound
  // to an address and the tuple's is unspecified.

  virtual bool knows(uint8_t protocol) const = 0;
  // False where the kernel's sock_diag does not tell of the sockets of TCP or UDP: they stand in
  // /proc/net then (proc-net.h).

  virtual ~SocketSearch() noexcept(false) = default;
};

class SocketTable final : public SocketSearch {
public:
  explicit SocketTable(bool used = true);
  // Before the sandbox. Not `used`: as if the kernel had no sock_diag.
  KJ_DISALLOW_COPY(SocketTable);

  kj::Maybe<DiagSocket> find(const Tuple& localToRemote, uint32_t interface) override;
  kj::Maybe<DiagSocket> findOnPort(const Tuple& localToRemote) override;

  kj::Promise<kj::Vector<DiagSocket>> list(kj::Timer& timer);
  // All TCP connections and connected UDP sockets, and what listens (TCP) or takes anybody's
  // datagrams (UDP). Those of inode 0 (not yet taken from their listener, or closed already) are
  // among them. In pieces: other events of the loop are served in between. One at a time; a second
  // call waits for its turn.

  bool knows(uint8_t protocol) const override;

  uint64_t asked() const { return questions; }
  uint64_t failures() const { return failed; }

private:
  NetlinkSocket exact, dumping;
  uint32_t sequence = 0;
  uint64_t questions = 0, failed = 0;
  bool knowsTcp = false, knowsUdp = false;
  kj::Maybe<kj::ForkedPromise<void>> lastList;  // made when there is an event loop

  bool tells(uint8_t protocol);
  kj::Maybe<DiagSocket> ask(const Tuple& localToRemote, uint32_t interface);
  // errno, 0 where all came.
  int dumpAll(const DiagQuestion& question, kj::Vector<DiagSocket>& into);
  struct Listing;
  kj::Promise<void> readPieces(Listing& listing, kj::Timer& timer);
  bool readPiece(Listing& listing);
};

}  // namespace portreeve::attributor
