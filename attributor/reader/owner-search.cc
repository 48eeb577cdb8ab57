// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/owner-search.h"

#include "attributor/reader/children.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace portreeve::reader {
namespace {

constexpr int NEIGHBOURS = 4;       // on either side of the last find
constexpr int HIGHEST = 32;         // descriptors that a quick look takes
constexpr int YOUNG_AT_MOST = 512;  // pids
constexpr int NEWBORN = 64;         // descriptors that a young process has at most, as a rule
constexpr int ONE_PROCESS = 4096;   // descriptors, before others get their turn
constexpr int HANDED_ON[] = {0, 3, 4, 5, 6, 7};  // by inetd; by systemd: sd_listen_fds(3)
constexpr int HANDED_ON_AT_MOST = 4;             // from parent to child to grandchild
constexpr uint64_t LIKELY_NS = 5 * MILLISECOND;  // for what is likely, whoever asks
constexpr uint64_t MARK_EVERY_NS = 1000 * MILLISECOND;
constexpr uint64_t GO_ON_WITHIN_NS = 2000 * MILLISECOND;

uint64_t threadNs() {
  // What this thread really used, however busy the machine is.
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return uint64_t(time.tv_sec) * 1'000'000'000 + uint64_t(time.tv_nsec);
}

kj::AutoCloseFd openDescriptors(int proc, pid_t pid) {
  int fd = openat(proc, NumberName("", pid, "/fd").cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? kj::AutoCloseFd() : kj::AutoCloseFd(fd);
}

}  // namespace

OwnerSearch::OwnerSearch(int proc, uint64_t (*clock)())
    : proc(proc), clock(clock != nullptr ? clock : monotonicNs) {
  int fd = openat(proc, "loadavg", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) loadAverage = kj::AutoCloseFd(fd);
}

Owner OwnerSearch::find(const OwnerQuestion& question) {
  asked = question;
  auto owner = findAny();
  if (asked.listens && owner.error == 0) followToChildren(owner);
  // Not before: looking on moves the holders.
  if (auto holder = owner.error == 0 ? recent.find(owner.pid) : nullptr)
    owner.entry = &holder->entry;
  return owner;
}

Owner OwnerSearch::findAny() {
  newest = 0;
  KJ_IF_MAYBE (owner, atHint()) return *owner;
  KJ_IF_MAYBE (owner, whereSeen()) return *owner;
  noteNewest();
  KJ_IF_MAYBE (owner, whereLikely()) return *owner;
  uint64_t start = threadNs();
  auto owner = everywhere();
  patience.charge(asked.uid, threadNs() - start);
  KJ_IF_MAYBE (result, owner) return *result;
  return nobody(late ? ETIME : ENOENT);
}

void OwnerSearch::followToChildren(Owner& owner) {
  late = false;
  deadline = clock() + LIKELY_NS;
  for (int i = 0; i < HANDED_ON_AT_MOST; i++) {
    auto child = amongChildren(owner);
    KJ_IF_MAYBE (heir, child)
      owner = *heir;
    else
      return;
  }
}

kj::Maybe<Owner> OwnerSearch::amongChildren(Owner& parent) {
  // A child that has it under the same number was just forked, or left a descriptor by mistake.
  // Under another it was given to it.
  childrenOf(proc, parent.pid, pids);
  for (size_t i = pids.size(); i-- > 0;) {
    if (outOfTime()) return nullptr;
    auto descriptors = openDescriptors(proc, pids[i]);
    if (descriptors.get() < 0) continue;
    if (socketAt(descriptors, NumberName(parent.descriptor).cStr()) == asked.inode) {
      parent.shared = true;
      continue;
    }
    for (int number : HANDED_ON) {
      auto found = at(pids[i], descriptors, number, parent.step);
      KJ_IF_MAYBE (heir, found) {
        heir->shared = true;
        return *heir;
      }
    }
  }
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::whereLikely() {
  late = false;
  deadline = clock() + LIKELY_NS;
  KJ_IF_MAYBE (owner, nearHint()) return *owner;
  KJ_IF_MAYBE (owner, amongNewer()) return *owner;
  return amongRecent();
}

kj::Maybe<Owner> OwnerSearch::everywhere() {
  late = false;
  uint64_t now = clock();
  deadline = now + patience.allowance(asked.uid, now);
  rests.clear();
  KJ_IF_MAYBE (owner, inHint()) return *owner;
  KJ_IF_MAYBE (owner, amongProcesses()) return *owner;
  return inRests();
}

kj::Maybe<Owner> OwnerSearch::atHint() {
  if (asked.hintPid <= 0 || asked.hintFd < 0) return nullptr;
  Holder* known = recent.find(asked.hintPid);
  if (known == nullptr) return at(asked.hintPid, asked.hintFd, Step::HINT);
  if (known->socketAt(asked.hintFd) == asked.inode) {
    bool same = known->lastInode == asked.inode && known->lastDescriptor == asked.hintFd;
    known = recent.touch(known, asked.hintFd, asked.inode);
    KJ_IF_MAYBE (stat, known->entry.stat()) {
      if (!same) known->shared = parentHolds(*stat, asked.hintFd);
      return ownerOf(*known, *stat, Step::HINT);
    }
  }
  // Its number may belong to a younger process by now.
  if (known->entry.stat() == nullptr) recent.forget(known);
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::whereSeen() {
  KJ_IF_MAYBE (place, seen.find(asked.inode))
    return at(place->pid, place->descriptor, Step::SEEN_BEFORE);
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::nearHint() {
  if (asked.hintPid <= 0) return nullptr;
  Holder* known = recent.find(asked.hintPid);
  if (known != nullptr) return quickLook(*known, asked.hintFd, Step::HINT);
  auto descriptors = openDescriptors(proc, asked.hintPid);
  if (descriptors.get() < 0) return nullptr;
  return quickLook(asked.hintPid, descriptors, asked.hintFd, Step::HINT);
}

kj::Maybe<Owner> OwnerSearch::amongNewer() {
  // In windows of pids, the newest first. Who was born a second ago counts as new as well: others
  // may have been asked about between its birth and its first packet.
  if (newest <= 0) return nullptr;
  pid_t since = std::min(asked.newerThan > 0 ? asked.newerThan : newest, before.pid);
  // The numbers may have started again from the bottom: proc_sys_kernel(5), pid_max.
  pid_t lower = since > newest ? 1 : std::max(since + 1, 1);
  lower = std::max(lower, newest - YOUNG_AT_MOST + 1);
  Descending young(proc, NumberedDirectory::PROCESSES, lower, newest + 1, pids);
  for (auto some = young.next(); some.size() > 0; some = young.next()) {
    for (size_t i = some.size(); i-- > 0;) {
      if (outOfTime()) return nullptr;
      if (!mayHold(some[i])) continue;
      KJ_IF_MAYBE (result, lookAtNewborn(some[i])) return *result;
    }
  }
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::amongRecent() {
  for (Holder& holder : recent.all()) {
    if (outOfTime()) return nullptr;
    if (asked.uid != ANY_UID && holder.uid != asked.uid) continue;
    if (holder.pid == asked.hintPid) continue;
    KJ_IF_MAYBE (result, quickLook(holder, holder.lastDescriptor, Step::SAME_UID)) return *result;
  }
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::inHint() {
  if (asked.hintPid <= 0 || outOfTime()) return nullptr;
  return look(asked.hintPid, Step::HINT);
}

kj::Maybe<Owner> OwnerSearch::amongProcesses() {
  if (outOfTime() || !readNumbers(proc, NumberedDirectory::PROCESSES, 1, 1 << 30, pids))
    return nullptr;
  orderPids();
  others.clear();
  for (pid_t pid : pids) {
    if (pid == asked.hintPid) continue;
    if (asked.uid == ANY_UID || effectiveUid(proc, pid).orDefault(ANY_UID) != asked.uid) {
      others.add(pid);
      continue;
    }
    KJ_IF_MAYBE (result, lookOnTheWay(pid, Step::SAME_UID)) return *result;
    if (late) return nullptr;
  }
  for (pid_t pid : others) {
    KJ_IF_MAYBE (result, lookOnTheWay(pid, Step::ALL)) return *result;
    if (late) return nullptr;
  }
  return nullptr;
}

void OwnerSearch::orderPids() {
  // Newest first, also where the numbers have started again from the bottom.
  auto oldest = std::upper_bound(pids.begin(), pids.end(), newest);
  std::reverse(pids.begin(), oldest);
  std::reverse(oldest, pids.end());
  // When one question follows the other (all connections at the start), go on where the last walk
  // ended: what it passed is remembered.
  if (clock() - walked.at > GO_ON_WITHIN_NS) return;
  auto there = std::find(pids.begin(), pids.end(), walked.pid);
  if (there != pids.end()) std::rotate(pids.begin(), there, pids.end());
}

kj::Maybe<Owner> OwnerSearch::lookOnTheWay(pid_t pid, Step step) {
  if (outOfTime()) return nullptr;
  auto result = look(pid, step);
  if (result != nullptr || late) walked = {pid, clock()};
  return result;
}

kj::Maybe<Owner> OwnerSearch::inRests() {
  for (auto rest : rests) {
    if (outOfTime()) return nullptr;
    auto descriptors = openDescriptors(proc, rest.pid);
    if (descriptors.get() < 0) continue;
    Descending numbers(descriptors, NumberedDirectory::DESCRIPTORS, 0, rest.below, window);
    KJ_IF_MAYBE (result, lookAt(rest.pid, descriptors, numbers, INT_MAX, Step::ALL, rest.below))
      return *result;
  }
  return nullptr;
}

bool OwnerSearch::mayHold(pid_t pid) const {
  // Of the socket's user, or root's, who may make one and give it to anybody.
  if (asked.uid == ANY_UID) return true;
  uid_t owner = effectiveUid(proc, pid).orDefault(ANY_UID);
  return owner == asked.uid || owner == 0;
}

void OwnerSearch::noteNewest() {
  // "0.00 0.01 0.05 1/234 5678": the last is the newest pid (proc_loadavg(5)).
  char text[128];
  ssize_t size = pread(loadAverage.get(), text, sizeof text, 0);
  if (size <= 0) return;
  auto blank = static_cast<const char*>(memrchr(text, ' ', size_t(size)));
  if (blank != nullptr) std::from_chars(blank + 1, text + size, newest);
  uint64_t now = clock();
  if (latest.at != 0 && now - latest.at < MARK_EVERY_NS) return;
  before = latest.at == 0 ? Mark{newest, now} : latest;
  latest = {newest, now};
}

bool OwnerSearch::outOfTime() {
  late = late || clock() >= deadline;
  return late;
}

kj::Maybe<Owner> OwnerSearch::quickLook(const Holder& holder, int around, Step step) {
  // A copy of the descriptor: finding moves the holders, or forgets one.
  pid_t pid = holder.pid;
  int copy = fcntl(holder.descriptors, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return nullptr;
  kj::AutoCloseFd descriptors(copy);
  return quickLook(pid, descriptors, around, step);
}

kj::Maybe<Owner> OwnerSearch::quickLook(pid_t pid, int descriptors, int around, Step step) {
  // Where a new descriptor most likely is: beside the last one, or among the highest.
  if (around >= 0) {
    for (int number = around + NEIGHBOURS; number >= 0 && number >= around - NEIGHBOURS; number--)
      KJ_IF_MAYBE (result, at(pid, descriptors, number, step)) return *result;
  }
  int below;
  return lookAt(pid, descriptors, Descending(descriptors, NumberedDirectory::DESCRIPTORS, window),
                HIGHEST, step, below);
}

kj::Maybe<Owner> OwnerSearch::lookAtNewborn(pid_t pid) {
  // Listing a folder that nobody has listed before costs more than trying what is likely: where the
  // last program had its socket, and the first numbers behind standard input, output and error.
  auto descriptors = openDescriptors(proc, pid);
  if (descriptors.get() < 0) return nullptr;
  int guess = asked.hintFd >= 0 ? asked.hintFd : recent.lastDescriptor();
  for (int number : {guess, 3, 4, 5}) {
    if (number < 0) continue;
    KJ_IF_MAYBE (result, at(pid, descriptors, number, Step::NEWER)) return *result;
  }
  int below;
  return lookAt(pid, descriptors, Descending(descriptors, NumberedDirectory::DESCRIPTORS, window),
                NEWBORN, Step::NEWER, below);
}

kj::Maybe<Owner> OwnerSearch::look(pid_t pid, Step step) {
  auto descriptors = openDescriptors(proc, pid);
  if (descriptors.get() < 0) return nullptr;
  int below = 0;
  auto result =
      lookAt(pid, descriptors, Descending(descriptors, NumberedDirectory::DESCRIPTORS, window),
             ONE_PROCESS, step, below);
  if (below > 0) rests.add(Rest{pid, below});
  return result;
}

kj::Maybe<Owner> OwnerSearch::lookAt(pid_t pid, int descriptors, Descending numbers, int atMost,
                                     Step step, int& below) {
  // `below`: how far down it came, 0 where all were looked at.
  below = 0;
  int count = 0;
  for (auto some = numbers.next(); some.size() > 0; some = numbers.next()) {
    for (size_t i = some.size(); i-- > 0;) {
      if (count == atMost) {
        below = some[i] + 1;
        return nullptr;
      }
      if (++count % 64 == 0 && outOfTime()) return nullptr;
      KJ_IF_MAYBE (result, at(pid, descriptors, some[i], step)) return *result;
    }
  }
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::at(pid_t pid, int number, Step step) {
  auto descriptors = openDescriptors(proc, pid);
  if (descriptors.get() < 0) return nullptr;
  return at(pid, descriptors, number, step);
}

kj::Maybe<Owner> OwnerSearch::at(pid_t pid, int descriptors, int number, Step step) {
  uint64_t inode = socketAt(descriptors, NumberName(number).cStr());
  if (inode == 0) return nullptr;
  if (inode == asked.inode) return found(pid, descriptors, number, step);
  seen.remember(inode, {pid, number});
  return nullptr;
}

kj::Maybe<Owner> OwnerSearch::found(pid_t pid, int descriptors, int number, Step step) {
  Holder* holder = recent.use(pid, descriptors, number, asked.inode, asked.uid);
  if (holder == nullptr) return nullptr;
  KJ_IF_MAYBE (stat, holder->entry.stat()) {
    seen.remember(asked.inode, {pid, number});
    holder->shared = parentHolds(*stat, number);
    return ownerOf(*holder, *stat, step);
  }
  recent.forget(holder);
  return nullptr;
}

bool OwnerSearch::parentHolds(const StatFields& stat, int number) const {
  return socketAt(proc, NumberName("", stat.parent, "/fd/", number).cStr()) == asked.inode;
}

Owner OwnerSearch::ownerOf(const Holder& holder, const StatFields& stat, Step step) const {
  Owner owner;
  owner.pid = holder.pid;
  owner.descriptor = holder.lastDescriptor;
  owner.step = step;
  owner.stat = stat;
  owner.file = holder.entry.file();
  owner.newestPid = newest;
  owner.shared = holder.shared;
  return owner;
}

Owner OwnerSearch::nobody(int error) const {
  Owner owner;
  owner.error = error;
  owner.newestPid = newest;
  return owner;
}

}  // namespace portreeve::reader
