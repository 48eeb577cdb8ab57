// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/list-line.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace portreeve::lists {
namespace {

using namespace name_list;
using Add = kj::FunctionParam<void(std::string_view name, uint64_t kinds)>;

constexpr uint64_t BOTH = SELF | BELOW, ALLOW = ALLOW_SELF | ALLOW_BELOW;

// What hosts files hold besides, and nobody may lose.
constexpr std::string_view OWN_NAMES[] = {
    "localhost",      "localhost.localdomain", "localhost4",    "localhost6",      "local",
    "ip6-localhost",  "ip6-loopback",          "ip6-localnet",  "ip6-mcastprefix", "ip6-allnodes",
    "ip6-allrouters", "ip6-allhosts",          "broadcasthost", "0.0.0.0"};

// Options that leave a rule about whole domains.
constexpr std::string_view DOMAIN_OPTIONS[] = {"important",   "all", "document", "doc",
                                               "third-party", "3p",  "popup"};

bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view takeWord(std::string_view& rest) {
  rest = trimmed(rest);
  size_t end = 0;
  while (end < rest.size() && !isBlank(rest[end])) end++;
  auto word = rest.substr(0, end);
  rest = trimmed(rest.substr(end));
  return word;
}

bool isAddress(std::string_view word) {
  char text[INET6_ADDRSTRLEN + 1];
  if (word.empty() || word.size() >= sizeof text) return false;
  memcpy(text, word.data(), word.size());
  text[word.size()] = 0;
  in6_addr address;
  return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

template <size_t size>
bool isOneOf(std::string_view word, const std::string_view (&all)[size]) {
  return std::find(all, all + size, word) != all + size;
}

LineResult addName(std::string_view text, uint64_t kinds, Add& add) {
  char octets[256];
  std::string_view name;
  if (!normalize(text, octets, name)) return {false, false};
  add(name, kinds);
  return {true, true};
}

LineResult readHosts(std::string_view line, Add& add) {
  if (!isAddress(takeWord(line))) return {false, false};
  LineResult result;
  while (!line.empty()) {
    auto word = takeWord(line);
    if (word[0] == '#') break;
    if (isOneOf(word, OWN_NAMES)) continue;
    auto one = addName(word, SELF, add);
    result.entry = result.entry || one.entry;
    result.understood = result.understood && one.understood;
  }
  return result;
}

LineResult readDomain(std::string_view line, Add& add) {
  auto word = takeWord(line);
  if (!line.empty() && line[0] != '#') return {false, false};
  if (word.starts_with("*.")) return addName(word.substr(2), BELOW, add);
  if (word.starts_with(".")) word.remove_prefix(1);
  return addName(word, BOTH, add);
}

LineResult readDnsmasq(std::string_view line, Add& add) {
  size_t start = line.find("=/");
  auto key = line.substr(0, start == line.npos ? 0 : start);
  if (key != "address" && key != "server" && key != "local") return {false, false};
  auto rest = line.substr(start + 2);
  LineResult result;
  for (size_t end; (end = rest.find('/')) != rest.npos; rest = rest.substr(end + 1)) {
    auto one = addName(rest.substr(0, end), BOTH, add);
    result.entry = result.entry || one.entry;
    result.understood = result.understood && one.understood;
  }
  // server=/name/192.0.2.1 sends the name elsewhere; that lists nothing, but is said by nobody's
  // block list either.
  return result;
}

LineResult readRpz(std::string_view line, Add& add) {
  if (line.starts_with('$') || line.starts_with('@')) return {};
  auto owner = takeWord(line);
  // [TTL] [class] type data
  auto word = takeWord(line);
  while (!word.empty() &&
         (word == "IN" || word == "in" ||
          std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; })))
    word = takeWord(line);
  bool alias = word == "CNAME" || word == "cname";
  if (!alias) return {word == "SOA" || word == "NS" || word == "TXT", false};
  auto target = takeWord(line);
  bool below = owner.starts_with("*.");
  if (below) owner.remove_prefix(2);
  uint64_t listed = below ? BELOW : SELF, allowed = below ? ALLOW_BELOW : ALLOW_SELF;
  if (target == "." || target == "*." || target == "rpz-drop.") return addName(owner, listed, add);
  if (target == "rpz-passthru.") return addName(owner, allowed, add);
  return {false, false};
}

LineResult readAdblock(std::string_view line, Add& add) {
  uint64_t kinds = BOTH;
  if (line.starts_with("@@")) {
    kinds = ALLOW;
    line.remove_prefix(2);
  }
  if (!line.starts_with("||")) return {false, false};
  line.remove_prefix(2);
  size_t end = line.find('^');
  if (end == line.npos) return {false, false};
  auto options = line.substr(end + 1);
  if (options.starts_with('|')) options.remove_prefix(1);
  if (!options.empty()) {
    if (options[0] != '$') return {false, false};  // a path
    options.remove_prefix(1);
    while (!options.empty()) {
      size_t comma = std::min(options.find(','), options.size());
      if (!isOneOf(options.substr(0, comma), DOMAIN_OPTIONS)) return {false, false};
      options.remove_prefix(std::min(comma + 1, options.size()));
    }
  }
  return addName(line.substr(0, end), kinds, add);
}

Format guess(std::string_view line) {
  if (line.starts_with("||") || line.starts_with("@@")) return Format::ADBLOCK;
  if (line.find("=/") != line.npos) return Format::DNSMASQ;
  auto rest = line;
  auto first = takeWord(rest);
  if (rest.empty() || rest[0] == '#') return Format::DOMAINS;
  return isAddress(first) ? Format::HOSTS : Format::RPZ;
}

}  // namespace

kj::Maybe<Format> parseFormat(kj::StringPtr text) {
  struct Named {
    kj::StringPtr name;
    Format format;
  };
  constexpr Named ALL[] = {{"auto"_kj, Format::AUTO},       {"hosts"_kj, Format::HOSTS},
                           {"domains"_kj, Format::DOMAINS}, {"dnsmasq"_kj, Format::DNSMASQ},
                           {"rpz"_kj, Format::RPZ},         {"adblock"_kj, Format::ADBLOCK}};
  for (auto& known : ALL)
    if (text == known.name) return known.format;
  return nullptr;
}

bool normalize(std::string_view text, char (&out)[256], std::string_view& name) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  size_t label = 0;
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
    bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!good || ++label > 63) {
      return false;
    }
    out[i] = c;
  }
  name = {out, text.size()};
  return label > 0;
}

LineResult readLine(std::string_view line, Format format, Add add) {
  line = trimmed(line);
  bool comment =
      line.empty() || line[0] == '#' || line[0] == '!' || line[0] == ';' || line[0] == '[';
  if (comment) return {};
  switch (format == Format::AUTO ? guess(line) : format) {
    case Format::HOSTS:
      return readHosts(line, add);
    case Format::DOMAINS:
      return readDomain(line, add);
    case Format::DNSMASQ:
      return readDnsmasq(line, add);
    case Format::RPZ:
      return readRpz(line, add);
    case Format::ADBLOCK:
      return readAdblock(line, add);
    case Format::AUTO:
      break;
  }
  return {false, false};
}

}  // namespace portreeve::lists
