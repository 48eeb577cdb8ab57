// SPDX-License-Identifier: GPL-3.0-or-later
// Captive portals: a network that lets nobody out before somebody has logged in on a page of its
// own. The names of that page, and no others, are asked of the network's own servers meanwhile:
// plainly, unvalidated, and for a bounded time.
//
// Nothing is sent on a network where names work. Only when the servers that are asked have not
// answered for five seconds, or four names in a row have one and the same address, a page that is
// known is fetched over HTTP (portal-probe.h), as browsers do, over IPv4 and IPv6 at once, wherever
// the network's servers know an address of it; while there is a portal again every 10 s, to see
// when it lets people through.
#pragma once

#include "resolver/name-source.h"
#include "resolver/portal-probe.h"
#include "resolver/same-address.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <string>

namespace portreeve::resolver {

class PortalNames final : public NameSource {
public:
  static constexpr auto LOOK_AGAIN = 10 * kj::SECONDS;  // while there is a portal
  static constexpr auto LOOK_LATER = 60 * kj::SECONDS;  // there was nobody to fetch the page from
  static constexpr auto REST = 10 * kj::MINUTES;        // the page came: why names failed is else
  static constexpr uint32_t TTL = 10;                   // seconds, at most, of what it says
  static constexpr size_t MOST_NAMES = 8;
  static constexpr size_t MOST_LIES = 4;
  static constexpr unsigned FAILURES = 3;  // in a row, where nothing else says that all are down
  static constexpr auto SETTLED = 5 * kj::SECONDS;  // that names fail: a network that just comes
                                                    // up, or a server that restarts, is no portal

  struct Settings {
    kj::Maybe<ProbePage> page;              // nullptr: portals are not looked for
    kj::Duration bound = 10 * kj::MINUTES;  // that a portal's names are let through
  };
  struct Parts {
    NameSource& names;    // who is asked otherwise
    NameSource& network;  // the network's own servers
    kj::Timer& timer;
    kj::Function<kj::Promise<ProbeResult>(const ProbePage&, const Address&)> fetch;
    kj::Function<void()> forget;  // what was believed until now may be lies
  };

  PortalNames(Settings settings, Parts parts);
  KJ_DISALLOW_COPY(PortalNames);

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  bool isDown(const Name& name) const override;

  void networkChanged();
  // What was known of the one before is forgotten.

  bool letsThrough(const Name& name) const;
  // It is a portal's: it may well have a private address.

  kj::Maybe<kj::String> note() const;
  // In words, while there is a portal.

private:
  enum class State : uint8_t { NONE, LOOKING, PORTAL, SPENT };

  Settings settings;
  Parts parts;
  State state = State::NONE;
  kj::TimePoint notBefore;   // look again
  kj::TimePoint until;       // of PORTAL
  kj::Vector<Name> portals;  // without the page's own
  SameAddress v4, v6;
  kj::Vector<Address> lies;    // addresses that all names have, of either family
  unsigned failures = 0;       // in a row
  kj::TimePoint failingSince;  // the first of them
  kj::Promise<void> looking = nullptr;

  Resolved consider(const Lookup& lookup, Resolved found);
  bool isUnreachable(const Name& name, const Resolved& found);
  bool isSameForAll(const Question& question, const Answer& answer);
  bool isLie(const Answer& answer) const;
  bool noteLies();
  void look();
  kj::Promise<void> fetch();
  kj::Promise<ProbeResult> fetchOver(uint16_t type);
  kj::Promise<void> take(ProbeResult result);
  kj::Promise<void> found(ProbeResult result);
  void online();
  void spent();
};

}  // namespace portreeve::resolver
