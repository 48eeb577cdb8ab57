// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve who` as the sockets that they may mean.
#pragma once

#include "common/tuple.h"

#include <kj/vector.h>

#include <string>
#include <vector>

namespace portreeve::cli {

kj::Vector<Tuple> socketsMeant(const std::vector<std::string>& words);
// [PROTOCOL] LOCAL [REMOTE]: source is the local end, destination the remote one, both 0 where not
// said. Without a protocol TCP and UDP; without an address both families. Failure WRONG_USE where
// the words are none of this.

}  // namespace portreeve::cli
