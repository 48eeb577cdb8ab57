// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examinations.h"

#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::attributor {
namespace {

using examiner::Failure;
using examiner::Job;
using examiner::Result;

constexpr auto PATIENCE = examiner::TIME_LIMIT_NS * kj::NANOSECONDS + 1 * kj::SECONDS;
constexpr auto CHECK_INTERVAL = 500 * kj::MILLISECONDS;

struct FileKey {
  // One state of one file's content.
  uint64_t device, inode, size;
  int64_t modified, changed;
  bool operator==(const FileKey&) const = default;
};

FileKey fileKeyOf(ReaderLink::Answer answer) {
  return {answer.getFileDevice(), answer.getFileInode(), answer.getFileSize(),
          answer.getFileModified(), answer.getFileChanged()};
}

std::string textOf(const FileKey& key, kj::StringPtr path) {
  // The package hangs on the path as well.
  std::string text(reinterpret_cast<const char*>(&key), sizeof key);
  return text.append(path.begin(), path.size());
}

bool isOfTheFile(int error) {
  // Not of the process that happens to run it.
  return error == EACCES || error == ETIME || error == EBUSY;
}

kj::StringPtr wordsOf(Failure failure) {
  switch (failure) {
    case Failure::NONE:
      return ""_kj;
    case Failure::UNREADABLE:
      return "its file cannot be read"_kj;
    case Failure::CHANGED:
      return "its file was written to while it was read"_kj;
    case Failure::TOO_LARGE:
      return "its file is larger than 2 GiB"_kj;
    case Failure::TOO_SLOW:
      return "its file took too long to read"_kj;
  }
  return "its file cannot be read"_kj;
}

kj::StringPtr wordsOfReader(int error) {
  switch (error) {
    case ESRCH:
    case EAGAIN:
      return "it had gone before its file could be opened"_kj;
    case EACCES:
      return "its file is on another user's file system, or no regular file"_kj;
    case ETIME:
    case EBUSY:
      return "its file system does not answer"_kj;
    default:
      return "its file cannot be opened"_kj;
  }
}

}  // namespace

struct Examinations::Case {
  std::string key;
  FileKey file;
  int32_t pid;
  kj::String path;
  bool findPackage;
  bool underWay = false;  // being opened, or with the examiner
  bool sent = false;      // with the examiner
  kj::TimePoint since = kj::origin<kj::TimePoint>();
  std::shared_ptr<Examination> examination;
  std::vector<SharedFacts> awaiting;
};

class Examinations::Opener final : public ReaderLink::Asker {
public:
  Opener(Examinations& examinations, uint64_t id) : examinations(examinations), id(id) {}
  void answered(ReaderLink::Answer answer) override {
    examinations.opened(id, examinations.reader.takeDescriptor(), answer);
    examinations.pump();
  }
  void notAnswered(NoAnswer why) override {
    examinations.fail(id, toText(why), Fault::CIRCUMSTANCES);
    examinations.pump();
  }

private:
  Examinations& examinations;
  uint64_t id;
};

Examinations::Examinations(ReaderLink& reader, kj::UnixEventPort& port, kj::Timer& timer,
                           kj::AutoCloseFd examiner, OnLearned onLearned)
    : reader(reader),
      timer(timer),
      onLearned(kj::mv(onLearned)),
      examiner(kj::mv(examiner)),
      observer(port, this->examiner, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      known(FILES) {}

Examinations::~Examinations() noexcept(false) = default;

void Examinations::examine(const std::shared_ptr<ProcessFacts>& facts,
                           ReaderLink::Answer description) {
  auto file = fileKeyOf(description);
  if (file.inode == 0) return;
  if (gone || cases.size() >= MOST_CASES) {
    // When there is too much to do: as under way, until the process is looked at again.
    auto none = std::make_shared<Examination>();
    none->done = gone;
    if (gone) none->whyNot = kj::str("the examiner has gone");
    facts->examination = none;
    return;
  }
  bool findPackage = isHosts(facts->kind);
  auto key = textOf(file, findPackage ? kj::StringPtr(facts->path) : ""_kj);
  auto before = known.find(key);
  bool again = before != nullptr && before->examination->whyNot.size() > 0 &&
               timer.now() - before->since > FAILED_FOR;
  if (before != nullptr && !again) {
    facts->examination = before->examination;
    auto found = cases.find(before->examination->caseId);
    if (found != cases.end() && found->second->awaiting.size() < MOST_AWAITING)
      found->second->awaiting.push_back(facts);
    return;
  }
  auto one = std::make_unique<Case>();
  one->key = key;
  one->file = file;
  one->pid = facts->key.pid;
  one->path = kj::str(facts->path);
  one->findPackage = findPackage;
  one->since = timer.now();
  one->examination = std::make_shared<Examination>();
  one->examination->caseId = ++lastId;
  one->awaiting.push_back(facts);
  facts->examination = one->examination;
  known.put(key, Known{one->examination, timer.now()});
  cases.emplace(lastId, std::move(one));
  waiting.push_back(lastId);
  pump();
}

void Examinations::pump() {
  for (size_t i = 0; i < waiting.size() && underWay() < UNDER_WAY;) {
    uint64_t id = waiting[i];
    uint64_t device = cases.at(id)->file.device;
    bool hangs = devices.isHanging(device, timer.now());
    if (!hangs && !devices.hasRoom(device)) {
      i++;
      continue;
    }
    waiting.erase(waiting.begin() + ptrdiff_t(i));
    if (hangs)
      fail(id, wordsOfReader(ETIME), Fault::FILE);
    else
      ask(id);
  }
}

void Examinations::ask(uint64_t id) {
  auto& one = *cases.at(id);
  one.underWay = true;
  one.since = timer.now();  // its turn is what it may be slow from; it has waited for others
  devices.begin(one.file.device);
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::BINARY;
  question.pid = one.pid;
  reader.ask(question, Urgency::PEOPLE, kj::heap<Opener>(*this, id));
}

void Examinations::opened(uint64_t id, kj::AutoCloseFd file, ReaderLink::Answer answer) {
  auto found = cases.find(id);
  if (found == cases.end()) return;  // given up
  auto& one = *found->second;
  int error = answer.getError();
  if (error == ETIME) devices.hangs(one.file.device, timer.now());
  if (error != 0)
    return fail(id, wordsOfReader(error), isOfTheFile(error) ? Fault::FILE : Fault::CIRCUMSTANCES);
  if (file.get() < 0 || !(fileKeyOf(answer) == one.file))
    return fail(id, wordsOfReader(EAGAIN), Fault::CIRCUMSTANCES);
  one.sent = send(one, file);
  if (!one.sent) fail(id, "the examiner is busy"_kj, Fault::CIRCUMSTANCES);
}

bool Examinations::send(const Case& one, int file) {
  auto job = kj::heap<Job>();
  job->id = one.examination->caseId;
  job->size = one.file.size;
  job->modified = one.file.modified;
  job->changed = one.file.changed;
  job->findPackage = one.findPackage && one.path.size() < sizeof job->path ? 1 : 0;
  if (job->findPackage != 0) memcpy(job->path, one.path.cStr(), one.path.size() + 1);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)]{};
  iovec part{job.get(), sizeof(Job)};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  auto rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof file);
  memcpy(CMSG_DATA(rights), &file, sizeof file);
  ssize_t sent;
  do sent = sendmsg(examiner, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == sizeof(Job);
}

void Examinations::take(const Result& result) {
  auto late = overdue.find(result.id);
  if (late != overdue.end()) {
    devices.end(late->second);
    overdue.erase(late);
    return;
  }
  auto found = cases.find(result.id);
  if (found == cases.end()) return;
  auto& examination = *found->second->examination;
  bool whole = memchr(result.sha256, 0, sizeof result.sha256) != nullptr &&
               memchr(result.package, 0, sizeof result.package) != nullptr;
  if (whole) {
    examination.sha256 = kj::str(result.sha256);
    examination.package = kj::str(result.package);
  }
  auto why = whole ? wordsOf(result.failure) : wordsOf(Failure::UNREADABLE);
  examination.whyNot = kj::str(why);
  (why.size() == 0 ? counts.examined : counts.failed)++;
  finish(result.id);
}

void Examinations::fail(uint64_t id, kj::StringPtr why, Fault fault) {
  auto found = cases.find(id);
  if (found == cases.end()) return;
  counts.failed++;
  found->second->examination->whyNot = kj::str(why);
  // Another process that runs it, or another moment, may do better.
  if (fault == Fault::CIRCUMSTANCES) known.erase(found->second->key);
  finish(id);
}

void Examinations::giveUp(uint64_t id) {
  auto& one = *cases.at(id);
  if (one.sent) {
    // One of the examiner's threads is with it until its file system answers.
    devices.hangs(one.file.device, timer.now());
    overdue.emplace(id, one.file.device);
    one.underWay = false;
  }
  std::erase(waiting, id);
  fail(id, wordsOf(Failure::TOO_SLOW), one.sent ? Fault::FILE : Fault::CIRCUMSTANCES);
}

void Examinations::finish(uint64_t id) {
  auto found = cases.find(id);
  auto one = std::move(found->second);
  cases.erase(found);
  if (one->underWay) devices.end(one->file.device);
  one->examination->done = true;
  one->examination->caseId = 0;
  for (auto& facts : one->awaiting) onLearned(facts);
}

kj::Promise<void> Examinations::run() {
  return receive().exclusiveJoin(expire());
}

kj::Promise<void> Examinations::receive() {
  Result result;
  for (;;) {
    ssize_t got = recv(examiner, &result, sizeof result, MSG_DONTWAIT);
    if (got == sizeof result) {
      take(result);
      pump();
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    log::error("the examiner has gone: no SHA-256 and no packages until the attributor restarts");
    gone = true;
    while (!cases.empty()) {
      waiting.clear();
      fail(cases.begin()->first, "the examiner has gone"_kj, Fault::FILE);
    }
    return kj::NEVER_DONE;
  }
  return observer.whenBecomesReadable().then([this]() { return receive(); });
}

kj::Promise<void> Examinations::expire() {
  return timer.afterDelay(CHECK_INTERVAL).then([this]() {
    std::vector<uint64_t> late;
    for (auto& entry : cases)
      if (timer.now() - entry.second->since > PATIENCE) late.push_back(entry.first);
    for (uint64_t id : late)
      if (cases.count(id) != 0) giveUp(id);
    if (!late.empty()) pump();
    return expire();
  });
}

}  // namespace portreeve::attributor
