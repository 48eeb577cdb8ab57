// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/askers.h"
#include "policy/name-lookups.h"
#include "policy/name-table.h"
#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1000000000;
constexpr uint64_t HOUR = 3600 * SECOND;

kj::Own<Program> program(uint64_t instance, kj::StringPtr path, uint32_t uid,
                         rules::ProcessKind kind = rules::ProcessKind::PROGRAM) {
  auto made = kj::refcounted<Program>();
  made->instance = instance;
  made->path = kj::str(path);
  made->uid = uid;
  made->kind = kind;
  return made;
}

struct Table {
  NameTable names{8};

  void give(kj::StringPtr name, kj::StringPtr address, Program& asker, uint64_t at = 0,
            kj::StringPtr chain = nullptr) {
    capnp::MallocMessageBuilder message;
    auto answer = message.initRoot<proto::NameAnswer>();
    answer.setName(name);
    if (chain != nullptr) answer.initChain(1).set(0, chain);
    auto given = rules::address(address);
    auto list = answer.initAddresses(1);
    list[0].setUpper(given.upper());
    list[0].setLower(given.lower());
    answer.setTtl(60);
    answer.setTime(1);  // by a wall clock that was behind: no name lives or ends by it
    answer.setGiven(at);
    names.remember(answer.asReader(), asker);
  }

  kj::String of(kj::StringPtr address, const Program& who, uint64_t now = 1) {
    return kj::strArray(
        KJ_MAP(name, names.namesFor(rules::address(address), who, now)) {
          return kj::str(name.name, '/', rules::toText(name.source));
        },
        " ");
  }
};

TEST_CASE("a name is the asker's own, its program's, its user's, or anybody's") {
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  table.give("a.test", "192.0.2.1", *asker);
  CHECK(table.of("192.0.2.1", *asker) == "a.test/process");
  CHECK(table.of("192.0.2.1", *program(2, "/usr/bin/app", 1000)) == "a.test/program");
  CHECK(table.of("192.0.2.1", *program(3, "/usr/bin/other", 1000)) == "a.test/user");
  CHECK(table.of("192.0.2.1", *program(4, "/usr/bin/app", 1001)) == "a.test/any");
  CHECK(table.of("192.0.2.2", *asker) == "");
}

TEST_CASE("a program in another's clothes is not the same program") {
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  table.give("a.test", "192.0.2.1", *asker);
  CHECK(table.of("192.0.2.1", *program(2, "/usr/bin/app", 1000,
                                       rules::ProcessKind::FOREIGN_ROOT)) == "a.test/user");
}

TEST_CASE("a system-wide stub's names are anybody's, also for its own user") {
  Table table;
  auto stub = program(1, "/usr/sbin/nscd", 0);
  table.give("a.test", "192.0.2.1", *stub);
  CHECK(table.of("192.0.2.1", *program(2, "/usr/bin/app", 0)) == "a.test/any");
  auto impostor = program(3, "/home/alice/nscd", 1000);
  CHECK_FALSE(speaksForOthers(*impostor));
}

TEST_CASE("the nearest names come first, each once; then the newest") {
  Table table;
  auto mine = program(1, "/usr/bin/app", 1000);
  auto theirs = program(2, "/usr/bin/other", 1001);
  table.give("a.test", "192.0.2.1", *theirs);
  table.give("b.test", "192.0.2.1", *mine);
  table.give("c.test", "192.0.2.1", *mine);
  table.give("b.test", "192.0.2.1", *theirs);
  CHECK(table.of("192.0.2.1", *mine) == "c.test/process b.test/process a.test/any");
}

TEST_CASE("targets of a CNAME are names too, behind the one that was asked for") {
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  table.give("alias.test", "192.0.2.1", *asker, 0, "www.test");
  CHECK(table.of("192.0.2.1", *asker) == "alias.test/process www.test/process");
}

TEST_CASE("a name is kept for its TTL and an hour after it was given") {
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  table.give("a.test", "192.0.2.1", *asker, 5 * SECOND);
  CHECK(table.of("192.0.2.1", *asker, HOUR + 64 * SECOND) == "a.test/process");
  CHECK(table.of("192.0.2.1", *asker, HOUR + 65 * SECOND) == "");
}

TEST_CASE("the oldest names go when there is no room; the same answer takes none") {
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  for (int i = 0; i < 20; i++) table.give("a.test", "192.0.2.1", *asker);
  CHECK(table.names.size() == 1);
  for (int i = 0; i < 8; i++) table.give("b.test", kj::str("192.0.2.", 10 + i), *asker);
  CHECK(table.names.size() == 8);
  CHECK(table.of("192.0.2.1", *asker) == "");
}

TEST_CASE("a shared address keeps the newest of its names alone") {
  NameTable names;
  Table table;
  auto asker = program(1, "/usr/bin/app", 1000);
  for (int i = 0; i < 20; i++) table.give(kj::str("n", i, ".test"), "192.0.2.1", *asker);
  CHECK(table.names.size() == 8);
  CHECK(table.of("192.0.2.1", *asker).startsWith("n19.test/process n18.test/process"));
}

TEST_CASE("an asker is known by its own end, until another one has it") {
  Askers askers(2);
  auto first = program(1, "/usr/bin/app", 1000);
  auto second = program(2, "/usr/bin/other", 1000);
  auto query = udp("192.0.2.10", 1000, "9.9.9.9", 53);
  askers.note(query, *first);
  CHECK(KJ_ASSERT_NONNULL(askers.find(udp("192.0.2.10", 1000, "127.0.0.1", 53)))->instance == 1);
  CHECK(askers.find(tcp("192.0.2.10", 1000, "127.0.0.1", 53)) == nullptr);
  askers.note(query, *second);
  CHECK(KJ_ASSERT_NONNULL(askers.find(query))->instance == 2);
}

struct PublishedAskers {
  Askers askers;
  AskerTableReader resolver{askers.table()};

  void note(uint16_t port, Program& program) {
    askers.note(udp("192.0.2.10", port, "127.0.0.1", 53), program);
  }
  kj::Maybe<AskerTableReader::Client> at(uint16_t port) {
    return resolver.of(rules::address("192.0.2.10"), port);
  }
  AskerWord word(uint16_t port) { return KJ_ASSERT_NONNULL(at(port)).word; }
};

TEST_CASE("clients on UDP are told apart as processes, and as programs where a rule could") {
  PublishedAskers f;
  auto app = program(1, "/usr/bin/app", 1000), again = program(2, "/usr/bin/app", 1000);
  auto other = program(3, "/usr/bin/app", 1001);
  f.note(1000, *app);
  f.note(1001, *app);
  f.note(1002, *again);
  f.note(1003, *other);
  CHECK(f.word(1000) == f.word(1001));
  CHECK(f.word(1000).program == f.word(1002).program);
  CHECK(f.word(1000).process != f.word(1002).process);
  CHECK(f.word(1000).program != f.word(1003).program);

  auto before = f.word(1001);
  app->fingerprint = 5;  // it executes another file
  app->path = kj::str("/usr/bin/tool");
  f.note(1001, *app);
  CHECK(f.word(1001).program != before.program);
  CHECK(f.word(1001).process != before.process);

  before = f.word(1002);
  again->sha256 = kj::str("e3b0c442");
  f.note(1002, *again);
  CHECK(f.word(1002).program == before.program);
  f.askers.judgeAnew({.examination = true});
  f.note(1002, *again);
  auto unexamined = program(5, "/usr/bin/app", 1000);
  f.note(1000, *unexamined);
  CHECK(f.word(1002).program != f.word(1000).program);

  again->pid = 7;
  auto third = program(4, "/usr/bin/app", 1000);
  third->pid = 8;
  f.askers.judgeAnew({.instance = true});
  f.note(1002, *again);
  f.note(1004, *third);
  CHECK(f.word(1002).program != f.word(1004).program);
}

TEST_CASE("what the resolver keeps is good until names are judged anew, or the socket is closed") {
  PublishedAskers f;
  auto app = program(1, "/usr/bin/app", 1000);
  f.note(1000, *app);
  f.note(1001, *app);
  f.askers.note(tcp("192.0.2.10", 1003, "127.0.0.1", 53), *app);
  CHECK(f.at(1003) == nullptr);
  f.askers.socketClosed(udp("192.0.2.10", 1000, "127.0.0.1", 53));
  CHECK(f.at(1000) == nullptr);
  auto before = KJ_ASSERT_NONNULL(f.at(1001)).generation;
  f.askers.judgeAnew({});
  CHECK(KJ_ASSERT_NONNULL(f.at(1001)).generation != before);
  f.askers.socketsUnknown();
  CHECK(f.at(1001) == nullptr);
  app->askAgain = true;  // not known for the moment
  f.note(1001, *app);
  CHECK(f.at(1001) == nullptr);
}

TEST_CASE("words that begin anew end what was kept under those before") {
  AskerWords words(2);
  auto one = program(1, "/usr/bin/one", 1000), two = program(2, "/usr/bin/two", 1000);
  auto three = program(3, "/usr/bin/three", 1000);
  CHECK(words.assign(*one));
  CHECK(words.assign(*two));
  CHECK(words.assign(*one));
  CHECK_FALSE(words.assign(*three));
  CHECK(three->askerWord.program == 1);
}

TEST_CASE("of askers, the longest silent are forgotten first") {
  Askers askers(2);
  auto app = program(1, "/usr/bin/app", 1000);
  auto queryFrom = [](uint16_t port) { return udp("192.0.2.10", port, "9.9.9.9", 53); };
  askers.note(queryFrom(1), *app);
  askers.note(queryFrom(2), *app);
  (void)askers.find(queryFrom(1));
  askers.note(queryFrom(3), *app);
  CHECK(askers.find(queryFrom(1)) != nullptr);
  CHECK(askers.find(queryFrom(2)) == nullptr);
}

TEST_CASE("an answer is the asker's that came with it, else whoever has the client's end") {
  Askers askers;
  NameTable names;
  auto query = udp("192.0.2.10", 1000, "9.9.9.9", 53);
  auto app = program(1, "/usr/bin/app", 1000);
  askers.note(query, *app);
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<proto::NameAnswer>();
  answer.setName("a.test");
  query.to(answer.initClient());
  answer.initAddresses(1)[0].setLower(rules::address("192.0.2.1").lower());
  rememberAnswer(names, askers, answer.asReader());
  CHECK(names.namesFor(rules::address("192.0.2.1"), *app, 1)[0].source ==
        rules::NameSource::PROCESS);
  auto other = program(2, "/usr/bin/other", 1001);
  describe(*other, answer.initAsker());
  answer.setName("b.test");
  rememberAnswer(names, askers, answer.asReader());
  CHECK(names.namesFor(rules::address("192.0.2.1"), *other, 1)[0].name == "b.test");
}

// Asking back -------------------------------------------------------------------------------------

class SilentLookup final : public proto::NameLookup::Server {
public:
  kj::Promise<void> namesFor(NamesForContext) override { return kj::NEVER_DONE; }
};

TEST_CASE("a resolver that does not answer is waited for a tenth of a second") {
  Road road("");
  road.lookups.offered(kj::heap<SilentLookup>(), nullptr);
  auto waiting = road.lookups.fetch(rules::address("192.0.2.1"));
  CHECK_FALSE(waiting.poll(road.scope));
  road.advance(101 * kj::MILLISECONDS);
  CHECK(waiting.poll(road.scope));
  CHECK(road.lookups.timedOut() == 1);
}

TEST_CASE("without a resolver nobody waits, once the start is over") {
  Road road("");
  road.advance(10 * kj::SECONDS);
  CHECK(road.lookups.fetch(rules::address("192.0.2.1")).poll(road.scope));
}

}  // namespace
}  // namespace portreeve::policy
