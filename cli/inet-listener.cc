// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inet-listener.h"

#include "cli/endpoint.h"
#include "cli/port-holder.h"
#include "cli/text-file.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::cli {
namespace {

void set(int fd, int level, int option) {
  int yes = 1;
  KJ_SYSCALL(setsockopt(fd, level, option, &yes, sizeof yes));
}

bool bindAndListen(int fd, Transport transport, const Address& address, uint16_t port) {
  if (!address.isV4()) set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  // Connections of an earlier run may still be in TIME_WAIT.
  if (transport == Transport::TCP) set(fd, SOL_SOCKET, SO_REUSEADDR);
  sockaddr_storage where{};
  socklen_t length = address.toSockaddr(port, where);
  if (bind(fd, reinterpret_cast<sockaddr*>(&where), length) != 0) return false;
  return transport == Transport::UDP || listen(fd, SOMAXCONN) == 0;
}

kj::String holderInWords(Transport transport, const Address& address, uint16_t port) {
  KJ_IF_MAYBE (who, holderOfPort(transport, address, port)) return kj::mv(*who);
  return kj::str("a process that cannot be seen from here");
}

kj::String describe(int error, const InetListener& result) {
  KJ_IF_MAYBE (who, result.holder) return kj::str(result.place, " is taken by ", *who, ": stop it");
  if (error == EADDRNOTAVAIL)
    return kj::str(result.place,
                   ": this machine does not have that address: bring its interface up "
                   "(`ip link set lo up` for loopback)");
  return kj::str(result.place, ": ", strerror(error));
}

}  // namespace

bool familyIsMissing(const Address& address) {
  // With ipv6.disable=1 there is no such file; with net.ipv6.conf.all.disable_ipv6 it is empty.
  if (address.isV4()) return false;
  KJ_IF_MAYBE (addresses, readText("/proc/net/if_inet6")) return addresses->size() == 0;
  return true;
}

kj::StringPtr toText(Transport transport) {
  return transport == Transport::TCP ? "TCP"_kj : "UDP"_kj;
}

InetListener listenInet(Transport transport, const Address& address, uint16_t port) {
  InetListener result;
  result.place = kj::str(toText(transport), ' ', endpointText(address.toString(), port));
  int made = socket(
      address.isV4() ? AF_INET : AF_INET6,
      (transport == Transport::TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = errno;
  if (made >= 0) {
    kj::AutoCloseFd fd(made);
    if (bindAndListen(fd, transport, address, port)) {
      result.fd = kj::mv(fd);
      return result;
    }
    error = errno;
  }
  result.familyMissing = error == EAFNOSUPPORT || familyIsMissing(address);
  if (error == EADDRINUSE) result.holder = holderInWords(transport, address, port);
  result.problem = result.familyMissing
                       ? kj::str("there is no ", address.isV4() ? "IPv4" : "IPv6", " here")
                       : describe(error, result);
  return result;
}

}  // namespace portreeve::cli
