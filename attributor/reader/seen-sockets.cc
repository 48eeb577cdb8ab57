// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/seen-sockets.h"

namespace portreeve::reader {

SeenSockets::SeenSockets(size_t sets) : entries(kj::heapArray<Entry>(sets * WAYS)), sets(sets) {}

size_t SeenSockets::setOf(uint64_t inode) const {
  // Inode numbers are handed out one after the other, so their low bits spread well by themselves.
  return (inode & (sets - 1)) * WAYS;
}

void SeenSockets::remember(uint64_t inode, Place place) {
  Entry* set = &entries[setOf(inode)];
  for (size_t i = 0; i < WAYS; i++) {
    if (set[i].inode != inode && set[i].inode != 0) continue;
    set[i] = {inode, place};
    return;
  }
  set[next++ % WAYS] = {inode, place};
}

kj::Maybe<Place> SeenSockets::find(uint64_t inode) const {
  const Entry* set = &entries[setOf(inode)];
  for (size_t i = 0; i < WAYS; i++)
    if (set[i].inode == inode) return set[i].place;
  return nullptr;
}

}  // namespace portreeve::reader
