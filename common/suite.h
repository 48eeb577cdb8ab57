// SPDX-License-Identifier: GPL-3.0-or-later
// The suite as its clients see it: which processes there are, and the one status made of theirs.
// The command and the gateway each ask every process themselves, so that any may be dead.
#pragma once

#include "common/directories.h"
#include "proto/view.capnp.h"

#include <capnp/orphan.h>
#include <kj/async-io.h>
#include <kj/timer.h>

namespace portreeve {

kj::Promise<void> collectStatus(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                                const Directories& directories,
                                proto::view::Status::Builder status);
// Fills `status`, which must outlive the promise. A process that does not answer within 1 s is
// listed as "stopped" or "not answering". state: "enforcing" when the interceptor says so and
// nothing is missing, "degraded" when enforcing (or closed) with something missing, "stopped" when
// the interceptor is not there.

}  // namespace portreeve
