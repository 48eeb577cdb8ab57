// SPDX-License-Identifier: GPL-3.0-or-later
// All ways of the settings, each with its health. A stream is opened by the first of the wanted
// ways that works: those that are known to fail come last, and are tried all the same, for nothing
// ever goes by a way that was not asked for, nor without one.
#pragma once

#include "common/settings.h"
#include "gate17/traffic.h"
#include "gate17/way-server.h"
#include "gate17/way.h"
#include "proto/gate-view.capnp.h"

#include <kj/async-unix.h>
#include <kj/memory.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::gate17 {

class KnownWay {
  // A way with what is known of it.
public:
  KnownWay(const Settings::Way& settings, kj::Own<WayServer> where, kj::Own<Way> way);
  KJ_DISALLOW_COPY(KnownWay);

  const kj::String name;
  Traffic traffic;       // of all its streams
  uint64_t streams = 0;  // open now; kept by whoever opens and closes them

  kj::Promise<kj::Own<kj::AsyncIoStream>> open(kj::Timer& timer, const Target& target);
  kj::Promise<kj::Own<Datagrams>> associate(kj::Timer& timer);
  // As those of Way, within OPEN_WITHIN, and noting how it went.
  kj::Promise<double> test(kj::Timer& timer, const kj::Maybe<Target>& target);
  // Opens a stream to the target, or asks the server alone, and notes how it went. ms; rejects with
  // FAILED and why.

  Way& plain() { return *way; }

  void begin(kj::Timer& timer);
  // Finds out where its server is, so that one that cannot be found is known to fail before it is
  // used.

  void lookAfter(kj::Timer& timer);
  // Where it fails: finds out whether it still does. Nothing while that is being found out.

  bool failing() const { return state == State::FAILING; }
  void tick() { throughput.tick(traffic); }
  void fill(proto::view::GateWay::Builder view) const;

private:
  enum class State { NOT_USED, GOOD, FAILING };
  struct Probed {};

  kj::Own<WayServer> where;
  kj::Own<Way> way;
  kj::StringPtr type;
  kj::String server;
  bool led;  // to its server by another way
  State state = State::NOT_USED;
  kj::String reason;
  uint64_t sinceNs;      // wall clock
  double latencyMs = 0;  // smoothed; 0: none yet
  uint64_t opened = 0;
  uint64_t failures = 0;
  Throughput throughput;
  bool probing = false;
  kj::Promise<void> probe = nullptr;  // last: destroyed first

  template <typename T>
  kj::Promise<T> noted(kj::Timer& timer, kj::Promise<T> opening);
  void took(double ms);
  void good();
  void failed(const kj::Exception& e);
};

class Ways {
public:
  Ways(kj::UnixEventPort& port, kj::Timer& timer, ServerNames& names,
       kj::ArrayPtr<const Settings::Way> settings);
  // Reads the credentials: before the sandbox. Throws FAILED where they cannot be read.
  KJ_DISALLOW_COPY(Ways);

  struct Opened {
    KnownWay& way;
    kj::Own<kj::AsyncIoStream> stream;
  };
  kj::Promise<Opened> open(kj::ArrayPtr<const kj::String> wanted, const Target& target);
  // By the first that works; none wanted: the first of the settings. Rejects with FAILED and why:
  // what the last one said.

  struct Associated {
    KnownWay& way;
    kj::Own<Datagrams> datagrams;
  };
  kj::Promise<Associated> associate(kj::ArrayPtr<const kj::String> wanted);
  // The same for datagrams.

  kj::Promise<void> run();
  // Looks after those that fail, and counts. Never resolves.

  kj::Maybe<KnownWay&> find(kj::StringPtr name);
  kj::ArrayPtr<const kj::Own<KnownWay>> all() const { return ways; }
  kj::String problem() const;  // in words: none is there, or which fail; empty: all is well

private:
  kj::Timer& timer;
  kj::Vector<kj::Own<KnownWay>> ways;
  unsigned ticks = 0;

  kj::Promise<void> tick();
  kj::Vector<KnownWay*> inOrder(kj::ArrayPtr<const kj::String> wanted);
  template <typename Result, typename Open>
  kj::Promise<Result> byTheFirst(kj::Vector<KnownWay*> candidates, size_t at, Open open);
};

}  // namespace portreeve::gate17
