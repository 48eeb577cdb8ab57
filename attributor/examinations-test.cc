// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examinations.h"

#include "attributor/fake-reader.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>

#include <vector>

namespace portreeve::attributor {
namespace {

using Kind = FakeReader::Kind;

struct Files {
  FakeReader reader;
  kj::AutoCloseFd examiner;  // its end
  kj::Own<Examinations> examinations;
  kj::Promise<void> running = nullptr;
  std::vector<SharedFacts> learned;
  FileHistory history;

  Files() {
    reader.connect();
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
    examiner = kj::AutoCloseFd(ends[1]);
    examinations = kj::heap<Examinations>(
        reader.link, reader.io.unixEventPort, reader.timer, kj::AutoCloseFd(ends[0]),
        [this](const SharedFacts& facts) { learned.push_back(facts); });
    running = examinations->run().eagerlyEvaluate(nullptr);
  }

  std::shared_ptr<ProcessFacts> describe(const FakeProcess& process) {
    capnp::MallocMessageBuilder message;
    auto answer = message.initRoot<proto::reader::Answer>();
    process.describe(answer);
    auto facts = factsFrom(answer.asReader(), nullptr, history);
    examinations->examine(facts, answer.asReader());
    return facts;
  }
  void answerBinary(const FakeProcess& process) {
    auto asked = KJ_ASSERT_NONNULL(reader.next(), "nothing was asked");
    CHECK(asked.kind == Kind::BINARY);
    CHECK(asked.pid == process.pid);
    kj::AutoCloseFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    reader.answerWith(file, [&](proto::reader::Answer::Builder a) { process.binary(a); });
  }
  kj::Maybe<examiner::Job> job() {
    reader.turn();
    examiner::Job job;
    if (recv(examiner, &job, sizeof job, MSG_DONTWAIT) != sizeof job) return nullptr;
    return job;
  }
  void answer(uint64_t id, const char* sha256, const char* package = "") {
    examiner::Result result;
    result.id = id;
    strcpy(result.sha256, sha256);
    strcpy(result.package, package);
    KJ_SYSCALL(send(examiner, &result, sizeof result, 0));
    reader.turn();
  }
};

TEST_CASE("a file is examined once, and all that run it are told") {
  Files files;
  FakeProcess curl, second;
  second.pid++;
  auto first = files.describe(curl);
  auto other = files.describe(second);
  REQUIRE(first->examination != nullptr);
  CHECK_FALSE(first->examination->done);
  files.answerBinary(curl);
  auto job = KJ_ASSERT_NONNULL(files.job());
  CHECK(job.findPackage == 1);
  CHECK(kj::StringPtr(job.path) == "/usr/bin/curl");
  files.answer(job.id, "ab12", "curl:amd64");
  CHECK(files.learned.size() == 2);
  CHECK(first->examination->done);
  CHECK(other->examination->sha256 == "ab12");
  CHECK(other->examination->package == "curl:amd64");
  auto third = files.describe(curl);
  CHECK(third->examination->done);
  CHECK(files.reader.next() == nullptr);
}

TEST_CASE("a file that has changed is another file") {
  Files files;
  FakeProcess curl;
  files.describe(curl);
  files.answerBinary(curl);
  files.answer(KJ_ASSERT_NONNULL(files.job()).id, "ab12");
  SUBCASE("its content") {
    curl.modified++;
  }
  SUBCASE("what is known of it") {
    curl.changed++;
  }
  SUBCASE("its length") {
    curl.size++;
  }
  SUBCASE("it is in its place") {
    curl.inode = curl.hostInode = 501;
  }
  CHECK_FALSE(files.describe(curl)->examination->done);
}

TEST_CASE("the path of a stranger's file is nobody's package") {
  Files files;
  FakeProcess evil;
  evil.hostInode = 1;
  files.describe(evil);
  files.answerBinary(evil);
  CHECK(KJ_ASSERT_NONNULL(files.job()).findPackage == 0);
}

TEST_CASE("a process that has gone leaves its file to the next one that runs it") {
  Files files;
  FakeProcess curl;
  auto gone = files.describe(curl);
  files.reader.next();
  files.reader.answerError(ESRCH);
  CHECK(gone->examination->done);
  CHECK(gone->examination->sha256 == "");
  CHECK(gone->examination->whyNot.size() > 0);
  CHECK(files.learned.size() == 1);
  CHECK_FALSE(files.describe(curl)->examination->done);
}

TEST_CASE("a file that was opened and is another one by then is not taken for it") {
  Files files;
  FakeProcess curl, other;
  auto facts = files.describe(curl);
  other.inode = 999;
  files.answerBinary(other);
  CHECK(files.job() == nullptr);
  CHECK(facts->examination->done);
  CHECK(facts->examination->sha256 == "");
}

TEST_CASE("what takes too long is given up, and a late result changes nothing") {
  Files files;
  FakeProcess curl;
  auto facts = files.describe(curl);
  files.answerBinary(curl);
  auto job = KJ_ASSERT_NONNULL(files.job());
  files.reader.advance(12 * kj::SECONDS);
  CHECK(facts->examination->done);
  CHECK(facts->examination->whyNot == "its file took too long to read");
  files.answer(job.id, "ab12");
  CHECK(facts->examination->sha256 == "");
}

TEST_CASE("what waits for others of its file system is not slow itself") {
  Files files;
  std::vector<FakeProcess> programs(3);
  for (uint64_t i = 0; i < 3; i++) {
    programs[i].pid += int32_t(i);
    programs[i].inode = programs[i].hostInode = 900 + i;
    files.describe(programs[i]);
  }
  files.answerBinary(programs[0]);
  auto first = KJ_ASSERT_NONNULL(files.job()).id;
  files.answerBinary(programs[1]);
  auto second = KJ_ASSERT_NONNULL(files.job()).id;
  files.reader.advance(10 * kj::SECONDS);
  files.answer(first, "ab12");
  files.answer(second, "cd34");
  files.answerBinary(programs[2]);
  auto third = KJ_ASSERT_NONNULL(files.job()).id;
  files.reader.advance(2 * kj::SECONDS);
  auto facts = files.describe(programs[2]);
  CHECK_FALSE(facts->examination->done);
  files.answer(third, "ef56");
  CHECK(facts->examination->sha256 == "ef56");
}

TEST_CASE("a file system that hangs gets no more readers, and keeps no other waiting") {
  Files files;
  std::vector<uint64_t> jobs;
  for (uint64_t i = 0; i < 2; i++) {
    FakeProcess stuck;
    stuck.device = 77;
    stuck.inode = 800 + i;
    files.describe(stuck);
    files.answerBinary(stuck);
    jobs.push_back(KJ_ASSERT_NONNULL(files.job()).id);
  }
  FakeProcess third, curl;
  third.device = 77;
  third.inode = 810;
  auto waits = files.describe(third);
  CHECK(files.reader.next() == nullptr);
  auto facts = files.describe(curl);
  files.answerBinary(curl);
  files.answer(KJ_ASSERT_NONNULL(files.job()).id, "ab12");
  CHECK(facts->examination->sha256 == "ab12");
  files.reader.advance(12 * kj::SECONDS);
  CHECK(waits->examination->done);

  FakeProcess later = third;
  later.inode = 811;
  auto refused = files.describe(later);
  CHECK(refused->examination->done);
  CHECK(refused->examination->whyNot == "its file system does not answer");
  CHECK(files.reader.next() == nullptr);
  SUBCASE("until it answers, and a minute is over") {
    for (auto id : jobs) files.answer(id, "cd34");
    files.reader.advance(61 * kj::SECONDS);
    CHECK_FALSE(files.describe(later)->examination->done);
    files.answerBinary(later);
    files.answer(KJ_ASSERT_NONNULL(files.job()).id, "ef56");
    CHECK(files.describe(later)->examination->sha256 == "ef56");
  }
  SUBCASE("a minute is not enough while its readers hang") {
    files.reader.advance(61 * kj::SECONDS);
    files.describe(later);
    CHECK(files.reader.next() == nullptr);
  }
}

TEST_CASE("a file that cannot be opened is not tried again with each look at its process") {
  Files files;
  FakeProcess curl;
  files.describe(curl);
  files.reader.next();
  files.reader.answerError(EACCES);
  CHECK(files.describe(curl)->examination->done);
  CHECK(files.reader.next() == nullptr);
  files.reader.advance(61 * kj::SECONDS);
  files.describe(curl);
  CHECK(files.reader.next() != nullptr);
}

TEST_CASE("an examiner that has gone keeps nobody waiting") {
  Files files;
  FakeProcess curl, later;
  later.inode = later.hostInode = 501;
  auto facts = files.describe(curl);
  files.examiner = nullptr;
  files.reader.turn();
  CHECK_FALSE(files.examinations->examinerIsThere());
  CHECK(facts->examination->done);
  CHECK(files.describe(later)->examination->done);
}

TEST_CASE("a result that has no ends to its texts is none") {
  Files files;
  FakeProcess curl;
  auto facts = files.describe(curl);
  files.answerBinary(curl);
  examiner::Result result;
  result.id = KJ_ASSERT_NONNULL(files.job()).id;
  memset(result.sha256, 'a', sizeof result.sha256);
  KJ_SYSCALL(send(files.examiner, &result, sizeof result, 0));
  files.reader.turn();
  CHECK(facts->examination->done);
  CHECK(facts->examination->sha256 == "");
}

}  // namespace
}  // namespace portreeve::attributor
