// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/slow-lane.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace portreeve::reader {

enum class State : uint8_t { STARTING, FREE, WANTED, DONE };

struct SlowLane::Slot {
  // One thread and what it is to do. `state` and `abandoned` belong to the lock; the rest to the
  // thread while WANTED, else to the asker.
  Shared* shared = nullptr;
  State state = State::STARTING;
  bool abandoned = false;
  std::condition_variable changed;
  kj::AutoCloseFd process;  // openProgram; else findFile
  int root = -1;
  Folder folder = Folder::LEFT_OUT;
  char path[PATH_BYTES + 1];
  Result result;

  void run();
  void act();
};

struct SlowLane::Shared {
  // Never freed: a thread that hangs may come back at any time.
  std::mutex lock;
  kj::Array<Slot> slots;
};

namespace {

SlowLane::Result openRegular(int process) {
  SlowLane::Result result;
  // O_NONBLOCK: do not wait for a lease to be given up (fcntl(2), F_SETLEASE).
  int fd = openat(process, "exe", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    result.error = errno;
    return result;
  }
  result.descriptor = kj::AutoCloseFd(fd);
  struct stat file;
  if (fstat(fd, &file) < 0)
    result.error = errno;
  else if (!S_ISREG(file.st_mode))
    result.error = EACCES;
  else
    result.file = fileNumbers(fd, "", AT_EMPTY_PATH);
  if (result.error != 0) result.descriptor = kj::AutoCloseFd();
  return result;
}

}  // namespace

void SlowLane::Slot::run() {
  std::unique_lock<std::mutex> held(shared->lock);
  state = State::FREE;
  changed.notify_one();
  for (;;) {
    changed.wait(held, [this]() { return state == State::WANTED; });
    held.unlock();
    act();
    held.lock();
    state = abandoned ? State::FREE : State::DONE;
    if (abandoned) result = Result();
    abandoned = false;
    changed.notify_one();
  }
}

void SlowLane::Slot::act() {
  if (process.get() >= 0) {
    result = openRegular(process);
    process = kj::AutoCloseFd();
    return;
  }
  result = findFileNow(root, path, folder);
}

SlowLane::Result SlowLane::findFileNow(int root, const char* path, Folder folder) {
  Result result;
  result.file = fileNumbers(root, path, AT_SYMLINK_NOFOLLOW);
  if (result.file.inode == 0) result.error = ENOENT;
  if (folder == Folder::LEFT_OUT) return result;
  std::string above(path);
  while (result.folderMount == 0 && above != ".") {
    size_t slash = above.rfind('/');
    above = slash == std::string::npos ? "." : above.substr(0, slash);
    result.folderMount = fileNumbers(root, above.c_str(), 0).mount;
  }
  return result;
}

SlowLane::SlowLane(unsigned threads) : shared(*new Shared()) {
  shared.slots = kj::heapArray<Slot>(threads);
  for (Slot& slot : shared.slots) {
    slot.shared = &shared;
    std::thread([&slot]() { slot.run(); }).detach();
  }
  std::unique_lock<std::mutex> held(shared.lock);
  for (Slot& slot : shared.slots)
    slot.changed.wait(held, [&slot]() { return slot.state != State::STARTING; });
}

template <typename Prepare>
SlowLane::Act SlowLane::begin(Prepare&& prepare) {
  std::lock_guard<std::mutex> held(shared.lock);
  for (Slot& slot : shared.slots) {
    if (slot.state != State::FREE) continue;
    prepare(slot);
    slot.state = State::WANTED;
    slot.changed.notify_one();
    return Act(&slot);
  }
  return Act();
}

SlowLane::Act SlowLane::findFile(int root, kj::ArrayPtr<const char> path, Folder folder) {
  KJ_REQUIRE(path.size() <= PATH_BYTES);
  return begin([&](Slot& slot) {
    slot.root = root;
    slot.folder = folder;
    memcpy(slot.path, path.begin(), path.size());
    slot.path[path.size()] = 0;
  });
}

SlowLane::Act SlowLane::openProgram(const ProcessEntry& process) {
  return begin([&](Slot& slot) {
    // Its own copy: the asker may not wait until it is used.
    int fd = fcntl(process.directory(), F_DUPFD_CLOEXEC, 0);
    slot.process = kj::AutoCloseFd(fd);
    slot.path[0] = 0;
  });
}

SlowLane::Result SlowLane::Act::wait(uint64_t ns) {
  Result result;
  if (slot == nullptr) {
    result.error = EBUSY;
    return result;
  }
  std::unique_lock<std::mutex> held(slot->shared->lock);
  if (slot->changed.wait_for(held, std::chrono::nanoseconds(ns),
                             [this]() { return slot->state == State::DONE; })) {
    result = kj::mv(slot->result);
    slot->result = Result();
    slot->state = State::FREE;
  } else {
    slot->abandoned = true;
    result.error = ETIME;
  }
  slot = nullptr;
  return result;
}

SlowLane::Act& SlowLane::Act::operator=(Act&& other) noexcept {
  std::swap(slot, other.slot);
  return *this;
}

SlowLane::Act::~Act() noexcept {
  if (slot == nullptr) return;
  std::lock_guard<std::mutex> held(slot->shared->lock);
  if (slot->state == State::DONE) {
    slot->result = Result();
    slot->state = State::FREE;
  } else {
    slot->abandoned = true;
  }
}

}  // namespace portreeve::reader
