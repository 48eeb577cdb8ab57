// SPDX-License-Identifier: GPL-3.0-or-later
// The common query, read without allocating: one question of class IN, nothing else but EDNS. What
// is not of this shape is for readQuery.
#pragma once

#include "resolver/prepared-answer.h"

#include <kj/array.h>
#include <kj/common.h>

#include <string_view>

namespace portreeve::resolver {

struct QuickQuestion {
  Asked asked;
  uint16_t type = 0;

  bool read(kj::ArrayPtr<const kj::byte> message);
  // False: it has another shape. `message` must outlive this. The limit is UDP's.

  std::string_view key() const { return {keyOctets, keySize}; }  // as cacheKey makes it
  std::string_view text() const { return {nameText, textSize}; }
  // As Name::text makes it; only valid where `plain`.
  bool plain = false;  // the name has letters, digits, '-' and '_' only

private:
  char keyOctets[255 + 3];
  size_t keySize = 0;
  char nameText[255];
  size_t textSize = 0;
};

}  // namespace portreeve::resolver
