// SPDX-License-Identifier: GPL-3.0-or-later
// A rule's `process.path` is the path of the running file itself: /usr/bin/python3.11, not the link
// /usr/bin/python3 by which it was called.
#pragma once

#include <kj/string.h>

namespace portreeve::cli {

kj::String programPath(kj::StringPtr written);
// Follows links, and says so on standard error. A glob, and a path where nothing is, stays as
// written. Failure WRONG_USE where it is not a whole path.

}  // namespace portreeve::cli
