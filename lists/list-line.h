// SPDX-License-Identifier: GPL-3.0-or-later
// One line of a published list of names, in whatever of the usual formats. Pure functions over text
// from outside: nothing is trusted, nothing throws.
#pragma once

#include "common/name-list-format.h"

#include <kj/common.h>
#include <kj/function.h>
#include <kj/string.h>

#include <cstdint>
#include <string_view>

namespace portreeve::lists {

enum class Format : uint8_t { AUTO, HOSTS, DOMAINS, DNSMASQ, RPZ, ADBLOCK };
kj::Maybe<Format> parseFormat(kj::StringPtr text);

struct LineResult {
  bool understood = true;  // an entry, a comment, or something that lists no name by its nature
  bool entry = false;
};

LineResult readLine(std::string_view line, Format format,
                    kj::FunctionParam<void(std::string_view name, uint64_t kinds)> add);
// Calls `add` for each name the line lists, with the kinds of common/name-list-format.h; the name
// is as NameList::find wants it, and valid during the call only. How much a line lists:
//   hosts    0.0.0.0 ads.example …       the names themselves (but localhost and the like)
//   domains  ads.example                 the name and all below; *.ads.example: what is below
//   dnsmasq  address=/ads.example/…      the name and all below; server= and local= likewise
//   rpz      ads.example CNAME .         the name; *.ads.example: what is below; rpz-passthru.
//   allows adblock  ||ads.example^              the name and all below; @@||ads.example^ allows
// AUTO tells them apart line by line. Rules of other kinds (paths, page elements) list no name.

bool normalize(std::string_view text, char (&out)[256], std::string_view& name);
// Lower case without a trailing dot, into `out`; false where it is no name of ASCII letters,
// digits,
// '-' and '_' with labels of 1 to 63 octets.

}  // namespace portreeve::lists
