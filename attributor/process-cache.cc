// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-cache.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/sysmacros.h>

namespace portreeve::attributor {
namespace {

constexpr size_t SOCKETS = 8192, GROUPS = 1024, PROCESSES = 2048, FILES = 1024;  // a generation
constexpr auto BELIEVED = 100 * kj::MILLISECONDS;
constexpr auto FRESH = 1 * kj::SECONDS;
constexpr auto NOBODY_FOR = 1 * kj::SECONDS;  // a search of all processes is not made more often

constexpr kj::StringPtr GONE = "the program had gone before it could be looked at"_kj;

constexpr uint64_t CLOSED_SOCKET = 1ull << 63;  // inode numbers of sockets have 32 bits

bool sameFile(const NotedOwner& a, const NotedOwner& b) {
  return a.fileInode == b.fileInode && a.fileDevice == b.fileDevice &&
         a.fileGeneration == b.fileGeneration;
}

uint64_t keyOfFile(const NotedOwner& owner) {
  return (owner.fileInode * 0x9e3779b97f4a7c15ull) ^
         (uint64_t(owner.fileDevice) << 32 | owner.fileGeneration);
}

bool isDevice(uint32_t kernels, uint64_t device) {
  // s_dev within the kernel (major << 20 | minor), and st_dev. They differ where a file system has
  // one for each of its parts (btrfs, overlay): such a file is not told by its numbers.
  return gnu_dev_makedev(kernels >> 20, kernels & 0xfffff) == device;
}

uint64_t groupOf(const DiagSocket& socket) {
  return (socket.cgroup * 0x9e3779b97f4a7c15ull) ^ socket.uid;
}

Holder notFound(Holder::Outcome outcome, kj::StringPtr reason) {
  Holder holder;
  holder.outcome = outcome;
  holder.reason = reason;
  return holder;
}

Holder nobody() {
  return notFound(Holder::Outcome::NOBODY, GONE);
}

Holder failure(int error) {
  switch (error) {
    case ENOENT:
      return nobody();
    case ESRCH:
      return notFound(Holder::Outcome::GONE, GONE);
    case ETIME:
      return notFound(Holder::Outcome::TOO_LONG, "the search for the program took too long"_kj);
    default:
      return notFound(Holder::Outcome::FAILED, "the reader could not look at the program"_kj);
  }
}

bool sameFile(const ProcessFacts& facts, ReaderLink::Answer answer) {
  // Another number of links: perhaps it was replaced or deleted.
  FileNumbers file{answer.getFileDevice(), answer.getFileInode(), 0};
  return facts.file.sameNow(file) && facts.fileLinks == answer.getFileLinks();
}

}  // namespace

struct ProcessCache::Search {
  DiagSocket socket;
  Urgency urgency;
  std::vector<OnHolder> waiting;
  ExecKey holder;  // as found, while it is being described
  kj::Maybe<NotedOwner> note;
  bool noted = false;   // the holder is the kernel's
  bool closed = false;  // nobody has the socket any more
  int32_t fd = -1;
  bool shared = false;
};

class ProcessCache::OwnerAsker final : public ReaderLink::Asker {
public:
  OwnerAsker(ProcessCache& cache, uint64_t inode) : cache(cache), inode(inode) {}
  void answered(ReaderLink::Answer answer) override { cache.ownerAnswered(inode, answer); }
  void notAnswered(NoAnswer why) override {
    cache.finish(inode, notFound(Holder::Outcome::NOT_ANSWERED, toText(why)));
  }

private:
  ProcessCache& cache;
  uint64_t inode;
};

class ProcessCache::DescriptionAsker final : public ReaderLink::Asker {
public:
  DescriptionAsker(ProcessCache& cache, uint64_t inode) : cache(cache), inode(inode) {}
  void answered(ReaderLink::Answer answer) override { cache.descriptionAnswered(inode, answer); }
  void notAnswered(NoAnswer why) override { cache.descriptionUnanswered(inode, why); }

private:
  ProcessCache& cache;
  uint64_t inode;
};

class ProcessCache::PersonsAsker final : public ReaderLink::Asker {
public:
  PersonsAsker(ProcessCache& cache, OnHolder onHolder) : cache(cache), onHolder(kj::mv(onHolder)) {}
  void answered(ReaderLink::Answer answer) override {
    if (answer.getError() == ESRCH)
      return onHolder(notFound(Holder::Outcome::GONE, "there is no such process"_kj));
    if (answer.getError() != 0) return onHolder(failure(answer.getError()));
    Holder holder;
    holder.outcome = Holder::Outcome::FOUND;
    holder.facts = cache.learn(answer);
    onHolder(holder);
  }
  void notAnswered(NoAnswer why) override {
    onHolder(notFound(Holder::Outcome::NOT_ANSWERED, toText(why)));
  }

private:
  ProcessCache& cache;
  OnHolder onHolder;
};

ProcessCache::ProcessCache(ReaderLink& reader, kj::Timer& timer, const NotedOwners& noted,
                           Examiner& examiner)
    : reader(reader),
      timer(timer),
      noted(noted),
      examiner(examiner),
      bySocket(SOCKETS),
      byGroup(GROUPS),
      known(PROCESSES),
      byFile(FILES) {}

ProcessCache::~ProcessCache() noexcept(false) = default;

void ProcessCache::find(const DiagSocket& socket, Urgency urgency, OnHolder onHolder) {
  KJ_IF_MAYBE (holder, recall(socket)) {
    counts.remembered++;
    return onHolder(*holder);
  }
  auto owner = noteOf(socket);
  KJ_IF_MAYBE (note, owner)
    if (auto process = asNoted(*note)) return onHolder(rememberNoted(socket, process->facts));
  auto known = searches.find(socket.inode);
  if (known != searches.end()) {
    known->second->waiting.push_back(kj::mv(onHolder));
    return;
  }
  KJ_IF_MAYBE (note, owner) return beginNoted(socket, *note, urgency, kj::mv(onHolder));
  auto& search = searches[socket.inode];
  search = std::make_unique<Search>();
  search->socket = socket;
  search->urgency = urgency;
  search->waiting.push_back(kj::mv(onHolder));
  askWhoOwns(*search);
}

void ProcessCache::describe(int32_t pid, OnHolder onHolder) {
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::DESCRIBE;
  question.pid = pid;
  reader.ask(question, Urgency::PEOPLE, kj::heap<PersonsAsker>(*this, kj::mv(onHolder)));
}

void ProcessCache::beginNoted(const DiagSocket& socket, const NotedOwner& owner, Urgency urgency,
                              OnHolder onHolder) {
  auto& search = searches[socket.inode];
  search = std::make_unique<Search>();
  search->socket = socket;
  search->urgency = urgency;
  search->waiting.push_back(kj::mv(onHolder));
  search->noted = true;
  search->holder = owner.key;
  search->note = owner;
  search->closed = (socket.inode & CLOSED_SOCKET) != 0;
  askForDescription(*search, owner.key.pid);
}

bool ProcessCache::findClosed(const DiagSocket& closed, Urgency urgency, OnHolder& onHolder) {
  auto socket = closed;
  socket.inode = CLOSED_SOCKET | closed.cookie;
  KJ_IF_MAYBE (owner, noted.find(socket.cookie)) {
    if (auto process = asNoted(*owner)) {
      onHolder(rememberNoted(socket, process->facts));
      return true;
    }
    auto known = searches.find(socket.inode);
    if (known != searches.end())
      known->second->waiting.push_back(kj::mv(onHolder));
    else
      beginNoted(socket, *owner, urgency, kj::mv(onHolder));
    return true;
  }
  return false;
}

kj::Maybe<NotedOwner> ProcessCache::noteOf(const DiagSocket& socket) const {
  // Who listens is another question: those who were handed the socket, or inherited it.
  if (socket.state == STATE_LISTEN) return nullptr;
  return noted.find(socket.cookie);
}

const ProcessCache::Process* ProcessCache::asNoted(const NotedOwner& owner) {
  auto process = freshly(owner.key);
  if (process == nullptr || process->facts->file.inode != owner.fileInode) return nullptr;
  return process;
}

void ProcessCache::askWhoOwns(Search& search) {
  search.noted = false;
  reader.ask(questionFor(search.socket), search.urgency,
             kj::heap<OwnerAsker>(*this, search.socket.inode));
}

void ProcessCache::askForDescription(Search& search, int32_t pid) {
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::DESCRIBE;
  question.pid = pid;
  reader.ask(question, search.urgency, kj::heap<DescriptionAsker>(*this, search.socket.inode));
}

kj::Maybe<Holder> ProcessCache::recall(const DiagSocket& socket) {
  if (socket.cookie == 0) return nullptr;
  auto entry = bySocket.find(socket.cookie);
  if (entry == nullptr) return nullptr;
  auto age = timer.now() - entry->seen;
  if (entry->nobody) {
    if (age > NOBODY_FOR) return nullptr;
    return nobody();
  }
  if (age > BELIEVED || entry->seen < heardAll) return nullptr;
  auto facts = stillThere(*entry);
  if (facts == nullptr) return nullptr;
  auto holder = holderOf(*entry, kj::mv(facts));
  holder.remembered = true;
  return holder;
}

SharedFacts ProcessCache::stillThere(const Remembered& entry) {
  // nullptr where it is not known any more, or known to run another program.
  auto facts = entry.facts.lock();
  if (facts == nullptr) return nullptr;
  auto process = known.find(entry.holder.pid);
  bool other = process != nullptr && (process->over || !(process->facts->key == entry.holder));
  return other ? nullptr : facts;
}

void ProcessCache::programOver(int32_t pid) {
  auto process = known.find(pid);
  if (process == nullptr || process->over) return;
  process->over = true;
  over.push_back(Over{process->facts->key, timer.now()});
}

void ProcessCache::missedEvents() {
  heardAll = timer.now();
}

void ProcessCache::forgetWhatIsOver() {
  while (!over.empty() && timer.now() - over.front().since > FORGOTTEN_AFTER) {
    auto key = over.front().key;
    over.pop_front();
    auto process = known.find(key.pid);
    if (process != nullptr && process->over && process->facts->key == key) known.erase(key.pid);
  }
}

ReaderQuestion ProcessCache::questionFor(const DiagSocket& socket) {
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::OWNER;
  question.inode = socket.inode;
  question.uid = socket.uid;
  question.newerThan = newestPid;
  question.listens = socket.state == STATE_LISTEN;
  auto hint = socket.cookie == 0 ? nullptr : bySocket.find(socket.cookie);
  if (hint == nullptr || hint->nobody) hint = byGroup.find(groupOf(socket));
  if (hint == nullptr) return question;
  question.hintPid = hint->holder.pid;
  question.hintFd = hint->fd;
  return question;
}

const ProcessCache::Process* ProcessCache::freshly(const ExecKey& key) {
  auto process = known.find(key.pid);
  if (process == nullptr || !(process->facts->key == key)) return nullptr;
  return timer.now() - process->described > FRESH ? nullptr : process;
}

SharedFacts ProcessCache::learn(ReaderLink::Answer description) {
  auto before = known.find(description.getPid());
  auto facts = factsFrom(description, before == nullptr ? nullptr : before->facts.get(), history);
  examiner.examine(facts, description);
  known.put(facts->key.pid, Process{facts, timer.now()});
  counts.described++;
  return facts;
}

SharedFacts ProcessCache::stillTrue(ReaderLink::Answer answer) {
  auto process = freshly(keyOf(answer));
  if (process == nullptr || !sameFile(*process->facts, answer)) return nullptr;
  return process->facts;
}

void ProcessCache::ownerAnswered(uint64_t inode, ReaderLink::Answer answer) {
  if (answer.getNewestPid() > 0) newestPid = answer.getNewestPid();
  auto& search = *searches.at(inode);
  // Whoever exits gives up its memory and its program before its sockets.
  bool exiting = answer.getError() == 0 && answer.getFileInode() == 0;
  KJ_IF_MAYBE (note, search.note) {
    if (answer.getError() != 0 || (exiting && answer.getPid() == note->key.pid &&
                                   answer.getStartTicks() == note->key.startTicks)) {
      if (auto facts = ofFile(*note)) {
        search.noted = true;
        return found(inode, kj::mv(facts));
      }
    }
  }
  if (answer.getError() != 0) return finish(inode, failure(answer.getError()));
  search.holder = keyOf(answer);
  search.fd = answer.getFd();
  search.shared = answer.getShared();
  if (auto facts = stillTrue(answer)) return found(inode, kj::mv(facts));
  if (answer.hasStat()) return descriptionAnswered(inode, answer);  // newly born
  askForDescription(search, answer.getPid());
}

void ProcessCache::notedDescribed(Search& search, ReaderLink::Answer answer) {
  auto& note = KJ_ASSERT_NONNULL(search.note);
  if (answer.getError() == 0 && keyOf(answer) == search.holder &&
      answer.getFileInode() == note.fileInode) {
    auto facts = learn(answer);
    if (note.fileGeneration != 0 && isDevice(note.fileDevice, answer.getFileDevice()))
      byFile.put(keyOfFile(note), FileSeen{note, facts});
    return found(search.socket.inode, kj::mv(facts));
  }
  // It has gone, or runs another program by now. What it was may be known still.
  if (auto facts = knownAsNoted(search)) return found(search.socket.inode, kj::mv(facts));
  if (!search.closed) return askWhoOwns(search);
  if (auto facts = ofFile(note)) return found(search.socket.inode, kj::mv(facts));
  finish(search.socket.inode, notFound(Holder::Outcome::GONE, GONE));
}

SharedFacts ProcessCache::ofFile(const NotedOwner& owner) {
  if (owner.fileGeneration == 0) return nullptr;
  auto seen = byFile.find(keyOfFile(owner));
  if (seen == nullptr || !sameFile(seen->owner, owner)) return nullptr;
  counts.byFile++;
  return factsOfGone(owner.key, *seen->facts);
}

SharedFacts ProcessCache::knownAsNoted(const Search& search) {
  if (!search.noted) return nullptr;
  auto process = known.find(search.holder.pid);
  if (process == nullptr || !(process->facts->key == search.holder) ||
      process->facts->file.inode != KJ_ASSERT_NONNULL(search.note).fileInode)
    return nullptr;
  return process->facts;
}

void ProcessCache::descriptionUnanswered(uint64_t inode, NoAnswer why) {
  auto search = searches.find(inode);
  if (search == searches.end()) return;  // told already
  if (auto facts = knownAsNoted(*search->second)) return found(inode, kj::mv(facts));
  finish(inode, notFound(Holder::Outcome::NOT_ANSWERED, toText(why)));
}

void ProcessCache::descriptionAnswered(uint64_t inode, ReaderLink::Answer answer) {
  if (searches.at(inode)->noted) return notedDescribed(*searches.at(inode), answer);
  if (answer.getError() != 0) return finish(inode, failure(answer.getError()));
  auto facts = learn(answer);
  // Its number may belong to another process by now.
  if (facts->key.startTicks != searches.at(inode)->holder.startTicks)
    return finish(inode, notFound(Holder::Outcome::GONE, GONE));
  found(inode, kj::mv(facts));
}

void ProcessCache::found(uint64_t inode, SharedFacts facts) {
  auto& search = *searches.at(inode);
  Remembered entry;
  entry.fd = search.fd;
  entry.shared = search.shared || sharedBefore(search, facts->key);
  entry.noted = search.noted;
  finish(inode, remember(search.socket, kj::mv(entry), kj::mv(facts)));
}

bool ProcessCache::sharedBefore(const Search& search, const ExecKey& holder) {
  // A listener that was handed on is seen to be so when that is found out, and not again.
  if (search.socket.state != STATE_LISTEN || search.socket.cookie == 0) return false;
  auto before = bySocket.find(search.socket.cookie);
  return before != nullptr && !before->nobody && before->shared && before->holder == holder;
}

Holder ProcessCache::rememberNoted(const DiagSocket& socket, SharedFacts facts) {
  Remembered entry;
  entry.noted = true;
  return remember(socket, kj::mv(entry), kj::mv(facts));
}

Holder ProcessCache::remember(const DiagSocket& socket, Remembered entry, SharedFacts facts) {
  entry.seen = timer.now();
  entry.holder = facts->key;
  entry.facts = facts;
  auto process = known.find(facts->key.pid);
  if (process == nullptr || process->facts != facts) entry.factsOfGone = facts;
  entry.noted ? counts.noted++ : counts.found++;
  auto holder = holderOf(entry, kj::mv(facts));
  if (!entry.noted) byGroup.put(groupOf(socket), entry);  // a hint has a descriptor
  if (socket.cookie != 0) bySocket.put(socket.cookie, kj::mv(entry));
  return holder;
}

Holder ProcessCache::holderOf(const Remembered& entry, SharedFacts facts) {
  Holder holder;
  holder.outcome = Holder::Outcome::FOUND;
  holder.facts = kj::mv(facts);
  holder.shared = entry.shared;
  holder.noted = entry.noted;
  return holder;
}

void ProcessCache::finish(uint64_t inode, const Holder& holder) {
  auto at = searches.find(inode);
  if (at == searches.end()) return;  // told already
  auto search = kj::mv(at->second);
  searches.erase(at);
  if (holder.outcome != Holder::Outcome::FOUND) counts.notFound++;
  if (holder.outcome == Holder::Outcome::NOBODY && search->socket.cookie != 0) {
    Remembered nobodyHolds;
    nobodyHolds.seen = timer.now();
    nobodyHolds.nobody = true;
    bySocket.put(search->socket.cookie, kj::mv(nobodyHolds));
  }
  for (auto& one : search->waiting) one(holder);
}

}  // namespace portreeve::attributor
