// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/durable-folder.h"
#include "policy/failure.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;

struct Fixture {
  TestFolder folder;
  TestLoop loop;
  DiskSync disk{loop.port};
  DurableFolder files{folder.path(), disk};
};

class FileSizeLimit {
  // What a full disk does to a writer, without one.
public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit limit = before;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
  }

private:
  rlimit before{};
};

TEST_CASE("a file is written whole, and nothing else is left beside it") {
  Fixture f;
  f.loop.finish(f.files.replace("a.toml", {kj::str("one")}));
  CHECK(f.folder.read("a.toml") == "one");
  f.loop.finish(f.files.replace("a.toml", {kj::str("two")}));
  CHECK(f.folder.read("a.toml") == "two");
  CHECK(f.folder.list("").size() == 1);
}

TEST_CASE("a file keeps the time it is given") {
  Fixture f;
  uint64_t time = 1'700'000'000 * SECOND + 5;
  f.loop.finish(f.files.replace("a.toml", {kj::str("one"), time}));
  auto content = KJ_ASSERT_NONNULL(f.files.read("a.toml"));
  CHECK(content.text == "one");
  CHECK(content.writtenNs == time);
}

TEST_CASE("removing a file that is missing is no error") {
  Fixture f;
  f.folder.write("a.toml", "one");
  f.loop.finish(f.files.remove("a.toml"));
  CHECK_FALSE(f.folder.has("a.toml"));
  f.loop.finish(f.files.remove("a.toml"));
  CHECK(f.files.read("a.toml") == nullptr);
}

TEST_CASE("where there is no room the file stays as it was and the reason is said") {
  Fixture f;
  f.folder.write("a.toml", "one");
  kj::String reason;
  {
    FileSizeLimit limit(2);
    reason = failureOf([&]() { f.loop.finish(f.files.replace("a.toml", {kj::str("three")})); });
  }
  CHECK(contains(reason, "/a.toml: "));
  CHECK(contains(reason, "nothing was changed"));
  CHECK(f.folder.read("a.toml") == "one");
  CHECK(f.folder.list("").size() == 1);
}

TEST_CASE("what a killed writer left behind is removed, and nothing else") {
  Fixture f;
  f.folder.write(".a.toml.new", "half");
  f.folder.write("a.toml", "whole");
  f.folder.write(".hidden", "somebody's");
  f.files.removeTemporary();
  CHECK_FALSE(f.folder.has(".a.toml.new"));
  CHECK(f.folder.has("a.toml"));
  CHECK(f.folder.has(".hidden"));
}

TEST_CASE("a file that is not what was written is set aside, and what it held is not lost") {
  Fixture f;
  auto taken = [&](bool good) {
    return f.files.readOrSetAside("a.toml", "nothing is known", [&](kj::StringPtr text) {
      CHECK(text == "one");
      if (!good) fail("it has no heading");
    });
  };
  CHECK(taken(false));  // there is none
  f.folder.write("a.toml", "one");
  CHECK(taken(true));
  CHECK(f.folder.has("a.toml"));
  CHECK_FALSE(taken(false));
  CHECK_FALSE(f.folder.has("a.toml"));
  CHECK(f.folder.read("a.toml.damaged") == "one");
}

TEST_CASE("before anything is served files are written and removed at once") {
  Fixture f;
  f.files.replaceNow("a.toml", {kj::str("one")});
  CHECK(f.folder.read("a.toml") == "one");
  f.files.removeNow("a.toml");
  CHECK_FALSE(f.folder.has("a.toml"));
}

}  // namespace
}  // namespace portreeve::policy
