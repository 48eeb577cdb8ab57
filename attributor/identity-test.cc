// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/identity.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

using proto::ProcessKind;

constexpr FileNumbers CURL{1, 500, 77}, NEW_CURL{1, 501, 88}, EVIL{1, 900, 99};

RunningFile running(kj::StringPtr link, FileNumbers file, FileNumbers host, uint32_t links = 1) {
  RunningFile running;
  running.link = link;
  running.file = file;
  running.host = host;
  running.host.birth = 0;
  running.links = links;
  return running;
}

TEST_CASE("what runs the host's file of its path is a program") {
  FileHistory history;
  auto identity = history.identify(running("/usr/bin/curl", CURL, CURL));
  CHECK(identity.kind == ProcessKind::PROGRAM);
  CHECK(identity.path == "/usr/bin/curl");
  CHECK(identity.reason == "");
}

TEST_CASE("a file that was bound over another's path is a stranger") {
  FileHistory history;
  CHECK(history.identify(running("/usr/bin/curl", CURL, CURL)).kind == ProcessKind::PROGRAM);
  auto identity = history.identify(running("/usr/bin/curl", EVIL, CURL));
  CHECK(identity.kind == ProcessKind::FOREIGN_ROOT);
  CHECK(identity.path == "/usr/bin/curl");
  CHECK(identity.reason.size() > 0);
}

TEST_CASE("it stays a stranger when it is deleted while it runs") {
  FileHistory history;
  auto disguised = running("/usr/bin/curl (deleted)", EVIL, CURL, 0);
  auto identity = history.identify(disguised);
  CHECK(identity.kind == ProcessKind::FOREIGN_ROOT);
  CHECK(identity.path == "/usr/bin/curl");
}

TEST_CASE("an updated program is replaced, if it was seen before") {
  FileHistory history;
  history.identify(running("/usr/bin/curl", CURL, CURL));
  auto identity = history.identify(running("/usr/bin/curl (deleted)", CURL, NEW_CURL, 0));
  CHECK(identity.kind == ProcessKind::REPLACED);
  CHECK(identity.path == "/usr/bin/curl");
}

TEST_CASE("the number of a deleted file, given to a user's file, buys nothing") {
  FileHistory history;
  history.identify(running("/usr/bin/curl", CURL, CURL));
  FileNumbers reused{CURL.device, CURL.inode, CURL.birth + 1000};
  auto identity = history.identify(running("/usr/bin/curl", reused, NEW_CURL));
  CHECK(identity.kind == ProcessKind::FOREIGN_ROOT);
}

TEST_CASE("where births are not known, nothing is taken from what was seen of other processes") {
  FileHistory history;
  FileNumbers unborn{CURL.device, CURL.inode, 0};
  history.identify(running("/usr/bin/curl", unborn, CURL));
  auto later = running("/usr/bin/curl (deleted)", unborn, NEW_CURL, 0);
  CHECK(history.identify(later).kind == ProcessKind::FOREIGN_ROOT);
  SUBCASE("the same process is believed: it has held the file since") {
    later.believed = "/usr/bin/curl"_kj;
    CHECK(history.identify(later).kind == ProcessKind::REPLACED);
  }
  SUBCASE("but for that path alone, since a mount can be moved") {
    later.believed = "/home/me/curl"_kj;
    CHECK(history.identify(later).kind == ProcessKind::FOREIGN_ROOT);
  }
}

TEST_CASE("a deleted file among the host's own mounts was at that path") {
  FileHistory history;
  auto updated = running("/usr/bin/curl (deleted)", CURL, NEW_CURL, 0);
  updated.hostMounts = true;
  CHECK(history.identify(updated).kind == ProcessKind::REPLACED);
  SUBCASE("also when nothing took its place") {
    updated.host = FileNumbers();
    CHECK(history.identify(updated).kind == ProcessKind::REPLACED);
  }
  SUBCASE("not when it is merely called so: it has a name left") {
    updated.links = 1;
    CHECK(history.identify(updated).kind == ProcessKind::FOREIGN_ROOT);
  }
}

TEST_CASE("a deleted file that was opened by another mount is not believed to have been there") {
  // A user's own mount namespace, a descriptor passed out of it, fexecve(3).
  FileHistory history;
  auto passed = running("/usr/bin/curl (deleted)", EVIL, CURL, 0);
  passed.hostMounts = true;
  passed.mount = 40;
  passed.hostMount = 29;
  CHECK(history.identify(passed).kind == ProcessKind::FOREIGN_ROOT);
  SUBCASE("nor where the host has no folder on the way") {
    passed.hostMount = 0;
    CHECK(history.identify(passed).kind == ProcessKind::FOREIGN_ROOT);
  }
  SUBCASE("by the host's own mount it was") {
    passed.hostMount = passed.mount;
    CHECK(history.identify(passed).kind == ProcessKind::REPLACED);
  }
}

TEST_CASE("memory that is run as a program is no file of any path") {
  FileHistory history;
  auto memory = running("/memfd:curl (deleted)", EVIL, FileNumbers(), 0);
  memory.hostMounts = true;
  auto identity = history.identify(memory);
  CHECK(identity.kind == ProcessKind::FOREIGN_ROOT);
  CHECK(identity.path == "/memfd:curl");
}

TEST_CASE("a path that is not below the host's root is a stranger's") {
  FileHistory history;
  auto detached = running("(unreachable)/usr/bin/curl", EVIL, EVIL);
  CHECK(history.identify(detached).kind == ProcessKind::FOREIGN_ROOT);
}

TEST_CASE("a file that cannot be looked at is unknown") {
  FileHistory history;
  CHECK(history.identify(running("", CURL, CURL)).kind == ProcessKind::UNKNOWN);
  CHECK(history.identify(running("/usr/bin/curl", FileNumbers(), FileNumbers())).kind ==
        ProcessKind::UNKNOWN);
}

TEST_CASE("two absent files are not the same file") {
  FileHistory history;
  FileNumbers none;
  CHECK_FALSE(none.sameNow(none));
}

TEST_CASE("what was seen longest ago is forgotten first") {
  FileHistory history;
  history.identify(running("/usr/bin/curl", CURL, CURL));
  for (uint64_t i = 0; i < 20000; i++) {
    FileNumbers file{2, i + 1, i + 1};
    history.identify(running(kj::str("/opt/", i), file, file));
  }
  auto deleted = running("/usr/bin/curl (deleted)", CURL, NEW_CURL, 0);
  CHECK(history.identify(deleted).kind == ProcessKind::FOREIGN_ROOT);
  FileNumbers last{2, 20000, 20000};
  CHECK(history.identify(running("/opt/19999 (deleted)", last, NEW_CURL, 0)).kind ==
        ProcessKind::REPLACED);
}

}  // namespace
}  // namespace portreeve::attributor
