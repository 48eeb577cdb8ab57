// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/loop-probe.h"

#include "common/log.h"
#include "resolver/chance.h"
#include "resolver/listening-socket.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <kj/io.h>
#include <sys/socket.h>

namespace portreeve::resolver {
namespace {

constexpr auto PATIENCE = 4 * kj::SECONDS;
constexpr uint16_t TYPE_TXT = 16;
// A name that exists nowhere (RFC 6761, 6.2), but that forwarders pass on.
constexpr auto BELOW = "portreeve-loop.test"_kj;

const Name& zone() {
  static const Name NAME = KJ_ASSERT_NONNULL(Name::parse(BELOW));
  return NAME;
}

}  // namespace

bool isThisMachine(const Address& address) {
  if (address.scope() == Scope::LOCALHOST) return true;
  sockaddr_storage server{};
  socklen_t length = address.toSockaddr(53, server);
  int fd = socket(server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  kj::AutoCloseFd own(fd);
  // The kernel sends from the address itself to what is its own; nothing is sent.
  if (connect(fd, reinterpret_cast<sockaddr*>(&server), length) != 0) return false;
  return Endpoint::ofSocket(fd).address == address;
}

LoopProbe::LoopProbe(kj::Timer& timer) : timer(timer), tasks(*this) {}

void LoopProbe::probe(kj::Own<UpstreamServer> server) {
  if (!isThisMachine(server->upstream.address)) return;
  for (auto& [token, probe] : underWay)
    if (probe.server.get() == server.get()) return;
  tasks.add(ask(kj::mv(server)));
}

kj::Promise<void> LoopProbe::ask(kj::Own<UpstreamServer> server) {
  kj::byte octets[12];
  for (auto& octet : octets) octet = kj::byte(chance().u16());
  auto token = kj::encodeHex(octets);
  auto key = std::string(token.begin(), token.size());
  Lookup lookup{{KJ_ASSERT_NONNULL(Name::parse(kj::str(token, '.', BELOW))), TYPE_TXT}};
  auto query = writeUpstreamQuery(lookup, false);
  auto exchange =
      kj::evalNow([&]() { return server->transports.usual->exchange(query).ignoreResult(); });
  auto& asked = *server;
  underWay.emplace(key, Probe{kj::mv(server)});
  return timer.timeoutAfter(PATIENCE, kj::mv(exchange))
      .catch_([](kj::Exception&&) {})  // that it does not answer is no news here
      .attach(kj::mv(query))
      .then([this, key, &asked]() {
        auto node = underWay.extract(key);
        if (!node.mapped().came && asked.asksUs) {
          asked.asksUs = false;
          log::info(kj::str("upstream ", asked.text, " does not ask this resolver any more"));
        }
      });
}

bool LoopProbe::recognize(const Question& question) {
  if (underWay.empty() || !question.name.isWithin(zone())) return false;
  auto text = question.name.text();
  auto found = underWay.find(std::string(text.begin(), text.size() - BELOW.size() - 1));
  if (found == underWay.end()) return false;
  auto& probe = found->second;
  probe.came = true;
  if (!probe.server->asksUs)
    log::warning(
        kj::str("upstream ", probe.server->text,
                " asks this resolver in turn: it is left aside; name the servers it asks"));
  probe.server->asksUs = true;
  return true;
}

void LoopProbe::taskFailed(kj::Exception&& e) {
  log::exception("looking for a loop", e);
}

}  // namespace portreeve::resolver
