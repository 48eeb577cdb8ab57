// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/static-files.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace portreeve::gateway {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    char name[] = "/tmp/portreeve-ui-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
    write("index.html", "<!doctype html><script src=/assets/index-1a2b.js></script>");
    write("assets/index-1a2b.js", std::string("1\0002", 3));
    write("favicon.svg", "<svg/>");
  }
  ~Folder() { fs::remove_all(path); }
  void write(const char* name, const std::string& content) {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << content;
  }
  StaticFiles read() { return StaticFiles::read(path.c_str()); }
};

TEST_CASE(
    "a built UI is served by whole path, with its types, what has a digest in its name for good") {
  Folder folder;
  auto files = folder.read();
  auto index = KJ_ASSERT_NONNULL(files.find("/"));
  CHECK(index.contentType == "text/html; charset=utf-8");
  CHECK_FALSE(index.lasting);
  CHECK(KJ_ASSERT_NONNULL(files.find("/index.html")).kept == index.kept);
  auto script = KJ_ASSERT_NONNULL(files.find("/assets/index-1a2b.js"));
  CHECK(script.contentType == "text/javascript; charset=utf-8");
  CHECK(script.kept.size() == 3);
  CHECK(script.lasting);
  CHECK(KJ_ASSERT_NONNULL(files.find("/favicon.svg")).contentType == "image/svg+xml");
}

TEST_CASE("nothing else is there: no folder, no way up, no decoding, no links, no hidden files") {
  Folder folder;
  folder.write(".env", "secret");
  folder.write(".git/config", "secret");
  fs::create_symlink("/etc/passwd", folder.path / "passwd");
  fs::create_directory_symlink("/etc", folder.path / "etc");
  auto files = folder.read();
  for (auto path :
       {"", "/assets", "/assets/", "/../index.html", "/assets/../index.html", "//index.html",
        "/%69ndex.html", "/.env", "/.git/config", "/passwd", "/etc/passwd", "/index.html/"})
    CHECK_MESSAGE(files.find(path) == nullptr, path);
}

TEST_CASE("a folder that is not there gives none, one that is no UI or too large is refused") {
  CHECK(StaticFiles::read("/nowhere").empty());
  CHECK(StaticFiles::read("").empty());
  Folder folder;
  folder.write("large.bin", std::string(StaticFiles::MOST_BYTES, 'x'));
  CHECK_THROWS_AS(folder.read(), kj::Exception);
  fs::remove(folder.path / "large.bin");
  fs::remove(folder.path / "index.html");
  CHECK_THROWS_AS(folder.read(), kj::Exception);
}

}  // namespace
}  // namespace portreeve::gateway
