// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-facts.h"

#include "attributor/fake-reader.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

SharedFacts factsOf(const FakeProcess& process, const ProcessFacts* before = nullptr) {
  static FileHistory history;
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<proto::reader::Answer>();
  process.describe(answer);
  return factsFrom(answer.asReader(), before, history);
}

TEST_CASE("a description becomes facts") {
  auto facts = factsOf(FakeProcess());
  CHECK(facts->key == ExecKey{100, 5000, 0x7fff1000});
  CHECK(facts->kind == proto::ProcessKind::PROGRAM);
  CHECK(facts->path == "/usr/bin/curl");
  CHECK(facts->name == "curl");
  CHECK(facts->commandLine == "curl example.org");
  CHECK(facts->uid == 1001);
  CHECK(facts->gid == 101);
  CHECK(facts->cgroup == "/system.slice/ssh.service");
  CHECK(facts->unit == "ssh.service");
  CHECK(facts->workingDirectory == "/srv");
  CHECK(facts->placement.slice == "system.slice");
  CHECK(facts->claimed.size() == 0);
  REQUIRE(facts->parents.size() == 1);
  CHECK(facts->parents[0].path == "/usr/lib/systemd/systemd");
}

TEST_CASE("an instance is one exec of one process, and the same after a restart of ours") {
  FakeProcess process, exec, child;
  exec.argStart++;
  child.pid++;
  CHECK(factsOf(process)->instance == factsOf(process)->instance);
  CHECK(factsOf(process)->instance != factsOf(exec)->instance);
  CHECK(factsOf(process)->instance != factsOf(child)->instance);
}

kj::String claims(const SharedFacts& facts) {
  return kj::strArray(facts->claimed, " ");
}

TEST_CASE("what only the process or its user says is marked so") {
  FakeProcess process;
  process.exe = "/usr/bin/python3.11";
  process.commandLine = std::string("python3\0tool.py\0", 16);
  process.cgroup = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/snap.x.y-1.scope\n";
  auto facts = factsOf(process);
  CHECK(facts->script == "/srv/tool.py");
  CHECK(facts->placement.snap == "x");
  CHECK(claims(facts) == "slice snap script");
}

TEST_CASE("a program that root has mounted below /snap is of that snap, whatever its group says") {
  FakeProcess process;
  process.exe = "/snap/firefox/4173/usr/lib/firefox/firefox";
  process.cgroup = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/snap.x.y-1.scope\n";
  CHECK(factsOf(process)->placement.snap == "firefox");
  CHECK(claims(factsOf(process)) == "slice");
  process.inode = 501;  // not the host's file
  CHECK(factsOf(process)->placement.snap == "x");
}

TEST_CASE("an AppImage is the file that its runtime names, else what its mount is called") {
  FakeProcess process;
  process.exe = "/tmp/.mount_FooVieAbC123/usr/bin/foo";
  process.appImage = "/home/a/FooViewer.AppImage";
  CHECK(factsOf(process)->appImage == "/home/a/FooViewer.AppImage");
  CHECK(factsOf(process)->stablePath == "/tmp/.mount_*/usr/bin/foo");
  CHECK(claims(factsOf(process)) == "appimage");
  process.appImage = "";
  CHECK(factsOf(process)->appImage == "FooVie");
  process.exe = "/tmp/.mount_x/usr/bin/foo";
  CHECK(factsOf(process)->appImage == "");
}

TEST_CASE("another fingerprint tells that something else is said, and the same that nothing is") {
  FakeProcess process, renamed, moved;
  renamed.commandLine = "curl example.com";
  moved.workingDirectory = "/elsewhere";
  CHECK(factsOf(process)->fingerprint() == factsOf(process)->fingerprint());
  CHECK(factsOf(process)->fingerprint() != factsOf(renamed)->fingerprint());
  CHECK(factsOf(process)->fingerprint() != factsOf(moved)->fingerprint());
}

TEST_CASE("a process that is told in brief has its numbers alone") {
  FakeProcess process;
  capnp::MallocMessageBuilder message;
  auto told = message.initRoot<proto::Process>();
  factsOf(process)->to(told, Detail::BRIEF);
  CHECK(told.getBrief());
  CHECK(told.getInstance() == factsOf(process)->instance);
  CHECK(told.getFingerprint() == factsOf(process)->fingerprint());
  CHECK(told.getPath() == "");
  CHECK(told.getParents().size() == 0);
}

TEST_CASE("a name may hold parentheses and worse") {
  FakeProcess process;
  process.comm = "a) S 1 (b\n";
  CHECK(factsOf(process)->name == "a) S 1 (b\\x0a");
}

TEST_CASE("a process is believed only while it is the same exec of the same file") {
  FakeProcess before;
  before.birth = 0;
  before.exe = "/opt/tool";
  auto known = factsOf(before);
  REQUIRE(known->kind == proto::ProcessKind::PROGRAM);
  FakeProcess after = before;
  after.exe = "/opt/tool (deleted)";
  after.links = 0;
  after.hostInode = 999;
  after.mounts = 8;
  CHECK(factsOf(after, known.get())->kind == proto::ProcessKind::REPLACED);
  CHECK(factsOf(after)->kind == proto::ProcessKind::FOREIGN_ROOT);
  SUBCASE("another exec") {
    after.argStart++;
  }
  SUBCASE("another file") {
    after.inode = 501;
  }
  SUBCASE("another process") {
    after.startTicks++;
  }
  CHECK(factsOf(after, known.get())->kind == proto::ProcessKind::FOREIGN_ROOT);
}

TEST_CASE("an empty description makes no facts up") {
  capnp::MallocMessageBuilder message;
  FileHistory history;
  auto facts = factsFrom(message.initRoot<proto::reader::Answer>().asReader(), nullptr, history);
  CHECK(facts->kind == proto::ProcessKind::UNKNOWN);
  CHECK(facts->uid == NO_UID);
  CHECK(facts->name == "");
  CHECK(facts->parents.size() == 0);
}

}  // namespace
}  // namespace portreeve::attributor
