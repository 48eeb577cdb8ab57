// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-watch.h"

#include "attributor/fake-noted-owners.h"
#include "attributor/fake-reader.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include <vector>

namespace portreeve::attributor {
namespace {

using Kind = FakeReader::Kind;

constexpr uint32_t EXECUTED = 0x00000002, ENDED = 0x80000000;

struct Watched {
  FakeReader reader;
  FakeNotedOwners noted;
  FakeExaminer examiner;
  ProcessCache processes{reader.link, reader.timer, noted, examiner};
  ProcessWatch watch{reader.io.unixEventPort, reader.timer, processes};
  kj::AutoCloseFd kernel;
  std::vector<Holder> told;
  FakeProcess curl;

  Watched() {
    reader.connect();
    int fds[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
    kernel = kj::AutoCloseFd(fds[0]);
    watch.use(kj::AutoCloseFd(fds[1]));
  }

  void tell(uint32_t what, int32_t pid) {
    struct {
      alignas(8) nlmsghdr header;
      char rest[sizeof(cn_msg) + sizeof(proc_event)];
    } datagram{};
    proc_event event{};
    memcpy(&event.what, &what, sizeof what);
    event.event_data.exec.process_pid = event.event_data.exec.process_tgid = pid;
    cn_msg message{};
    message.id = {CN_IDX_PROC, CN_VAL_PROC};
    message.len = sizeof event;
    datagram.header.nlmsg_len = uint32_t(NLMSG_HDRLEN + sizeof datagram.rest);
    memcpy(datagram.rest, &message, sizeof message);
    memcpy(datagram.rest + sizeof message, &event, sizeof event);
    KJ_SYSCALL(send(kernel, &datagram, datagram.header.nlmsg_len, 0));
  }

  void find(uint64_t cookie) {
    DiagSocket socket;
    socket.cookie = cookie;
    socket.inode = 70 + cookie;
    socket.uid = 1000;
    processes.find(socket, Urgency::OUTGOING,
                   [this](const Holder& holder) { told.push_back(holder); });
  }
  bool asks(Kind kind) {
    auto asked = reader.next();
    KJ_IF_MAYBE (question, asked) return question->kind == kind;
    return false;
  }
  void learn() {
    find(1);
    REQUIRE(asks(Kind::OWNER));
    reader.answer([&](proto::reader::Answer::Builder a) { curl.owner(a); });
    REQUIRE(asks(Kind::DESCRIBE));
    reader.answer([&](proto::reader::Answer::Builder a) { curl.describe(a); });
    REQUIRE(told.size() == 1);
  }
};

TEST_CASE("a socket's holder is not believed once the kernel tells that it runs another program") {
  Watched w;
  w.learn();
  w.find(1);
  REQUIRE(w.told.size() == 2);
  CHECK(w.told[1].remembered);
  w.tell(EXECUTED, w.curl.pid);
  w.watch.take();
  w.find(1);
  CHECK(w.told.size() == 2);
  CHECK(w.asks(Kind::OWNER));
}

TEST_CASE("another process's program changes nothing") {
  Watched w;
  w.learn();
  w.tell(EXECUTED, w.curl.pid + 1);
  w.watch.take();
  w.find(1);
  CHECK(w.told.size() == 2);
  CHECK(w.watch.counters().events == 1);
}

TEST_CASE("what was told is taken without a packet, too") {
  Watched w;
  w.learn();
  w.tell(EXECUTED, w.curl.pid);
  w.reader.advance(2 * ProcessWatch::PAUSE);
  CHECK(w.watch.counters().events == 1);
  w.tell(ENDED, w.curl.pid);
  w.reader.advance(2 * ProcessWatch::PAUSE);
  CHECK(w.watch.counters().events == 2);
}

TEST_CASE("a process that has ended is told of its last packets, and then forgotten") {
  Watched w;
  w.learn();
  w.tell(ENDED, w.curl.pid);
  w.watch.take();
  CHECK(w.processes.processes() == 1);
  w.noted.note(2, w.curl);
  w.find(2);
  REQUIRE(w.told.size() == 2);
  CHECK(w.told[1].facts->path == "/usr/bin/curl");
  w.reader.advance(ProcessCache::FORGOTTEN_AFTER + 1 * kj::SECONDS);
  w.watch.take();
  CHECK(w.processes.processes() == 0);
}

TEST_CASE("a number that was given to another process is not forgotten with the first") {
  Watched w;
  w.learn();
  w.tell(ENDED, w.curl.pid);
  w.watch.take();
  w.curl.startTicks++;
  w.find(2);
  REQUIRE(w.asks(Kind::OWNER));
  w.reader.answer([&](proto::reader::Answer::Builder a) { w.curl.owner(a); });
  REQUIRE(w.asks(Kind::DESCRIBE));
  w.reader.answer([&](proto::reader::Answer::Builder a) { w.curl.describe(a); });
  w.reader.advance(ProcessCache::FORGOTTEN_AFTER + 1 * kj::SECONDS);
  w.watch.take();
  CHECK(w.processes.processes() == 1);
}

TEST_CASE("after events that there was no room for nothing is told without a look") {
  Watched w;
  w.learn();
  w.reader.advance(10 * kj::MILLISECONDS);
  w.processes.missedEvents();
  w.find(1);
  CHECK(w.told.size() == 1);
  CHECK(w.asks(Kind::OWNER));
}

TEST_CASE("what is no event is passed over") {
  Watched w;
  KJ_SYSCALL(send(w.kernel, "x", 1, 0));
  w.tell(ENDED, 5);
  w.watch.take();
  CHECK(w.watch.counters().events == 1);
}

}  // namespace
}  // namespace portreeve::attributor
