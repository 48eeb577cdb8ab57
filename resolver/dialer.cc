// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace portreeve::resolver {
namespace {

constexpr auto PATIENCE = 2 * kj::SECONDS;

class PlainWire final : public Wire {
public:
  explicit PlainWire(kj::Own<kj::AsyncIoStream> stream) : stream(kj::mv(stream)) {}

  kj::Promise<void> write(kj::Array<kj::byte> octets) override {
    auto written = stream->write(octets.begin(), octets.size());
    return written.attach(kj::mv(octets));
  }
  kj::Promise<size_t> read(void* buffer, size_t least, size_t most) override {
    return stream->tryRead(buffer, least, most);
  }

private:
  kj::Own<kj::AsyncIoStream> stream;
};

[[noreturn]] void giveUp(kj::StringPtr reason) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str(reason)));
}

class TcpDialer final : public Dialer {
public:
  TcpDialer(kj::Network& network, kj::Timer& timer, TlsClient& tls, const Upstream& server)
      : timer(timer), tls(tls), upstream(server.clone()) {
    sockaddr_storage address{};
    socklen_t length = upstream.toSockaddr(address);
    target = network.getSockaddr(&address, uint(length));
  }

  kj::Promise<kj::Own<Wire>> dial() override {
    return timer.timeoutAfter(PATIENCE, connect())
        .catch_([](kj::Exception&& e) -> kj::Promise<kj::Own<Wire>> {
          if (e.getType() == kj::Exception::Type::OVERLOADED) giveUp("no connection within 2 s");
          return kj::mv(e);
        });
  }

private:
  kj::Timer& timer;
  TlsClient& tls;
  Upstream upstream;
  kj::Own<kj::NetworkAddress> target;

  kj::Promise<kj::Own<Wire>> connect() {
    return target->connect().then(
        [this](kj::Own<kj::AsyncIoStream> stream) -> kj::Promise<kj::Own<Wire>> {
          int on = 1;
          stream->setsockopt(IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          if (upstream.protocol == Protocol::TCP || upstream.protocol == Protocol::UDP)
            return plainWire(kj::mv(stream));
          return tls.wrap(plainWire(kj::mv(stream)), upstream);
        });
  }
};

}  // namespace

kj::Own<Wire> plainWire(kj::Own<kj::AsyncIoStream> stream) {
  return kj::heap<PlainWire>(kj::mv(stream));
}

kj::Own<Dialer> makeDialer(kj::Network& network, kj::Timer& timer, TlsClient& tls,
                           const Upstream& upstream) {
  return kj::heap<TcpDialer>(network, timer, tls, upstream);
}

}  // namespace portreeve::resolver
