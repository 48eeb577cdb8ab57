// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/noted-owners.h"

#include <kj/debug.h>
#include <sys/mman.h>

#include <atomic>

namespace portreeve::attributor {
namespace {

constexpr size_t TABLE_BYTES = PORTREEVE_SOCKET_SLOTS * sizeof(portreeve_socket_owner);
constexpr uint64_t NS_PER_TICK = 10'000'000;  // USER_HZ, in which proc_pid_stat(5) counts, is 100

template <typename Slot>
kj::Maybe<Slot> wholeCopy(const Slot& slot) {
  // nullptr while the kernel writes to it.
  auto before = __atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE);
  Slot copy = slot;
  // The copy must be whole before the sequence is read again.
  std::atomic_thread_fence(std::memory_order_acquire);
  bool torn = (before & 1) != 0 || __atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE) != before;
  if (torn) return nullptr;
  return copy;
}

}  // namespace

void OwnerTable::use(int table) {
  forget();
  void* memory = mmap(nullptr, TABLE_BYTES, PROT_READ, MAP_SHARED, table, 0);
  if (memory == MAP_FAILED) KJ_FAIL_SYSCALL("mmap of the keeper's table", errno);
  slots = static_cast<const portreeve_socket_owner*>(memory);
}

void OwnerTable::forget() {
  if (slots != nullptr) munmap(const_cast<portreeve_socket_owner*>(slots), TABLE_BYTES);
  slots = nullptr;
}

kj::Maybe<NotedOwner> OwnerTable::find(uint64_t cookie) const {
  if (slots == nullptr || cookie == 0) return nullptr;
  KJ_IF_MAYBE (noted, wholeCopy(slots[cookie & (PORTREEVE_SOCKET_OWNERS - 1)])) {
    if (noted->cookie != cookie) return nullptr;
    NotedOwner owner;
    owner.key.pid = static_cast<int32_t>(noted->pid);
    owner.key.startTicks = noted->start / NS_PER_TICK;
    owner.key.argStart = noted->argStart;
    owner.fileInode = noted->fileInode;
    owner.fileDevice = noted->fileDevice;
    owner.fileGeneration = noted->fileGeneration;
    return owner;
  }
  return nullptr;
}

kj::Maybe<ClosedSocket> OwnerTable::findClosed(const ClosedQuestion& asked) const {
  if (slots == nullptr || asked.port == 0) return nullptr;
  auto closed = reinterpret_cast<const portreeve_closed_socket*>(slots + PORTREEVE_SOCKET_OWNERS);
  KJ_IF_MAYBE (noted, wholeCopy(closed[asked.port])) {
    if (noted->netns != asked.netns || noted->family != asked.family ||
        noted->protocol != asked.protocol || noted->port != asked.port || noted->uid != asked.uid)
      return nullptr;
    return ClosedSocket{noted->cookie, noted->closedAt, noted->beforeAt};
  }
  return nullptr;
}

}  // namespace portreeve::attributor
