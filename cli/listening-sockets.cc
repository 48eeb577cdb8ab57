// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listening-sockets.h"

#include "cli/endpoint.h"
#include "cli/failure.h"
#include "cli/inet-listener.h"
#include "cli/unix-listener.h"
#include "common/log.h"

#include <kj/debug.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr Role RPC_SERVERS[] = {Role::INTERCEPTOR, Role::KEEPER,  Role::ATTRIBUTOR, Role::RESOLVER,
                                Role::POLICY,      Role::GATEWAY, Role::HISTORIAN};
constexpr Account ROOT{0, 0};

struct Listen {
  Role role;
  kj::StringPtr key;     // of the settings
  kj::StringPtr prefix;  // of the socket's name
  Transport transport;
};

constexpr Listen LISTENS[] = {{Role::RESOLVER, "resolver.listen"_kj, "dns-udp"_kj, Transport::UDP},
                              {Role::RESOLVER, "resolver.listen"_kj, "dns-tcp"_kj, Transport::TCP},
                              {Role::GATEWAY, "gateway.listen"_kj, "http"_kj, Transport::TCP}};

Endpoint requireListenEndpoint(kj::StringPtr text, kj::StringPtr key) {
  KJ_IF_MAYBE (endpoint, Endpoint::parse(text))
    if (endpoint->address != nullptr && endpoint->port != 0) return kj::mv(*endpoint);
  throw Failure(FAILED, key, ": \"", text, "\" is not an address with a port, like 127.0.0.1:53");
}

const kj::Vector<kj::String>& addressesOf(const Settings& settings, Role role) {
  return role == Role::RESOLVER ? settings.resolver.listen : settings.gateway.listen;
}

}  // namespace

void ListeningSockets::makeUnixSockets(const Directories& directories, const Accounts& accounts) {
  for (Role role : RPC_SERVERS)
    sockets.add(Socket{role, kj::str("rpc"),
                       listenUnixSocket(directories.socket(name(role)), SOCK_STREAM, 0666, ROOT)});
  sockets.add(Socket{Role::READER, kj::str("reader"),
                     listenUnixSocket(directories.socket(name(Role::READER)), SOCK_SEQPACKET, 0600,
                                      accounts.of(Role::ATTRIBUTOR))});
}

void ListeningSockets::makeInetSockets(const Settings& settings) {
  kj::Vector<kj::String> problems;
  for (auto& listen : LISTENS) {
    for (auto& text : addressesOf(settings, listen.role)) {
      auto endpoint = requireListenEndpoint(text, listen.key);
      auto& address = KJ_ASSERT_NONNULL(endpoint.address);
      auto made = listenInet(listen.transport, address, endpoint.port);
      KJ_IF_MAYBE (fd, made.fd)
        sockets.add(
            Socket{listen.role, kj::str(listen.prefix, address.isV4() ? '4' : '6'), kj::mv(*fd)});
      else if (made.familyMissing)
        log::info(kj::str(text, " (", toText(listen.transport), ") is left out: ", made.problem));
      else
        problems.add(kj::str(made.problem, ", or change ", listen.key, " in portreeve.toml"));
    }
  }
  if (!problems.empty()) throw Failure(FAILED, kj::strArray(problems, "\n"));
}

kj::Vector<ChildSocket> ListeningSockets::of(Role role) const {
  kj::Vector<ChildSocket> result;
  for (auto& socket : sockets)
    if (socket.role == role) result.add(ChildSocket{socket.name, socket.fd.get()});
  return result;
}

void removeUnixSockets(const Directories& directories) {
  for (Role role : ROLES) unlink(directories.socket(name(role)).cStr());
  for (auto own : {"supervisor"_kj, "notify"_kj}) unlink(directories.socket(own).cStr());
}

}  // namespace portreeve::cli
