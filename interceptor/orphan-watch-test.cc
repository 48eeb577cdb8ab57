// SPDX-License-Identifier: GPL-3.0-or-later
// The second half is against the kernel, in a network namespace of its own.
#include "interceptor/orphan-watch.h"

#include "interceptor/own-namespace.h"
#include "interceptor/queue-statistics.h"
#include "interceptor/queue.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::interceptor {
namespace {

TEST_CASE("what waits in the kernel for long and is held by nobody is an orphan") {
  OrphanWatch watch;
  for (unsigned i = 1; i < OrphanWatch::LOOKS; i++) CHECK_FALSE(watch.look(true, 5, 4));
  SUBCASE("after enough looks") {
    CHECK(watch.look(true, 5, 4));
    CHECK_FALSE(watch.look(true, 5, 4));
  }
  SUBCASE("not when all of it was held once") {
    CHECK_FALSE(watch.look(true, 5, 5));
    CHECK_FALSE(watch.look(true, 5, 4));
  }
  SUBCASE("not under a flood, where something is always unread") {
    CHECK_FALSE(watch.look(false, 4096, 4));
    CHECK_FALSE(watch.look(true, 5, 4));
  }
}

void raiseLoopback() {
  kj::AutoCloseFd any(socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  KJ_SYSCALL(ioctl(any, SIOCSIFFLAGS, &request));
}

void sendDatagram() {
  kj::AutoCloseFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(7000);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sendto(socket, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
}

uint64_t waitingIn(uint16_t queue) {
  QueueStatistics statistics;  // /proc/net is that of the thread that opens it
  for (auto& one : statistics.read())
    if (one.queue == queue) return one.waiting;
  return 0;
}

TEST_CASE("a queue that is renewed has forgotten its orphans and goes on") {
  OwnNamespace own;
  if (!own.entered) return;
  raiseLoopback();
  REQUIRE(system("iptables -t mangle -A OUTPUT -p udp --dport 7000 -j NFQUEUE --queue-num 17040") ==
          0);
  Queue queue(17040, 16);
  REQUIRE(queue.bound());
  queue.start();
  uint taken = 0;
  uint32_t last = 0;
  Queue::OnPacket take = [&](const PacketFacts& facts, kj::ArrayPtr<const kj::byte>) {
    taken++;
    last = facts.kernelId;
  };
  for (int i = 0; i < 20; i++) sendDatagram();
  while (queue.read(0, take)) {
  }
  CHECK(taken == 16);
  CHECK(waitingIn(17040) == 16);
  sendDatagram();
  queue.read(0, take);
  CHECK(taken == 16);  // full: nothing comes up any more

  CHECK(queue.renew());
  CHECK(waitingIn(17040) == 0);
  sendDatagram();
  queue.read(0, take);
  CHECK(taken == 17);
  CHECK(last == 1);  // numbered anew: what was held before must be forgotten
  queue.answer(last, {1, 0});
  queue.flush();
  CHECK(waitingIn(17040) == 0);
  CHECK(queue.kernelErrors() == 0);
}

}  // namespace
}  // namespace portreeve::interceptor
