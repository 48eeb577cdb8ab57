// SPDX-License-Identifier: GPL-3.0-or-later
// Which clients were just now allowed and told which answer: so that a program asking the same
// again through the same socket costs no exchange with policy. Kept for LIFETIME only: a port may
// be another program's a moment later, and rules change. A table of fixed size; newer ones take the
// place of older ones.
#pragma once

#include "common/name-list-format.h"
#include "common/tuple.h"
#include "resolver/name-memory.h"

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace portreeve::resolver {

class RulingCache {
public:
  static constexpr uint64_t LIFETIME_NS = 1000000000;

  struct Ruling {
    uint64_t key = 0;
    uint64_t expiresNs = 0;
    uint64_t answer = 0;  // AnswerCache::Entry::serial
    std::shared_ptr<const Asker> asker;
  };

  RulingCache();
  KJ_DISALLOW_COPY(RulingCache);

  uint64_t keyOf(const Tuple& client, std::string_view question) const;
  // A keyed hash of the client's end and of a cacheKey: nobody can choose two that meet.

  kj::Maybe<const Ruling&> find(uint64_t key, uint64_t answer, uint64_t nowNs) const;
  void store(uint64_t key, uint64_t answer, std::shared_ptr<const Asker> asker, uint64_t nowNs);
  void forgetAll();

private:
  static constexpr size_t SLOTS = 32768;  // a power of two
  uint64_t secret[2];
  kj::Array<Ruling> slots;
};

}  // namespace portreeve::resolver
