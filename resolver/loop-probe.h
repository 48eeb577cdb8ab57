// SPDX-License-Identifier: GPL-3.0-or-later
// Finds name servers of this machine that ask us in turn: what they ask elsewhere the kernel turns
// to us, and neither would ever know an answer. Each is sent a question that nobody else can know;
// if it arrives here, that server is left aside until such a question does not come back any more.
#pragma once

#include "resolver/message.h"
#include "resolver/upstream-server.h"

#include <kj/async.h>
#include <kj/timer.h>

#include <string>
#include <unordered_map>

namespace portreeve::resolver {

class LoopProbe final : private kj::TaskSet::ErrorHandler {
public:
  explicit LoopProbe(kj::Timer& timer);
  KJ_DISALLOW_COPY(LoopProbe);

  void probe(kj::Own<UpstreamServer> server);
  // Asks it once, if its address is this machine's. To be repeated: a loop begins and ends with
  // the settings of others.

  bool recognize(const Question& question);
  // A question that we sent has come to us. It deserves no answer but REFUSED.

private:
  struct Probe {
    kj::Own<UpstreamServer> server;
    bool came = false;
  };
  kj::Timer& timer;
  std::unordered_map<std::string, Probe> underWay;  // by token
  kj::TaskSet tasks;                                // last: what runs in it uses the rest

  kj::Promise<void> ask(kj::Own<UpstreamServer> server);
  void taskFailed(kj::Exception&& e) override;
};

bool isThisMachine(const Address& address);
// A loopback address, or one of an interface's.

}  // namespace portreeve::resolver
