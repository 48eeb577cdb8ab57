// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes were given a name again that policy has not been told of yet: memory that the
// resolver writes and policy reads. So the resolver may tell such names in batches, some time after
// the answer, and policy asks back where a program connects meanwhile.
#pragma once

#include "common/sealed-memory.h"

#include <atomic>
#include <cstdint>

namespace portreeve {

struct RetoldTable {
  // The memory. Of this machine's byte order.
  static constexpr size_t WORDS = 4096;  // a power of two

  std::atomic<uint64_t> latest[WORDS];
  // By the lower bits of a process's word (asker-table.h): the number of the newest name that it,
  // or another program with the same bits, was given again. Numbers count from 1.
};

class RetoldTableWriter {
public:
  RetoldTableWriter()
      : memory("portreeve-retold", sizeof(RetoldTable)),
        table(*static_cast<RetoldTable*>(memory.get())) {}

  int descriptor() const { return memory.descriptor(); }
  void given(uint32_t process) {  // before the answer leaves
    table.latest[process % RetoldTable::WORDS].store(++number, std::memory_order_release);
  }
  uint64_t newest() const { return number; }

private:
  WrittenMemory memory;
  RetoldTable& table;
  uint64_t number = 0;
};

class RetoldTableReader {
public:
  explicit RetoldTableReader(int descriptor)
      : memory("the table of names given again", descriptor, sizeof(RetoldTable)),
        table(*static_cast<const RetoldTable*>(memory.get())) {}
  // As ReadMemory.

  uint64_t latest(uint32_t process) const {
    return table.latest[process % RetoldTable::WORDS].load(std::memory_order_acquire);
  }

private:
  ReadMemory memory;
  const RetoldTable& table;
};

}  // namespace portreeve
