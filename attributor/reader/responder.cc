// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/responder.h"

#include <capnp/serialize.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>

#include <iterator>

namespace portreeve::reader {
namespace {

constexpr const char* TABLES[] = {
    "self/net/icmp",     "self/net/icmp6", "self/net/raw",  "self/net/raw6", "self/net/udplite",
    "self/net/udplite6", "self/net/tcp",   "self/net/tcp6", "self/net/udp",  "self/net/udp6"};
constexpr size_t TABLE_BYTES = 32000;

// The longest answers have to fit: describe, and a table.
static_assert(PATH_BYTES + 2 * WHERE_BYTES + STAT_BYTES + 2 * TEXT_BYTES +
                      ANCESTORS_AT_MOST * (ANCESTOR_PATH_BYTES + 32) + 512 <
                  ANSWER_WORDS * sizeof(capnp::word),
              "describe");
static_assert(TABLE_BYTES + 512 < ANSWER_WORDS * sizeof(capnp::word), "procNet");

constexpr capnp::ReaderOptions LIMITS{QUESTION_BYTES / sizeof(capnp::word), 4};

}  // namespace

Responder::Responder(kj::AutoCloseFd openProc, SlowLane& slowLane, OwnStatus& ownStatus)
    : proc(kj::mv(openProc)), ownStatus(ownStatus), search(proc), processes(proc, slowLane) {}

kj::Maybe<Responder::Reply> Responder::answer(kj::ArrayPtr<const capnp::word> words) {
  counts.questions++;
  program = kj::AutoCloseFd();
  size_t size = 0;
  auto problem = kj::runCatchingExceptions([&]() {
    capnp::FlatArrayMessageReader message(words, LIMITS);
    auto question = message.getRoot<proto::reader::Question>();
    capnp::MallocMessageBuilder builder(scratch);
    auto answer = builder.initRoot<proto::reader::Answer>();
    answer.setFd(-1);
    answer.setError(fill(question, answer));
    auto segments = builder.getSegmentsForOutput();
    KJ_REQUIRE(segments.size() == 1 && segments[0].size() < ANSWER_WORDS);
    // Segment table of the stream framing: number of segments - 1, words of the first.
    uint32_t table[2] = {0, uint32_t(segments[0].size())};
    memcpy(flat, table, sizeof table);
    memcpy(flat + 1, segments[0].begin(), segments[0].asBytes().size());
    size = segments[0].size() + 1;
  });
  if (problem != nullptr) {
    counts.malformed++;
    return nullptr;
  }
  kj::Maybe<int> descriptor;
  if (program.get() >= 0) descriptor = program.get();
  return Reply{kj::arrayPtr(flat, size), descriptor};
}

int Responder::fill(Question question, Answer answer) {
  switch (question.getKind()) {
    case Question::Reads::Kind::OWNER:
      return findOwner(question, answer);
    case Question::Reads::Kind::DESCRIBE:
      return processes.look(question.getPid(), answer);
    case Question::Reads::Kind::BINARY:
      return processes.openProgram(question.getPid(), answer, program);
    case Question::Reads::Kind::PROC_NET:
      return readTable(question.getTable(), answer);
    case Question::Reads::Kind::STATUS:
      return fillStatus(answer);
  }
  return ENOSYS;
}

int Responder::findOwner(Question question, Answer answer) {
  OwnerQuestion asked;
  asked.inode = question.getInode();
  asked.hintPid = question.getHintPid();
  asked.hintFd = question.getHintFd();
  asked.uid = question.getUid();
  asked.newerThan = question.getNewerThan();
  asked.listens = question.getListens();
  if (asked.inode == 0) return EINVAL;
  Owner owner = search.find(asked);
  (owner.error == 0 ? counts.found : counts.notFound)++;
  answer.setNewestPid(owner.newestPid);
  if (owner.error != 0) return owner.error;
  answer.setPid(owner.pid);
  answer.setFd(owner.descriptor);
  answer.setStep(uint8_t(owner.step));
  answer.setStartTicks(owner.stat.startTicks);
  answer.setArgStart(owner.stat.argStart);
  answer.setFileDevice(owner.file.device);
  answer.setFileInode(owner.file.inode);
  answer.setFileLinks(owner.file.links);
  answer.setShared(owner.shared);
  // The asker cannot know it yet. If it has gone meanwhile, who holds the socket is an answer
  // still.
  bool unknown = asked.newerThan > 0 && owner.pid > asked.newerThan;
  if (unknown && owner.entry != nullptr) processes.look(owner, answer);
  return 0;
}

int Responder::readTable(unsigned table, Answer answer) {
  if (table >= std::size(TABLES)) return EINVAL;
  int fd = openat(proc, TABLES[table], O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  kj::AutoCloseFd file(fd);
  char text[TABLE_BYTES];
  size_t size = readWhole(fd, text);
  if (size == sizeof text) {
    // Full: the last line may be cut.
    auto end = static_cast<const char*>(memrchr(text, '\n', size));
    size = end == nullptr ? 0 : size_t(end + 1 - text);
    answer.setTruncated(true);
  }
  answer.setTable({reinterpret_cast<const kj::byte*>(text), size});
  return 0;
}

int Responder::fillStatus(Answer answer) {
  auto list = answer.initCounters(4);
  list.set(0, counts.questions);
  list.set(1, counts.notEntitled);
  list.set(2, counts.found);
  list.set(3, counts.notFound);
  capnp::MallocMessageBuilder report;
  ownStatus.fill(report.initRoot<proto::view::ProcessStatus>());
  answer.setReport(capnp::messageToFlatArray(report).asBytes());
  return 0;
}

}  // namespace portreeve::reader
