// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to whichever of several addresses answers (RFC 8305, Happy Eyeballs): they are
// begun one after the other, the next when the one before has failed or is slow, and the first that
// is there wins. When all have been begun and none is there, it is asked for further addresses.
#pragma once

#include "gate17/socket.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace portreeve::gate17 {

class ConnectRace final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr auto NEXT_AFTER = 250 * kj::MILLISECONDS;  // RFC 8305, 5
  static constexpr auto MORE_AFTER = 1 * kj::SECONDS;

  using Addresses = kj::Vector<SocketAddress>;
  using Dial = kj::Function<kj::Promise<kj::Own<Socket>>(const SocketAddress&)>;
  using More = kj::Function<kj::Promise<Addresses>()>;

  ConnectRace(kj::Timer& timer, Addresses candidates, Dial dial, More more);
  // `more` is called at most once; what of its addresses is a candidate already is left out.
  KJ_DISALLOW_COPY(ConnectRace);

  struct Winner {
    SocketAddress where;
    kj::Own<Socket> socket;
  };
  kj::Promise<Winner> run();
  // Call once. Rejects with DISCONNECTED and what each address said. Without a limit in time.

private:
  kj::Timer& timer;
  Addresses candidates;
  Dial dial;
  More more;
  size_t begun = 0;
  size_t underWay = 0;
  bool askedForMore = false;
  kj::Vector<kj::String> failures;
  kj::Own<kj::PromiseFulfiller<Winner>> fulfiller;
  kj::TaskSet attempts;

  void next();
  void begin(const SocketAddress& where);
  void askForMore();
  void waitFor(kj::Duration duration);
  void lost();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gate17
