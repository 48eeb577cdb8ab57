// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/resolv-conf.h"

#include <string_view>

namespace portreeve::resolver {
namespace {

constexpr size_t MOST_SERVERS = 16;
constexpr std::string_view BLANKS = " \t\r";

std::string_view nextWord(std::string_view& line) {
  size_t start = line.find_first_not_of(BLANKS);
  if (start == line.npos) return {};
  size_t end = std::min(line.find_first_of(BLANKS, start), line.size());
  auto word = line.substr(start, end - start);
  line = line.substr(end);
  return word;
}

kj::Maybe<Upstream> serverOf(std::string_view line) {
  if (nextWord(line) != "nameserver") return nullptr;
  auto word = nextWord(line);
  return Upstream::plain(kj::heapString(word.data(), word.size()));
}

bool contains(kj::ArrayPtr<const Upstream> servers, const Upstream& wanted) {
  for (auto& server : servers)
    if (server.toString() == wanted.toString()) return true;
  return false;
}

}  // namespace

LinkServers readResolvConf(kj::StringPtr origin, kj::ArrayPtr<const char> content) {
  LinkServers link;
  link.origin = kj::str(origin);
  std::string_view rest(content.begin(), content.size());
  while (!rest.empty() && link.servers.size() < MOST_SERVERS) {
    size_t end = std::min(rest.find('\n'), rest.size());
    KJ_IF_MAYBE (server, serverOf(rest.substr(0, end)))
      if (!contains(link.servers, *server)) link.servers.add(kj::mv(*server));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return link;
}

}  // namespace portreeve::resolver
