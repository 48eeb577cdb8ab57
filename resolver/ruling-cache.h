// SPDX-License-Identifier: GPL-3.0-or-later
// Which programs were allowed and told which answer: so that one asking the same again costs no
// exchange with policy. What is kept is good for as long as policy's table
// (common/asker-table.h) has the same word for whoever asks, and for the answer that it was told. A
// table of fixed size; newer ones take the place of older ones.
#pragma once

#include "common/asker-table.h"
#include "common/name-list-format.h"
#include "resolver/name-memory.h"

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace portreeve::resolver {

class RulingCache {
public:
  static constexpr uint64_t LIFETIME_NS = 300'000'000'000;  // whatever policy knows
  static constexpr uint64_t TOLD_AGAIN_NS = 1'000'000'000;

  struct Ruling {
    uint64_t key = 0;
    uint64_t generation = 0;
    uint64_t expiresNs = 0;
    uint64_t answer = 0;    // AnswerCache::Entry::serial
    uint32_t askedFor = 0;  // the process that `asker` is
    std::shared_ptr<const Asker> asker;
    uint32_t toldOf = 0;  // the process that was given it last, as far as policy was told
    uint64_t toldNs = 0;

    bool isToBeTold(uint32_t process, uint64_t nowNs);
    // Of each process, and once in TOLD_AGAIN_NS: policy shall know whose name for an address is
    // the newest, and history that it was asked for.
  };

  RulingCache();
  KJ_DISALLOW_COPY(RulingCache);

  kj::Maybe<Ruling&> find(const AskerTableReader::Client& who, std::string_view question,
                          uint64_t answer, uint64_t nowNs);
  // `question`: a cacheKey. Valid until the next call.
  void store(const AskerTableReader::Client& who, std::string_view question, uint64_t answer,
             std::shared_ptr<const Asker> asker, uint64_t nowNs);
  void forgetAll();

private:
  static constexpr size_t SLOTS = 32768;  // a power of two
  static constexpr size_t WAYS = 4;       // where a key may be: else two names that meet drive out
                                          // each other for ever
  uint64_t secret[2];
  kj::Array<Ruling> slots;

  uint64_t keyOf(uint32_t program, std::string_view question) const;
  // A keyed hash: nobody can choose two that meet.
  kj::ArrayPtr<Ruling> placesOf(uint64_t key);
};

}  // namespace portreeve::resolver
