// SPDX-License-Identifier: GPL-3.0-or-later
// The self-probe: now and then the resolver sends itself a datagram over loopback, and tells what
// became of it. What policy saw of it on its way says whether each hook of each family really
// brings packets up and lets them through, and where it stopped when they do not.
#pragma once

#include "common/tuple.h"
#include "policy/arrival.h"
#include "proto/view.capnp.h"

#include <kj/common.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class SelfProbe {
public:
  static constexpr size_t MOST_EXPECTED = 64;
  static constexpr uint FAILURES_THAT_COUNT = 2;
  // In a row, before a way is called failing: under a flood one may be lost.

  using Repair = kj::Function<void(proto::Hook hook, proto::Family family)>;
  // Called when a way begins to fail.

  explicit SelfProbe(Repair repair);
  KJ_DISALLOW_COPY(SelfProbe);

  void expect(const Tuple& datagram);
  // Throws FAILED unless it is UDP between loopback addresses, and when too many are expected.

  bool isProbe(const Arrival& arrival);
  // Notes that it came by, and says that it is to be let through this once. Loopback, and expected.

  void concluded(const Tuple& datagram, bool arrived, uint64_t nowWallNs);
  // One that is not expected (any more) is ignored.

  void forget();
  // Whoever sent those that are expected is gone.

  kj::Maybe<kj::StringPtr> failure() const;
  // Of the first way that fails, in words for people.

  void fill(proto::view::ProcessStatus::Builder status) const;

  struct Counters {
    uint64_t concluded = 0;
    uint64_t failed = 0;
    uint64_t repairs = 0;
  };
  const Counters& counters() const { return counts; }

private:
  struct Expected {
    Tuple datagram;
    bool cameOut = false;
    bool cameIn = false;
  };
  struct Way {
    proto::Hook hook;
    proto::Family family;
    uint64_t lastNs = 0;
    uint failures = 0;
    kj::String reason;

    bool failing() const { return failures >= FAILURES_THAT_COUNT; }
  };

  Repair repair;
  kj::Vector<Expected> expected;
  Way ways[4];
  Counters counts;

  Way& way(proto::Hook hook, proto::Family family);
  void passed(Way& way, uint64_t nowWallNs);
  void failed(Way& way, uint64_t nowWallNs, kj::String reason);
};

}  // namespace portreeve::policy
