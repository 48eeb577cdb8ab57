// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listening-sockets.h"

#include "cli/endpoint.h"
#include "cli/failure.h"
#include "cli/inet-listener.h"
#include "common/log.h"
#include "common/unix-listener.h"

#include <kj/debug.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr Role RPC_SERVERS[] = {Role::INTERCEPTOR, Role::KEEPER,  Role::ATTRIBUTOR, Role::RESOLVER,
                                Role::POLICY,      Role::GATEWAY, Role::HISTORIAN,  Role::GATE};
constexpr Account ROOT{0, 0};

struct Fixed {
  // Where the rules in the kernel turn 1717 to (docs/kernel-rules.md), and where programs that
  // speak to Gate17 themselves find it.
  Transport transport;
  kj::StringPtr address;
  uint16_t port;
  kj::StringPtr name;
};

constexpr Fixed GATE_SOCKETS[] = {{Transport::TCP, "127.0.0.17"_kj, 1117, "turned-tcp4"_kj},
                                  {Transport::UDP, "127.0.0.17"_kj, 1117, "turned-udp4"_kj},
                                  {Transport::TCP, "127.0.0.1"_kj, 717, "entry-tcp4"_kj},
                                  {Transport::TCP, "::1"_kj, 717, "entry-tcp6"_kj},
                                  {Transport::UDP, "::1"_kj, 717, "turned-udp6"_kj}};

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
  auto dns = DnsSockets::open(settings.resolver.listen);
  for (auto& socket : dns.sockets)
    sockets.add(Socket{Role::RESOLVER, kj::mv(socket.name), kj::mv(socket.fd)});
  dnsIsAt = kj::mv(dns.place);
  auto problems = kj::mv(dns.problems);
  for (auto& text : settings.gateway.listen) {
    auto endpoint = requireListenEndpoint(text, "gateway.listen");
    bool v4 = KJ_ASSERT_NONNULL(endpoint.address).isV4();
    add(Role::GATEWAY, kj::str("http", v4 ? '4' : '6'), Transport::TCP, endpoint,
        ", or change gateway.listen in portreeve.toml", problems);
  }
  for (auto& fixed : GATE_SOCKETS)
    add(Role::GATE, kj::str(fixed.name), fixed.transport,
        Endpoint{Address::parse(fixed.address), fixed.port}, "", problems);
  if (!problems.empty()) throw Failure(FAILED, kj::strArray(problems, "\n"));
}

void ListeningSockets::add(Role role, kj::String socketName, Transport transport,
                           const Endpoint& endpoint, kj::StringPtr advice,
                           kj::Vector<kj::String>& problems) {
  auto made = listenInet(transport, KJ_ASSERT_NONNULL(endpoint.address), endpoint.port);
  KJ_IF_MAYBE (fd, made.fd)
    sockets.add(Socket{role, kj::mv(socketName), kj::mv(*fd)});
  else if (made.familyMissing)
    log::info(
        kj::str(endpoint.toString(), " (", toText(transport), ") is left out: ", made.problem));
  else
    problems.add(kj::str(made.problem, advice));
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
