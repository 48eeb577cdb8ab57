// SPDX-License-Identifier: GPL-3.0-or-later
// When the suite was started, as `until = "restart"` means it: not when policy was (it may have
// died and come back), but when whoever starts it was. With `portreeve up` that is this run of
// `up`; under systemd it is the boot.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve::policy {

uint64_t suiteStartedNs();
// Wall clock; 0 where /proc does not say. Before the sandbox.

uint64_t sinceBootNs();
// CLOCK_BOOTTIME: goes on while the machine is suspended, and nobody sets it.

kj::String bootId();
// Differs for each boot of the machine (random(4)); "unknown" where /proc does not say. Before the
// sandbox.

}  // namespace portreeve::policy
