// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/regex.h"

#include <re2/re2.h>
#include <string.h>

#include <algorithm>

namespace portreeve::rules {
namespace {

constexpr size_t LONGEST_PATTERN = 1000;
constexpr int64_t MOST_MEMORY = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options chosen;
  chosen.set_log_errors(false);
  chosen.set_max_mem(MOST_MEMORY);
  chosen.set_never_capture(true);
  // A command line need not be UTF-8.
  chosen.set_encoding(re2::RE2::Options::EncodingLatin1);
  return chosen;
}

bool isLiteral(kj::StringPtr pattern) {
  return pattern.asArray().end() == std::find_if(pattern.begin(), pattern.end(), [](char c) {
           return memchr("\\.+*?()|[]{}^$", c, 14) != nullptr;
         });
}

}  // namespace

struct Regex::Compiled {
  re2::RE2 expression;
  explicit Compiled(kj::StringPtr pattern)
      : expression(re2::StringPiece(pattern.begin(), pattern.size()), options()) {}
};

Regex::Regex(kj::String written, kj::Own<const Compiled> compiled)
    : written(kj::mv(written)), literal(isLiteral(this->written)), compiled(kj::mv(compiled)) {}
Regex::Regex(Regex&& other) noexcept = default;
Regex& Regex::operator=(Regex&& other) noexcept = default;
Regex::~Regex() noexcept(false) = default;

Regex::Parsed Regex::parse(kj::StringPtr pattern) {
  if (pattern.size() == 0) return {nullptr, kj::str("it is empty and would match everything")};
  if (pattern.size() > LONGEST_PATTERN)
    return {nullptr, kj::str("it is longer than ", LONGEST_PATTERN, " bytes")};
  auto compiled = kj::heap<Compiled>(pattern);
  if (!compiled->expression.ok()) return {nullptr, kj::str(compiled->expression.error().c_str())};
  return {Regex(kj::str(pattern), kj::mv(compiled)), kj::String()};
}

bool Regex::matches(kj::StringPtr text) const {
  // A tenth of the time, and most patterns that people write over command lines.
  if (literal) return memmem(text.begin(), text.size(), written.begin(), written.size()) != nullptr;
  return re2::RE2::PartialMatch(re2::StringPiece(text.begin(), text.size()), compiled->expression);
}

}  // namespace portreeve::rules
