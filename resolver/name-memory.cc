// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-memory.h"

#include "common/address-message.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint64_t NS_PER_SECOND = 1000000000;

std::string keyOf(const GivenName& given) {
  // Who (an address, whatever the port; a program), what, and which addresses in whatever order.
  auto addresses = given.addresses;
  std::sort(addresses.begin(), addresses.end());
  std::string key(given.name.cStr());
  auto append = [&](const auto& bytes) { key.append(bytes.begin(), bytes.end()); };
  key.push_back('\0');
  key.push_back(char(given.type >> 8));
  key.push_back(char(given.type));
  append(given.client.source.bytes);
  key.append(reinterpret_cast<const char*>(&given.asker.uid), sizeof given.asker.uid);
  key.append(given.asker.path.cStr());
  key.push_back('\0');
  for (auto& address : addresses) append(address.bytes);
  return key;
}

}  // namespace

Asker Asker::from(proto::NameAsker::Reader reader) {
  return Asker{reader.getInstance(), reader.getUid(), reader.getKind(), kj::str(reader.getPath())};
}

Asker Asker::copy() const {
  return Asker{instance, uid, kind, kj::str(path)};
}

GivenName GivenName::copy() const {
  GivenName same;
  same.client = client;
  same.asker = asker.copy();
  same.name = kj::str(name);
  for (auto& target : chain) same.chain.push_back(kj::str(target));
  same.addresses = addresses;
  same.ttl = ttl;
  same.type = type;
  same.wallNs = wallNs;
  same.monotonicNs = monotonicNs;
  same.again = again;
  return same;
}

void GivenName::to(proto::NameAnswer::Builder builder) const {
  client.to(builder.initClient());
  auto who = builder.initAsker();
  who.setInstance(asker.instance);
  who.setUid(asker.uid);
  who.setKind(asker.kind);
  who.setPath(asker.path);
  builder.setName(name);
  auto chainList = builder.initChain(uint(chain.size()));
  for (uint i = 0; i < chain.size(); i++) chainList.set(i, chain[i]);
  auto addressList = builder.initAddresses(uint(addresses.size()));
  for (uint i = 0; i < addresses.size(); i++) toMessage(addresses[i], addressList[i]);
  builder.setTtl(ttl);
  builder.setType(type);
  builder.setTime(wallNs);
  builder.setGiven(monotonicNs);
  builder.setAgain(again);
}

void NameMemory::remember(GivenName given, uint64_t nowNs) {
  auto key = keyOf(given);
  auto same = byKey.find(key);
  if (same != byKey.end()) forget(same->second);
  while (!entries.empty() && (entries.size() >= capacity || entries.front().expiresNs <= nowNs))
    forget(entries.begin());
  uint64_t expires = nowNs + given.ttl * NS_PER_SECOND + KEPT_BEYOND_TTL_NS;
  entries.push_back({kj::mv(given), kj::mv(key), expires});
  auto entry = std::prev(entries.end());
  byKey.emplace(entry->key, entry);
  for (auto& address : entry->given.addresses) byAddress[address].push_back(&*entry);
}

std::vector<const GivenName*> NameMemory::namesFor(const Address& address, size_t limit,
                                                   uint64_t nowNs) {
  std::vector<const GivenName*> result;
  auto found = byAddress.find(address);
  if (found == byAddress.end()) return result;
  auto& known = found->second;
  for (auto entry = known.rbegin(); entry != known.rend() && result.size() < limit; ++entry)
    if ((*entry)->expiresNs > nowNs) result.push_back(&(*entry)->given);
  return result;
}

std::vector<const GivenName*> NameMemory::oldestFirst(uint64_t nowNs) {
  std::vector<const GivenName*> result;
  for (auto& entry : entries)
    if (entry.expiresNs > nowNs) result.push_back(&entry.given);
  return result;
}

void NameMemory::forget(Entries::iterator entry) {
  for (auto& address : entry->given.addresses) {
    auto found = byAddress.find(address);
    auto& known = found->second;
    // The oldest stand in front, and it is mostly those that go.
    known.erase(std::find(known.begin(), known.end(), &*entry));
    if (known.empty()) byAddress.erase(found);
  }
  byKey.erase(entry->key);
  entries.erase(entry);
}

}  // namespace portreeve::resolver
