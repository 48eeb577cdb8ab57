// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/dns-place.h"

#include <stdlib.h>

namespace portreeve {
namespace {

kj::StringPtr variable(kj::StringPtr name) {
  const char* value = getenv(name.cStr());
  return value == nullptr ? ""_kj : kj::StringPtr(value);
}

kj::Vector<kj::String> wordsOf(kj::StringPtr text) {
  kj::Vector<kj::String> words;
  while (text.size() > 0) {
    size_t end = text.findFirst(' ').orDefault(text.size());
    if (end > 0) words.add(kj::heapString(text.slice(0, end)));
    text = text.slice(end < text.size() ? end + 1 : end);
  }
  return words;
}

}  // namespace

kj::Maybe<DnsPlace> DnsPlace::fromEnvironment() {
  auto listen = wordsOf(variable(DNS_LISTEN_VARIABLE));
  if (listen.empty()) return nullptr;
  return DnsPlace{kj::mv(listen), kj::str(variable(DNS_HELD_VARIABLE))};
}

void moveTo(const DnsPlace& place, Settings& settings) {
  settings.resolver.listen.clear();
  for (auto& address : place.listen) settings.resolver.listen.add(kj::str(address));
}

void noteWhoHasDnsPort(Settings& settings) {
  bool ours = false;
  for (auto& address : settings.resolver.listen)
    ours = ours || address == "127.0.0.1:53" || address == "0.0.0.0:53";
  settings.policy.othersHaveDnsPort = !ours;
}

}  // namespace portreeve
