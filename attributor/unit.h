// SPDX-License-Identifier: GPL-3.0-or-later
// The cgroup that a process is in (cgroups(7)) and the systemd unit that the path names. Pure
// functions.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::attributor {

kj::Vector<kj::String> groupsOf(kj::ArrayPtr<const kj::byte> procCgroup);
// The paths in all hierarchies (version 2, version 1, hybrid) that the text of /proc/PID/cgroup
// names, each once and none that is only "/": first in version 2, then in systemd's own
// (`name=systemd`), then those of version 1's controllers. Printable, without " (deleted)", at most
// 1024 bytes each.

kj::String cgroupOf(kj::ArrayPtr<const kj::String> groups, kj::ArrayPtr<const kj::byte> procCgroup);
// The first of `groups`, which groupsOf made of the text; "/" where it names that alone, empty
// where it names none.

kj::String unitOf(kj::StringPtr cgroup);
// "ssh.service", "session-1.scope"; below user@N.service the user's own unit. Empty where the path
// names none.

}  // namespace portreeve::attributor
