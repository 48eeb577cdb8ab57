// SPDX-License-Identifier: GPL-3.0-or-later
// supervisor.sock: what others may ask of `portreeve up` (proto/supervisor.capnp).
#pragma once

#include "cli/confirmation.h"
#include "cli/supervisor.h"
#include "common/peer.h"
#include "proto/supervisor.capnp.h"

#include <kj/async.h>

namespace portreeve::cli {

struct SupervisorParts {
  // Borrowed; outlive every service.
  Supervisor& supervisor;
  Confirmation& confirmation;
  kj::PromiseFulfiller<void>& stop;  // fulfilled when somebody asks for it
};

proto::Supervisor::Client makeSupervisorService(SupervisorParts parts, Entitlement entitlement);
// For one peer.

}  // namespace portreeve::cli
