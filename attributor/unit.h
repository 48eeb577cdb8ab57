// SPDX-License-Identifier: GPL-3.0-or-later
// The cgroup that a process is in (cgroups(7)) and the systemd unit that the path names. Pure
// functions.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::attributor {

kj::String cgroupOf(kj::ArrayPtr<const kj::byte> procCgroup);
// The path in the version 2 hierarchy, else in systemd's own (`name=systemd`), from the text of
// /proc/PID/cgroup; printable, without " (deleted)", at most 1024 bytes. Empty where there is none.

kj::String unitOf(kj::StringPtr cgroup);
// "ssh.service", "session-1.scope"; below user@N.service the user's own unit. Empty where the path
// names none.

}  // namespace portreeve::attributor
