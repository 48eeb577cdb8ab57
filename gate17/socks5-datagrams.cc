// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5-datagrams.h"

#include "gate17/socks5.h"

#include <kj/debug.h>

namespace portreeve::gate17 {

Socks5Datagrams::Socks5Datagrams(kj::Own<Socket> controlling, kj::Own<DatagramSocket> relaying)
    : control(kj::mv(controlling)), relay(kj::mv(relaying)), ended(watch().fork()) {}

kj::Promise<void> Socks5Datagrams::watch() {
  return control->tryRead(ignored, 1, sizeof ignored).then([this](size_t got) -> kj::Promise<void> {
    if (got == 0) return KJ_EXCEPTION(DISCONNECTED, "the server has ended the association");
    return watch();
  });
}

void Socks5Datagrams::send(const Target& to, kj::ArrayPtr<const kj::byte> bytes) {
  relay->send(socks5::datagram(to, bytes));
}

kj::Promise<Datagram> Socks5Datagrams::receive() {
  auto over = ended.addBranch().then([]() -> kj::Promise<Datagram> { return kj::NEVER_DONE; });
  return next().exclusiveJoin(kj::mv(over));
}

kj::Promise<Datagram> Socks5Datagrams::next() {
  for (;;) {
    KJ_IF_MAYBE (received, relay->tryReceive()) {
      KJ_IF_MAYBE (parsed, socks5::parseDatagram(received->bytes))
        return Datagram{kj::mv(parsed->peer), kj::heapArray(parsed->bytes)};
      continue;
    }
    return relay->whenReadable().then([this]() { return next(); });
  }
}

namespace socks5 {

kj::Array<kj::byte> datagram(const Target& peer, kj::ArrayPtr<const kj::byte> bytes) {
  kj::Vector<kj::byte> message(bytes.size() + 3 + 1 + 1 + LONGEST_NAME + 2);
  for (int i = 0; i < 3; i++) message.add(kj::byte(0));  // reserved, and "not a fragment"
  putTarget(message, peer);
  message.addAll(bytes);
  return message.releaseAsArray();
}

kj::Maybe<ParsedDatagram> parseDatagram(kj::ArrayPtr<const kj::byte> message) {
  constexpr size_t HEAD = 3;
  if (message.size() < HEAD || message[2] != 0) return nullptr;
  KJ_IF_MAYBE (parsed, parseTarget(message.slice(HEAD, message.size())))
    return ParsedDatagram{kj::mv(parsed->target),
                          message.slice(HEAD + parsed->length, message.size())};
  return nullptr;
}

}  // namespace socks5

}  // namespace portreeve::gate17
