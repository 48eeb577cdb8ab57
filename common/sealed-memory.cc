// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/sealed-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve {
namespace {

constexpr int SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW;

void* map(int fd, size_t bytes, int protection) {
  void* memory = mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) KJ_FAIL_SYSCALL("mapping shared memory", errno);
  return memory;
}

}  // namespace

WrittenMemory::WrittenMemory(kj::StringPtr name, size_t bytes) : bytes(bytes) {
  int made;
  KJ_SYSCALL(made = memfd_create(name.cStr(), MFD_CLOEXEC | MFD_ALLOW_SEALING), name);
  fd = kj::AutoCloseFd(made);
  KJ_SYSCALL(ftruncate(fd, off_t(bytes)));
  memory = map(fd, bytes, PROT_READ | PROT_WRITE);
  KJ_SYSCALL(fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL));
}

WrittenMemory::~WrittenMemory() noexcept(false) {
  munmap(memory, bytes);
}

ReadMemory::ReadMemory(kj::StringPtr what, int descriptor, size_t bytes) : bytes(bytes) {
  int seals = fcntl(descriptor, F_GET_SEALS);
  if (seals < 0) KJ_FAIL_SYSCALL("F_GET_SEALS", errno, what);
  struct stat facts;
  KJ_SYSCALL(fstat(descriptor, &facts));
  KJ_REQUIRE((seals & SIZE_SEALS) == SIZE_SEALS && size_t(facts.st_size) == bytes,
             "the memory that was handed over is not of the form that was agreed on", what,
             facts.st_size);
  memory = map(descriptor, bytes, PROT_READ);
}

ReadMemory::~ReadMemory() noexcept(false) {
  munmap(memory, bytes);
}

}  // namespace portreeve
