// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/connect-race.h"

#include <kj/debug.h>

namespace portreeve::gate17 {

ConnectRace::ConnectRace(kj::Timer& timer, Addresses candidates, Dial dial, More more)
    : timer(timer),
      candidates(kj::mv(candidates)),
      dial(kj::mv(dial)),
      more(kj::mv(more)),
      attempts(*this) {}

kj::Promise<ConnectRace::Winner> ConnectRace::run() {
  auto ends = kj::newPromiseAndFulfiller<Winner>();
  fulfiller = kj::mv(ends.fulfiller);
  next();
  return kj::mv(ends.promise);
}

void ConnectRace::next() {
  if (!fulfiller->isWaiting()) return;
  if (begun < candidates.size()) {
    begin(candidates[begun++]);
    waitFor(begun < candidates.size() ? NEXT_AFTER : MORE_AFTER);
  } else if (!askedForMore) {
    askForMore();
  } else if (underWay == 0) {
    lost();
  }
}

void ConnectRace::begin(const SocketAddress& where) {
  underWay++;
  attempts.add(dial(where).then(
      [this, where](kj::Own<Socket> socket) {
        fulfiller->fulfill(Winner{where, kj::mv(socket)});
      },
      [this](kj::Exception&& e) {
        underWay--;
        failures.add(kj::str(e.getDescription()));
        next();
      }));
}

void ConnectRace::askForMore() {
  askedForMore = true;
  underWay++;
  attempts.add(more().then(
      [this](Addresses found) {
        underWay--;
        for (auto& one : found) {
          bool known = false;
          for (auto& candidate : candidates) known = known || candidate == one;
          if (!known) candidates.add(one);
        }
        next();
      },
      [this](kj::Exception&&) {
        underWay--;
        next();
      }));
}

void ConnectRace::waitFor(kj::Duration duration) {
  // What has gone on by itself meanwhile needs no push.
  attempts.add(timer.afterDelay(duration).then([this, then = begun]() {
    if (begun == then) next();
  }));
}

void ConnectRace::lost() {
  fulfiller->reject(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                  kj::strArray(failures, "; ")));
}

void ConnectRace::taskFailed(kj::Exception&& e) {
  fulfiller->reject(kj::mv(e));
}

}  // namespace portreeve::gate17
