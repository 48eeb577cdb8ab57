// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/owner-search.h"

#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace portreeve::reader {
namespace {

uint64_t fakeNow = 0;
uint64_t fakeStep = 0;
uint64_t fakeClock() {
  return fakeNow += fakeStep;
}

struct Searching {
  kj::AutoCloseFd proc = openProc();
  OwnerSearch search{proc, fakeClock};

  Searching() {
    fakeNow = 1'000'000 * MILLISECOND;
    fakeStep = 0;
  }

  Owner find(uint64_t inode, pid_t hintPid = 0, int hintFd = -1, pid_t newerThan = 0,
             uid_t uid = getuid()) {
    OwnerQuestion question;
    question.inode = inode;
    question.hintPid = hintPid;
    question.hintFd = hintFd;
    question.newerThan = newerThan;
    question.uid = uid;
    return search.find(question);
  }
};

struct Told {
  // Numbers that a child hands back, by memory shared with it.
  uint64_t* numbers;
  explicit Told(size_t count)
      : numbers(
            static_cast<uint64_t*>(mmap(nullptr, count * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    KJ_ASSERT(numbers != MAP_FAILED);
  }
  uint64_t operator[](size_t i) const { return numbers[i]; }
};

int openSocket() {
  return socket(AF_INET, SOCK_DGRAM, 0);
}

TEST_CASE("the hint is taken at its word when the socket is there") {
  Searching s;
  Told told(2);
  TestChild child([&]() { told.numbers[1] = inodeOf(told.numbers[0] = openSocket()); });
  for (int i = 0; i < 2; i++) {  // unknown, then known
    auto owner = s.find(told[1], child.pid, int(told[0]));
    CHECK(owner.error == 0);
    CHECK(owner.pid == child.pid);
    CHECK(owner.descriptor == int(told[0]));
    CHECK(owner.step == Step::HINT);
    CHECK(owner.newestPid == 0);
    CHECK(owner.stat == KJ_ASSERT_NONNULL(ProcessEntry(s.proc, child.pid).stat()));
    CHECK(owner.file.inode == ProcessEntry(s.proc, child.pid).file().inode);
  }
}

TEST_CASE("a hint whose descriptor is another one still tells the process") {
  Searching s;
  Told told(200);
  TestChild child([&]() {
    for (int i = 0; i < 200; i++) told.numbers[i] = inodeOf(openSocket());
  });
  for (size_t i : {199, 190, 170}) CHECK(s.find(told[i], child.pid, 5).step == Step::HINT);
  CHECK(s.find(told[199], child.pid, -1).pid == child.pid);
}

TEST_CASE("the socket of a process just born is found without a hint") {
  Searching s;
  pid_t before = s.find(1).newestPid;
  CHECK(before > 0);
  Told told(1);
  TestChild child([&]() { told.numbers[0] = inodeOf(openSocket()); });
  TestChild later([]() {});
  auto owner = s.find(told[0], 0, -1, before);
  CHECK(owner.pid == child.pid);
  CHECK(owner.step == Step::NEWER);
  CHECK(owner.newestPid >= later.pid);
}

TEST_CASE("an old process is found by the socket's user, and by nobody's as well") {
  Told told(1);
  TestChild child([&]() { told.numbers[0] = inodeOf(openSocket()); });
  auto agedFind = [&](uid_t uid) {
    Searching s;
    pid_t newest = 0;
    for (int i = 0; i < 3; i++) {
      // Looks at this process alone, and makes those that are there now older.
      auto socket = makeSocket();
      newest = s.find(inodeOf(socket), getpid()).newestPid;
      fakeNow += 5000 * MILLISECOND;
    }
    return s.find(told[0], 0, -1, newest, uid);
  };
  auto owner = agedFind(getuid());
  CHECK(owner.pid == child.pid);
  CHECK(owner.step == Step::SAME_UID);
  owner = agedFind(getuid() + 12345);
  CHECK(owner.pid == child.pid);
  CHECK(owner.step == Step::ALL);
  CHECK(agedFind(ANY_UID).pid == child.pid);
}

TEST_CASE("what an earlier look passed is found by one link") {
  Searching s;
  Told told(300);
  TestChild child([&]() {
    for (int i = 0; i < 300; i++) told.numbers[i] = inodeOf(openSocket());
  });
  CHECK(s.find(told[0]).error == 0);
  for (int i = 1; i < 300; i++) {
    auto owner = s.find(told[i]);
    CHECK(owner.pid == child.pid);
    CHECK(owner.step == Step::SEEN_BEFORE);
    CHECK(owner.newestPid == 0);
  }
}

TEST_CASE("a memory that is out of date misleads nobody") {
  Searching s;
  Told told(1);
  auto socket = makeSocket();
  TestChild heir([&]() {});
  TestChild child([&]() { told.numbers[0] = inodeOf(openSocket()); });
  auto first = s.find(told[0]);
  CHECK(first.pid == child.pid);
  pid_t gone = child.pid;
  child.end();
  CHECK(s.find(told[0], gone, first.descriptor).error == ENOENT);
  CHECK(s.find(inodeOf(socket), gone, first.descriptor).error == 0);
}

TEST_CASE("a socket that several hold is the newest's, and said to be shared") {
  Searching s;
  auto socket = makeSocket();
  TestChild child([]() {});
  auto owner = s.find(inodeOf(socket));
  CHECK(owner.pid == child.pid);
  CHECK(owner.shared);
  CHECK(s.find(inodeOf(socket), child.pid, socket).shared);
  CHECK(s.find(inodeOf(socket), getpid(), socket).pid == getpid());
  Told told(1);
  TestChild alone([&]() { told.numbers[0] = inodeOf(openSocket()); });
  CHECK_FALSE(s.find(told[0]).shared);
}

TEST_CASE("a socket that nobody holds is nobody's, and the newest pid is told all the same") {
  Searching s;
  uint64_t inode = inodeOf(makeSocket());
  auto owner = s.find(inode, getpid(), 3);
  CHECK(owner.error == ENOENT);
  CHECK(owner.pid == 0);
  CHECK(owner.descriptor == -1);
  CHECK(owner.newestPid > 0);
}

TEST_CASE("a search ends when its time is up") {
  Searching s;
  uint64_t inode = inodeOf(makeSocket());
  fakeStep = 10 * MILLISECOND;
  CHECK(s.find(inode).error == ETIME);
}

TEST_CASE("a process with very many descriptors is looked at last, but looked at") {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  rlim_t before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= 6000) {
    Searching s;
    Told told(2);
    TestChild child([&]() {
      told.numbers[0] = inodeOf(openSocket());
      for (int i = 0; i < 5500; i++)
        if (dup(0) < 0) _exit(97);
      told.numbers[1] = inodeOf(openSocket());
    });
    CHECK(s.find(told[1], child.pid, 0).pid == child.pid);
    CHECK(s.find(told[0], child.pid, -1).pid == child.pid);
    CHECK(Searching().find(told[0]).pid == child.pid);
  }
  files.rlim_cur = before;
  setrlimit(RLIMIT_NOFILE, &files);
}

TEST_CASE("more holders than are kept open are still found") {
  Searching s;
  Told told(RecentHolders::MOST + 8);
  kj::Vector<kj::Own<TestChild>> children;
  for (size_t i = 0; i < RecentHolders::MOST + 8; i++)
    children.add(kj::heap<TestChild>([&]() { told.numbers[i] = inodeOf(openSocket()); }));
  for (int round = 0; round < 2; round++)
    for (size_t i = 0; i < children.size(); i++) CHECK(s.find(told[i]).pid == children[i]->pid);
}

TEST_CASE("a listener that was given to a child under another number is the child's") {
  Searching s;
  auto listener = makeSocket();
  OwnerQuestion question;
  question.inode = inodeOf(listener);
  question.hintPid = getpid();
  question.hintFd = listener;
  question.uid = getuid();
  question.listens = true;
  CHECK(s.search.find(question).pid == getpid());
  CHECK_FALSE(s.search.find(question).shared);

  TestChild forked([]() {});
  CHECK(s.search.find(question).pid == getpid());
  CHECK(s.search.find(question).shared);

  TestChild activated([&]() {
    int given = fcntl(listener, F_DUPFD, 100);
    dup2(given, 3);
    close(given);
    if (listener != 3) close(listener);
  });
  auto owner = s.search.find(question);
  CHECK(owner.pid == activated.pid);
  CHECK(owner.descriptor == 3);
  CHECK(owner.shared);
  question.listens = false;
  CHECK(s.search.find(question).pid == getpid());

  activated.end();
  question.listens = true;
  question.hintPid = owner.pid;
  question.hintFd = owner.descriptor;
  CHECK(s.search.find(question).error == 0);
}

}  // namespace
}  // namespace portreeve::reader
