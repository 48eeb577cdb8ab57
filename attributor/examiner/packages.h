// SPDX-License-Identifier: GPL-3.0-or-later
// Which Debian package owns a path, from dpkg's own lists (dpkg-query(1), info/PACKAGE.list). Root
// writes them; they are read as text all the same.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::examiner {

constexpr kj::StringPtr DPKG_LISTS = "/var/lib/dpkg/info"_kj;

bool lists(kj::ArrayPtr<const char> list, kj::StringPtr path);
// Whether a line of that text is `path`, or as packages from before the merged /usr name it (/bin/x
// is /usr/bin/x, and the reverse). False for what is no absolute path. A pure function.

kj::String packageOf(kj::StringPtr path, kj::StringPtr lists = DPKG_LISTS);
// "curl", "libc6:amd64"; empty where no package lists it or there is no dpkg. Diversions are not
// looked at.

}  // namespace portreeve::examiner
