// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/process-look.h"

#include "attributor/reader/test-child.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <stdio.h>
#include <string.h>

namespace portreeve::reader {
namespace {

struct Looking {
  kj::AutoCloseFd proc = openProc();
  SlowLane slowLane{1};
  ProcessLook processes{proc, slowLane};
  capnp::MallocMessageBuilder message;
  proto::reader::Answer::Builder answer = message.initRoot<proto::reader::Answer>();
};

kj::StringPtr endsWith(capnp::Data::Reader data, kj::StringPtr end) {
  auto text = data.asChars();
  if (text.size() < end.size()) return "too short";
  return text.slice(text.size() - end.size(), text.size()) == end.asArray() ? "" : "different";
}

kj::String text(capnp::Data::Reader data) {
  return kj::heapString(data.asChars());
}

TEST_CASE("a program is described with its file, words, user and parents") {
  Looking l;
  TestChild child(running("/bin/cat", "-"));
  REQUIRE(l.processes.look(child.pid, l.answer) == 0);
  struct stat file;
  REQUIRE(stat("/bin/cat", &file) == 0);
  CHECK(l.answer.getPid() == child.pid);
  CHECK(l.answer.getFileDevice() == file.st_dev);
  CHECK(l.answer.getFileInode() == file.st_ino);
  CHECK(l.answer.getFileLinks() == file.st_nlink);
  CHECK(l.answer.getHostDevice() == file.st_dev);
  CHECK(l.answer.getHostInode() == file.st_ino);
  CHECK(endsWith(l.answer.getExe(), "/bin/cat") == "");
  CHECK(l.answer.getCommandLine().asChars() == kj::StringPtr("/bin/cat\0-\0", 11).asArray());
  CHECK(text(l.answer.getStat()).startsWith(kj::str(child.pid, " (cat) ")));
  CHECK(l.answer.getUid() == geteuid());
  CHECK(l.answer.getGid() == getegid());
  CHECK(l.answer.getCgroup().size() > 0);
  CHECK(l.answer.getStartTicks() > 0);
  struct stat mounts;
  REQUIRE(stat("/proc/self/ns/mnt", &mounts) == 0);
  CHECK(l.answer.getMountNamespace() == mounts.st_ino);
  CHECK(l.answer.getHostMountNamespace() ==
        (stat("/proc/1/ns/mnt", &mounts) == 0 ? mounts.st_ino : 0));
  CHECK(l.answer.getArgStart() > 0);
  REQUIRE(l.answer.getParents().size() >= 1);
  CHECK(l.answer.getParents()[0].getPid() == getpid());
  CHECK(endsWith(l.answer.getParents()[0].getExe(), "/reader-test") == "");
}

TEST_CASE("a program whose file is gone has no file on the host") {
  Looking l;
  TestFolder folder;
  auto program = folder.copyOf("/bin/cat", "gone");
  TestChild child(running(program));
  REQUIRE(unlink(program.cStr()) == 0);
  REQUIRE(l.processes.look(child.pid, l.answer) == 0);
  CHECK(endsWith(l.answer.getExe(), "/gone (deleted)") == "");
  CHECK(l.answer.getFileInode() != 0);
  CHECK(l.answer.getFileLinks() == 0);
  CHECK(l.answer.getHostInode() == 0);
}

TEST_CASE("a program whose file was replaced has another one on the host") {
  Looking l;
  TestFolder folder;
  auto program = folder.copyOf("/bin/cat", "program");
  TestChild child(running(program));
  auto newer = folder.copyOf("/bin/cat", "newer");
  REQUIRE(rename(newer.cStr(), program.cStr()) == 0);
  struct stat file;
  REQUIRE(stat(program.cStr(), &file) == 0);
  REQUIRE(l.processes.look(child.pid, l.answer) == 0);
  CHECK(endsWith(l.answer.getExe(), "/program (deleted)") == "");
  CHECK(l.answer.getHostInode() == file.st_ino);
  CHECK(l.answer.getFileInode() != file.st_ino);
}

TEST_CASE("a name that looks like the rest of stat changes nothing") {
  Looking l;
  TestFolder folder;
  TestChild child(running(folder.copyOf("/bin/cat", "c) S 1 2 (3")));
  REQUIRE(l.processes.look(child.pid, l.answer) == 0);
  REQUIRE(l.answer.getParents().size() >= 1);
  CHECK(l.answer.getParents()[0].getPid() == getpid());
}

TEST_CASE("long words are cut") {
  Looking l;
  auto words = kj::heapString(20000);
  memset(words.begin(), 'w', words.size());
  TestChild child([&]() {
    int input[2];
    if (pipe(input) != 0 || dup2(input[0], 0) < 0) _exit(99);
    execl("/bin/cat", "cat", "-", words.cStr(), nullptr);
    _exit(98);
  });
  REQUIRE(l.processes.look(child.pid, l.answer) == 0);
  CHECK(l.answer.getCommandLine().size() == 4096);
}

TEST_CASE("parents are sixteen at the most") {
  Looking l;
  int told[2];
  REQUIRE(pipe(told) == 0);
  TestChild child([&]() {
    for (int i = 0; i < 20; i++) {
      pid_t next = fork();
      if (next < 0) _exit(97);
      if (next > 0) {
        close_range(3, ~0u, 0);
        waitpid(next, nullptr, 0);
        _exit(0);
      }
      prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    pid_t self = getpid();
    if (write(told[1], &self, sizeof self) < 0) _exit(96);
  });
  pid_t deepest;
  REQUIRE(read(told[0], &deepest, sizeof deepest) == sizeof deepest);
  close(told[0]);
  close(told[1]);
  REQUIRE(l.processes.look(deepest, l.answer) == 0);
  CHECK(l.answer.getParents().size() == 16);
}

TEST_CASE("a process that is not there is said to be gone") {
  Looking l;
  TestChild child([]() {});
  pid_t pid = child.pid;
  child.end();
  kj::AutoCloseFd program;
  CHECK(l.processes.look(pid, l.answer) == ESRCH);
  CHECK(l.processes.look(0, l.answer) == ESRCH);
  CHECK(l.processes.look(-1, l.answer) == ESRCH);
  CHECK(l.processes.openProgram(pid, l.answer, program) == ESRCH);
  CHECK(program.get() < 0);
}

TEST_CASE("the running file is opened, also when its name is another's by now") {
  Looking l;
  TestFolder folder;
  auto program = folder.copyOf("/bin/cat", "program");
  TestChild child(running(program));
  REQUIRE(unlink(program.cStr()) == 0);
  kj::AutoCloseFd opened;
  REQUIRE(l.processes.openProgram(child.pid, l.answer, opened) == 0);
  CHECK(l.answer.getFileInode() == inodeOf(opened));
  char start[4];
  REQUIRE(read(opened, start, 4) == 4);
  CHECK((start[0] == '\x7f' && start[1] == 'E' && start[2] == 'L' && start[3] == 'F'));
  CHECK(write(opened, start, 1) < 0);
}

}  // namespace
}  // namespace portreeve::reader
