// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-watch.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct Fixture {
  TestFolder folder;
  TestLoop loop;
  kj::String path = folder.path("conf/rules.d");
  kj::StringPtr paths[1] = {path};

  Fixture() { folder.make("conf"); }

  bool noticed(RuleWatch& watch) {
    auto changed = watch.changed();
    return changed.poll(loop.scope);
  }
};

TEST_CASE("a written, a renamed and a removed rule file are noticed, each once") {
  Fixture f;
  f.folder.make("conf/rules.d");
  RuleWatch watch(f.loop.port, f.paths);
  CHECK_FALSE(f.noticed(watch));
  f.folder.write("conf/rules.d/a.toml", "x");
  CHECK(f.noticed(watch));
  CHECK_FALSE(f.noticed(watch));
  f.folder.rename("conf/rules.d/a.toml", "conf/rules.d/b.toml");
  CHECK(f.noticed(watch));
  f.folder.remove("conf/rules.d/b.toml");
  CHECK(f.noticed(watch));
  CHECK_FALSE(f.noticed(watch));
}

TEST_CASE("other files are nobody's concern") {
  Fixture f;
  f.folder.make("conf/rules.d");
  RuleWatch watch(f.loop.port, f.paths);
  f.folder.write("conf/rules.d/.a.toml.swp", "x");
  f.folder.write("conf/rules.d/.a.toml", "x");
  f.folder.write("conf/rules.d/readme", "x");
  f.folder.write("conf/portreeve.toml", "x");
  CHECK_FALSE(f.noticed(watch));
}

TEST_CASE("a file that is only being written is not noticed before it is closed") {
  Fixture f;
  f.folder.make("conf/rules.d");
  RuleWatch watch(f.loop.port, f.paths);
  int fd = open(f.folder.path("conf/rules.d/a.toml").cStr(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  CHECK(write(fd, "x", 1) == 1);
  CHECK_FALSE(f.noticed(watch));
  close(fd);
  CHECK(f.noticed(watch));
}

TEST_CASE("a folder that comes later is watched from then on") {
  Fixture f;
  RuleWatch watch(f.loop.port, f.paths);
  f.folder.make("conf/rules.d");
  CHECK(f.noticed(watch));
  f.folder.write("conf/rules.d/a.toml", "x");
  CHECK(f.noticed(watch));
}

TEST_CASE("a folder that is replaced is watched in its place") {
  Fixture f;
  f.folder.make("conf/rules.d");
  f.folder.make("conf/next");
  f.folder.write("conf/next/a.toml", "x");
  RuleWatch watch(f.loop.port, f.paths);
  f.folder.rename("conf/rules.d", "conf/old");
  f.folder.rename("conf/next", "conf/rules.d");
  CHECK(f.noticed(watch));
  CHECK_FALSE(f.noticed(watch));
  f.folder.write("conf/old/a.toml", "x");
  CHECK_FALSE(f.noticed(watch));
  f.folder.write("conf/rules.d/a.toml", "y");
  CHECK(f.noticed(watch));
}

TEST_CASE("a folder that is removed and made again is watched again") {
  Fixture f;
  f.folder.make("conf/rules.d");
  RuleWatch watch(f.loop.port, f.paths);
  f.folder.remove("conf/rules.d");
  CHECK(f.noticed(watch));
  f.folder.make("conf/rules.d");
  CHECK(f.noticed(watch));
  f.folder.write("conf/rules.d/a.toml", "x");
  CHECK(f.noticed(watch));
}

TEST_CASE("a folder whose parent was missing too is watched after the next look") {
  Fixture f;
  f.folder.remove("conf");
  RuleWatch watch(f.loop.port, f.paths);
  f.folder.make("conf/rules.d");
  CHECK_FALSE(f.noticed(watch));
  watch.arm();
  f.folder.write("conf/rules.d/a.toml", "x");
  CHECK(f.noticed(watch));
}

}  // namespace
}  // namespace portreeve::policy
