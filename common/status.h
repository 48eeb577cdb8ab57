// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon's own status, the same for all: filled in by the daemon, sent as view::ProcessStatus.
#pragma once

#include "common/accounts.h"
#include "common/latency.h"
#include "proto/daemon.capnp.h"
#include "proto/view.capnp.h"

#include <kj/function.h>
#include <kj/string.h>

namespace portreeve {

void fillVersions(proto::Daemon::VersionsResults::Builder results);
// The range of suite protocols that this build speaks (proto/daemon.capnp).

class OwnStatus {
public:
  explicit OwnStatus(Role role);

  void setLandlock(kj::StringPtr words);
  void setState(kj::StringPtr state,
                kj::StringPtr reason = nullptr);  // "running", "starting", "degraded"
  void addCounter(kj::StringPtr name, kj::Function<double()> value);
  // Asked whenever the status is.

  void setNotes(kj::Vector<kj::String> words);
  // In place of those before: what people should know though nothing is amiss.

  void addLatency(kj::StringPtr stage, const Latency& latency);
  // `latency` outlives this.

  void fill(proto::view::ProcessStatus::Builder builder);
  // Capabilities, seccomp and no_new_privs are read back from the kernel, not assumed.

private:
  struct CounterSource {
    kj::String name;
    kj::Function<double()> value;
  };
  Role role;
  uint64_t since;
  kj::String landlock;
  kj::String state;
  kj::String reason;
  struct Stage {
    kj::String name;
    const Latency& latency;
  };
  kj::Vector<CounterSource> counters;
  kj::Vector<Stage> stages;
  kj::Vector<kj::String> notes;
};

}  // namespace portreeve
