// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/multicast-names.h"

#include "common/log.h"
#include "resolver/listening-socket.h"
#include "resolver/local-names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <kj/vector.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint16_t PORT = 5353;
constexpr auto AGAIN = 300 * kj::MILLISECONDS;  // a datagram may be lost
constexpr uint16_t UNIQUE = 0x8000;             // in a record's class: the cache-flush bit (10.2)
constexpr uint32_t LONGEST_TTL = 120;           // seconds (10)
constexpr size_t MOST_LINKS = 32;
constexpr int HOPS = 255;  // 11

bool saysThereIsNone(const Record& record, uint16_t type) {
  // NSEC: the next name (here the owner itself, compressed or not), then a bitmap of types.
  auto* octets = reinterpret_cast<const kj::byte*>(record.data.data());
  WireReader reader(kj::arrayPtr(octets, record.data.size()));
  for (uint8_t length = reader.u8(); reader.ok() && length != 0; length = reader.u8()) {
    if ((length & 0xc0) == 0xc0) {
      reader.u8();
      break;
    }
    reader.bytes(length);
  }
  bool there = false;
  while (reader.ok() && reader.left() > 0) {
    uint8_t window = reader.u8();
    auto bits = reader.bytes(reader.u8());
    size_t at = size_t(type & 0xff) / 8;
    if (reader.ok() && window == type >> 8 && at < bits.size())
      there = (bits[at] & (0x80 >> (type & 7))) != 0;
  }
  return reader.ok() && !there;
}

kj::Vector<uint> links() {
  // Those with an IPv4 address; where there is none, the kernel's choice for IPv6.
  kj::Vector<uint> result;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return result;
  kj::AutoCloseFd own(fd);
  ifreq requests[MOST_LINKS];
  ifconf all{};
  all.ifc_len = sizeof requests;
  all.ifc_req = requests;
  if (ioctl(fd, SIOCGIFCONF, &all) != 0) return result;
  for (size_t i = 0; i < size_t(all.ifc_len) / sizeof(ifreq); i++) {
    ifreq request = requests[i];
    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) continue;
    int flags = request.ifr_flags;
    bool fits = (flags & IFF_UP) != 0 && (flags & IFF_MULTICAST) != 0 &&
                (flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) == 0;
    uint index = fits ? if_nametoindex(requests[i].ifr_name) : 0;
    if (index != 0 && std::find(result.begin(), result.end(), index) == result.end())
      result.add(index);
  }
  return result;
}

kj::Array<kj::byte> writeQuestion(const Question& question) {
  auto name = question.name.wire();
  auto query = kj::heapArray<kj::byte>(12 + name.size() + 4);
  memset(query.begin(), 0, query.size());
  query[5] = 1;
  memcpy(query.begin() + 12, name.data(), name.size());
  query[12 + name.size()] = kj::byte(question.type >> 8);
  query[13 + name.size()] = kj::byte(question.type);
  query[15 + name.size()] = CLASS_IN;
  return query;
}

template <typename Value>
void set(int fd, int level, int option, const Value& value) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0)
    log::debug(kj::str("multicast DNS: ", strerror(errno)));
}

}  // namespace

kj::Maybe<Answer> multicastAnswer(const Question& question, kj::ArrayPtr<const kj::byte> message) {
  Answer result;
  bool none = false;
  KJ_IF_MAYBE (answer, readAnswer(message)) {
    for (auto* section : {&answer->answer, &answer->additional})
      for (auto& record : *section) {
        if ((record.klass & ~UNIQUE) != CLASS_IN || !(record.owner == question.name)) continue;
        if (record.type == question.type)
          result.answer.push_back({record.owner, record.type, CLASS_IN,
                                   std::min(record.ttl, LONGEST_TTL), record.data});
        else if (record.type == TYPE_NSEC)
          none = saysThereIsNone(record, question.type);
      }
  }
  if (result.answer.empty() && !none) return nullptr;
  result.server = "mdns";
  return kj::mv(result);
}

class MulticastNames::Asking {
public:
  Asking(MulticastNames& all, const Question& question) : all(all), question(question) {
    all.underWay++;
  }
  ~Asking() { all.underWay--; }

  kj::Promise<Resolved> run() {
    for (int family : {AF_INET, AF_INET6})
      KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { open(family); }))
        log::debug(kj::str("multicast DNS: ", e->getDescription()));
    auto paf = kj::newPromiseAndFulfiller<Resolved>();
    fulfiller = kj::mv(paf.fulfiller);
    for (auto& socket : sockets)
      receiving.add(receive(*socket).eagerlyEvaluate(
          [](kj::Exception&& e) { log::debug(kj::str("multicast DNS: ", e.getDescription())); }));
    send();
    auto silence = all.timer.afterDelay(AGAIN)
                       .then([this]() {
                         send();
                         return all.timer.afterDelay(PATIENCE - AGAIN);
                       })
                       .then([]() {
                         return Resolved{noSuchName(), nullptr};
                       });
    return paf.promise.exclusiveJoin(kj::mv(silence));
  }

private:
  struct Socket {
    Socket(kj::UnixEventPort& port, int family, int descriptor)
        : family(family),
          fd(descriptor),
          observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}
    int family;
    kj::AutoCloseFd fd;
    kj::UnixEventPort::FdObserver observer;
  };

  MulticastNames& all;
  Question question;
  kj::Vector<uint> interfaces = links();
  kj::Vector<kj::Own<Socket>> sockets;
  kj::Own<kj::PromiseFulfiller<Resolved>> fulfiller;
  kj::Vector<kj::Promise<void>> receiving;

  void open(int family) {
    int fd;
    KJ_SYSCALL(fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    kj::AutoCloseFd own(fd);
    // Another program may well answer for this machine on the same port.
    set(fd, SOL_SOCKET, SO_REUSEADDR, int(1));
    sockaddr_storage here{};
    socklen_t length = sizeof(sockaddr_in);
    if (family == AF_INET6) {
      set(fd, IPPROTO_IPV6, IPV6_V6ONLY, int(1));
      set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS);
      length = sizeof(sockaddr_in6);
      reinterpret_cast<sockaddr_in6&>(here).sin6_port = htons(PORT);
    } else {
      set(fd, IPPROTO_IP, IP_MULTICAST_TTL, HOPS);
      reinterpret_cast<sockaddr_in&>(here).sin_port = htons(PORT);
    }
    here.ss_family = sa_family_t(family);
    KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&here), length));
    for (uint index : interfaces) join(fd, family, index);
    sockets.add(kj::heap<Socket>(all.port, family, own.release()));
  }

  static ip_mreqn groupV4(uint index) {
    ip_mreqn group{};
    inet_pton(AF_INET, "224.0.0.251", &group.imr_multiaddr);
    group.imr_ifindex = int(index);
    return group;
  }

  static ipv6_mreq groupV6(uint index) {
    ipv6_mreq group{};
    inet_pton(AF_INET6, "ff02::fb", &group.ipv6mr_multiaddr);
    group.ipv6mr_interface = index;
    return group;
  }

  static void join(int fd, int family, uint index) {
    if (family == AF_INET)
      set(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, groupV4(index));
    else
      set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, groupV6(index));
  }

  void send() {
    auto query = writeQuestion(question);
    for (auto& socket : sockets)
      for (uint index : interfaces) {
        sockaddr_storage group{};
        socklen_t length = sizeof(sockaddr_in);
        group.ss_family = sa_family_t(socket->family);
        if (socket->family == AF_INET) {
          set(socket->fd, IPPROTO_IP, IP_MULTICAST_IF, groupV4(index));
          auto& to = reinterpret_cast<sockaddr_in&>(group);
          to.sin_addr = groupV4(index).imr_multiaddr;
          to.sin_port = htons(PORT);
        } else {
          set(socket->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, int(index));
          auto& to = reinterpret_cast<sockaddr_in6&>(group);
          length = sizeof(sockaddr_in6);
          to.sin6_addr = groupV6(index).ipv6mr_multiaddr;
          to.sin6_port = htons(PORT);
          to.sin6_scope_id = index;
        }
        if (sendto(socket->fd, query.begin(), query.size(), MSG_NOSIGNAL,
                   reinterpret_cast<sockaddr*>(&group), length) < 0)
          log::debug(kj::str("multicast DNS: ", strerror(errno)));
      }
  }

  kj::Promise<void> receive(Socket& socket) {
    kj::byte buffer[9000];  // RFC 6762, 17
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      ssize_t size = recvfrom(socket.fd, buffer, sizeof buffer, 0,
                              reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) break;
      KJ_IF_MAYBE (source, Endpoint::from(reinterpret_cast<sockaddr*>(&from))) {
        // Whoever is elsewhere has nothing to say about this link (RFC 6762, 11).
        if (source->port != PORT || source->address.scope() == Scope::INTERNET) continue;
        KJ_IF_MAYBE (answer, multicastAnswer(question, kj::arrayPtr(buffer, size_t(size))))
          fulfiller->fulfill(Resolved{kj::mv(*answer), nullptr});
      }
    }
    return socket.observer.whenBecomesReadable().then(
        [this, &socket]() { return receive(socket); });
  }
};

kj::Promise<Resolved> MulticastNames::resolve(const Lookup& lookup) {
  if (underWay >= MOST_AT_ONCE)
    return servfail(ExtendedError::OTHER, kj::str("too many questions wait for answers"));
  auto asking = kj::heap<Asking>(*this, lookup.question);
  auto answer = asking->run();
  return answer.attach(kj::mv(asking));
}

}  // namespace portreeve::resolver
