// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the configured upstreams: the best one first, the next when it is late, and so on; the first
// good answer wins. What an outage does is forgotten with the first answer after it: no server is
// left aside for long, no failure is kept.
#pragma once

#include "resolver/name-source.h"
#include "resolver/transport.h"
#include "resolver/upstream-state.h"
#include "resolver/upstream.h"

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <vector>

namespace portreeve::resolver {

struct UpstreamTransports {
  kj::Own<Transport> usual;
  kj::Maybe<kj::Own<Transport>> whenCut;  // for answers that UDP had to cut
};

class Forwarder final : public NameSource {
public:
  static constexpr auto PATIENCE = 4 * kj::SECONDS;  // a stub resolver waits 5
  static constexpr size_t MOST_AT_ONCE = 2048;

  explicit Forwarder(kj::Timer& timer) : timer(timer) {}
  KJ_DISALLOW_COPY(Forwarder);

  void add(Upstream upstream, UpstreamTransports transports);
  // In the order of preference. Before the first question.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  bool isDown() const override;

  struct Server {
    Upstream upstream;
    kj::String text;
    UpstreamTransports transports;
    UpstreamState state;
  };
  kj::ArrayPtr<const kj::Own<Server>> all() const { return servers; }

private:
  class Question;

  kj::Timer& timer;
  kj::Vector<kj::Own<Server>> servers;
  size_t underWay = 0;

  kj::Vector<Server*> inOrder();
};

}  // namespace portreeve::resolver
