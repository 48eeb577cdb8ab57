// SPDX-License-Identifier: GPL-3.0-or-later
// What a process of the suite said no with, without RPC's prefix.
#pragma once

#include <kj/exception.h>
#include <kj/string.h>

namespace portreeve::gateway {

inline kj::StringPtr remoteWords(const kj::Exception& e) {
  constexpr auto PREFIX = "remote exception: "_kj;
  kj::StringPtr words = e.getDescription();
  while (words.startsWith(PREFIX)) words = words.slice(PREFIX.size());
  return words;
}

}  // namespace portreeve::gateway
