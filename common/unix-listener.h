// SPDX-License-Identifier: GPL-3.0-or-later
// Unix sockets in the file system (unix(7)).
#pragma once

#include "common/accounts.h"

#include <kj/io.h>
#include <kj/string.h>
#include <sys/types.h>

namespace portreeve {

kj::AutoCloseFd bindUnixSocket(kj::StringPtr path, int type, mode_t mode, Account owner);
// What stands at `path` is removed first. `type`: SOCK_STREAM, …, with SOCK_NONBLOCK if wanted;
// close-on-exec always. Throws FAILED with the path.

kj::AutoCloseFd listenUnixSocket(kj::StringPtr path, int type, mode_t mode, Account owner);

}  // namespace portreeve
