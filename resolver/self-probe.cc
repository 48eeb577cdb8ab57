// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/self-probe.h"

#include "common/log.h"
#include "resolver/listening-socket.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::resolver {
namespace {

constexpr kj::StringPtr TEXT = "portreeve self-probe"_kj;

Address loopback(proto::Family family, uint16_t turn) {
  // Packets are spread over the queues of a hook by their addresses: with another one each time
  // every queue gets its turn. IPv6 has one loopback address alone.
  if (family == proto::Family::IPV6) return KJ_ASSERT_NONNULL(Address::parse("::1"));
  const kj::byte bytes[4] = {127, 0, 0, kj::byte(1 + turn % 250)};
  return Address::fromV4(bytes);
}

kj::AutoCloseFd boundTo(const Address& address) {
  sockaddr_storage storage{};
  socklen_t length = address.toSockaddr(0, storage);
  int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) KJ_FAIL_SYSCALL("socket", errno);
  kj::AutoCloseFd own(fd);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&storage), length));
  return own;
}

}  // namespace

struct SelfProbe::Sockets {
  // New ones each time: conntrack and the socket's own cache know nothing of them.
  kj::AutoCloseFd sender, receiver;
  kj::UnixEventPort::FdObserver observer;

  Sockets(kj::UnixEventPort& port, proto::Family family, uint16_t turn)
      : sender(boundTo(loopback(family, 0))),
        receiver(boundTo(loopback(family, turn))),
        observer(port, receiver, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

  Tuple datagram() const {
    return clientTuple(PROTOCOL_UDP, Endpoint::ofSocket(sender), Endpoint::ofSocket(receiver));
  }

  bool send() {
    auto to = Endpoint::ofSocket(receiver);
    sockaddr_storage storage{};
    socklen_t length = to.address.toSockaddr(to.port, storage);
    return sendto(sender, TEXT.begin(), TEXT.size(), MSG_NOSIGNAL,
                  reinterpret_cast<sockaddr*>(&storage), length) == ssize_t(TEXT.size());
  }

  bool received() {
    char text[64];
    return recv(receiver, text, sizeof text, 0) == ssize_t(TEXT.size());
  }
};

SelfProbe::SelfProbe(kj::UnixEventPort& port, kj::Timer& timer, Judge& judge, kj::Duration interval)
    : port(port), timer(timer), judge(judge), interval(interval) {}

void SelfProbe::add(proto::Family family) {
  for (auto known : families)
    if (known == family) return;
  families.add(family);
}

kj::Promise<void> SelfProbe::run() {
  if (interval == 0 * kj::SECONDS) return kj::NEVER_DONE;
  return timer.afterDelay(interval)
      .then([this]() { return probeAll(); })
      .catch_([](kj::Exception&& e) {
        // Policy went meanwhile, or no socket could be had: the next time tells.
        log::debug(kj::str("the self-probe: ", e.getDescription()));
      })
      .then([this]() { return run(); });
}

kj::Promise<void> SelfProbe::probeAll() {
  turn++;
  return judge.whenThere().then([this](proto::NameJudge::Client policy) {
    kj::Promise<void> all = kj::READY_NOW;
    for (auto family : families)
      all = all.then([this, policy, family]() mutable { return probe(policy, family); });
    return all;
  });
}

kj::Promise<void> SelfProbe::probe(proto::NameJudge::Client policy, proto::Family family) {
  auto sockets = kj::heap<Sockets>(port, family, turn);
  auto& own = *sockets;
  auto announcement = policy.probingRequest();
  own.datagram().to(announcement.initDatagram());
  return announcement.send()
      .then([this, &own](auto&&) { return sendOnce(own); })
      .then([policy, &own](bool arrived) mutable {
        auto conclusion = policy.probedRequest();
        own.datagram().to(conclusion.initDatagram());
        conclusion.setArrived(arrived);
        return conclusion.send().ignoreResult();
      })
      .attach(kj::mv(sockets));
}

kj::Promise<bool> SelfProbe::sendOnce(Sockets& sockets) {
  // A send that is refused at once is lost, too: policy says where it had come to.
  if (!sockets.send()) return false;
  return sockets.observer.whenBecomesReadable()
      .then([&sockets]() { return sockets.received(); })
      .exclusiveJoin(timer.afterDelay(PATIENCE).then([]() { return false; }));
}

}  // namespace portreeve::resolver
