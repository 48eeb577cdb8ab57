// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/inputs.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace portreeve::lists {
namespace {

class Folder {
public:
  Folder() { KJ_ASSERT(mkdtemp(path) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }

  kj::String file(kj::StringPtr name) const { return kj::str(path, '/', name); }
  void write(kj::StringPtr name, kj::StringPtr text) const {
    std::ofstream(file(name).cStr()) << text.cStr();
  }
  Inputs watch(kj::StringPtr name) const { return Inputs(kj::arr(file(name))); }

  char path[32] = "/tmp/portreeve-inputs-XXXXXX";
};

TEST_CASE("what is read is portreeve.toml and the sources that are files") {
  auto settings = Settings::load("/nonexistent");
  auto& list = settings.lists.add();
  for (auto source : {"https://lists.example/a.txt", "/srv/a.txt", "file:///srv/b.txt"})
    list.sources.add(kj::str(source));
  auto files = inputFiles("/etc/portreeve/portreeve.toml", settings);
  REQUIRE(files.size() == 3);
  CHECK(files[0] == "/etc/portreeve/portreeve.toml");
  CHECK(files[1] == "/srv/a.txt");
  CHECK(files[2] == "/srv/b.txt");
}

TEST_CASE("a file that is written, replaced, made or removed has changed") {
  Folder folder;
  auto missing = folder.watch("list");
  CHECK(!missing.changed());
  folder.write("list", "one.example\n");
  CHECK(missing.changed());

  auto there = folder.watch("list");
  CHECK(!there.changed());
  folder.write("list", "one.example\ntwo.example\n");
  CHECK(there.changed());

  auto replaced = folder.watch("list");
  folder.write("new", "one.example\ntwo.example\n");
  std::filesystem::rename(folder.file("new").cStr(), folder.file("list").cStr());
  CHECK(replaced.changed());

  auto removed = folder.watch("list");
  std::filesystem::remove(folder.file("list").cStr());
  CHECK(removed.changed());
}

}  // namespace
}  // namespace portreeve::lists
