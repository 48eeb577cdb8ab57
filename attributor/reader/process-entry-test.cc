// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/process-entry.h"

#include "attributor/reader/numbered-entries.h"
#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>

namespace portreeve::reader {
namespace {

constexpr kj::StringPtr NUMBERS =
    " S 4242 100 100 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11 12 13 14 15 16 17 18 19 20 "
    "21 22 0 0 17 1 0 0 0 0 0 30 31 32 140720000 34 35 36 0\n"_kj;

uint64_t inodeAt(const char* path) {
  struct stat file;
  KJ_SYSCALL(stat(path, &file));
  return file.st_ino;
}

kj::Maybe<StatFields> scan(kj::StringPtr text) {
  return scanStat(kj::arrayPtr(text.begin(), text.size()));
}

TEST_CASE("parent and start are found whatever the process calls itself") {
  for (kj::StringPtr name :
       {"cat"_kj, ""_kj, ") S 1 2 3"_kj, "((("_kj, ")))"_kj, "a b\n(c) R 1"_kj}) {
    auto fields = KJ_ASSERT_NONNULL(scan(kj::str("17 (", name, ")", NUMBERS)));
    CHECK(fields.parent == 4242);
    CHECK(fields.startTicks == 987654);
    CHECK(fields.argStart == 140720000);
  }
}

TEST_CASE("a stat that is cut short or senseless is none") {
  auto whole = kj::str("17 (cat)", NUMBERS);
  CHECK(scan(whole) != nullptr);
  size_t needed = whole.size() - kj::StringPtr(" 34 35 36 0\n").size();
  for (size_t size = 0; size <= needed; size++) CHECK(scanStat(whole.slice(0, size)) == nullptr);
  CHECK(scan("17 (cat") == nullptr);
  CHECK(scan("17 (cat)") == nullptr);
  CHECK(scan("17 (cat) S x y z") == nullptr);
  CHECK(scan("17 (cat) S -") == nullptr);
}

TEST_CASE("a process's own entries agree with what it is") {
  auto proc = openProc();
  ProcessEntry self(proc, getpid());
  REQUIRE(self.opened());
  CHECK(KJ_ASSERT_NONNULL(self.stat()).parent == getppid());
  struct stat program;
  REQUIRE(stat("/proc/self/exe", &program) == 0);
  CHECK(self.file().device == program.st_dev);
  CHECK(self.file().inode == program.st_ino);
  CHECK(KJ_ASSERT_NONNULL(effectiveUid(proc, getpid())) == geteuid());
  CHECK(self.effectiveIds().uid == geteuid());
  CHECK(self.effectiveIds().gid == getegid());
  CHECK(self.namespaceNumber("ns/mnt") == inodeAt("/proc/self/ns/mnt"));
  CHECK(self.namespaceNumber("ns/nothing") == 0);
  CHECK(self.namespaceNumber("exe") == 0);
}

TEST_CASE("whose a process is can be told of one that is not dumpable, too") {
  if (geteuid() != 0) return;
  auto proc = openProc();
  TestChild child([]() {
    if (setgid(65533) != 0 || setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) _exit(95);
  });
  struct stat status;
  REQUIRE(stat(kj::str("/proc/", child.pid, "/status").cStr(), &status) == 0);
  CHECK(status.st_uid == 0);
  CHECK(KJ_ASSERT_NONNULL(effectiveUid(proc, child.pid)) == 65534);
  ProcessEntry entry(proc, child.pid);
  CHECK(entry.effectiveIds().uid == 65534);
  CHECK(entry.effectiveIds().gid == 65533);
}

TEST_CASE("the number in a namespace's link is taken whole or not at all") {
  auto number = [](kj::StringPtr text) { return namespaceInLink(text.asArray()); };
  CHECK(number("mnt:[4026531840]") == 4026531840);
  CHECK(number("user:[7]") == 7);
  for (kj::StringPtr text : {""_kj, "mnt:"_kj, "mnt:["_kj, "mnt:[]"_kj, "mnt:[1"_kj, "mnt:[1]x"_kj,
                             "mnt:1]"_kj, "[1]"_kj, "mnt:[-1]"_kj, "mnt:[99999999999999999999]"_kj})
    CHECK(number(text) == 0);
}

TEST_CASE("a link to a socket gives its inode, any other link none") {
  auto proc = openProc();
  auto socket = makeSocket();
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  kj::AutoCloseFd out(pipes[0]), in(pipes[1]);
  CHECK(socketAt(proc, NumberName("self/fd/", socket).cStr()) == inodeOf(socket));
  CHECK(socketAt(proc, NumberName("self/fd/", out).cStr()) == 0);
  CHECK(socketAt(proc, NumberName("self/fd/", proc).cStr()) == 0);
  CHECK(socketAt(proc, "self/fd/100000") == 0);
}

TEST_CASE("what is held of a process that has gone reads nothing") {
  auto proc = openProc();
  TestChild child([]() {});
  ProcessEntry entry(proc, child.pid);
  REQUIRE(entry.stat() != nullptr);
  pid_t pid = child.pid;
  child.end();
  char text[64];
  CHECK(entry.stat() == nullptr);
  CHECK(entry.read("cmdline", text) == 0);
  CHECK(entry.readLink("exe", text) == 0);
  CHECK(entry.file().inode == 0);
  CHECK_FALSE(ProcessEntry(proc, pid).opened());
  CHECK(effectiveUid(proc, pid) == nullptr);
}

TEST_CASE("a link that does not fit is none") {
  auto proc = openProc();
  ProcessEntry self(proc, getpid());
  char room[4096];
  size_t size = self.readLink("exe", room);
  REQUIRE(size > 0);
  CHECK(self.readLink("exe", kj::arrayPtr(room, size)) == 0);
  CHECK(self.readLink("exe", kj::arrayPtr(room, size + 1)) == size);
}

}  // namespace
}  // namespace portreeve::reader
