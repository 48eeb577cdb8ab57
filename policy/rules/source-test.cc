// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/source.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace portreeve::rules {
namespace {

struct TestFolder {
  char path[40] = "/tmp/portreeve-rules-XXXXXX";
  TestFolder() { KJ_ASSERT(mkdtemp(path) != nullptr); }
  ~TestFolder() { std::filesystem::remove_all(path); }

  kj::String file(kj::StringPtr name) const { return kj::str(path, '/', name); }
  void write(kj::StringPtr name, const std::string& content) const {
    FILE* out = fopen(file(name).cStr(), "w");
    KJ_ASSERT(out != nullptr && fwrite(content.data(), 1, content.size(), out) == content.size());
    fclose(out);
  }
};

TEST_CASE("a folder's .toml files are read in name order, others are not") {
  TestFolder folder;
  for (auto name : {"20-b.toml", "10-a.toml", "9.toml", "readme.txt", ".hidden.toml"})
    folder.write(name, name);
  auto content = readFolder(folder.path, Layer::ADMINISTRATOR);
  CHECK(content.problems.empty());
  REQUIRE(content.sources.size() == 3);
  CHECK(content.sources[0].text == "10-a.toml");
  CHECK(content.sources[1].text == "20-b.toml");
  CHECK(content.sources[2].text == "9.toml");
  CHECK(content.sources[0].layer == Layer::ADMINISTRATOR);
  CHECK(content.sources[0].writtenNs > 0);
}

TEST_CASE("a folder that is missing has no rules and no problems") {
  auto content = readFolder("/nonexistent/rules.d", Layer::SUITE);
  CHECK(content.sources.size() == 0);
  CHECK(content.problems.empty());
}

TEST_CASE("what is no file to read is a problem, and does not stop the reader") {
  TestFolder folder;
  KJ_ASSERT(mkfifo(folder.file("pipe.toml").cStr(), 0600) == 0);
  KJ_ASSERT(mkdir(folder.file("folder.toml").cStr(), 0700) == 0);
  KJ_ASSERT(symlink("/nonexistent", folder.file("dangling.toml").cStr()) == 0);
  folder.write("huge.toml", std::string((1 << 20) + 1, '#'));
  folder.write("large.toml", std::string(1 << 20, '#'));
  auto content = readFolder(folder.path, Layer::SUITE);
  CHECK(content.sources.size() == 1);
  REQUIRE(content.problems.size() == 4);
  CHECK(content.problems[0].reason == "cannot be opened: No such file or directory");
  CHECK(content.problems[1].reason == "is no regular file: take it out of the folder");
  CHECK(content.problems[2].reason == "is longer than 1 MiB: split it");
  CHECK(content.problems[3].reason == "is no regular file: take it out of the folder");
}

}  // namespace
}  // namespace portreeve::rules
