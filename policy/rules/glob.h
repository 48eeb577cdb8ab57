// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns for texts that an attacker may have chosen: matching takes time proportional to text
// times pattern, whatever they are, and no memory.
#pragma once

#include <kj/array.h>
#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <bitset>
#include <cstdint>

namespace portreeve::rules {

kj::String asPattern(kj::StringPtr text);
// That matches this text alone, whatever signs are in it.

class Glob {
public:
  enum class Style : uint8_t { PATH, TEXT };
  // PATH: "*" stops at "/", "**" does not; "?" and "[…]" never match "/". TEXT: "/" is nothing
  // special.

  struct Parsed;
  static Parsed parse(kj::StringPtr pattern, Style style);
  // "*", "**", "?" (one byte), "[abc]", "[a-z]", "[!a]"; "\" takes the next character as it is.

  bool matches(kj::StringPtr text) const;
  bool covers(const Glob& other) const;
  // Provably matches whatever `other` does.

  kj::StringPtr pattern() const { return written; }
  kj::StringPtr literalPrefix() const { return prefix; }
  // What each text that it matches begins with.
  kj::Maybe<kj::StringPtr> literal() const;
  // The one text that it matches; nullptr where it matches several.

private:
  enum class Kind : uint8_t { CHARACTER, ANY_ONE, SET, STAR, DOUBLE_STAR };
  struct Token {
    Kind kind;
    uint8_t character = 0;  // CHARACTER
    uint16_t set = 0;       // SET: index into sets
  };
  using Set = std::bitset<256>;

  kj::String written;
  Style style = Style::PATH;
  kj::String prefix;         // what the text must begin with; the whole of it where tokens is empty
  kj::Vector<Token> tokens;  // what follows the prefix
  kj::Vector<Set> sets;

  kj::StringPtr parseSet(size_t& at);  // returns what is wrong, or nullptr
  kj::StringPtr tokenize();
  void takePrefix();
  bool isLiteral() const { return tokens.empty(); }
  bool isSeparator(uint8_t c) const { return style == Style::PATH && c == '/'; }
  bool accepts(const Token& token, uint8_t c) const;
  bool matchesTokens(kj::ArrayPtr<const char> text) const;
};

struct Glob::Parsed {
  kj::Maybe<Glob> glob;
  kj::StringPtr reason;  // static text: why not
};

bool anyMatches(const kj::Vector<Glob>& globs, kj::StringPtr text);
bool covers(const kj::Vector<Glob>& wider, const kj::Vector<Glob>& narrower);
// Each of `narrower` is covered by one of `wider`.

}  // namespace portreeve::rules
