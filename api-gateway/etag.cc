// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/etag.h"

#include <cstdint>

namespace portreeve::gateway {
namespace {

class Digest {
  // FNV-1a, twice with different beginnings: it tells versions apart, it keeps no secret.
public:
  void add(kj::StringPtr text) {
    for (char c : text) addByte(static_cast<unsigned char>(c));
    addByte(0);
  }
  kj::String text() const { return kj::str('"', kj::hex(one), kj::hex(two), '"'); }

private:
  uint64_t one = 14695981039346656037ull, two = 0x9e3779b97f4a7c15ull;

  void addByte(unsigned char byte) {
    one = (one ^ byte) * 1099511628211ull;
    two = (two ^ byte) * 1099511628211ull;
  }
};

}  // namespace

kj::String etagOf(capnp::List<proto::view::RuleView>::Reader rules) {
  Digest digest;
  for (auto rule : rules) {
    digest.add(rule.getName());
    digest.add(rule.getLayer());
    digest.add(rule.getOrigin());
    digest.add(rule.getText());
    digest.add(rule.getExpires());
  }
  return digest.text();
}

kj::String etagOf(proto::view::SettingsPage::Reader page) {
  Digest digest;
  for (auto setting : page.getSettings()) {
    digest.add(setting.getSection());
    digest.add(setting.getKey());
    digest.add(setting.getValue());
    digest.add(setting.getOrigin());
  }
  return digest.text();
}

bool matchesEtag(kj::StringPtr ifMatch, kj::StringPtr etag) {
  if (ifMatch == "*") return true;
  size_t start = 0;
  for (size_t at = 0; at <= ifMatch.size(); at++) {
    if (at < ifMatch.size() && ifMatch[at] != ',') continue;
    auto piece = ifMatch.asArray().slice(start, at);
    while (piece.size() > 0 && piece.front() == ' ') piece = piece.slice(1, piece.size());
    while (piece.size() > 0 && piece.back() == ' ') piece = piece.slice(0, piece.size() - 1);
    if (piece == etag.asArray()) return true;
    start = at + 1;
  }
  return false;
}

}  // namespace portreeve::gateway
