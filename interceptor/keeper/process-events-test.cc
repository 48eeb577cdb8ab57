// SPDX-License-Identifier: GPL-3.0-or-later
// With a real socket where the kernel tells process events: run by root in the first namespaces.
#include "interceptor/keeper/process-events.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace portreeve::keeper {
namespace {

constexpr uint32_t EXECUTED = 2, ENDED = 0x80000000;
constexpr size_t WHAT = 36, PROCESS = 52;  // in a datagram
constexpr int PATIENCE_MS = 5000;

struct Event {
  uint32_t what;
  pid_t thread, process;
};

std::vector<Event> eventsOf(int socket, pid_t process) {
  // Until its end; the events of all others are passed over.
  std::vector<Event> events;
  while (events.empty() || events.back().what != ENDED) {
    pollfd waited{socket, POLLIN, 0};
    REQUIRE(poll(&waited, 1, PATIENCE_MS) == 1);
    char datagram[256];
    ssize_t got = recv(socket, datagram, sizeof datagram, 0);
    REQUIRE(got >= ssize_t(PROCESS + 8));
    Event event;
    memcpy(&event.what, datagram + WHAT, 4);
    memcpy(&event.thread, datagram + PROCESS, 4);
    memcpy(&event.process, datagram + PROCESS + 4, 4);
    CHECK((event.what == EXECUTED || event.what == ENDED || event.what == 0));
    if (event.process == process && event.what != 0) events.push_back(event);
  }
  return events;
}

void* nothing(void*) {
  return nullptr;
}

TEST_CASE("the kernel tells of a program's start and of its end, and of no fork and no thread") {
  ProcessEvents events;
  KJ_IF_MAYBE (socket, events.socket()) {
    CHECK(events.whyNot() == "");
    pid_t child;
    KJ_SYSCALL(child = fork());
    if (child == 0) {
      pthread_t thread;
      if (pthread_create(&thread, nullptr, nothing, nullptr) == 0) pthread_join(thread, nullptr);
      execl("/bin/sh", "sh", "-c", ":", nullptr);
      _exit(98);
    }
    int status;
    KJ_SYSCALL(waitpid(child, &status, 0));
    auto told = eventsOf(*socket, child);
    REQUIRE(told.size() == 2);
    CHECK(told[0].what == EXECUTED);
    CHECK(told[1].what == ENDED);
    CHECK(told[1].thread == child);
  } else {
    MESSAGE("not told here: ", events.whyNot().cStr());
    CHECK(events.whyNot().size() > 0);
  }
}

TEST_CASE("in a network namespace that is not the first it is said that the kernel tells nothing") {
  if (geteuid() != 0) return;
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child == 0) {
    if (unshare(CLONE_NEWNET) != 0) _exit(98);
    ProcessEvents events;
    bool said = events.socket() == nullptr &&
                strstr(events.whyNot().cStr(), "first network namespace") != nullptr;
    _exit(said ? 0 : 1);
  }
  int status;
  KJ_SYSCALL(waitpid(child, &status, 0));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the filter of the socket stays on") {
  ProcessEvents events;
  KJ_IF_MAYBE (socket, events.socket()) {
    CHECK(setsockopt(*socket, SOL_SOCKET, SO_DETACH_FILTER, nullptr, 0) < 0);
  }
}

}  // namespace
}  // namespace portreeve::keeper
