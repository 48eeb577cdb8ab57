// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon's own status, the same for all: filled in by the daemon, sent as view::ProcessStatus.
#pragma once

#include "common/accounts.h"
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
  kj::Vector<CounterSource> counters;
};

}  // namespace portreeve
