// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/noted-owners.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sys/mman.h>
#include <unistd.h>

namespace portreeve::attributor {
namespace {

constexpr size_t BYTES = PORTREEVE_SOCKET_SLOTS * sizeof(portreeve_socket_owner);

struct Table {
  // A memfd stands for the BPF map: the same memory, written by us.
  kj::AutoCloseFd fd;
  portreeve_socket_owner* slots;
  OwnerTable owners;

  Table() {
    constexpr size_t bytes = BYTES;
    int memory;
    KJ_SYSCALL(memory = memfd_create("owners", MFD_CLOEXEC));
    fd = kj::AutoCloseFd(memory);
    KJ_SYSCALL(ftruncate(memory, bytes));
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    REQUIRE(mapped != MAP_FAILED);
    slots = static_cast<portreeve_socket_owner*>(mapped);
    owners.use(memory);
  }
  ~Table() { munmap(slots, BYTES); }

  portreeve_socket_owner& note(uint64_t cookie) {
    auto& slot = slots[cookie % PORTREEVE_SOCKET_OWNERS];
    slot.sequence += 2;
    slot.cookie = cookie;
    slot.pid = 4711;
    slot.start = 123'456'789'012;
    slot.argStart = 0x7ffc0000;
    slot.fileInode = 99;
    return slot;
  }
};

TEST_CASE("what was noted of a socket is found by its cookie") {
  Table table;
  table.note(70'000);
  auto owner = KJ_ASSERT_NONNULL(table.owners.find(70'000));
  CHECK(owner.key.pid == 4711);
  CHECK(owner.key.startTicks == 12345);
  CHECK(owner.key.argStart == 0x7ffc0000);
  CHECK(owner.fileInode == 99);
}

TEST_CASE("a slot that a later socket has taken over says nothing of the earlier one") {
  Table table;
  table.note(70'000);
  table.note(70'000 + PORTREEVE_SOCKET_OWNERS);
  CHECK(table.owners.find(70'000) == nullptr);
  CHECK(table.owners.find(70'000 + PORTREEVE_SOCKET_OWNERS) != nullptr);
}

TEST_CASE("a slot that is being written says nothing") {
  Table table;
  table.note(5).sequence += 1;
  CHECK(table.owners.find(5) == nullptr);
}

TEST_CASE(
    "a socket that is closed is found by its namespace, family, protocol, port and user, and no "
    "other") {
  Table table;
  auto& slot =
      reinterpret_cast<portreeve_closed_socket*>(table.slots)[PORTREEVE_SOCKET_OWNERS + 40000];
  slot = {.sequence = 2,
          .cookie = 9,
          .netns = 3,
          .closedAt = 77,
          .uid = 1000,
          .port = 40000,
          .protocol = 17,
          .family = 2,
          .beforeAt = 66,
          .padding = 0};
  auto found = KJ_ASSERT_NONNULL(table.owners.findClosed({3, 2, 17, 40000, 1000}));
  CHECK(found.cookie == 9);
  CHECK(found.closedNs == 77);
  CHECK(found.beforeNs == 66);
  CHECK(table.owners.findClosed({3, 10, 17, 40000, 1000}) == nullptr);
  CHECK(table.owners.findClosed({4, 2, 17, 40000, 1000}) == nullptr);
  CHECK(table.owners.findClosed({3, 2, 6, 40000, 1000}) == nullptr);
  CHECK(table.owners.findClosed({3, 2, 17, 40001, 1000}) == nullptr);
  CHECK(table.owners.findClosed({3, 2, 17, 40000, 0}) == nullptr);
  CHECK(table.owners.findClosed({3, 2, 17, 0, 1000}) == nullptr);
  slot.sequence++;
  CHECK(table.owners.findClosed({3, 2, 17, 40000, 1000}) == nullptr);
}

TEST_CASE("without a table, and for a socket without a cookie, nothing is known") {
  Table table;
  CHECK(table.owners.find(0) == nullptr);
  table.note(5);
  table.owners.forget();
  CHECK_FALSE(table.owners.inUse());
  CHECK(table.owners.find(5) == nullptr);
}

TEST_CASE("a descriptor that is no table is refused") {
  int pipes[2];
  KJ_SYSCALL(pipe(pipes));
  kj::AutoCloseFd reading(pipes[0]), writing(pipes[1]);
  OwnerTable owners;
  CHECK_THROWS_AS(owners.use(reading.get()), kj::Exception);
  CHECK_FALSE(owners.inUse());
}

}  // namespace
}  // namespace portreeve::attributor
