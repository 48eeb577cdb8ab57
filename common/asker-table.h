// SPDX-License-Identifier: GPL-3.0-or-later
// Whose socket a local UDP port is, for the port of a DNS client: memory that policy writes and the
// resolver reads, so that a question by a program that has asked it before costs no message.
//
// Policy writes a client's word before its packet gets its verdict, so it is there when the packet
// reaches the resolver; it is taken out when the socket closes. A word says no more than that two
// clients are programs that no rule tells apart, or the same process. What the resolver keeps under
// the word of a program is good for one generation: policy begins a new one whenever names may be
// judged differently.
#pragma once

#include "common/address.h"
#include "common/sealed-memory.h"

#include <kj/common.h>

#include <atomic>
#include <cstdint>

namespace portreeve {

struct AskerTable {
  // The memory. Of this machine's byte order.
  static constexpr uint64_t MAGIC = 0x3152454b53415250;  // "PRASKER1"
  static constexpr size_t PORTS = 65536;
  static constexpr uint32_t MOST_WORDS = (1u << 20) - 1;

  uint64_t magic;
  uint64_t key[2];                   // of the hash of an address
  std::atomic<uint64_t> generation;  // begins anywhere
  char padding[4096 - 32];           // ports start on a page
  std::atomic<uint64_t> ports[PORTS];
  // From above: 20 bits the word of the program, 20 that of the process, 24 the hash of the
  // client's address; 0: nobody is known there.

  uint32_t hash(const Address& address) const;
};

struct AskerWord {
  uint32_t program = 0;  // 1 to AskerTable::MOST_WORDS; 0: none
  uint32_t process = 0;  // likewise
  bool operator==(const AskerWord& other) const = default;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(sizeof(AskerTable) == 4096 + AskerTable::PORTS * 8);

class AskerTableWriter {
public:
  AskerTableWriter();
  // As WrittenMemory.

  int descriptor() const { return memory.descriptor(); }

  void set(const Address& address, uint16_t port, const AskerWord& word);
  void forget(uint16_t port);
  void forgetAll();
  void beginGeneration();

private:
  WrittenMemory memory;
  AskerTable& table;
};

class AskerTableReader {
public:
  explicit AskerTableReader(int descriptor);
  // As ReadMemory; also throws where it is of another version.

  struct Client {
    uint64_t generation;
    AskerWord word;
    bool operator==(const Client& other) const = default;
  };
  kj::Maybe<Client> of(const Address& address, uint16_t port) const;
  // nullptr: it is not known whose socket that is.

private:
  ReadMemory memory;
  const AskerTable& table;
};

}  // namespace portreeve
