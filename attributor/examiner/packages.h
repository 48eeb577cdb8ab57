// SPDX-License-Identifier: GPL-3.0-or-later
// Which Debian package owns a path, from dpkg's own lists (dpkg-query(1), info/PACKAGE.list). Root
// writes them; they are read as text all the same.
#pragma once

#include <kj/string.h>

namespace portreeve::examiner {

constexpr kj::StringPtr DPKG_LISTS = "/var/lib/dpkg/info"_kj;

kj::String packageOf(kj::StringPtr path, kj::StringPtr lists = DPKG_LISTS);
// "curl", "libc6:amd64"; empty where no package lists it or there is no dpkg. A path below /usr is
// also found as packages from before the merged /usr name it (/bin/x), and the reverse. Diversions
// are not looked at.

}  // namespace portreeve::examiner
