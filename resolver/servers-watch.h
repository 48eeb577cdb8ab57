// SPDX-License-Identifier: GPL-3.0-or-later
// What name servers this machine was given, found again whenever it changes: systemd-resolved,
// else NetworkManager, else the resolv.conf files. The first that names a server other than
// ourselves counts. And /etc/hosts, which is read the same way.
#pragma once

#include "resolver/bus-names.h"
#include "resolver/file-reader.h"
#include "resolver/network-servers.h"
#include "resolver/system-bus.h"

#include <kj/async-io.h>
#include <kj/function.h>

namespace portreeve::resolver {

kj::ArrayPtr<const kj::StringPtr> watchedFiles();
// For FileReader::start.

class ServersWatch final : private kj::TaskSet::ErrorHandler {
public:
  ServersWatch(kj::AsyncIoContext& io, FileReader reader, kj::Vector<Endpoint> ours);
  KJ_DISALLOW_COPY(ServersWatch);

  kj::Promise<void> serve(kj::Function<void(const NetworkServers&)> given,
                          kj::Function<void(kj::ArrayPtr<const char>)> hosts);
  // Never resolves; rejects when the helper that reads files has ended. `given` is called with what
  // differs from before, `hosts` with the content of /etc/hosts.

private:
  kj::Timer& timer;
  SystemBus bus;
  FileReader reader;
  kj::Own<kj::AsyncIoStream> stream;
  kj::Vector<Endpoint> ours;
  kj::Vector<kj::Maybe<LinkServers>> files;  // as watchedFiles, read
  bool filesRead = false, looking = false, lookAgain = false;
  kj::String before;
  bool told = false;
  kj::Function<void()> changed = [this]() { look(); };
  kj::Maybe<kj::Function<void(const NetworkServers&)>> tellServers;
  kj::Maybe<kj::Function<void(kj::ArrayPtr<const char>)>> tellHosts;
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  kj::Promise<void> followFiles();
  void look();
  kj::Promise<NetworkServers> find();
  kj::Promise<kj::Maybe<NetworkServers>> fromBus(kj::Promise<NetworkServers> asked) const;
  NetworkServers fromFiles() const;
  void take(NetworkServers given);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
