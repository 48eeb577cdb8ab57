// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/fake-reader.h"

#include <doctest/doctest.h>

#include <vector>

namespace portreeve::attributor {
namespace {

struct Told {
  // What those who asked were told, in the order of telling.
  struct One {
    int tag;
    int pid;  // -1: no answer
    NoAnswer why;
  };
  std::vector<One> all;

  class Asker final : public ReaderLink::Asker {
  public:
    Asker(Told& told, int tag) : told(told), tag(tag) {}
    void answered(ReaderLink::Answer answer) override {
      told.all.push_back({tag, answer.getPid(), NoAnswer::AWAY});
    }
    void notAnswered(NoAnswer why) override { told.all.push_back({tag, -1, why}); }

  private:
    Told& told;
    int tag;
  };
  kj::Own<ReaderLink::Asker> asker(int tag) { return kj::heap<Asker>(*this, tag); }
};

ReaderQuestion owner(uint64_t inode) {
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::OWNER;
  question.inode = inode;
  return question;
}

void answerPid(FakeReader& reader, int pid) {
  reader.answer([pid](proto::reader::Answer::Builder a) { a.setPid(pid); });
}

TEST_CASE("questions are asked ahead, and answers go to those who asked, in order") {
  Told told;
  FakeReader reader;
  reader.connect();
  for (int i = 1; i <= 3; i++)
    reader.link.ask(owner(uint64_t(i)), Urgency::OUTGOING, told.asker(i));
  for (uint64_t i = 1; i <= 3; i++) CHECK(KJ_ASSERT_NONNULL(reader.next()).inode == i);
  for (int pid : {11, 12, 13}) answerPid(reader, pid);
  REQUIRE(told.all.size() == 3);
  for (int i = 0; i < 3; i++) {
    CHECK(told.all[size_t(i)].tag == i + 1);
    CHECK(told.all[size_t(i)].pid == 11 + i);
  }
}

TEST_CASE("when there is more to ask than is asked ahead, what leaves comes before what arrives") {
  Told told;
  FakeReader reader;
  reader.connect();
  for (int i = 0; i < 100; i++) reader.link.ask(owner(1), Urgency::INCOMING, told.asker(i));
  reader.link.ask(owner(2), Urgency::OUTGOING, told.asker(1000));
  uint ahead = 0;
  while (reader.next() != nullptr) ahead++;
  CHECK(ahead == 64);
  answerPid(reader, 7);
  CHECK(KJ_ASSERT_NONNULL(reader.next()).inode == 2);
}

TEST_CASE("a reader that falls silent is given up, and the next one is asked") {
  Told told;
  FakeReader reader;
  reader.connect();
  reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(1));
  reader.link.ask(owner(2), Urgency::OUTGOING, told.asker(2));
  reader.advance(300 * kj::MILLISECONDS);
  CHECK(told.all.empty());
  CHECK(reader.link.connected());
  reader.advance(150 * kj::MILLISECONDS);
  REQUIRE(told.all.size() == 2);
  CHECK(told.all[0].why == NoAnswer::SILENT);
  CHECK_FALSE(reader.link.connected());
  reader.advance(50 * kj::MILLISECONDS);
  CHECK(reader.dialled == 2);
  reader.connect();
  reader.link.ask(owner(3), Urgency::OUTGOING, told.asker(3));
  CHECK(KJ_ASSERT_NONNULL(reader.next()).inode == 3);
  answerPid(reader, 30);
  CHECK(told.all.back().pid == 30);
}

TEST_CASE("a slow reader that goes on answering is not given up") {
  Told told;
  FakeReader reader;
  reader.connect();
  for (int i = 1; i <= 3; i++) reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(i));
  for (int pid = 1; pid <= 3; pid++) {
    reader.advance(250 * kj::MILLISECONDS);
    answerPid(reader, pid);
  }
  REQUIRE(told.all.size() == 3);
  CHECK(told.all[2].pid == 3);
  CHECK(reader.dialled == 1);
}

TEST_CASE("what was asked of a reader that died is asked of the next one") {
  Told told;
  FakeReader reader;
  reader.connect();
  reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(1));
  REQUIRE(reader.next() != nullptr);
  reader.hangUp();
  CHECK(told.all.empty());
  reader.advance(30 * kj::MILLISECONDS);
  reader.connect();
  CHECK(KJ_ASSERT_NONNULL(reader.next()).inode == 1);
  answerPid(reader, 5);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].pid == 5);
}

TEST_CASE("while there is no reader, nobody waits for long, and later hardly at all") {
  Told told;
  FakeReader reader(true);
  reader.turn();
  reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(1));
  reader.advance(350 * kj::MILLISECONDS);
  CHECK(told.all.empty());
  reader.advance(100 * kj::MILLISECONDS);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].why == NoAnswer::AWAY);
  reader.advance(1 * kj::SECONDS);
  reader.link.ask(owner(2), Urgency::OUTGOING, told.asker(2));
  reader.advance(60 * kj::MILLISECONDS);
  CHECK(told.all.size() == 2);
}

TEST_CASE("a reader that accepts and never speaks is not waited for again and again") {
  Told told;
  FakeReader reader;
  reader.turn();
  reader.advance(2 * kj::SECONDS);
  reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(1));
  reader.advance(60 * kj::MILLISECONDS);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].pid == -1);
  CHECK_FALSE(reader.link.connected());
}

TEST_CASE("garbage ends the connection, not the attributor") {
  Told told;
  FakeReader reader;
  reader.connect();
  const kj::byte garbage[] = {1, 2, 3, 4, 5, 6, 7};
  const kj::byte wild[] = {0xff, 0xff, 0xff, 0xff, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1};
  reader.link.ask(owner(1), Urgency::OUTGOING, told.asker(1));
  SUBCASE("of a length that is none") {
    reader.sendBytes(garbage);
  }
  SUBCASE("of a right length") {
    reader.sendBytes(wild);
  }
  reader.advance(30 * kj::MILLISECONDS);
  CHECK(reader.dialled == 2);
  reader.connect();
  answerPid(reader, 5);
  REQUIRE(told.all.size() == 1);
}

TEST_CASE("an answer to no question ends the connection") {
  FakeReader reader;
  reader.connect();
  answerPid(reader, 5);
  reader.advance(30 * kj::MILLISECONDS);
  CHECK(reader.dialled == 2);
}

TEST_CASE("too many questions are refused, not kept") {
  Told told;
  FakeReader reader;
  reader.connect();
  for (int i = 0; i < 5000; i++) reader.link.ask(owner(1), Urgency::INCOMING, told.asker(i));
  CHECK(told.all.empty());  // never within ask()
  reader.turn();
  REQUIRE(told.all.size() == 5000 - 4096 - 64);
  CHECK(told.all[0].why == NoAnswer::BUSY);
}

}  // namespace
}  // namespace portreeve::attributor
