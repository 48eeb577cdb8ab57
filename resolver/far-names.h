// SPDX-License-Identifier: GPL-3.0-or-later
// Names that are looked up at the far end of a tunnel: a program gets an address of 198.18.0.0/15
// (RFC 2544, nobody's on any real network) that stands for the name. When it connects there, policy
// knows the name that it asked for, and the gate sends that name through the tunnel.
//
// A name has the same address as long as it is used and after a restart, as far as there is room.
#pragma once

#include "resolver/message.h"

#include <kj/common.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace portreeve::resolver {

class FarNames {
public:
  static constexpr uint32_t FIRST = 0xc6120001;  // 198.18.0.1
  static constexpr size_t ROOM = 131070;         // up to 198.19.255.254
  static constexpr uint32_t TTL = 60;            // seconds

  explicit FarNames(size_t room = ROOM) : room(room) {}

  kj::Maybe<Answer> answer(const Question& question);
  // A: its address. AAAA, HTTPS and SVCB: there is none of that type. Nullptr for any other type.

  size_t size() const { return slots.size(); }

private:
  size_t room;
  std::unordered_map<std::string, uint32_t> numbers;  // of a name, from 0
  std::unordered_map<uint32_t, std::string> slots;    // the other way round

  uint32_t numberOf(const std::string& name);
};

}  // namespace portreeve::resolver
