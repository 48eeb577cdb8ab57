// SPDX-License-Identifier: GPL-3.0-or-later
// Where a list of names comes from, as one writes it in `sources` of portreeve.toml.
#pragma once

#include <kj/string.h>

namespace portreeve {

inline bool isUrl(kj::StringPtr source) {
  return source.startsWith("https://");
}

inline kj::StringPtr pathOf(kj::StringPtr source) {
  // Of one that is no URL: "/…" or "file:///…".
  constexpr kj::StringPtr SCHEME = "file://"_kj;
  return source.startsWith(SCHEME) ? source.slice(SCHEME.size()) : source;
}

}  // namespace portreeve
