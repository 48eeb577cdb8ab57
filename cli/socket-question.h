// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve who` as the process or the sockets that they may mean.
#pragma once

#include "common/tuple.h"

#include <kj/common.h>
#include <kj/vector.h>

#include <cstdint>
#include <string>
#include <vector>

namespace portreeve::cli {

struct WhoQuestion {
  kj::Maybe<int32_t> pid;
  kj::Vector<Tuple> sockets;
};

WhoQuestion understood(const std::vector<std::string>& words);
// PID, a number alone; or [PROTOCOL] LOCAL [REMOTE]: source is the local end, destination the
// remote one, both 0 where not said. Without a protocol TCP and UDP; without an address both
// families. Failure WRONG_USE where the words are none of this.

}  // namespace portreeve::cli
