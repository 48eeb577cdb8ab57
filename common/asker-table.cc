// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/asker-table.h"

#include "common/name-list-format.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/random.h>

namespace portreeve {

uint32_t AskerTable::hash(const Address& address) const {
  name_list::SuffixHash hash(key);
  hash.add({reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
  return uint32_t(hash.fingerprint() >> 40);
}

AskerTableWriter::AskerTableWriter()
    : memory("portreeve-askers", sizeof(AskerTable)),
      table(*static_cast<AskerTable*>(memory.get())) {
  table.magic = AskerTable::MAGIC;
  // What was said under another table's words is not taken for this one's.
  uint64_t first;
  if (getrandom(table.key, sizeof table.key, 0) != sizeof table.key ||
      getrandom(&first, sizeof first, 0) != sizeof first)
    KJ_FAIL_SYSCALL("getrandom", errno);
  table.generation = first;
}

void AskerTableWriter::set(const Address& address, uint16_t port, const AskerWord& word) {
  table.ports[port].store(
      uint64_t(word.program) << 44 | uint64_t(word.process) << 24 | table.hash(address),
      std::memory_order_release);
}

void AskerTableWriter::forget(uint16_t port) {
  // Only what is there: a page of ports that never asked takes no memory.
  if (table.ports[port].load(std::memory_order_relaxed) != 0)
    table.ports[port].store(0, std::memory_order_release);
}

void AskerTableWriter::forgetAll() {
  for (size_t port = 0; port < AskerTable::PORTS; port++) forget(uint16_t(port));
}

void AskerTableWriter::beginGeneration() {
  table.generation.fetch_add(1, std::memory_order_release);
}

AskerTableReader::AskerTableReader(int descriptor)
    : memory("the table of DNS clients", descriptor, sizeof(AskerTable)),
      table(*static_cast<const AskerTable*>(memory.get())) {
  KJ_REQUIRE(table.magic == AskerTable::MAGIC, "the table of DNS clients is of another version");
}

kj::Maybe<AskerTableReader::Client> AskerTableReader::of(const Address& address,
                                                         uint16_t port) const {
  // The generation first: what is judged for this client later is at least of that one.
  uint64_t generation = table.generation.load(std::memory_order_acquire);
  uint64_t entry = table.ports[port].load(std::memory_order_acquire);
  if (entry == 0 || (entry & 0xffffff) != table.hash(address)) return nullptr;
  return Client{generation,
                {uint32_t(entry >> 44), uint32_t(entry >> 24) & AskerTable::MOST_WORDS}};
}

}  // namespace portreeve
