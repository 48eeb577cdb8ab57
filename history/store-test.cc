// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/test-history.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/io.h>
#include <string.h>

namespace portreeve::history {
namespace {

TEST_CASE("what was told is found again as it was told") {
  TestHistory h;
  REQUIRE(h.write({{.flow = 7, .endedNs = NOW + NS_A_SECOND, .bytesIn = 4242}}).outcome ==
          Engine::Written::Outcome::DONE);
  auto from = h.database();
  Answer answer = findConnections(from, h.all(), 0);
  auto page = answer->getRoot<proto::view::ConnectionPage>();
  REQUIRE(page.getConnections().size() == 1);
  auto one = page.getConnections()[0];
  CHECK(one.getTime() == rfc3339(NOW));
  CHECK(one.getEnded() == rfc3339(NOW + NS_A_SECOND));
  CHECK(one.getState() == "ended");
  CHECK(one.getDirection() == "out");
  CHECK(one.getProtocol() == "tcp");
  CHECK(one.getLocal().getAddress() == "192.0.2.10");
  CHECK(one.getLocal().getPort() == 40000);
  CHECK(one.getRemote().getAddress() == "203.0.113.5");
  CHECK(one.getRemote().getPort() == 443);
  CHECK(one.getDomain() == "example.org");
  CHECK(one.getNamedBy() == "process");
  CHECK(one.getBytesIn() == 4242);
  auto process = one.getProcess();
  CHECK(process.getPid() == 4711);
  CHECK(process.getPath() == "/usr/bin/curl");
  CHECK(process.getCmdline() == "curl https://example.org/");
  CHECK(process.getUser() == "alice");
  CHECK(process.getUid() == 1000);
  CHECK(process.getUnit() == "session-1.scope");
  CHECK(process.getGid() == 1001);
  CHECK(process.getCgroup() == "/user.slice/user-1000.slice/session-1.scope");
  CHECK(process.getCwd() == "/home/alice/my work");
  CHECK(process.getSession() == "1");
  CHECK(process.getSlice() == "user-1000.slice");
  CHECK(process.getScript() == "/opt/a b.py");
  CHECK(process.getContainer() == "web");
  CHECK(process.getContainerRuntime() == "lxc");
  CHECK(process.getSha256() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(process.getPackage() == "curl:amd64");
  CHECK(process.getDevice() == "8:1");
  CHECK(process.getInode() == 9'007'199'254);
  REQUIRE(process.getClaimed().size() == 1);
  CHECK(process.getClaimed()[0] == "script");
  CHECK(process.getFlatpak() == "");
  CHECK(process.getMethod() == "sock_diag");
  REQUIRE(process.getParents().size() == 1);
  CHECK(process.getParents()[0].getPid() == 100);
  CHECK(process.getParents()[0].getPath() == "/usr/bin/bash of mine");
  CHECK(one.getVerdict().getRule() == "web");
  CHECK(one.getVerdict().getMark() == 1710);
  CHECK(one.getVerdict().getReason() == "/etc/portreeve/rules.d/10-web.toml:1");
  CHECK(page.getNext() == "");
}

TEST_CASE("a connection that is told again replaces what was told before") {
  TestHistory h;
  h.write({{.flow = 7}});
  h.write({{.flow = 7, .endedNs = NOW, .action = "block"}});
  auto found = h.found([](auto) {});
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "/usr/bin/curl example.org block");
}

TEST_CASE("of a connection that goes on only bytes and end are told, and the rest stays") {
  TestHistory h;
  h.write({{.flow = 7, .bytesIn = 1}});
  h.write(progressOf(7, 0, 2));
  h.write(progressOf(7, NOW + NS_A_SECOND, 4242));
  auto from = h.database();
  Answer answer = findConnections(from, h.all(), 0);
  auto page = answer->getRoot<proto::view::ConnectionPage>();
  REQUIRE(page.getConnections().size() == 1);
  auto one = page.getConnections()[0];
  CHECK(one.getEnded() == rfc3339(NOW + NS_A_SECOND));
  CHECK(one.getBytesIn() == 4242);
  CHECK(one.getDomain() == "example.org");
  CHECK(one.getProcess().getPath() == "/usr/bin/curl");
  CHECK(one.getVerdict().getRule() == "web");
}

TEST_CASE("the end of a connection that was forgotten does not bring it back") {
  TestHistory h;
  h.write({{.flow = 7}});
  h.engine->purge(h.filter([](auto builder) { builder.setDomain("example.org"); }));
  h.write(progressOf(7, NOW, 4242));
  CHECK(h.count() == 0);
}

TEST_CASE("a batch that names a text or a program that it does not have is refused, with which") {
  TestHistory h;
  auto badText = batchOf({{.flow = 7}});
  auto badProgram = batchOf({{.flow = 8}});
  auto of = [](Batch& batch) {
    return batch.message->getRoot<proto::Recorder::ConnectionsParams>()
        .getBatch()
        .getDescribed()[0];
  };
  of(badText).setRule(4711);
  of(badProgram).setProgram(4711);
  auto text = h.write(kj::mv(badText));
  CHECK(text.outcome == Engine::Written::Outcome::REFUSED);
  CHECK(strstr(text.words.cStr(), "no such text") != nullptr);
  auto program = h.write(kj::mv(badProgram));
  CHECK(program.outcome == Engine::Written::Outcome::REFUSED);
  CHECK(strstr(program.words.cStr(), "no such program") != nullptr);
  CHECK(h.count() == 0);
}

TEST_CASE("the same number in another life of policy is another connection") {
  TestHistory h;
  h.write(batchOf({{.flow = 7}}, 1));
  h.write(batchOf({{.flow = 7}}, 2));
  CHECK(h.count() == 2);
}

TEST_CASE("only of the life that goes on can a connection be open") {
  TestHistory h;
  h.write(batchOf({{.flow = 7}}, 1));
  h.write(batchOf({{.flow = 8}}, 2));
  auto from = h.database();
  Answer answer = findConnections(from, h.all(), newestLife(from));
  auto list = answer->getRoot<proto::view::ConnectionPage>().getConnections();
  REQUIRE(list.size() == 2);
  CHECK(list[0].getState() == "open");
  CHECK(list[1].getState() == "ended");
}

TEST_CASE("what is too old is forgotten, what is not stays") {
  TestHistory h;
  uint64_t day = 86'400 * NS_A_SECOND;
  h.write({{.flow = 1, .startedNs = NOW - 31 * day}, {.flow = 2, .startedNs = NOW - 29 * day}});
  h.write(questionOf("old.test", "allow", NOW - 31 * day), questionOf("new.test", "allow"));
  auto pruned = h.engine->prune();
  CHECK(pruned.connections == 1);
  CHECK(pruned.queries == 1);
  CHECK_FALSE(pruned.more);
  CHECK(h.count() == 1);
}

TEST_CASE("past the size that is allowed the oldest goes first, until it fits") {
  TestHistory h;
  h.bounds.maxBytes = 2 << 20;
  h.engine = h.make();
  for (uint64_t i = 0; i < 60; i++) {
    TestBatch batch(500);
    for (uint k = 0; k < 500; k++)
      batch.add({.flow = i * 500 + k + 1, .startedNs = NOW + (i * 500 + k) * NS_A_SECOND});
    h.write(batch.take(1));
  }
  CHECK(h.engine->fileBytes() > h.bounds.maxBytes);
  int pieces = 0;
  while (h.engine->prune().more) REQUIRE(++pieces < 100);
  CHECK(h.engine->fileBytes() <= h.bounds.maxBytes + (1 << 20));
  auto from = h.database();
  CHECK(from.number("SELECT min(started) FROM connection") > int64_t(NOW / 1'000'000));
}

TEST_CASE("purging takes what matches, and its texts, out of the file") {
  TestHistory h;
  h.write({{.flow = 1, .domain = "secret.test"}, {.flow = 2}});
  h.write(questionOf("secret.test", "allow"), questionOf("example.org", "allow"));
  auto purged = h.engine->purge(h.filter([](auto builder) { builder.setDomain("secret.test"); }));
  CHECK(purged.connections == 1);
  CHECK(purged.queries == 1);
  CHECK(h.count() == 1);
  h.engine = nullptr;
  kj::FdInputStream in(kj::AutoCloseFd(open(h.folder.file().cStr(), O_RDONLY | O_CLOEXEC)));
  auto bytes = in.readAllBytes();
  std::string_view text(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  CHECK(text.find("example.org") != text.npos);
  CHECK(text.find("secret.test") == text.npos);
}

TEST_CASE("what nothing refers to any more is tidied away, what is in use is not") {
  TestHistory h;
  uint64_t day = 86'400 * NS_A_SECOND;
  h.write({{.flow = 1, .startedNs = NOW - 31 * day, .program = "/opt/gone", .domain = "gone.test"},
           {.flow = 2}});
  h.engine->prune();
  h.engine->tidy();
  auto from = h.database();
  CHECK(from.number("SELECT count(*) FROM text WHERE value = 'gone.test'") == 0);
  CHECK(from.number("SELECT count(*) FROM executable WHERE path = '/opt/gone'") == 0);
  CHECK(h.found([](auto) {})[0] == "/usr/bin/curl example.org allow");
}

}  // namespace
}  // namespace portreeve::history
