// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/ub-event-base.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <kj/io.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

struct Watcher {
  // One event as libunbound would hold it.
  ub_event* event;
  int fired = 0;
  short last = 0;
  kj::Function<void(Watcher&)> act = [](Watcher&) {};

  Watcher(UbEventBase& base, int fd, short bits)
      : event(base.handle()->vmt->new_event(base.handle(), fd, bits, &Watcher::onEvent, this)) {}
  ~Watcher() {
    if (event != nullptr) event->vmt->free(event);
  }
  KJ_DISALLOW_COPY(Watcher);

  void add(kj::Maybe<int> milliseconds = nullptr) {
    KJ_IF_MAYBE (ms, milliseconds) {
      timeval limit{*ms / 1000, suseconds_t(*ms % 1000) * 1000};
      CHECK(event->vmt->add(event, &limit) == 0);
    } else {
      CHECK(event->vmt->add(event, nullptr) == 0);
    }
  }

  static void onEvent(int, short bits, void* self) {
    auto& watcher = *static_cast<Watcher*>(self);
    watcher.fired++;
    watcher.last = bits;
    watcher.act(watcher);
  }
};

struct Fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Timer& timer = io.provider->getTimer();
  UbEventBase base{io.unixEventPort, timer};
  kj::Promise<void> running = base.run().eagerlyEvaluate(nullptr);
  kj::AutoCloseFd reader, writer;

  Fixture() {
    int fds[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds));
    reader = kj::AutoCloseFd(fds[0]);
    writer = kj::AutoCloseFd(fds[1]);
  }

  void send() { KJ_SYSCALL(write(writer, "x", 1)); }
  void receive() {
    char c;
    KJ_SYSCALL(read(reader, &c, 1));
  }
  void settle() {
    // Until nothing is due any more: each round of the base goes through the timer.
    for (int i = 0; i < 10; i++) timer.afterDelay(0 * kj::NANOSECONDS).wait(io.waitScope);
  }
};

}  // namespace

TEST_CASE("a persistent event fires as long as there is something to read") {
  Fixture f;
  Watcher watcher(f.base, f.reader, UB_EV_READ | UB_EV_PERSIST);
  watcher.act = [&](Watcher&) { f.receive(); };
  watcher.add();
  for (int i = 0; i < 3; i++) f.send();
  f.settle();
  CHECK(watcher.fired == 3);
  CHECK(watcher.last == UB_EV_READ);
  f.send();
  f.settle();
  CHECK(watcher.fired == 4);
}

TEST_CASE("an event that does not persist fires once until it is added again") {
  Fixture f;
  Watcher watcher(f.base, f.reader, UB_EV_READ);
  watcher.add();
  f.send();
  f.settle();
  CHECK(watcher.fired == 1);
  watcher.add();
  f.settle();
  CHECK(watcher.fired == 2);
}

TEST_CASE("an event may free itself, or another one that is due, in its callback") {
  Fixture f;
  Watcher first(f.base, f.reader, UB_EV_READ | UB_EV_PERSIST);
  Watcher second(f.base, f.writer, UB_EV_WRITE | UB_EV_PERSIST);
  auto freeBoth = [&](Watcher&) {
    for (auto* watcher : {&first, &second}) {
      watcher->event->vmt->free(watcher->event);
      watcher->event = nullptr;
    }
  };
  first.act = freeBoth;
  second.act = freeBoth;
  f.send();
  first.add();
  second.add();
  f.settle();
  CHECK(first.fired + second.fired == 1);
}

TEST_CASE("a deleted event is silent") {
  Fixture f;
  Watcher watcher(f.base, f.reader, UB_EV_READ | UB_EV_PERSIST);
  watcher.add(0);
  f.send();
  CHECK(watcher.event->vmt->del(watcher.event) == 0);
  f.settle();
  CHECK(watcher.fired == 0);
}

TEST_CASE("a timer fires once; an event that waits in vain is told of the time-out") {
  Fixture f;
  Watcher timer(f.base, -1, UB_EV_TIMEOUT), patient(f.base, f.reader, UB_EV_READ | UB_EV_TIMEOUT);
  timer.add(0);
  patient.add(0);
  f.settle();
  CHECK(timer.fired == 1);
  CHECK(patient.fired == 1);
  CHECK(patient.last == UB_EV_TIMEOUT);
}

TEST_CASE("a descriptor that cannot be watched is an error for libunbound, not an exception") {
  Fixture f;
  Watcher watcher(f.base, 9999, UB_EV_READ);
  CHECK(watcher.event->vmt->add(watcher.event, nullptr) == -1);
}

}  // namespace portreeve::resolver
