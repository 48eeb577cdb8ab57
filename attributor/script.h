// SPDX-License-Identifier: GPL-3.0-or-later
// What an interpreter runs. A pure function over what the process itself says (its arguments), so
// no more than its word.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::attributor {

kj::String scriptOf(kj::StringPtr program, kj::ArrayPtr<const kj::byte> commandLine,
                    kj::StringPtr workingDirectory);
// `program`: path of the running file; `commandLine`: raw /proc/PID/cmdline. Of python, perl, ruby,
// node, PHP, Lua, the shells and java (-jar FILE): the script's path, made absolute by
// `workingDirectory` where that is known; "-c", "-e", "-r" for a program that stands in the
// arguments; "-m MODULE"; "-" for the standard input; "class NAME" for java. Printable, at most
// 1024 bytes, a longer one is left out. Empty for any other program, and where nothing can be told.

}  // namespace portreeve::attributor
