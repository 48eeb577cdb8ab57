// SPDX-License-Identifier: GPL-3.0-or-later
// Where sockets were seen on the way to others: a bounded memory, so that a process with twenty
// thousand of them does not cost a walk for each. What it says is a guess that the caller checks
// with one readlink(2); an entry is overwritten by others whenever it must be.
#pragma once

#include <kj/array.h>
#include <kj/common.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::reader {

struct Place {
  pid_t pid = 0;
  int descriptor = -1;
};

class SeenSockets {
public:
  explicit SeenSockets(size_t sets = 8192);  // a power of two; four entries of 16 bytes each

  void remember(uint64_t inode, Place place);
  kj::Maybe<Place> find(uint64_t inode) const;

private:
  static constexpr size_t WAYS = 4;
  struct Entry {
    uint64_t inode = 0;
    Place place;
  };
  kj::Array<Entry> entries;
  size_t sets;
  uint32_t next = 0;  // of the four, the one to overwrite

  size_t setOf(uint64_t inode) const;
};

}  // namespace portreeve::reader
