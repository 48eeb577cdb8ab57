// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/unix-dial.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace portreeve {

kj::AutoCloseFd dialUnix(kj::StringPtr path, int type) {
  // Connected before it becomes asynchronous: connect() on a Unix socket does not wait for the
  // peer's accept, only for room in its backlog, and fails at once where nobody listens.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  KJ_REQUIRE(path.size() < sizeof address.sun_path, "socket path is too long", path);
  memcpy(address.sun_path, path.begin(), path.size());
  int fd;
  KJ_SYSCALL(fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  kj::AutoCloseFd result(fd);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    int reason = errno;
    kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                          kj::str(path, ": ", strerror(reason))));
  }
  return result;
}

}  // namespace portreeve
