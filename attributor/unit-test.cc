// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/unit.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

kj::String cgroup(kj::StringPtr text) {
  return cgroupOf(groupsOf(text.asBytes()), text.asBytes());
}

TEST_CASE("the unit is the first one on the way, below a user's manager the user's own") {
  struct Row {
    kj::StringPtr path, unit;
  };
  const Row rows[] = {
      {"/system.slice/ssh.service", "ssh.service"},
      {"/user.slice/user-1000.slice/session-1.scope", "session-1.scope"},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-12.service",
       "app-firefox-12.service"},
      {"/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope"},
      {"/user.slice/user-1000.slice/user@1000.service", "user@1000.service"},
      {"/system.slice/docker-0123abcd.scope", "docker-0123abcd.scope"},
      {"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
      {"/system.slice/containerd.service/kubepods.scope/x", "containerd.service"},
      {"/init.scope", "init.scope"},
      {"/", ""},
      {"", ""},
      {"/custom/group", ""},
      {"/.service", ""},
      {"/../../ssh.service", "ssh.service"},
  };
  for (auto& row : rows) CHECK_MESSAGE(unitOf(row.path) == row.unit, row.path.cStr());
}

TEST_CASE("the path is the unified hierarchy's") {
  CHECK(cgroup("0::/system.slice/ssh.service\n") == "/system.slice/ssh.service");
  CHECK(cgroup("5:memory:/x\n1:name=systemd:/a.slice/b.service\n0::/a.slice/c.service\n") ==
        "/a.slice/c.service");
}

TEST_CASE("where systemd keeps its tree in a hierarchy of its own, the path is that one's") {
  CHECK(cgroup("5:memory:/x\n1:name=systemd:/a.slice/b.service\n0::/\n") == "/a.slice/b.service");
  CHECK(cgroup("1:name=systemd:/a.slice/b.service\n") == "/a.slice/b.service");
}

TEST_CASE("without systemd and version 2 the path is that of a controller") {
  CHECK(cgroup("4:memory:/docker/x\n3:cpu,cpuacct:/y\n") == "/docker/x");
  CHECK(cgroup("4:memory:/\n3:cpu:/y\n") == "/y");
  CHECK(cgroup("4:memory:/docker/x\n1:name=systemd:/\n0::/\n") == "/docker/x");
  CHECK(cgroup("4:memory:/\n0::/\n") == "/");
}

TEST_CASE("the groups of all hierarchies are told once each, the path first") {
  auto groups = groupsOf(
      "5:memory:/x\n4:cpu:/y\n3:pids:/\n1:name=systemd:/a.slice\n0::/a.slice\n"_kj.asBytes());
  CHECK(kj::strArray(groups, " ") == "/a.slice /x /y");
  CHECK(groupsOf("0::/\n"_kj.asBytes()).empty());
}

TEST_CASE("a group that is gone has its name still") {
  CHECK(cgroup("0::/system.slice/run-1.scope (deleted)\n") == "/system.slice/run-1.scope");
}

TEST_CASE("nothing is made of text that is none of this") {
  CHECK(cgroup("") == "");
  CHECK(cgroup("garbage") == "");
  CHECK(cgroup("0::/a\x1b[2J.service") == "/a\\x1b[2J.service");
  CHECK(cgroup(kj::str("0::/", kj::repeat('x', 4000))).size() == 1024);
}

}  // namespace
}  // namespace portreeve::attributor
