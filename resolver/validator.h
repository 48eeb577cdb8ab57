// SPDX-License-Identifier: GPL-3.0-or-later
// Validates what upstreams answer (RFC 4035, 4.3 and 5), whatever transport they are asked by.
//
// libunbound's validator is the one that judges; but Debian's knows neither our transports nor our
// choice of servers. So it asks one server alone, on loopback: this class, which gives it the
// answer that is to be judged, and asks the upstreams for the keys and delegations it wants
// besides. Only sockets of this process may ask there.
#pragma once

#include "common/settings.h"
#include "resolver/answering.h"
#include "resolver/dated-context.h"
#include "resolver/name-source.h"
#include "resolver/tcp-listener.h"

#include <kj/async-io.h>
#include <kj/timer.h>

#include <map>

namespace portreeve::resolver {

class Validator final : public NameSource, private Answering {
public:
  static constexpr uint16_t PORT = 1753;  // of 127.0.0.1
  static constexpr uint16_t ANY_PORT = 0;

  struct Counters {
    uint64_t secure = 0, insecure = 0, bogus = 0;
    uint64_t undated = 0;   // signed, with dates that were forgiven
    uint64_t unjudged = 0;  // keys or delegations could not be had
  };

  struct Wanted {
    Dnssec mode;
    kj::StringPtr rootAnchor;  // file of the keys that are trusted; empty: nothing is validated
    uint16_t port = PORT;      // a built-in rule lets the validator ask there, and nowhere else
  };

  Validator(kj::AsyncIoContext& io, UbEventBase& base, const Wanted& wanted, ClockTrust& clock);
  // Before the sandbox: reads the anchor, listens. Where there is no anchor, or the port is taken,
  // this is said and nothing is validated.
  KJ_DISALLOW_COPY(Validator);

  void judge(NameSource& upstreams) { servers = upstreams; }
  // Whose answers: to be said before the first question.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  // What the upstreams say; SERVFAIL with the reason where it is forged, or cannot be judged.

  void upstreamsChanged();
  // Whether they give signatures is found out again. AUTO validates nothing until they do.

  kj::Promise<void> serve();
  // Never resolves.

  bool active() const;
  const Counters& counters() const { return counts; }

private:
  enum class Signatures : uint8_t { UNKNOWN, GIVEN, NOT_GIVEN };
  using Key = std::pair<std::string, uint16_t>;  // name by lowerCaseWire, and type

  kj::Timer& timer;
  const Dnssec mode;
  kj::Maybe<NameSource&> servers;
  kj::Maybe<kj::Own<DatedContext>> context;
  kj::Maybe<kj::Own<TcpListener>> listener;
  std::multimap<Key, const Answer*> judging;  // answers that are being judged just now
  Signatures signatures = Signatures::UNKNOWN;
  bool answered = false;  // the last time that they were asked for the root's keys
  kj::TimePoint lastProbe;
  const int descriptors;  // that this process may have: no more can be asked in the sandbox
  kj::Promise<void> probing = nullptr;
  kj::Maybe<kj::ForkedPromise<void>> firstProbe;
  Counters counts;

  kj::Promise<Resolved> upstream(const Lookup& lookup);
  kj::Promise<Resolved> validate(const Lookup& lookup);
  kj::Promise<Resolved> judgement(const Question& question, Resolved found);
  kj::Promise<void> probe();
  void recheck();
  void lookAfter(kj::Promise<void> probed);
  kj::Promise<void> look();
  void learn(Signatures found);

  kj::Promise<MaybeReply> answer(const Tuple& client,
                                 kj::ArrayPtr<const kj::byte> message) override;
  bool admits(const Tuple& client) override;
};

}  // namespace portreeve::resolver
