// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/gate.h"

#include "cli/endpoint.h"
#include "cli/gate-node.h"
#include "cli/local-time.h"
#include "cli/new-file.h"
#include "cli/printable.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/socket-address.h"
#include "gate17/keys.h"
#include "proto/gate.capnp.h"
#include "proto/node.capnp.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::String rateText(double bytesPerSecond) {
  return rounded(bytesPerSecond * 8 / 1e6, 1);
}

struct HostAndPort {
  kj::String host;
  uint16_t port;
};

HostAndPort requireHostAndPort(kj::StringPtr text) {
  KJ_IF_MAYBE (address, SocketAddress::parse(text))
    return {address->address.toString(), address->port};
  KJ_IF_MAYBE (colon, text.findLast(':'))
    KJ_IF_MAYBE (port, parsePort(text.slice(*colon + 1)))
      if (*colon > 0) return {kj::str(text.slice(0, *colon)), *port};
  throw Failure(WRONG_USE, "gate test: \"", text,
                "\" is no HOST:PORT, like example.org:443 or [2001:db8::1]:443");
}

Cell stateCell(view::GateWay::Reader way) {
  return Cell(kj::str(way.getState()), way.getState() == "failing" ? Colour::RED : Colour::NONE);
}

kj::String serverText(view::GateWay::Reader way) {
  bool moved = way.getAddress().size() > 0 && way.getAddress() != way.getServer();
  return moved ? kj::str(way.getServer(), " = ", way.getAddress()) : kj::str(way.getServer());
}

void showWays(Session& session, bool json) {
  auto gate = session.dial<proto::Gate>("gate");
  auto answer = session.await("gate", gate.waysRequest().send());
  auto ways = answer.getWays();
  if (json) {
    for (auto way : ways) printLine(toJson(way));
    return;
  }
  if (ways.size() == 0)
    printLine(
        "no way: name one as [[gate.way]] in portreeve.toml; until then what a rule turns to "
        "Gate17 "
        "is blocked");
  Table table{
      {"WAY"},      {"TYPE"},          {"SERVER"},       {"STATE"},        {"SINCE"},
      {"MS", true}, {"STREAMS", true}, {"OPENED", true}, {"FAILED", true}, {"MBIT/S OUT", true},
      {"IN", true}, {"LAST FAILURE"}};
  for (auto way : ways)
    table.add(way.getName(), way.getType(), serverText(way), stateCell(way),
              localTime(way.getSince(), wallNs()), rounded(way.getLatency(), 1),
              kj::str(uint64_t(way.getStreams())), kj::str(uint64_t(way.getOpened())),
              kj::str(uint64_t(way.getFailures())), rateText(way.getRateOut()),
              rateText(way.getRateIn()), way.getReason());
  print(table.text());
}

void showNode(Session& session, bool json) {
  auto observer = session.dial<proto::NodeObserver>("gate-node");
  auto answer = session.await("gate-node", observer.nodeRequest().send());
  if (json)
    printLine(toJson(answer.getNode()));
  else
    print(nodeText(answer.getNode()));
}

}  // namespace

int gateStatus(const GateOptions& options) {
  Session session;
  // A node needs no suite beside it, a suite no node.
  bool node = session.listens("gate-node");
  if (!node || session.listens("gate")) showWays(session, options.json);
  if (node) showNode(session, options.json);
  return GOOD;
}

int gateTest(const GateOptions& options) {
  Session session;
  auto gate = session.dial<proto::Gate>("gate");
  auto request = gate.testRequest();
  request.setWay(options.way);
  if (!options.target.empty()) {
    auto target = requireHostAndPort(options.target);
    request.setHost(target.host);
    request.setPort(target.port);
  }
  auto answer = session.awaitLong("gate", request.send());
  printLine(kj::str(options.way.c_str(), " works: ", rounded(answer.getLatency(), 1), " ms"));
  return GOOD;
}

int gateKeygen(const GateOptions& options) {
  auto key = gate17::PrivateKey::make();
  auto text = key.pem();
  writeNewFile(options.file.c_str(), text, 0600);
  printLine(key.publicKey());
  return GOOD;
}

}  // namespace portreeve::cli
