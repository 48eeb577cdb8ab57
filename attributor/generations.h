// SPDX-License-Identifier: GPL-3.0-or-later
// A bounded memory: two generations of entries. When the young one is full, the old one is
// forgotten as a whole and the young one takes its place; what is used comes into the young one.
#pragma once

#include <kj/common.h>

#include <cstddef>
#include <unordered_map>

namespace portreeve::attributor {

template <typename Key, typename Value>
class Generations {
public:
  explicit Generations(size_t generation) : generation(generation) {}
  // Holds the last `generation` entries at least, twice as many at most.

  void put(const Key& key, Value value) {
    old.erase(key);
    makeRoom(key);
    young.insert_or_assign(key, kj::mv(value));
  }

  Value* find(const Key& key) {
    // nullptr where it is not known. Good until the next call.
    auto found = young.find(key);
    if (found != young.end()) return &found->second;
    auto aged = old.find(key);
    if (aged == old.end()) return nullptr;
    auto value = kj::mv(aged->second);
    old.erase(aged);
    makeRoom(key);
    return &young.insert_or_assign(key, kj::mv(value)).first->second;
  }

  void erase(const Key& key) {
    young.erase(key);
    old.erase(key);
  }

  size_t size() const { return young.size() + old.size(); }

private:
  size_t generation;
  std::unordered_map<Key, Value> young, old;

  void makeRoom(const Key& key) {
    if (young.size() < generation || young.count(key) != 0) return;
    old = kj::mv(young);
    young.clear();
  }
};

}  // namespace portreeve::attributor
