// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/askers.h"

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr STUBS[] = {"systemd-resolved"_kj, "nscd"_kj,          "dnsmasq"_kj,
                                   "unbound"_kj,          "named"_kj,         "stubby"_kj,
                                   "knot-resolver"_kj,    "dnscrypt-proxy"_kj};

bool isInstalled(kj::StringPtr path) {
  // Anybody may call a program of his own "nscd".
  return path.startsWith("/usr/lib/") || path.startsWith("/usr/sbin/") ||
         path.startsWith("/usr/bin/") || path.startsWith("/lib/systemd/") ||
         path.startsWith("/sbin/");
}

}  // namespace

bool isDnsQuery(const Tuple& tuple) {
  return tuple.destinationPort == DNS_PORT &&
         (tuple.protocol == PROTOCOL_UDP || tuple.protocol == PROTOCOL_TCP);
}

bool speaksForOthers(const Program& program) {
  if (program.kind != rules::ProcessKind::PROGRAM && program.kind != rules::ProcessKind::REPLACED)
    return false;
  if (!isInstalled(program.path)) return false;
  kj::StringPtr last = program.path;
  KJ_IF_MAYBE (slash, program.path.findLast('/')) last = program.path.slice(*slash + 1);
  for (auto stub : STUBS)
    if (last == stub) return true;
  return false;
}

void Askers::note(const Tuple& query, Program& program) {
  auto client = clientOf(query);
  publish(client, program);
  auto found = index.find(client);
  if (found != index.end()) {
    found->second->program = kj::addRef(program);
    entries.splice(entries.end(), entries, found->second);
    return;
  }
  if (entries.size() >= capacity) {
    index.erase(entries.front().client);
    entries.pop_front();
  }
  entries.push_back(Entry{client, kj::addRef(program)});
  index.emplace(client, std::prev(entries.end()));
}

kj::Maybe<kj::Own<Program>> Askers::find(const Tuple& client) {
  auto found = index.find(clientOf(client));
  if (found == index.end()) return nullptr;
  entries.splice(entries.end(), entries, found->second);
  return kj::addRef(*found->second->program);
}

void Askers::publish(const Client& client, Program& program) {
  if (client.protocol != PROTOCOL_UDP) return;
  if (program.askAgain) return published.forget(client.port);
  if (!words.assign(program)) published.beginGeneration();
  published.set(client.address, client.port, program.askerWord);
}

void Askers::socketClosed(const Tuple& socket) {
  if (socket.protocol == PROTOCOL_UDP) published.forget(socket.sourcePort);
}

void Askers::socketsUnknown() {
  published.forgetAll();
}

void Askers::judgeAnew(const AskerWords::LookedAt& byRules) {
  words.heed(byRules);
  published.beginGeneration();
}

}  // namespace portreeve::policy
