// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-cache.h"

#include "attributor/fake-noted-owners.h"
#include "attributor/fake-reader.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <string.h>

#include <vector>

namespace portreeve::attributor {
namespace {

using Kind = FakeReader::Kind;

struct Cache {
  FakeReader reader;
  FakeNotedOwners noted;
  FakeExaminer examiner;
  ProcessCache processes{reader.link, reader.timer, noted, examiner};
  std::vector<Holder> told;

  Cache() { reader.connect(); }

  static DiagSocket socket(uint64_t cookie, uint64_t inode) {
    DiagSocket socket;
    socket.cookie = cookie;
    socket.inode = inode;
    socket.uid = 1000;
    return socket;
  }
  void find(const DiagSocket& socket) {
    processes.find(socket, Urgency::OUTGOING,
                   [this](const Holder& holder) { told.push_back(holder); });
  }
  FakeReader::Asked expect(Kind kind) {
    auto asked = KJ_ASSERT_NONNULL(reader.next(), "nothing was asked");
    REQUIRE(asked.kind == kind);
    return asked;
  }
  void answerOwner(const FakeProcess& process) {
    expect(Kind::OWNER);
    reader.answer([&](proto::reader::Answer::Builder a) { process.owner(a); });
  }
  void answerDescription(const FakeProcess& process) {
    CHECK(expect(Kind::DESCRIBE).pid == process.pid);
    reader.answer([&](proto::reader::Answer::Builder a) { process.describe(a); });
  }
  bool idle() { return reader.next() == nullptr; }
};

TEST_CASE("a new process is looked for and described; the next socket of it is only looked for") {
  Cache cache;
  FakeProcess curl;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  CHECK(cache.told.empty());
  cache.answerDescription(curl);
  REQUIRE(cache.told.size() == 1);
  CHECK(cache.told[0].outcome == Holder::Outcome::FOUND);
  CHECK(cache.told[0].facts->path == "/usr/bin/curl");

  cache.find(Cache::socket(2, 72));
  auto asked = cache.expect(Kind::OWNER);
  CHECK(asked.hintPid == curl.pid);
  CHECK(asked.hintFd == curl.fd);
  cache.reader.answer([&](proto::reader::Answer::Builder a) { curl.owner(a); });
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].facts == cache.told[0].facts);
  CHECK_FALSE(cache.told[1].remembered);
  CHECK(cache.idle());
}

TEST_CASE("the same socket is believed for a moment, then looked at again") {
  Cache cache;
  FakeProcess curl;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  cache.answerDescription(curl);
  cache.find(Cache::socket(1, 71));
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].remembered);
  CHECK(cache.idle());
  cache.reader.advance(150 * kj::MILLISECONDS);
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  REQUIRE(cache.told.size() == 3);
  CHECK_FALSE(cache.told[2].remembered);
}

TEST_CASE("an inode number that is given to another socket is another socket") {
  Cache cache;
  FakeProcess curl;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  cache.answerDescription(curl);
  cache.find(Cache::socket(2, 71));
  CHECK(cache.told.size() == 1);
  cache.expect(Kind::OWNER);
}

TEST_CASE("a process that runs another program now is described anew") {
  Cache cache;
  FakeProcess first, second;
  second.argStart += 16;
  second.exe = "/usr/bin/wget";
  second.inode = second.hostInode = 501;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(first);
  cache.answerDescription(first);
  cache.find(Cache::socket(2, 72));
  cache.answerOwner(second);
  cache.answerDescription(second);
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].facts->path == "/usr/bin/wget");
  CHECK(cache.told[1].facts->instance != cache.told[0].facts->instance);
}

TEST_CASE("an update of the program file is noticed with the next socket") {
  Cache cache;
  FakeProcess program;
  program.mounts = 8;  // a service with mounts of its own
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(program);
  cache.answerDescription(program);
  CHECK(cache.told[0].facts->kind == proto::ProcessKind::PROGRAM);
  program.links = 0;
  program.exe += " (deleted)";
  program.hostInode = 999;
  cache.find(Cache::socket(2, 72));
  cache.answerOwner(program);
  cache.answerDescription(program);
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].facts->kind == proto::ProcessKind::REPLACED);
  CHECK(cache.told[1].facts->path == "/usr/bin/curl");
}

TEST_CASE("what is said of a process is read again after a second") {
  Cache cache;
  FakeProcess program;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(program);
  cache.answerDescription(program);
  cache.reader.advance(1100 * kj::MILLISECONDS);
  program.cgroup = "0::/user.slice/session-1.scope\n";
  cache.find(Cache::socket(2, 72));
  cache.answerOwner(program);
  cache.answerDescription(program);
  CHECK(cache.told[0].facts->unit == "ssh.service");
  CHECK(cache.told[1].facts->unit == "session-1.scope");
}

TEST_CASE("several packets of one socket at a time are one question") {
  Cache cache;
  FakeProcess curl;
  for (int i = 0; i < 3; i++) cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  cache.answerDescription(curl);
  CHECK(cache.told.size() == 3);
  CHECK(cache.idle());
}

TEST_CASE("a holder that is gone before it is described is gone") {
  Cache cache;
  FakeProcess curl, other;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(curl);
  cache.expect(Kind::DESCRIBE);
  SUBCASE("its number is nobody's") {
    cache.reader.answerError(ESRCH);
  }
  SUBCASE("its number is another's") {
    other.startTicks++;
    cache.reader.answer([&](proto::reader::Answer::Builder a) { other.describe(a); });
  }
  REQUIRE(cache.told.size() == 1);
  CHECK(cache.told[0].outcome == Holder::Outcome::GONE);
  CHECK(cache.told[0].facts == nullptr);
}

TEST_CASE("a socket that nobody holds is not searched for with every packet") {
  Cache cache;
  cache.find(Cache::socket(1, 71));
  cache.expect(Kind::OWNER);
  cache.reader.answerError(ENOENT);
  cache.find(Cache::socket(1, 71));
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].outcome == Holder::Outcome::NOBODY);
  CHECK(cache.idle());
  cache.reader.advance(1100 * kj::MILLISECONDS);
  cache.find(Cache::socket(1, 71));
  cache.expect(Kind::OWNER);
}

TEST_CASE("errors are said in words") {
  Cache cache;
  cache.find(Cache::socket(1, 71));
  cache.expect(Kind::OWNER);
  SUBCASE("too long") {
    cache.reader.answerError(ETIME);
    CHECK(cache.told.at(0).outcome == Holder::Outcome::TOO_LONG);
    CHECK(cache.told.at(0).reason == "the search for the program took too long");
  }
  SUBCASE("the reader hangs") {
    cache.reader.advance(500 * kj::MILLISECONDS);
    CHECK(cache.told.at(0).outcome == Holder::Outcome::NOT_ANSWERED);
    CHECK(cache.told.at(0).reason == "the reader did not answer");
  }
  SUBCASE("something else") {
    cache.reader.answerError(EIO);
    CHECK(cache.told.at(0).outcome == Holder::Outcome::FAILED);
  }
}

TEST_CASE("an answer that reads well and is none leaves nobody waiting") {
  Cache cache;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(FakeProcess());
  cache.expect(Kind::DESCRIBE);
  capnp::MallocMessageBuilder message;
  FakeProcess().describe(message.initRoot<proto::reader::Answer>());
  auto flat = capnp::messageToFlatArray(message);
  // The root's pointers lead far away.
  auto bytes = flat.asBytes();
  uint16_t counts[2];  // words of data, pointers
  memcpy(counts, bytes.begin() + 12, sizeof counts);
  size_t pointers = 16 + size_t(counts[0]) * 8;
  memset(bytes.begin() + pointers, 0x51, size_t(counts[1]) * 8);
  cache.reader.sendBytes(bytes);
  REQUIRE(cache.told.size() == 1);
  CHECK(cache.told[0].outcome == Holder::Outcome::NOT_ANSWERED);
  cache.find(Cache::socket(2, 71));
  cache.reader.advance(30 * kj::MILLISECONDS);
  cache.reader.connect();
  cache.expect(Kind::OWNER);
}

TEST_CASE("a socket that a parent holds as well is shared") {
  Cache cache;
  FakeProcess worker;
  worker.shared = true;
  cache.find(Cache::socket(1, 71));
  cache.answerOwner(worker);
  cache.answerDescription(worker);
  CHECK(cache.told.at(0).shared);
}

TEST_CASE("a process that the kernel noted is described, not looked for, and then known") {
  Cache cache;
  FakeProcess curl;
  cache.noted.note(1, curl);
  cache.noted.note(2, curl);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(curl);
  REQUIRE(cache.told.size() == 1);
  CHECK(cache.told[0].outcome == Holder::Outcome::FOUND);
  CHECK(cache.told[0].noted);

  cache.find(Cache::socket(2, 72));
  REQUIRE(cache.told.size() == 2);  // at once: nobody was asked
  CHECK(cache.told[1].facts == cache.told[0].facts);
  CHECK(cache.told[1].noted);
  CHECK(cache.idle());
}

TEST_CASE("what is said of a noted process is read again after a second") {
  Cache cache;
  FakeProcess curl;
  cache.noted.note(1, curl);
  cache.noted.note(2, curl);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(curl);
  cache.reader.advance(1100 * kj::MILLISECONDS);
  cache.find(Cache::socket(2, 72));
  CHECK(cache.told.size() == 1);
  cache.answerDescription(curl);
  CHECK(cache.told.size() == 2);
}

TEST_CASE("a noted process that runs another program by now is looked for") {
  Cache cache;
  FakeProcess shell, curl;
  shell.argStart = 0x7ffe0000;
  shell.exe = "/usr/bin/sh";
  cache.noted.note(1, shell);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(curl);  // the same pid and start, after an exec
  CHECK(cache.told.empty());
  cache.answerOwner(curl);
  cache.answerDescription(curl);
  REQUIRE(cache.told.size() == 1);
  CHECK_FALSE(cache.told[0].noted);
  CHECK(cache.told[0].facts->path == "/usr/bin/curl");
}

TEST_CASE("an exec at the same addresses is told by its file") {
  Cache cache;
  FakeProcess curl, other;
  cache.noted.note(1, curl);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(curl);
  other.inode = 501;
  cache.noted.note(2, other);
  cache.find(Cache::socket(2, 72));
  CHECK(cache.told.size() == 1);
  CHECK(cache.expect(Kind::DESCRIBE).pid == curl.pid);
}

TEST_CASE("a noted process that has gone is named by what was known of it") {
  Cache cache;
  FakeProcess curl;
  cache.noted.note(1, curl);
  cache.noted.note(2, curl);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(curl);
  cache.reader.advance(1100 * kj::MILLISECONDS);
  cache.find(Cache::socket(2, 72));
  cache.expect(Kind::DESCRIBE);
  cache.reader.answerError(ESRCH);
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].outcome == Holder::Outcome::FOUND);
  CHECK(cache.told[1].facts == cache.told[0].facts);
}

TEST_CASE("a noted process that nobody knew and that has gone is looked for, and not invented") {
  Cache cache;
  FakeProcess curl;
  cache.noted.note(1, curl);
  cache.find(Cache::socket(1, 71));
  cache.expect(Kind::DESCRIBE);
  cache.reader.answerError(ESRCH);
  cache.expect(Kind::OWNER);
  cache.reader.answerError(ENOENT);
  REQUIRE(cache.told.size() == 1);
  CHECK(cache.told[0].outcome == Holder::Outcome::NOBODY);
}

TEST_CASE("a noted process that still has its socket and no program any more is told by its file") {
  Cache cache;
  FakeProcess before;
  cache.noted.note(1, before);
  cache.find(Cache::socket(1, 71));
  cache.answerDescription(before);
  FakeProcess exiting = before;
  exiting.pid++;
  cache.noted.note(2, exiting);
  cache.find(Cache::socket(2, 72));
  cache.expect(Kind::DESCRIBE);
  cache.reader.answerError(EAGAIN);
  exiting.inode = 0;
  exiting.argStart = 0;
  cache.expect(Kind::OWNER);
  cache.reader.answer([&](proto::reader::Answer::Builder a) { exiting.owner(a); });
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].facts->path == "/usr/bin/curl");
  CHECK(cache.told[1].facts->key.pid == exiting.pid);
  CHECK(cache.told[1].noted);
}

TEST_CASE("who listens is looked for: a note tells only who connects and who sends") {
  Cache cache;
  FakeProcess curl;
  cache.noted.note(1, curl);
  auto listening = Cache::socket(1, 71);
  listening.state = STATE_LISTEN;
  cache.find(listening);
  CHECK(cache.expect(Kind::OWNER).listens);
}

TEST_CASE("a listener that was handed on stays shared for as long as the same process has it") {
  Cache cache;
  auto listening = Cache::socket(1, 71);
  listening.state = STATE_LISTEN;
  FakeProcess service;
  service.shared = true;
  cache.find(listening);
  cache.answerOwner(service);
  cache.answerDescription(service);
  service.shared = false;
  cache.reader.advance(200 * kj::MILLISECONDS);
  cache.find(listening);
  cache.answerOwner(service);
  REQUIRE(cache.told.size() == 2);
  CHECK(cache.told[1].shared);

  FakeProcess other;
  other.pid = service.pid + 1;
  cache.reader.advance(200 * kj::MILLISECONDS);
  cache.find(listening);
  cache.answerOwner(other);
  cache.answerDescription(other);
  REQUIRE(cache.told.size() == 3);
  CHECK_FALSE(cache.told[2].shared);
}

}  // namespace
}  // namespace portreeve::attributor
