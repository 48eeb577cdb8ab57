// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/glob.h"

namespace portreeve::rules {
namespace {

constexpr size_t LONGEST_PATTERN = 512;

}  // namespace

kj::String asPattern(kj::StringPtr text) {
  kj::Vector<char> pattern;
  for (char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern.add('\\');
    pattern.add(c);
  }
  return kj::heapString(pattern.begin(), pattern.size());
}

Glob::Parsed Glob::parse(kj::StringPtr pattern, Style style) {
  if (pattern.size() == 0) return {nullptr, "an empty pattern matches nothing"};
  if (pattern.size() > LONGEST_PATTERN) return {nullptr, "a pattern has at most 512 bytes"};
  Glob glob;
  glob.written = kj::str(pattern);
  glob.style = style;
  kj::StringPtr wrong = glob.tokenize();
  if (wrong != nullptr) return {nullptr, wrong};
  glob.takePrefix();
  return {kj::mv(glob), nullptr};
}

kj::StringPtr Glob::tokenize() {
  for (size_t at = 0; at < written.size(); at++) {
    switch (written[at]) {
      case '*': {
        bool twice = at + 1 < written.size() && written[at + 1] == '*';
        if (twice) at++;
        tokens.add(Token{twice ? Kind::DOUBLE_STAR : Kind::STAR});
        break;
      }
      case '?':
        tokens.add(Token{Kind::ANY_ONE});
        break;
      case '[': {
        kj::StringPtr wrong = parseSet(at);
        if (wrong != nullptr) return wrong;
        break;
      }
      case '\\':
        if (++at == written.size())
          return "\"\\\" at the end takes nothing: write \"\\\\\" for itself";
        [[fallthrough]];
      default:
        tokens.add(Token{Kind::CHARACTER, uint8_t(written[at])});
    }
  }
  return nullptr;
}

kj::StringPtr Glob::parseSet(size_t& at) {
  Set set;
  size_t i = at + 1;
  bool negate = i < written.size() && (written[i] == '!' || written[i] == '^');
  if (negate) i++;
  for (size_t first = i; i < written.size(); i++) {
    if (written[i] == ']' && i > first) {
      tokens.add(Token{Kind::SET, 0, uint16_t(sets.size())});
      sets.add(negate ? ~set : set);
      at = i;
      return nullptr;
    }
    uint8_t low = uint8_t(written[i]), high = low;
    if (i + 2 < written.size() && written[i + 1] == '-' && written[i + 2] != ']') {
      high = uint8_t(written[i + 2]);
      i += 2;
    }
    if (high < low) return "a range in \"[…]\" is written backwards";
    for (unsigned c = low; c <= high; c++) set.set(c);
  }
  return "\"[\" is not closed: write \"\\[\" for itself";
}

void Glob::takePrefix() {
  size_t length = 0;
  while (length < tokens.size() && tokens[length].kind == Kind::CHARACTER) length++;
  prefix = kj::heapString(length);
  for (size_t i = 0; i < length; i++) prefix[i] = char(tokens[i].character);
  kj::Vector<Token> rest;
  rest.addAll(tokens.begin() + length, tokens.end());
  tokens = kj::mv(rest);
}

bool Glob::accepts(const Token& token, uint8_t c) const {
  switch (token.kind) {
    case Kind::CHARACTER:
      return token.character == c;
    case Kind::ANY_ONE:
      return !isSeparator(c);
    case Kind::SET:
      return !isSeparator(c) && sets[token.set][c];
    case Kind::STAR:
      return !isSeparator(c);
    case Kind::DOUBLE_STAR:
      return true;
  }
  return false;
}

kj::Maybe<kj::StringPtr> Glob::literal() const {
  if (!isLiteral()) return nullptr;
  return kj::StringPtr(prefix);
}

bool Glob::matches(kj::StringPtr text) const {
  if (isLiteral()) return text == prefix;
  if (!text.startsWith(prefix)) return false;
  return matchesTokens(text.asArray().slice(prefix.size(), text.size()));
}

bool Glob::matchesTokens(kj::ArrayPtr<const char> text) const {
  // reach[j]: the first j tokens match what was read so far.
  bool reach[LONGEST_PATTERN + 1] = {true};
  const size_t count = tokens.size();
  auto isStar = [&](size_t j) { return tokens[j - 1].kind >= Kind::STAR; };
  auto skipEmptyStars = [&]() {
    for (size_t j = 1; j <= count; j++) reach[j] = reach[j] || (isStar(j) && reach[j - 1]);
  };
  skipEmptyStars();
  for (char c : text) {
    for (size_t j = count; j > 0; j--)
      reach[j] = reach[isStar(j) ? j : j - 1] && accepts(tokens[j - 1], uint8_t(c));
    reach[0] = false;
    skipEmptyStars();
  }
  return reach[count];
}

bool Glob::covers(const Glob& other) const {
  if (style != other.style) return false;
  if (written == other.written) return true;
  if (other.isLiteral()) return matches(other.prefix);
  bool everythingBelow = tokens.size() == 1 && tokens[0].kind == Kind::DOUBLE_STAR;
  return everythingBelow && other.prefix.startsWith(prefix);
}

bool anyMatches(const kj::Vector<Glob>& globs, kj::StringPtr text) {
  for (auto& glob : globs)
    if (glob.matches(text)) return true;
  return false;
}

bool covers(const kj::Vector<Glob>& wider, const kj::Vector<Glob>& narrower) {
  for (auto& one : narrower) {
    bool covered = false;
    for (auto& glob : wider) covered = covered || glob.covers(one);
    if (!covered) return false;
  }
  return true;
}

}  // namespace portreeve::rules
