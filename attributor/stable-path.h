// SPDX-License-Identifier: GPL-3.0-or-later
// The identity of a program whose path changes with each version. A pure function.
#pragma once

#include <kj/string.h>

namespace portreeve::attributor {

kj::String stablePathOf(kj::StringPtr path);
// `path` as a pattern for `process.path` (docs/rules.md) with "*" for what a new version, build or
// run changes in its folders: hashes and versions of the Nix and Guix stores, "1.2.3", revisions of
// snaps, commits of Flatpaks, the random part of an AppImage's mount. The program's own name stays
// as it is. Empty where nothing changes.

}  // namespace portreeve::attributor
