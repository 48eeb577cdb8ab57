// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp-transport.h"

#include "resolver/chance.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::resolver {
namespace {

constexpr size_t LARGEST = 65535;

int makeSocket(const Upstream& upstream) {
  sockaddr_storage server{};
  socklen_t length = upstream.toSockaddr(server);
  int fd = socket(server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) KJ_FAIL_SYSCALL("socket", errno);
  kj::AutoCloseFd own(fd);
  // Connecting draws a random local port, and leaves other senders out.
  if (connect(fd, reinterpret_cast<sockaddr*>(&server), length) != 0)
    kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                          kj::str("no way there: ", strerror(errno))));
  return own.release();
}

void mixCase(kj::ArrayPtr<kj::byte> query, Chance& chance) {
  // Length octets are below 'A'.
  uint64_t bits = 0;
  size_t left = 0;
  for (size_t at = 12; at < query.size() && query[at] != 0; at += 1 + size_t(query[at]))
    for (size_t i = at + 1; i <= at + query[at] && i < query.size(); i++) {
      bool letter = (query[i] >= 'a' && query[i] <= 'z') || (query[i] >= 'A' && query[i] <= 'Z');
      if (!letter) continue;
      if (left == 0) {
        bits = chance.u64();
        left = 64;
      }
      if ((bits & 1) != 0) query[i] ^= 0x20;
      bits >>= 1;
      left--;
    }
}

}  // namespace

class UdpTransport::Socket {
public:
  Socket(UdpTransport& transport)
      : transport(transport),
        fd(makeSocket(transport.upstream)),
        observer(transport.port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ),
        receiving(receive().eagerlyEvaluate([this](kj::Exception&& e) { failAll(e); })) {}

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) {
    uses++;
    auto own = kj::heapArray(query);
    if (transport.mixesCase()) mixCase(own, chance());
    uint16_t id;
    do id = chance().u16();
    while (waiting.count(id) > 0);
    own[0] = kj::byte(id >> 8);
    own[1] = kj::byte(id);
    if (send(fd, own.begin(), own.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
      // ECONNREFUSED is the answer to an earlier one; the next call tells of this one.
      if (send(fd, own.begin(), own.size(), MSG_NOSIGNAL) < 0)
        return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                             kj::str(strerror(errno)));
    }
    auto paf = kj::newPromiseAndFulfiller<kj::Array<kj::byte>>();
    waiting.emplace(id, Waiting{kj::mv(own), kj::mv(paf.fulfiller)});
    return paf.promise.attach(kj::defer([this, id]() { waiting.erase(id); }));
  }

  bool isOld() const { return uses >= USES; }
  bool isIdle() const { return waiting.empty(); }

private:
  struct Waiting {
    kj::Array<kj::byte> query;
    kj::Own<kj::PromiseFulfiller<kj::Array<kj::byte>>> fulfiller;
  };

  UdpTransport& transport;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  std::unordered_map<uint16_t, Waiting> waiting;
  uint uses = 0;
  kj::Promise<void> receiving;

  kj::Promise<void> receive() {
    static kj::byte buffer[LARGEST];
    for (;;) {
      ssize_t length = recv(fd, buffer, sizeof buffer, 0);
      if (length < 0 && errno == EINTR) continue;
      if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (length < 0)
        failAll(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                              kj::str(strerror(errno))));
      else
        take(kj::arrayPtr(buffer, size_t(length)));
    }
    return observer.whenBecomesReadable().then([this]() { return receive(); });
  }

  void take(kj::ArrayPtr<const kj::byte> answer) {
    if (answer.size() < 12) return;
    auto found = waiting.find(uint16_t(answer[0] << 8 | answer[1]));
    if (found == waiting.end()) return;
    auto& query = found->second.query;
    if (!sameQuestion(query, answer, true)) {
      if (!sameQuestion(query, answer, false)) return;
      if (transport.mixesCase()) {
        // Forged, or by a server that does not keep the case: three of them tell.
        transport.caseLost++;
        return;
      }
    } else if (transport.mixesCase()) {
      transport.caseKept = true;
    }
    found->second.fulfiller->fulfill(kj::heapArray(answer));
  }

  void failAll(const kj::Exception& e) {
    for (auto& [id, one] : waiting) one.fulfiller->reject(kj::cp(e));
  }
};

UdpTransport::UdpTransport(kj::UnixEventPort& port, const Upstream& upstream)
    : port(port), upstream(upstream.clone()) {}

UdpTransport::~UdpTransport() noexcept(false) {}

kj::Promise<kj::Array<kj::byte>> UdpTransport::exchange(kj::ArrayPtr<const kj::byte> query) {
  return socketInTurn().exchange(query);
}

UdpTransport::Socket& UdpTransport::socketInTurn() {
  turn = (turn + 1) % SOCKETS;
  if (turn >= sockets.size()) {
    sockets.add(kj::heap<Socket>(*this));
    return *sockets.back();
  }
  if (sockets[turn]->isOld() && sockets[turn]->isIdle()) sockets[turn] = kj::heap<Socket>(*this);
  return *sockets[turn];
}

}  // namespace portreeve::resolver
