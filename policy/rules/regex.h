// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions (RE2's syntax) over texts that an attacker may have chosen: RE2 takes time
// proportional to the text and a bounded amount of memory, whatever both are.
#pragma once

#include <kj/common.h>
#include <kj/memory.h>
#include <kj/string.h>

namespace portreeve::rules {

class Regex {
public:
  struct Parsed;
  static Parsed parse(kj::StringPtr pattern);
  // At most 1000 bytes; what it compiles to is bounded, too.

  Regex(Regex&& other) noexcept;
  Regex& operator=(Regex&& other) noexcept;
  ~Regex() noexcept(false);

  bool matches(kj::StringPtr text) const;
  // Anywhere in the text: "^" and "$" hold it to the ends.

  kj::StringPtr pattern() const { return written; }

private:
  struct Compiled;
  kj::String written;
  bool literal;  // nothing in it is more than itself
  kj::Own<const Compiled> compiled;

  Regex(kj::String written, kj::Own<const Compiled> compiled);
};

struct Regex::Parsed {
  kj::Maybe<Regex> regex;
  kj::String reason;  // why not
};

}  // namespace portreeve::rules
