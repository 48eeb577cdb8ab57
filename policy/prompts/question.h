// SPDX-License-Identifier: GPL-3.0-or-later
// One question to a person: which program of whom wants to talk to which host. It stands for every
// connection of that kind, so that a port scan is one question, and it is told by what outlives
// restarts (path and user, name or address), not by numbers that each life of a daemon gives anew.
#pragma once

#include "policy/flow.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct Destination {
  Address address;    // the other end's
  uint16_t port = 0;  // of the other end for what goes out, of this one for what comes in
  uint8_t protocol = 0;

  static Destination of(const Flow& flow, bool ofReceiver);
  // As whom it is about sees it (Question.ofReceiver).
  bool operator==(const Destination& other) const {
    return address == other.address && port == other.port && protocol == other.protocol;
  }
};

struct Question {
  static constexpr size_t MOST_DESTINATIONS = 16;  // in `more`

  uint64_t id = 0;
  Flow flow;                // the first connection of it; its judgement names the rule that asks
  bool ofReceiver = false;  // loopback: it is about whom it arrives at
  bool everything = false;  // any host: this program asked for so many
  kj::Vector<Destination> more;
  uint64_t askedNs = 0;  // wall clock
  uint64_t lastNs = 0;
  uint64_t connections = 0;
  Tuple latest;                 // the latest of them: told again it counts once
  uint64_t defaultUntilNs = 0;  // by the timer: nobody answered in time; until then nobody waits

  Destination destination() const { return Destination::of(flow, ofReceiver); }
  const Party& subject() const;  // who asks, or (incoming) is asked for
  kj::Maybe<uint32_t> owner() const { return subject().program->uid; }
  bool covers(const Flow& flow, bool ofReceiver) const;
  void count(const Flow& flow, uint64_t nowWallNs);
};

const Party& subjectOf(const Flow& flow, bool ofReceiver);
bool sameAsker(const Party& a, const Party& b);
// The same program of the same user; of what has no path, the same process.
bool sameHost(const Flow& a, const Flow& b);
// By name where both have one, else by address; the same direction.
Flow copyOf(const Flow& flow);
// All that is said about it; the program is shared.

}  // namespace portreeve::policy
