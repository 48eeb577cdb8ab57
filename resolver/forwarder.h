// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the configured upstreams: the best one first, the next when it is late, and so on; the first
// good answer wins. What an outage does is forgotten with the first answer after it: no server is
// left aside for long, no failure is kept.
#pragma once

#include "resolver/name-source.h"
#include "resolver/upstream-server.h"

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <vector>

namespace portreeve::resolver {

class Forwarder final : public NameSource {
  // Outlives the questions it was asked.
public:
  static constexpr auto PATIENCE = 4 * kj::SECONDS;  // a stub resolver waits 5
  static constexpr size_t MOST_AT_ONCE = 2048;

  explicit Forwarder(kj::Timer& timer) : timer(timer) {}
  KJ_DISALLOW_COPY(Forwarder);

  void add(kj::Own<UpstreamServer> server);
  // In the order of preference. Before the first question.

  enum class Which : uint8_t { ALL, PRIVATE };  // servers in private networks, and this machine's

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    return resolve(lookup, Which::ALL);
  }
  kj::Promise<Resolved> resolve(const Lookup& lookup, Which which);
  bool isDown(const Name& name) const override;

  bool isUsable() const;  // there is a server that does not ask us in turn
  bool hasPrivate() const;
  kj::ArrayPtr<const kj::Own<UpstreamServer>> all() const { return servers; }

private:
  class Question;

  kj::Timer& timer;
  kj::Vector<kj::Own<UpstreamServer>> servers;
  size_t underWay = 0;

  kj::Vector<UpstreamServer*> inOrder(Which which);
};

}  // namespace portreeve::resolver
