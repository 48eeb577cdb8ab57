// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/dns-sockets.h"

#include "cli/endpoint.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr ADVICE = ", or change resolver.listen in portreeve.toml"_kj;

class Opening {
public:
  void open(kj::StringPtr text) {
    auto endpoint = requireListenEndpoint(text, "resolver.listen");
    bool v4 = KJ_ASSERT_NONNULL(endpoint.address).isV4();
    auto failed = tryAt(endpoint, text);
    KJ_IF_MAYBE (why, failed) {
      if (why->familyMissing)
        log::info(kj::str(text, " is left out: ", why->problem));
      else if (why->holder != nullptr)
        moveAway(v4, *why);
      else
        result.problems.add(kj::str(why->problem, ADVICE));
    }
  }

  DnsSockets finish() {
    if (!held.empty()) result.place = DnsPlace{kj::mv(listen), kj::strArray(held, ", ")};
    return kj::mv(result);
  }

private:
  DnsSockets result;
  kj::Vector<kj::String> listen, held;
  bool moved[2] = {false, false};  // IPv6, IPv4

  kj::Maybe<InetListener> tryAt(const Endpoint& endpoint, kj::StringPtr text) {
    // Nullptr: both sockets are there.
    auto& address = KJ_ASSERT_NONNULL(endpoint.address);
    auto udp = listenInet(Transport::UDP, address, endpoint.port);
    if (udp.fd == nullptr) return kj::mv(udp);
    auto tcp = listenInet(Transport::TCP, address, endpoint.port);
    if (tcp.fd == nullptr) return kj::mv(tcp);
    char family = address.isV4() ? '4' : '6';
    result.sockets.add(
        DnsSockets::Socket{kj::str("dns-udp", family), kj::mv(KJ_ASSERT_NONNULL(udp.fd))});
    result.sockets.add(
        DnsSockets::Socket{kj::str("dns-tcp", family), kj::mv(KJ_ASSERT_NONNULL(tcp.fd))});
    listen.add(kj::str(text));
    return nullptr;
  }

  void moveAway(bool v4, const InetListener& taken) {
    auto words = kj::str(taken.place, " is held by ", KJ_ASSERT_NONNULL(taken.holder));
    if (moved[v4]) {  // one place is enough: the kernel turns all questions there
      log::warning(kj::str(words, ": the resolver does not listen there"));
      held.add(kj::mv(words));
      return;
    }
    for (auto spare : SPARE_DNS_PLACES) {
      auto endpoint = requireListenEndpoint(spare, "resolver.listen");
      if (KJ_ASSERT_NONNULL(endpoint.address).isV4() != v4 || tryAt(endpoint, spare) != nullptr)
        continue;
      log::warning(kj::str(words, ": the resolver listens on ", spare,
                           " instead, and the kernel turns questions there"));
      held.add(kj::mv(words));
      moved[v4] = true;
      return;
    }
    result.problems.add(kj::str(taken.problem, ADVICE));
  }
};

}  // namespace

DnsSockets DnsSockets::open(kj::ArrayPtr<const kj::String> listen) {
  Opening opening;
  for (auto& text : listen) opening.open(text);
  return opening.finish();
}

}  // namespace portreeve::cli
