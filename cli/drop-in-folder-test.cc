// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/drop-in-folder.h"

#include "cli/failure.h"
#include "cli/new-file.h"
#include "cli/text-file.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr SOCKET = "portreeve-gateway-http4.socket"_kj;

class Folder {
public:
  Folder() { KJ_ASSERT(mkdtemp(path) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }

  kj::String file(kj::StringPtr name) const { return kj::str(path, '/', SOCKET, ".d/", name); }
  void write(kj::StringPtr name, kj::StringPtr text) {
    mkdir(kj::str(path, '/', SOCKET, ".d").cStr(), 0755);
    writeNewFile(file(name), text, 0644);
  }

  char path[32] = "/tmp/portreeve-drop-ins-XXXXXX";
};

kj::Array<DropIn> wanted(kj::StringPtr address) {
  auto text = address.size() == 0 ? kj::String()
                                  : kj::str(DROP_IN_MARK, "from …\n[Socket]\nListenStream=\n",
                                            "ListenStream=", address, '\n');
  return kj::arr(DropIn{SOCKET, kj::mv(text)});
}

kj::String failureOf(const Folder& folder) {
  try {
    changesIn(folder.path, wanted("127.0.0.1:8017"));
  } catch (const Failure& failure) {
    return kj::str(failure.sentence);
  }
  return kj::String();
}

TEST_CASE("a drop-in is written once, changed when it is another, and removed with its folder") {
  Folder folder;
  auto changes = changesIn(folder.path, wanted("127.0.0.1:8017"));
  REQUIRE(changes.size() == 1);
  CHECK(inWords(changes[0]) ==
        kj::str("written: ", folder.file(DROP_IN_NAME), ": ListenStream=127.0.0.1:8017"));
  CHECK(access(folder.file(DROP_IN_NAME).cStr(), F_OK) != 0);  // looking changes nothing
  make(changes);
  CHECK(changesIn(folder.path, wanted("127.0.0.1:8017")).empty());

  changes = changesIn(folder.path, wanted("127.0.0.1:8018"));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].act == DropInAct::REPLACE);
  make(changes);
  CHECK(KJ_ASSERT_NONNULL(readText(folder.file(DROP_IN_NAME))) == wanted("127.0.0.1:8018")[0].text);

  changes = changesIn(folder.path, wanted(""));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].act == DropInAct::REMOVE);
  make(changes);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("whoever's umask it is, everybody may read what is written") {
  Folder folder;
  mode_t before = umask(077);
  make(changesIn(folder.path, wanted("127.0.0.1:8017")));
  umask(before);
  struct stat status {};
  REQUIRE(stat(folder.file(DROP_IN_NAME).cStr(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
  REQUIRE(stat(folder.file("..").cStr(), &status) == 0);
}

TEST_CASE("a file of that name that somebody else wrote is refused and stays") {
  Folder folder;
  folder.write(DROP_IN_NAME, "[Socket]\nBacklog=7\n");
  CHECK(failureOf(folder) == kj::str(folder.file(DROP_IN_NAME),
                                     ": was not written by `portreeve settings apply`: rename it "
                                     "or remove it"));
}

TEST_CASE("another drop-in that names addresses is refused, one about something else is not") {
  Folder folder;
  folder.write("override.conf", "[Socket]\nBacklog=7\n");
  CHECK(failureOf(folder) == "");
  folder.write("other.conf", "[Socket]\nListenStream=\nListenStream=127.0.0.3:817\n");
  CHECK(strstr(failureOf(folder).cStr(), "other.conf: names addresses as well") != nullptr);
}

TEST_CASE("a drop-in of somebody else keeps the folder when ours is removed") {
  Folder folder;
  folder.write("override.conf", "[Socket]\nBacklog=7\n");
  make(changesIn(folder.path, wanted("127.0.0.1:8017")));
  make(changesIn(folder.path, wanted("")));
  CHECK(access(folder.file("override.conf").cStr(), F_OK) == 0);
  CHECK(access(folder.file(DROP_IN_NAME).cStr(), F_OK) != 0);
}

}  // namespace
}  // namespace portreeve::cli
