// SPDX-License-Identifier: GPL-3.0-or-later
// hosts(5) that sends names nowhere, as block lists do.
#include "cli/failure.h"
#include "cli/import-formats.h"
#include "cli/text-file.h"
#include "common/address.h"

#include <errno.h>
#include <string.h>

#include <set>
#include <string>

namespace portreeve::cli {
namespace {

constexpr size_t NAMES_A_RULE = 500;
constexpr size_t MOST_NAMES = 20000;

bool isNowhere(const Address& address) {
  return address.isUnspecified() || address.scope() == Scope::LOCALHOST ||
         address.toString() == "0.0.0.0";
}

bool isOwnName(kj::StringPtr name) {
  static constexpr kj::StringPtr NAMES[] = {
      "localhost"_kj, "localhost.localdomain"_kj, "local"_kj, "ip6-localhost"_kj, "ip6-loopback"_kj,
      "0.0.0.0"_kj,   "broadcasthost"_kj};
  for (auto own : NAMES)
    if (name == own) return true;
  return name.findFirst('.') == nullptr;
}

}  // namespace

void importHosts(kj::StringPtr file, Conversion& into) {
  auto content = readText(file);
  kj::Vector<kj::String> names;
  std::set<std::string> seen;
  KJ_IF_MAYBE (text, content) {
    eachLine(*text, [&](size_t number, kj::String line) {
      KJ_IF_MAYBE (hash, line.findFirst('#')) line = kj::heapString(line.slice(0, *hash));
      for (char& c : line)
        if (c == '\t' || c == '\r') c = ' ';
      auto words = wordsOf(line);
      if (words.empty()) return;
      auto origin = kj::str(file, ':', number);
      auto address = Address::parse(words[0]);
      KJ_IF_MAYBE (to, address) {
        for (size_t word = 1; word < words.size(); word++) {
          if (isOwnName(words[word])) continue;
          if (!isNowhere(*to))
            into.leaveOut(origin,
                          kj::str(words[word], " is given the address ", words[0],
                                  ": this firewall refuses names, it does not change them"));
          else if (seen.insert(words[word].cStr()).second)
            names.add(kj::mv(words[word]));
        }
      } else {
        into.leaveOut(origin, kj::str("\"", words[0], "\" is no address"));
      }
    });
  } else {
    throw Failure(FAILED, file, ": ", strerror(errno));
  }
  if (names.size() > MOST_NAMES)
    throw Failure(FAILED, file, ": has ", names.size(), " names, more than rules should hold (",
                  MOST_NAMES, "): make a list of it, and one rule with list = \"…\"");
  for (size_t at = 0; at < names.size(); at += NAMES_A_RULE) {
    auto part = names.asPtr().slice(at, kj::min(names.size(), at + NAMES_A_RULE));
    ForeignRule rule(kj::str("names of ", file), "block");
    rule.texts("domain", part);
    rule.text("names", "any");
    into.add(file, kj::mv(rule));
  }
}

}  // namespace portreeve::cli
