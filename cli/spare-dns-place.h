// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the suite's resolver listens on a spare address of this machine (common/dns-place.h), as
// another program holds the usual one.
#pragma once

#include "cli/inet-listener.h"

#include <kj/string.h>

namespace portreeve::cli {

kj::String spareDnsPlaceInUse(Transport transport, bool v4);
// "127.0.0.17:53"; empty where it does not, or where that cannot be seen: whose a port is only root
// can tell.

}  // namespace portreeve::cli
