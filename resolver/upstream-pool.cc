// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream-pool.h"

#include "resolver/dialer.h"
#include "resolver/https-transport.h"
#include "resolver/stream-transport.h"
#include "resolver/udp-transport.h"

namespace portreeve::resolver {

kj::Own<UpstreamServer> UpstreamPool::get(const Upstream& upstream) {
  auto text = upstream.toString();
  for (auto& server : servers)
    if (server->text == text) return kj::addRef(*server);
  servers.add(kj::refcounted<UpstreamServer>(upstream.clone(), makeTransports(upstream)));
  return kj::addRef(*servers.back());
}

void UpstreamPool::forgetUnused() {
  kj::Vector<kj::Own<UpstreamServer>> kept;
  for (auto& server : servers)
    if (server->isShared()) kept.add(kj::mv(server));
  servers = kj::mv(kept);
}

UpstreamTransports UpstreamPool::makeTransports(const Upstream& upstream) {
  auto& timer = io.provider->getTimer();
  auto dialer = makeDialer(io.provider->getNetwork(), timer, tls, upstream);
  if (upstream.protocol == Protocol::HTTPS)
    return {kj::heap<HttpsTransport>(kj::mv(dialer), timer, upstream), nullptr};
  kj::Own<Transport> stream = kj::heap<StreamTransport>(kj::mv(dialer), timer);
  if (upstream.protocol != Protocol::UDP) return {kj::mv(stream), nullptr};
  return {kj::heap<UdpTransport>(io.unixEventPort, upstream), kj::mv(stream)};
}

}  // namespace portreeve::resolver
