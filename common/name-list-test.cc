// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/name-list.h"

#include "common/name-list-writer.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace portreeve {
namespace {

using namespace name_list;

struct Folder {
  char path[40] = "/var/tmp/portreeve-names-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path) != nullptr); }
  ~Folder() {
    for (auto name : {"ads.names", "more.names"}) unlink(file(name).cStr());
    rmdir(path);
  }
  kj::String file(kj::StringPtr name) const { return kj::str(path, '/', name); }
  void write(kj::StringPtr title, std::initializer_list<std::pair<const char*, uint64_t>> names) {
    NameListWriter writer(title);
    for (auto& [name, kinds] : names) writer.add(name, kinds);
    writer.write(file(kj::str(title, ".names")), 1);
  }
};

bool lists(const NameList& list, std::string_view name) {
  return list.find(name).listed;
}

std::string numbered(char letter, uint number) {
  return std::string(kj::str(letter, number, ".example").cStr());
}

TEST_CASE("a name is listed itself, below a listed one, or not at all") {
  Folder folder;
  folder.write("ads",
               {{"ads.example", SELF | BELOW}, {"exact.example", SELF}, {"sub.test", BELOW}});
  auto list = NameList::open(folder.file("ads.names"));
  CHECK(list->title() == "ads");
  CHECK(list->entries() == 3);
  CHECK(lists(*list, "ads.example"));
  CHECK(lists(*list, "a.b.ads.example"));
  CHECK_FALSE(lists(*list, "bads.example"));
  CHECK_FALSE(lists(*list, "example"));
  CHECK(lists(*list, "exact.example"));
  CHECK_FALSE(lists(*list, "www.exact.example"));
  CHECK_FALSE(lists(*list, "sub.test"));
  CHECK(lists(*list, "x.sub.test"));
  CHECK_FALSE(lists(*list, ""));
  CHECK_FALSE(lists(*list, "."));
  CHECK_FALSE(lists(*list, "..ads.other"));
}

TEST_CASE("the entry that decided is told") {
  Folder folder;
  folder.write("ads", {{"ads.example", SELF | BELOW}});
  auto list = NameList::open(folder.file("ads.names"));
  auto match = list->find("x.ads.example");
  CHECK(match.at == 2);
  CHECK(match.below);
  CHECK_FALSE(list->find("ads.example").below);
}

TEST_CASE(
    "the most specific entry decides, and an allowing one beats a listing one of the same name") {
  Folder folder;
  folder.write("ads", {{"example", SELF | BELOW},
                       {"good.example", ALLOW_SELF | ALLOW_BELOW},
                       {"bad.good.example", SELF},
                       {"both.test", SELF},
                       {"both.test", ALLOW_SELF}});
  auto list = NameList::open(folder.file("ads.names"));
  CHECK(lists(*list, "www.example"));
  CHECK_FALSE(lists(*list, "good.example"));
  CHECK_FALSE(lists(*list, "www.good.example"));
  CHECK(lists(*list, "bad.good.example"));
  CHECK_FALSE(lists(*list, "both.test"));
}

TEST_CASE("of a hundred thousand names each is found and its neighbours are not") {
  Folder folder;
  NameListWriter writer("ads");
  for (uint i = 0; i < 100000; i++) writer.add(numbered('n', i), SELF | BELOW);
  CHECK(writer.write(folder.file("ads.names"), 7) == 100000);
  auto list = NameList::open(folder.file("ads.names"));
  CHECK(list->madeAt() == 7);
  uint found = 0, wrong = 0;
  for (uint i = 0; i < 100000; i++) {
    found += lists(*list, numbered('n', i));
    wrong += lists(*list, numbered('m', i));
  }
  CHECK(found == 100000);
  CHECK(wrong == 0);
}

TEST_CASE("a name of more labels than DNS has is looked at as far as it can be listed") {
  Folder folder;
  folder.write("ads", {{"deep.example", SELF | BELOW}});
  auto list = NameList::open(folder.file("ads.names"));
  std::string name = "deep.example";
  for (int i = 0; i < 500; i++) name.insert(0, "a.");
  CHECK(lists(*list, name));
}

TEST_CASE("a file that is not a whole list is refused with its name") {
  Folder folder;
  folder.write("ads", {{"ads.example", SELF}});
  auto file = folder.file("ads.names");
  REQUIRE(truncate(file.cStr(), 4100) == 0);
  CHECK_THROWS_AS(NameList::open(file), kj::Exception);
  REQUIRE(truncate(file.cStr(), 0) == 0);
  CHECK_THROWS_AS(NameList::open(file), kj::Exception);
  CHECK_THROWS_AS(NameList::open(folder.file("missing.names")), kj::Exception);
}

TEST_CASE("a folder's lists come, are replaced and go; a broken one keeps its last good version") {
  Folder folder;
  NameListFolder lists(folder.path);
  CHECK_FALSE(lists.refresh());
  folder.write("ads", {{"one.example", SELF}});
  CHECK(lists.refresh());
  CHECK_FALSE(lists.refresh());
  CHECK(portreeve::lists(KJ_ASSERT_NONNULL(lists.find("ads")), "one.example"));
  folder.write("ads", {{"two.example", SELF}});
  CHECK(lists.refresh());
  CHECK_FALSE(portreeve::lists(KJ_ASSERT_NONNULL(lists.find("ads")), "one.example"));
  CHECK(lists.find("more") == nullptr);

  auto broken = folder.file("more.names");
  REQUIRE(symlink("/etc/passwd", broken.cStr()) == 0);
  CHECK_FALSE(lists.refresh());
  CHECK(lists.problems().size() == 1);
  unlink(broken.cStr());

  unlink(folder.file("ads.names").cStr());
  CHECK(lists.refresh());
  CHECK(lists.size() == 0);
}

}  // namespace
}  // namespace portreeve
