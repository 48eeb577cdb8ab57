// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/unix-listener.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace portreeve {

kj::AutoCloseFd bindUnixSocket(kj::StringPtr path, int type, mode_t mode, Account owner) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  KJ_REQUIRE(path.size() < sizeof address.sun_path,
             "$RUNTIME_DIRECTORY is too long for a socket's path", path);
  memcpy(address.sun_path, path.begin(), path.size());
  if (unlink(path.cStr()) != 0 && errno != ENOENT) KJ_FAIL_SYSCALL("unlink", errno, path);
  int made;
  KJ_SYSCALL(made = socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd fd(made);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), path);
  // Nobody can connect before listen(), so the mode is never too wide for a moment.
  KJ_SYSCALL(chown(path.cStr(), owner.uid, owner.gid), path);
  KJ_SYSCALL(chmod(path.cStr(), mode), path);
  return fd;
}

kj::AutoCloseFd listenUnixSocket(kj::StringPtr path, int type, mode_t mode, Account owner) {
  auto fd = bindUnixSocket(path, type, mode, owner);
  KJ_SYSCALL(listen(fd, SOMAXCONN), path);
  return fd;
}

}  // namespace portreeve
