// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/compile.h"

#include "common/clock.h"
#include "common/name-list.h"
#include "lists/fetch.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>

namespace portreeve::lists {
namespace {

struct Folder {
  char path[40] = "/var/tmp/portreeve-lists-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path) != nullptr); }
  ~Folder() {
    if (system(kj::str("rm -rf ", path).cStr()) != 0) perror(path);
  }
  kj::String write(kj::StringPtr name, kj::StringPtr text) {
    auto file = kj::str(path, '/', name);
    FILE* out = fopen(file.cStr(), "w");
    REQUIRE(out != nullptr);
    fwrite(text.begin(), 1, text.size(), out);
    fclose(out);
    return file;
  }
  Settings::List list(std::initializer_list<kj::StringPtr> sources) {
    Settings::List result;
    result.name = kj::str("ads");
    for (auto source : sources) result.sources.add(kj::str(source));
    return result;
  }
  kj::Own<NameList> open() { return NameList::open(kj::str(path, "/ads.names")); }
};

}  // namespace

constexpr uint64_t NOW = WRITTEN_NS / 1'000'000'000 + 1000;  // seconds

TEST_CASE("sources of different formats make one list, and what is allowed is taken out") {
  Folder folder;
  auto hosts = folder.write("a", "# hosts\n0.0.0.0 one.example\r\n0.0.0.0 two.example");
  auto adblock = folder.write("b", "||three.example^\n||x.example/path\n@@||ok.three.example^\n");
  auto list = folder.list({hosts, kj::str("file://", adblock)});
  list.allow.add(kj::str("two.example"));
  auto compiled = compile(list, folder.path, 5, false);
  CHECK(compiled.names == 4);
  CHECK(compiled.notUnderstood == 1);
  CHECK(compiled.firstNotUnderstood == "||x.example/path");
  auto names = folder.open();
  CHECK(names->find("one.example").listed);
  CHECK_FALSE(names->find("two.example").listed);
  CHECK(names->find("www.three.example").listed);
  CHECK_FALSE(names->find("ok.three.example").listed);
  CHECK(names->madeAt() == 5);
}

TEST_CASE("a source that is missing, or has become empty, leaves the last good list") {
  Folder folder;
  auto source = folder.write("a", "ads.example\n");
  auto list = folder.list({source});
  compile(list, folder.path, NOW, false);
  folder.write("a", "<html>not found</html>\n");
  CHECK_THROWS_AS(compile(list, folder.path, NOW + 1, false), kj::Exception);
  remove(source.cStr());
  CHECK_THROWS_AS(compile(list, folder.path, NOW + 2, false), kj::Exception);
  CHECK(folder.open()->find("ads.example").listed);
  CHECK(folder.open()->madeAt() == NOW);
  auto state = SourceState::load(kj::str(folder.path, "/ads.0.state"));
  CHECK(state.failures == 1);
  CHECK(state.retryAt > NOW + 2);
  CHECK(state.error.size() > 0);
}

TEST_CASE("by a clock from before this was written nobody is made to wait") {
  Folder folder;
  auto list = folder.list({kj::str("https://127.0.0.1:1/nobody-listens")});
  CHECK_THROWS_AS(compile(list, folder.path, 3, false), kj::Exception);
  auto state = SourceState::load(kj::str(folder.path, "/ads.0.state"));
  CHECK(state.error.size() > 0);
  CHECK(state.failures == 0);
  CHECK(state.retryAt == 0);
}

TEST_CASE("what is known of a source is kept between runs") {
  Folder folder;
  auto file = kj::str(folder.path, "/state");
  SourceState state;
  state.etag = kj::str("\"abc\"");
  state.modified = kj::str("Wed, 25 Nov 2026 20:00:00 GMT");
  state.checkedAt = 7;
  state.failures = 2;
  state.error = kj::str("two\nlines");
  state.save(file);
  auto loaded = SourceState::load(file);
  CHECK(loaded.etag == state.etag);
  CHECK(loaded.modified == state.modified);
  CHECK(loaded.checkedAt == 7);
  CHECK(loaded.failures == 2);
  CHECK(loaded.error == "two lines");
}

}  // namespace portreeve::lists
