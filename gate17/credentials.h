// SPDX-License-Identifier: GPL-3.0-or-later
// User and password of a way, in a file of their own, so that portreeve.toml holds no secret.
#pragma once

#include "gate17/socks5.h"

namespace portreeve::gate17 {

socks5::Credentials readCredentials(kj::StringPtr path);
// Two lines: user, password. Throws FAILED with the path and what is wrong; never with what it
// read.

}  // namespace portreeve::gate17
