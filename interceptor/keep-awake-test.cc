// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keep-awake.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <unistd.h>

namespace portreeve::interceptor {
namespace {

struct Cores {
  // A pipe in place of the kernel's device, and a clock that the test moves.
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::AutoCloseFd reader, writer;

  Cores() {
    int ends[2];
    KJ_SYSCALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    reader = kj::AutoCloseFd(ends[0]);
    writer = kj::AutoCloseFd(ends[1]);
  }

  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    scope.poll();
  }

  kj::Vector<int32_t> asked() {
    kj::Vector<int32_t> values;
    int32_t value;
    while (read(reader, &value, sizeof value) == sizeof value) values.add(value);
    return values;
  }
};

constexpr auto STEP = 400 * kj::MICROSECONDS;  // shorter than AFTER_LAST

// As a busy machine does; how long of it the cores were kept awake.
kj::Duration keepBusy(Cores& cores, KeepAwake& awake, kj::Duration time) {
  auto before = awake.held();
  for (auto end = cores.timer.now() + time; cores.timer.now() < end; cores.pass(STEP))
    awake.packetsCame();
  cores.pass(1 * kj::MILLISECONDS);
  cores.pass(1 * kj::MILLISECONDS);
  return awake.held() - before;
}

TEST_CASE("cores stay awake from a packet until a moment after the last, by one request") {
  Cores cores;
  KeepAwake awake(kj::mv(cores.writer), cores.timer);
  for (unsigned i = 0; i < 5; i++) {
    awake.packetsCame();
    cores.pass(STEP);
  }
  auto whileBusy = cores.asked();
  REQUIRE(whileBusy.size() == 1);
  CHECK(whileBusy[0] == 0);

  cores.pass(1 * kj::MILLISECONDS);
  cores.pass(1 * kj::MILLISECONDS);
  auto afterwards = cores.asked();
  REQUIRE(afterwards.size() == 1);
  CHECK(afterwards[0] == -1);
  CHECK(awake.held() >= 2 * kj::MILLISECONDS);
  CHECK(awake.held() <= 4 * kj::MILLISECONDS);
}

TEST_CASE("a machine that connects without end keeps its cores awake a tenth of the time") {
  Cores cores;
  KeepAwake awake(kj::mv(cores.writer), cores.timer);
  auto burst = keepBusy(cores, awake, 2 * kj::SECONDS);
  CHECK(burst >= 1900 * kj::MILLISECONDS);
  cores.asked();
  auto later = keepBusy(cores, awake, 20 * kj::SECONDS);
  CHECK(later >= 1 * kj::SECONDS);
  CHECK(later <= 2500 * kj::MILLISECONDS);
}

TEST_CASE("after a rest a burst is served in full again, and never more than one") {
  Cores cores;
  KeepAwake awake(kj::mv(cores.writer), cores.timer);
  keepBusy(cores, awake, 4 * kj::SECONDS);
  cores.pass(3600 * kj::SECONDS);
  cores.asked();
  auto held = keepBusy(cores, awake, 4 * kj::SECONDS);
  CHECK(held >= 1900 * kj::MILLISECONDS);
  CHECK(held <= 2600 * kj::MILLISECONDS);
}

TEST_CASE("without the kernel's device nothing is asked and nothing fails") {
  Cores cores;
  KeepAwake awake(nullptr, cores.timer);
  awake.packetsCame();
  cores.pass(1 * kj::SECONDS);
  CHECK(cores.asked().empty());
  CHECK(awake.held() == 0 * kj::NANOSECONDS);
}

TEST_CASE("a device that refuses is given up") {
  Cores cores;
  cores.reader = nullptr;
  int full = 0;
  KJ_SYSCALL(full = open("/dev/full", O_WRONLY | O_CLOEXEC));
  KeepAwake awake(kj::AutoCloseFd(full), cores.timer);
  awake.packetsCame();
  awake.packetsCame();
  cores.pass(1 * kj::SECONDS);
  CHECK(awake.held() == 0 * kj::NANOSECONDS);
}

}  // namespace
}  // namespace portreeve::interceptor
