// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/lookups.h"

#include <kj/debug.h>
#include <netdb.h>

namespace portreeve::gate17 {
namespace {

constexpr auto PATIENCE = 10 * kj::SECONDS;

kj::Vector<SocketAddress> addressesIn(kj::StringPtr list) {
  // KJ gives the addresses of a name only as text: "192.0.2.1:80,[2001:db8::1]:80".
  kj::Vector<SocketAddress> found;
  size_t start = 0;
  for (size_t i = 0; i <= list.size(); i++) {
    if (i < list.size() && list[i] != ',') continue;
    KJ_IF_MAYBE (address, SocketAddress::parse(kj::str(list.slice(start, i)))) found.add(*address);
    start = i + 1;
  }
  return found;
}

}  // namespace

void loadNameService() {
  addrinfo* found = nullptr;
  if (getaddrinfo("localhost", "17", nullptr, &found) == 0) freeaddrinfo(found);
}

kj::Promise<kj::Vector<SocketAddress>> Lookups::find(const Target& target) {
  if (!target.named()) {
    kj::Vector<SocketAddress> itself;
    itself.add(SocketAddress{target.address, target.port});
    return kj::mv(itself);
  }
  // What KJ would take for something else than a host's name ("unix:…") is none.
  for (char c : target.name)
    if (c == ':' || c == '/' || c == '*') return KJ_EXCEPTION(FAILED, "there is no such name");
  if (underWay >= MOST_AT_ONCE) return KJ_EXCEPTION(OVERLOADED, "too many names at once");
  underWay++;
  auto looked = network.parseAddress(kj::str(target.name, ':', target.port), target.port)
                    .then([](kj::Own<kj::NetworkAddress> address) {
                      return addressesIn(address->toString());
                    });
  return timer.timeoutAfter(PATIENCE, kj::mv(looked))
      .catch_([](kj::Exception&&) -> kj::Vector<SocketAddress> {
        kj::throwFatalException(KJ_EXCEPTION(FAILED, "there is no such name"));
      })
      .attach(kj::defer([this]() { underWay--; }));
}

}  // namespace portreeve::gate17
