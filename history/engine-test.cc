// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/test-history.h"

#include "history/texts.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <string>

namespace portreeve::history {
namespace {

std::string gapsOf(TestHistory& h) {
  auto from = h.database();
  Answer answer = findGaps(from, h.all());
  std::string words;
  for (auto gap : answer->getRoot<proto::History::GapsResults>().getGaps())
    words += std::string(gap.getReason().cStr()) + "\n";
  return words;
}

TEST_CASE("a file that is no database is kept aside, and recording begins anew at once") {
  TestHistory h;
  h.folder.write("history.db", "this is no database at all, but some text of somebody's");
  CHECK(h.write({{.flow = 1}}).outcome == Engine::Written::Outcome::DONE);
  CHECK(h.count() == 1);
  CHECK(h.folder.count("history.db.damaged-") == 1);
  CHECK(h.engine->setAsideCount() == 1);
  CHECK(gapsOf(h).find("damaged and is kept as") != std::string::npos);
}

TEST_CASE(
    "a database that is damaged while it is used is kept aside, and nothing is lost of what came") {
  TestHistory h;
  for (uint64_t i = 0; i < 200; i++) h.write({{.flow = i + 1}});
  h.engine = nullptr;  // closed: its log is taken in
  int fd = open(h.folder.file().cStr(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  // Pages behind the first one: the header still says that all is well.
  auto garbage =
      kj::heapArray<char>(size_t(std::filesystem::file_size(h.folder.file().cStr())) - 4096);
  memset(garbage.begin(), 0x5a, garbage.size());
  REQUIRE(pwrite(fd, garbage.begin(), garbage.size(), 4096) == ssize_t(garbage.size()));
  close(fd);
  h.engine = h.make();
  CHECK(h.write({{.flow = 4711}}).outcome == Engine::Written::Outcome::DONE);
  CHECK(h.folder.count("history.db.damaged-") == 1);
  CHECK(h.count() == 1);
}

TEST_CASE("of files set aside the newest three are kept") {
  TestHistory h;
  for (int i = 0; i < 5; i++) {
    h.folder.write("history.db", "no database");
    h.now += NS_A_SECOND;
    h.engine = h.make();
    h.write({{.flow = 1}});
    h.engine = nullptr;
  }
  CHECK(h.folder.count("history.db.damaged-") == 3);
}

TEST_CASE(
    "where the folder cannot be written all is tried again, and nothing of it is half there") {
  TestHistory h;
  // A folder in the place of the database: whatever the caller's uid, it cannot be opened.
  std::filesystem::create_directory(h.folder.file().cStr());
  auto written = h.write({{.flow = 1}});
  CHECK(written.outcome == Engine::Written::Outcome::AGAIN);
  CHECK(written.words.size() > 0);
  std::filesystem::remove(h.folder.file().cStr());
  CHECK(h.write({{.flow = 1}}).outcome == Engine::Written::Outcome::DONE);
  CHECK(h.count() == 1);
  CHECK(gapsOf(h).find("the disk took nothing") != std::string::npos);
}

TEST_CASE("a disk that is full takes nothing of a batch, and goes on when there is room") {
  TestHistory h;
  h.write({{.flow = 1}});
  {
    // As full as SQLite can be told to be, without a file system of our own.
    Database other(h.folder.file(), Database::Mode::READ_WRITE);
    auto pages = other.number("PRAGMA page_count");
    CHECK(other.number(kj::str("PRAGMA max_page_count = ", pages)) == pages);
    auto fill = [&]() {
      other.execute("BEGIN");
      KJ_ON_SCOPE_FAILURE(other.execute("ROLLBACK"));
      other.execute("CREATE TABLE more AS SELECT randomblob(100000)");
    };
    KJ_IF_MAYBE (e, kj::runCatchingExceptions(fill)) {
      CHECK(e->getType() == kj::Exception::Type::OVERLOADED);
      CHECK(other.trouble() == Trouble::DISK);
    } else {
      FAIL("it took it");
    }
  }
  CHECK(h.write({{.flow = 2}}).outcome == Engine::Written::Outcome::DONE);
  CHECK(h.count() == 2);
}

TEST_CASE(
    "a database of an older version is brought up, and the old file is kept for a downgrade") {
  TestFolder folder;
  constexpr kj::StringPtr steps[] = {"CREATE TABLE connection(id INTEGER PRIMARY KEY)"_kj,
                                     "ALTER TABLE connection ADD COLUMN colour TEXT"_kj,
                                     "ALTER TABLE connection ADD COLUMN shape TEXT"_kj};
  auto upTo = [&](size_t count) { return kj::arrayPtr(steps, count); };
  {
    auto first = openDatabase(folder.file(), upTo(1));
    first->execute("INSERT INTO connection VALUES(42)");
  }
  {
    auto second = openDatabase(folder.file(), upTo(2));
    CHECK(second->number("SELECT id FROM connection WHERE colour IS NULL") == 42);
    CHECK(second->number("PRAGMA user_version") == 2);
    second->execute("INSERT INTO connection VALUES(43, 'red')");
  }
  CHECK(folder.has("history.db.v1"));
  {
    // The older build again.
    auto back = openDatabase(folder.file(), upTo(1));
    CHECK(back->number("SELECT count(*) FROM connection") == 1);
    CHECK(back->number("PRAGMA user_version") == 1);
  }
  CHECK(folder.has("history.db.v2"));
}

TEST_CASE("programs of the version before have no more details, and are still found") {
  TestFolder folder;
  openDatabase(folder.file(), schemaSteps().slice(0, 1))
      ->execute("INSERT INTO program VALUES(9, 1, 0, 0, 'x', 0, 0, 0, 0, 0)");
  auto now = openDatabase(folder.file(), schemaSteps());
  Texts texts(*now);
  CHECK(texts.program(9).cmdline == "x");
  CHECK(texts.program(9).details == "");
}

TEST_CASE("a migration that fails leaves the database as it was") {
  TestFolder folder;
  constexpr kj::StringPtr good[] = {"CREATE TABLE connection(id INTEGER PRIMARY KEY)"_kj};
  constexpr kj::StringPtr bad[] = {good[0], "CREATE TABLE other(id); THIS IS NO SQL"_kj};
  openDatabase(folder.file(), good)->execute("INSERT INTO connection VALUES(42)");
  CHECK(kj::runCatchingExceptions([&]() { openDatabase(folder.file(), bad); }) != nullptr);
  auto again = openDatabase(folder.file(), good);
  CHECK(again->number("SELECT id FROM connection") == 42);
  CHECK(again->number("SELECT count(*) FROM sqlite_schema WHERE name = 'other'") == 0);
}

}  // namespace
}  // namespace portreeve::history
