// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of a fixed size that one process writes and those that it hands the descriptor to can only
// read (memfd_create(2), "File sealing"). It takes pages as they are written.
#pragma once

#include <kj/common.h>
#include <kj/io.h>

#include <cstddef>

namespace portreeve {

class WrittenMemory {
public:
  WrittenMemory(kj::StringPtr name, size_t bytes);
  // Zeroes. Throws FAILED where there is none. Before the sandbox: no daemon's filter lets it.
  ~WrittenMemory() noexcept(false);
  KJ_DISALLOW_COPY(WrittenMemory);

  int descriptor() const { return fd; }
  void* get() const { return memory; }

private:
  kj::AutoCloseFd fd;
  size_t bytes;
  void* memory;
};

class ReadMemory {
public:
  ReadMemory(kj::StringPtr what, int descriptor, size_t bytes);
  // Another process's. Throws FAILED, with `what` in it, where it is of another size, or could
  // shrink: that would be the end of whoever reads it (SIGBUS). The sandbox has to let F_GET_SEALS.
  ~ReadMemory() noexcept(false);
  KJ_DISALLOW_COPY(ReadMemory);

  const void* get() const { return memory; }

private:
  size_t bytes;
  void* memory;
};

}  // namespace portreeve
