// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-sockets.h"

#include "common/log.h"
#include "common/socket-address.h"
#include "common/unix-listener.h"

#include <errno.h>
#include <kj/debug.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace portreeve::gate17 {
namespace {

void set(int fd, int level, int option) {
  int yes = 1;
  KJ_SYSCALL(setsockopt(fd, level, option, &yes, sizeof yes));
}

kj::Maybe<kj::AutoCloseFd> bound(const SocketAddress& where, int type) {
  int made =
      socket(where.address.isV4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0 && errno == EAFNOSUPPORT) return nullptr;
  if (made < 0) KJ_FAIL_SYSCALL("making a socket", errno);
  kj::AutoCloseFd fd(made);
  if (!where.address.isV4()) set(made, IPPROTO_IPV6, IPV6_V6ONLY);
  if (type == SOCK_STREAM) set(made, SOL_SOCKET, SO_REUSEADDR);
  sockaddr_storage address{};
  socklen_t length = where.toSockaddr(address);
  if (bind(made, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      (type == SOCK_STREAM && listen(made, SOMAXCONN) != 0))
    KJ_FAIL_REQUIRE(kj::str(where.toString(), type == SOCK_STREAM ? " (TCP): " : " (UDP): ",
                            strerror(errno), ": stop whoever has it, or change node.listen"));
  return kj::mv(fd);
}

kj::AutoCloseFd rpcSocket(service::HandedSockets& handed, const Directories& directories) {
  for (auto& socket : handed.allStartingWith("rpc")) return kj::mv(socket.fd);
  if (mkdir(directories.runtime.cStr(), 0755) != 0 && errno != EEXIST)
    KJ_FAIL_SYSCALL("mkdir", errno, directories.runtime);
  // Who may ask is told by SO_PEERCRED.
  return listenUnixSocket(directories.socket("gate-node"), SOCK_STREAM | SOCK_NONBLOCK, 0666,
                          {0, 0});
}

}  // namespace

NodeSockets NodeSockets::take(service::HandedSockets handed, const Settings::Node& settings,
                              const Directories& directories) {
  NodeSockets sockets;
  sockets.rpc = rpcSocket(handed, directories);
  sockets.tcp = handed.allStartingWith("node-tcp");
  sockets.udp = handed.allStartingWith("node-udp");
  if (!sockets.tcp.empty()) return sockets;
  for (auto& text : settings.listen) {
    auto where = KJ_ASSERT_NONNULL(SocketAddress::parse(text));
    KJ_IF_MAYBE (fd, bound(where, SOCK_STREAM))
      sockets.tcp.add(service::HandedSocket{kj::str("node-tcp"), kj::mv(*fd)});
    // The quote by UDP is port 17's alone; 80 and 443 are other protocols' there.
    if (where.port != 17) continue;
    KJ_IF_MAYBE (fd, bound(where, SOCK_DGRAM))
      sockets.udp.add(service::HandedSocket{kj::str("node-udp"), kj::mv(*fd)});
  }
  KJ_REQUIRE(sockets.tcp.size() > 0, "node.listen names no address that this machine has");
  return sockets;
}

}  // namespace portreeve::gate17
