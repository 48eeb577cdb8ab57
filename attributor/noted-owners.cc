// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/noted-owners.h"

#include <kj/debug.h>
#include <sys/mman.h>

#include <atomic>

namespace portreeve::attributor {
namespace {

constexpr size_t TABLE_BYTES = PORTREEVE_SOCKET_OWNERS * sizeof(portreeve_socket_owner);
constexpr uint64_t NS_PER_TICK = 10'000'000;  // USER_HZ, in which proc_pid_stat(5) counts, is 100

uint64_t sequenceOf(const portreeve_socket_owner& slot) {
  return __atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE);
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
  auto& slot = slots[cookie & (PORTREEVE_SOCKET_OWNERS - 1)];
  auto before = sequenceOf(slot);
  portreeve_socket_owner copy = slot;
  // The copy must be whole before the sequence is read again.
  std::atomic_thread_fence(std::memory_order_acquire);
  bool torn = (before & 1) != 0 || sequenceOf(slot) != before;
  if (torn || copy.cookie != cookie) return nullptr;
  NotedOwner owner;
  owner.key.pid = static_cast<int32_t>(copy.pid);
  owner.key.startTicks = copy.start / NS_PER_TICK;
  owner.key.argStart = copy.argStart;
  owner.fileInode = copy.fileInode;
  return owner;
}

}  // namespace portreeve::attributor
