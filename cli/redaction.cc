// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/redaction.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <algorithm>

namespace portreeve::cli {
namespace {

bool maybeInAddress(char c) {
  return isxdigit(static_cast<unsigned char>(c)) || c == '.' || c == ':';
}

bool inWord(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

bool saysNothing(const std::string& text) {
  for (auto prefix : {"127.", "192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"})
    if (text.rfind(prefix, 0) == 0) return true;
  return text == "0.0.0.0" || text == "::" || text == "::1" || text == "255.255.255.255";
}

bool isAddress(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         (text.find("::") != std::string::npos || std::count(text.begin(), text.end(), ':') == 7
              ? inet_pton(AF_INET6, text.c_str(), bytes) == 1
              : false);
}

}  // namespace

Redaction::Redaction(kj::StringPtr hostName) : host(hostName.cStr()) {}

std::string Redaction::numbered(std::map<std::string, std::string>& known, const char* kind,
                                const std::string& original) {
  auto& name = known[original];
  if (name.empty()) name = kind + std::to_string(known.size());
  return name;
}

kj::String Redaction::apply(kj::StringPtr original) {
  std::string text(original.cStr()), result;
  constexpr const char* HOME = "/home/";
  for (size_t at = 0; at < text.size();) {
    bool begins = at == 0 || !inWord(text[at - 1]);
    if (text.compare(at, strlen(HOME), HOME) == 0) {
      size_t end = at + strlen(HOME);
      while (end < text.size() && (inWord(text[end]) || text[end] == '.')) end++;
      result +=
          HOME + numbered(users, "user-", text.substr(at + strlen(HOME), end - at - strlen(HOME)));
      at = end;
      continue;
    }
    if (begins && !host.empty() && text.compare(at, host.size(), host) == 0 &&
        (at + host.size() == text.size() || !inWord(text[at + host.size()]))) {
      result += "this-host";
      at += host.size();
      continue;
    }
    if (begins && maybeInAddress(text[at])) {
      size_t longest = at;
      while (longest < text.size() && maybeInAddress(text[longest])) longest++;
      bool wholeWord = longest == text.size() || !inWord(text[longest]);
      // The longest that is one: "10.0.0.1:53" and "10.0.0.1." have more behind it.
      size_t end = wholeWord ? longest : at;
      while (end > at && !isAddress(text.substr(at, end - at))) end--;
      // A longer number with dots, such as an object identifier.
      if (end + 1 < longest && text[end] == '.') end = at;
      if (end > at) {
        auto address = text.substr(at, end - at);
        result += saysNothing(address) ? address : numbered(addresses, "address-", address);
        at = end;
        continue;
      }
      result += text.substr(at, longest - at);
      at = longest;
      continue;
    }
    result += text[at++];
  }
  return kj::heapString(result.data(), result.size());
}

}  // namespace portreeve::cli
