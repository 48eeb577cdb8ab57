// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader-link.h"

#include "common/log.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace portreeve::attributor {
namespace {

constexpr size_t ANSWER_WORDS = proto::reader::READER_ANSWER_BYTES / sizeof(capnp::word);
constexpr size_t QUESTION_WORDS = 32;
constexpr size_t AHEAD = 64;                    // questions sent and not answered
constexpr size_t MAX_WAITING = 4096;            // of one urgency, besides
constexpr auto STALL = 400 * kj::MILLISECONDS;  // its longest search takes 250
constexpr auto PATIENCE = 1 * kj::SECONDS;      // behind others' questions
constexpr auto SHORT_PATIENCE = 20 * kj::MILLISECONDS;
constexpr auto LONG_AWAY = 1 * kj::SECONDS;
constexpr auto CHECK_INTERVAL = 10 * kj::MILLISECONDS;
constexpr auto REDIAL_DELAY = 20 * kj::MILLISECONDS;

capnp::ReaderOptions limits() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = ANSWER_WORDS * 4;
  options.nestingLimit = 8;
  return options;
}

class Probe final : public ReaderLink::Asker {
  // The first question on every connection: what listens may yet be hanging.
public:
  void answered(ReaderLink::Answer) override {}
  void notAnswered(NoAnswer) override {}
};

void fill(proto::reader::Question::Builder builder, const ReaderQuestion& question) {
  builder.setKind(question.kind);
  builder.setInode(question.inode);
  builder.setPid(question.pid);
  builder.setHintPid(question.hintPid);
  builder.setHintFd(question.hintFd);
  builder.setUid(question.uid);
  builder.setNewerThan(question.newerThan);
  builder.setListens(question.listens);
  builder.setTable(question.table);
}

}  // namespace

bool saysNoAnswer(kj::StringPtr reason) {
  for (auto why : {NoAnswer::SILENT, NoAnswer::AWAY, NoAnswer::BUSY})
    if (reason == toText(why)) return true;
  return false;
}

kj::StringPtr toText(NoAnswer why) {
  switch (why) {
    case NoAnswer::SILENT:
      return "the reader did not answer"_kj;
    case NoAnswer::AWAY:
      return "the reader is not there"_kj;
    case NoAnswer::BUSY:
      return "there was too much to look up at once"_kj;
  }
  return "the reader did not answer"_kj;
}

ReaderLink::Connection::Connection(kj::UnixEventPort& port, kj::AutoCloseFd socket)
    : fd(kj::mv(socket)), observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

ReaderLink::ReaderLink(kj::UnixEventPort& port, kj::Timer& timer, Dial dial)
    : port(port),
      timer(timer),
      dial(kj::mv(dial)),
      drained([]() {}),
      awaySince(timer.now()),
      lastProgress(timer.now()),
      buffer(kj::heapArray<capnp::word>(ANSWER_WORDS)),
      tasks(*this) {}

ReaderLink::~ReaderLink() noexcept(false) = default;

kj::Promise<void> ReaderLink::run() {
  return kj::evalNow([this]() { return oneLife(); })
      .then([]() {},
            [this](kj::Exception&& e) {
              if (!saidAway) log::exception("connection to the reader", e);
              saidAway = true;
            })
      .then([this]() {
        lifeEnded();
        return timer.afterDelay(REDIAL_DELAY);
      })
      .then([this]() { return run(); });
}

kj::Promise<void> ReaderLink::oneLife() {
  counts.dialled++;
  counts.asked++;
  auto fresh = kj::heap<Connection>(port, dial());
  auto& here = *fresh;
  connection = kj::mv(fresh);
  auto hungUp = kj::newPromiseAndFulfiller<void>();
  hangUp = kj::mv(hungUp.fulfiller);
  lastProgress = timer.now();
  if (!sendOne(here, ReaderQuestion())) return kj::READY_NOW;
  sent.push_back(Waiting{ReaderQuestion(), kj::heap<Probe>(), timer.now()});
  watch();
  return receive(here).exclusiveJoin(kj::mv(hungUp.promise));
}

void ReaderLink::lifeEnded() {
  if (proven) {
    awaySince = timer.now();
    if (!saidAway) log::info("the reader has gone, dialling again");
    saidAway = true;
  }
  proven = false;
  connection = nullptr;
  // Asked again of the next one, within what is left of their time.
  while (!sent.empty()) {
    auto one = kj::mv(sent.back());
    sent.pop_back();
    waiting[size_t(Urgency::OUTGOING)].push_front(kj::mv(one));
  }
}

kj::Promise<void> ReaderLink::receive(Connection& from) {
  if (!drain(from)) return kj::READY_NOW;
  return from.observer.whenBecomesReadable().then([this, &from]() { return receive(from); });
}

bool ReaderLink::drain(Connection& from) {
  bool open = true;
  do {
    ssize_t got = receiveOne(from.fd);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      open = got < 0 && errno == EAGAIN;
      break;
    }
    auto problem = kj::runCatchingExceptions([&]() { deliver(size_t(got)); });
    KJ_IF_MAYBE (e, problem) {
      // What does not decode leaves no way to tell which answer is whose.
      counts.garbage++;
      log::exception("an answer of the reader", *e);
      open = false;
    }
    // What is not owed does not come; a reader that has gone is met when it is asked again.
  } while (open && !sent.empty());
  pump();
  drained();
  return open;
}

ssize_t ReaderLink::receiveOne(int from) {
  descriptor = kj::AutoCloseFd();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  auto bytes = buffer.asBytes();
  iovec part{bytes.begin(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got = recvmsg(from, &header, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
  if (got < 0) return got;
  auto rights = CMSG_FIRSTHDR(&header);
  if (rights == nullptr || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
    return got;
  int fd;
  memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  descriptor = kj::AutoCloseFd(fd);
  return got;
}

void ReaderLink::deliver(size_t bytes) {
  KJ_REQUIRE(!sent.empty(), "an answer to no question");
  KJ_REQUIRE(bytes <= buffer.asBytes().size() && bytes % sizeof(capnp::word) == 0,
             "not an answer's length", bytes);
  capnp::FlatArrayMessageReader message(buffer.slice(0, bytes / sizeof(capnp::word)), limits());
  auto answer = message.getRoot<proto::reader::Answer>();
  auto one = kj::mv(sent.front());
  sent.pop_front();
  counts.answered++;
  lastProgress = timer.now();
  if (!proven && saidAway) log::info("the reader answers again");
  proven = true;
  saidAway = false;
  auto problem = kj::runCatchingExceptions([&]() { one.asker->answered(answer); });
  KJ_IF_MAYBE (e, problem) {
    // It reads as an answer and is none: whoever waits must not wait for ever.
    one.asker->notAnswered(NoAnswer::SILENT);
    kj::throwFatalException(kj::mv(*e));
  }
}

void ReaderLink::ask(const ReaderQuestion& question, Urgency urgency, kj::Own<Asker> asker) {
  auto& queue = waiting[size_t(urgency)];
  if (queue.size() >= MAX_WAITING) {
    counts.unanswered++;
    tasks.add(
        kj::evalLater([asker = kj::mv(asker)]() mutable { asker->notAnswered(NoAnswer::BUSY); }));
    return;
  }
  queue.push_back(Waiting{question, kj::mv(asker), timer.now()});
  pump();
  watch();
}

void ReaderLink::pump() {
  if (!proven) return;
  KJ_IF_MAYBE (here, connection) {
    for (auto& queue : waiting) {
      while (!queue.empty() && sent.size() < AHEAD) {
        if (sent.empty()) lastProgress = timer.now();
        if (!sendOne(**here, queue.front().question)) return;
        counts.asked++;
        sent.push_back(kj::mv(queue.front()));
        queue.pop_front();
      }
    }
  }
}

bool ReaderLink::sendOne(Connection& to, const ReaderQuestion& question) {
  capnp::word scratch[QUESTION_WORDS]{};
  capnp::MallocMessageBuilder message(scratch);
  fill(message.initRoot<proto::reader::Question>(), question);
  auto segments = message.getSegmentsForOutput();
  KJ_ASSERT(segments.size() == 1, "a question is one segment");
  uint32_t table[2] = {0, uint32_t(segments[0].size())};
  iovec parts[2] = {{table, sizeof table},
                    {const_cast<capnp::word*>(segments[0].begin()), segments[0].asBytes().size()}};
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = 2;
  ssize_t done;
  do done = sendmsg(to.fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (done < 0 && errno == EINTR);
  if (done < 0 && errno != EAGAIN) hangUp->fulfill();
  return done >= 0;
}

bool ReaderLink::idle() const {
  bool none = sent.empty();
  for (auto& queue : waiting) none = none && queue.empty();
  return none;
}

void ReaderLink::watch() {
  if (watching || idle()) return;
  watching = true;
  tasks.add(timer.afterDelay(CHECK_INTERVAL).then([this]() {
    watching = false;
    checkTime();
    watch();
  }));
}

void ReaderLink::checkTime() {
  if (!sent.empty() && timer.now() - lastProgress > STALL) giveUp(NoAnswer::SILENT);
  expireWaiting();
  pump();
  drained();
}

kj::Duration ReaderLink::patience() const {
  if (proven) return PATIENCE;
  // It was given its time; from now on nobody is kept waiting for it.
  return timer.now() - awaySince > LONG_AWAY ? SHORT_PATIENCE : STALL;
}

void ReaderLink::expireWaiting() {
  auto limit = patience();
  auto why = proven ? NoAnswer::BUSY : connection == nullptr ? NoAnswer::AWAY : NoAnswer::SILENT;
  for (auto& queue : waiting) {
    while (!queue.empty() && timer.now() - queue.front().since > limit) {
      auto one = kj::mv(queue.front());
      queue.pop_front();
      counts.unanswered++;
      one.asker->notAnswered(why);
    }
  }
}

void ReaderLink::giveUp(NoAnswer why) {
  if (proven) awaySince = timer.now();
  proven = false;
  auto lost = kj::mv(sent);
  sent.clear();
  hangUp->fulfill();  // which dials anew
  counts.unanswered += lost.size();
  for (auto& one : lost) one.asker->notAnswered(why);
  if (!saidAway) log::warning("the reader does not answer: programs stay unnamed until it does");
  saidAway = true;
}

void ReaderLink::taskFailed(kj::Exception&& e) {
  log::exception("asking the reader", e);
}

}  // namespace portreeve::attributor
