// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/servers-watch.h"

#include "common/log.h"
#include "resolver/resolv-conf.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr auto SETTLE = 50 * kj::MILLISECONDS;  // one change is often told in several signals

// The first may name resolved's or NetworkManager's stub, or us; the next two say whom these ask.
constexpr kj::StringPtr FILES[] = {"/etc/resolv.conf"_kj, "/run/systemd/resolve/resolv.conf"_kj,
                                   "/run/NetworkManager/no-stub-resolv.conf"_kj, "/etc/hosts"_kj};
constexpr size_t HOSTS = 3;

}  // namespace

kj::ArrayPtr<const kj::StringPtr> watchedFiles() {
  return FILES;
}

ServersWatch::ServersWatch(kj::AsyncIoContext& io, FileReader reader, kj::Vector<Endpoint> ours)
    : timer(io.provider->getTimer()),
      bus(io.unixEventPort, timer),
      reader(kj::mv(reader)),
      stream(io.lowLevelProvider->wrapSocketFd(this->reader.takeStream())),
      ours(kj::mv(ours)),
      tasks(*this) {
  files.resize(HOSTS);
  watchBusNames(bus, changed);
}

kj::Promise<void> ServersWatch::serve(kj::Function<void(const NetworkServers&)> given,
                                      kj::Function<void(kj::ArrayPtr<const char>)> hosts) {
  tellServers = kj::mv(given);
  tellHosts = kj::mv(hosts);
  return followFiles().exclusiveJoin(bus.serve([this]() { look(); }));
}

kj::Promise<void> ServersWatch::followFiles() {
  return reader.next(*stream).then([this](FileReader::File&& file) {
    if (file.index == HOSTS) {
      KJ_IF_MAYBE (tell, tellHosts) (*tell)(file.content);
      filesRead = true;
    } else {
      files[file.index] = nullptr;
      if (file.there) files[file.index] = readResolvConf(FILES[file.index], file.content);
    }
    // At the start all are told in their order: the last makes them whole.
    if (filesRead) look();
    return followFiles();
  });
}

void ServersWatch::look() {
  if (!filesRead) return;
  lookAgain = true;
  if (looking) return;
  looking = true;
  tasks.add(timer.afterDelay(told ? SETTLE : 0 * kj::SECONDS)
                .then([this]() {
                  lookAgain = false;
                  return find();
                })
                .then([this](NetworkServers&& given) {
                  looking = false;
                  if (lookAgain) return look();
                  take(kj::mv(given));
                }));
}

kj::Promise<NetworkServers> ServersWatch::find() {
  return fromBus(askResolved(bus))
      .then([this](kj::Maybe<NetworkServers>&& resolved) -> kj::Promise<NetworkServers> {
        KJ_IF_MAYBE (given, resolved) return kj::mv(*given);
        return fromBus(askNetworkManager(bus)).then([this](kj::Maybe<NetworkServers>&& manager) {
          KJ_IF_MAYBE (given, manager) return kj::mv(*given);
          return fromFiles();
        });
      });
}

kj::Promise<kj::Maybe<NetworkServers>> ServersWatch::fromBus(
    kj::Promise<NetworkServers> asked) const {
  return asked.then(
      [this](NetworkServers&& given) -> kj::Maybe<NetworkServers> {
        given.removeServers(ours);
        if (!given.hasServers()) return nullptr;
        return kj::mv(given);
      },
      [](kj::Exception&& e) -> kj::Maybe<NetworkServers> {
        if (e.getType() != kj::Exception::Type::DISCONNECTED)
          log::warning(kj::str("finding name servers: ", e.getDescription()));
        return nullptr;
      });
}

NetworkServers ServersWatch::fromFiles() const {
  // A stub of this machine (127.0.0.53) is asked only where nobody says whom it asks itself.
  for (bool stubs : {false, true})
    for (auto& file : files)
      KJ_IF_MAYBE (link, file) {
        LinkServers one;
        one.origin = kj::str(link->origin);
        for (auto& server : link->servers)
          if (stubs || server.address.scope() != Scope::LOCALHOST) one.servers.add(server.clone());
        NetworkServers given;
        given.links.add(kj::mv(one));
        given.removeServers(ours);
        if (given.hasServers()) return given;
      }
  return NetworkServers();
}

void ServersWatch::take(NetworkServers given) {
  auto now = given.describe();
  if (told && now == before) return;
  told = true;
  before = kj::mv(now);
  log::info(given.hasServers() ? kj::str("name servers of this machine: ", before)
                               : kj::str("this machine was given no name server"));
  KJ_IF_MAYBE (tell, tellServers) (*tell)(given);
}

void ServersWatch::taskFailed(kj::Exception&& e) {
  looking = false;
  log::exception("finding name servers", e);
}

}  // namespace portreeve::resolver
