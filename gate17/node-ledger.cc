// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-ledger.h"

#include "common/clock.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

void add(NodeUse& sum, const NodeUse& one) {
  sum.streams += one.streams;
  sum.opened += one.opened;
  sum.refused += one.refused;
  sum.failed += one.failed;
  sum.traffic.out += one.traffic.out;
  sum.traffic.in += one.traffic.in;
}

}  // namespace

NodeLedger::NodeLedger(const Settings::Node& settings) {
  for (auto& client : settings.clients) clients.add(kj::heap<Client>(client));
}

NodeLedger::Client& NodeLedger::clientOf(kj::StringPtr key) {
  for (auto& client : clients)
    if (client->known.key == key) return *client;
  KJ_FAIL_REQUIRE("no client has that key", key);
}

kj::StringPtr NodeLedger::nameOf(kj::StringPtr key) const {
  for (auto& client : clients)
    if (client->known.key == key) return client->known.name;
  return "";
}

kj::Own<NodeLedger::Connection> NodeLedger::open(kj::StringPtr key, const SocketAddress& from) {
  return kj::heap<Connection>(clientOf(key), from);
}

NodeLedger::Connection::Connection(Client& owner, const SocketAddress& from)
    : from(from), sinceNs(wallNs()), client(owner) {
  client.connections.push_back(this);
}

NodeLedger::Connection::~Connection() noexcept(false) {
  client.connections.remove(this);
  add(client.gone, use);
  client.gone.streams = 0;
  client.seenNs = wallNs();
}

void NodeLedger::wrongKey(kj::StringPtr key, const SocketAddress& from) {
  wrongKeys++;
  lastWrongKey = kj::str(key);
  lastWrongFrom = from.toString();
  lastWrongNs = wallNs();
}

void NodeLedger::Client::fill(proto::view::GateNodeClient::Builder view) const {
  view.setName(known.name);
  view.setKey(known.key);
  NodeUse all;
  add(all, gone);
  auto list = view.initConnections(uint(connections.size()));
  uint at = 0;
  for (auto* connection : connections) {
    list.set(at++, connection->from.toString());
    add(all, connection->use);
  }
  bool here = !connections.empty();
  view.setSince(here ? rfc3339(connections.front()->sinceNs) : kj::String());
  view.setSeen(here ? rfc3339(wallNs()) : seenNs != 0 ? rfc3339(seenNs) : kj::String());
  view.setStreams(double(all.streams));
  view.setOpened(double(all.opened));
  view.setRefused(double(all.refused));
  view.setFailed(double(all.failed));
  view.setBytesOut(double(all.traffic.out));
  view.setBytesIn(double(all.traffic.in));
}

void NodeLedger::fill(proto::view::GateNode::Builder view) const {
  auto list = view.initClients(uint(clients.size()));
  for (uint i = 0; i < list.size(); i++) clients[i]->fill(list[i]);
  view.setWrongKeys(double(wrongKeys));
  view.setBroken(double(handshakes - std::min(handshakes, wrongKeys)));
  view.setQuotes(double(quotes));
  view.setTurnedAway(double(away));
  view.setLastWrongKey(lastWrongKey);
  view.setLastWrongFrom(lastWrongFrom);
  view.setLastWrongTime(lastWrongNs == 0 ? kj::String() : rfc3339(lastWrongNs));
}

}  // namespace portreeve::gate17
