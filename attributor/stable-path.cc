// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/stable-path.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t SHORTEST_HASH = 32;
constexpr size_t STORE_HASH = 32;  // base-32 digits, of Nix and Guix
constexpr std::string_view APPIMAGE_MOUNT = ".mount_";

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isHash(std::string_view name) {
  return name.size() >= SHORTEST_HASH && std::all_of(name.begin(), name.end(), [](char c) {
           return isDigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool isRevision(std::string_view name) {
  // "1234" from the store, "x1" of one's own making.
  if (name.starts_with('x')) name.remove_prefix(1);
  return !name.empty() && std::all_of(name.begin(), name.end(), isDigit);
}

void addLiteral(std::string& pattern, char c) {
  if (c == '*' || c == '?' || c == '[' || c == '\\') pattern.push_back('\\');
  pattern.push_back(c);
}

void addLiteral(std::string& pattern, std::string_view text) {
  for (char c : text) addLiteral(pattern, c);
}

size_t versionAt(std::string_view name, size_t start) {
  // Length of "1.2", "1.2.3+4"; 0 where there is none.
  size_t end = start, dots = 0;
  while (end < name.size() && isDigit(name[end])) end++;
  while (end > start && end + 1 < name.size() &&
         (name[end] == '.' || (dots > 0 && name[end] == '+')) && isDigit(name[end + 1])) {
    dots++;
    end++;
    while (end < name.size() && isDigit(name[end])) end++;
  }
  return dots > 0 ? end - start : 0;
}

std::string withoutVersions(std::string_view name) {
  std::string pattern;
  for (size_t i = 0; i < name.size(); i++) {
    bool inNumber = i > 0 && isDigit(name[i - 1]);
    size_t length = inNumber ? 0 : versionAt(name, i);
    if (length == 0) {
      addLiteral(pattern, name[i]);
      continue;
    }
    pattern.push_back('*');
    i += length - 1;
  }
  return pattern;
}

std::string inStore(std::string_view name) {
  // HASH-NAME-VERSION
  if (name.size() <= STORE_HASH || name[STORE_HASH] != '-') return withoutVersions(name);
  auto rest = name.substr(STORE_HASH + 1);
  std::string pattern = "*-";
  for (size_t i = 0; i + 1 < rest.size(); i++) {
    if (rest[i] != '-' || !isDigit(rest[i + 1])) continue;
    addLiteral(pattern, rest.substr(0, i + 1));
    pattern.push_back('*');
    return pattern;
  }
  addLiteral(pattern, rest);
  return pattern;
}

std::string folder(std::string_view name, std::string_view above, std::string_view before) {
  if (before == "/nix/store" || before == "/gnu/store") return inStore(name);
  if (before.starts_with("/snap/") && before.substr(6) == above && isRevision(name)) return "*";
  if (isHash(name)) return "*";
  if (name.starts_with(APPIMAGE_MOUNT)) return ".mount_*";
  return withoutVersions(name);
}

}  // namespace

kj::String stablePathOf(kj::StringPtr path) {
  std::string_view text(path.begin(), path.size());
  if (!text.starts_with('/')) return kj::String();
  std::string pattern, literal;
  std::string_view above;
  size_t start = 1;
  for (size_t end; (end = text.find('/', start)) != std::string_view::npos; start = end + 1) {
    auto name = text.substr(start, end - start);
    pattern.append(1, '/').append(folder(name, above, text.substr(0, start - 1)));
    above = name;
  }
  pattern.push_back('/');
  addLiteral(pattern, text.substr(start));
  addLiteral(literal, text);
  return pattern == literal ? kj::String() : kj::heapString(pattern.data(), pattern.size());
}

}  // namespace portreeve::attributor
